"""What each scope opens, and in which roles."""

import pytest

from fleet.auth.rules import Role, Scope
from fleet.auth.scopes import AREAS, ROLES, needed, roles_of


@pytest.mark.parametrize(
    ("method", "path", "scopes"),
    [
        ("GET", "/api/v1/devices", {Scope.DEVICES_READ}),
        ("HEAD", "/api/v1/devices/8YZABCDE", {Scope.DEVICES_READ}),
        ("POST", "/api/v1/devices/8YZABCDE/steps", {Scope.DEVICES_WRITE}),
        ("POST", "/api/v1/donations", {Scope.DONATIONS_WRITE}),
        ("GET", "/api/v1/accounts", {Scope.ADMIN}),
        ("PUT", "/api/v1/wipe-policy", {Scope.ADMIN}),
        ("GET", "/api/v1/me", set(Scope)),
        ("GET", "/api/v1/me/passkeys", set()),
        ("DELETE", "/api/v1/session", set()),
        ("POST", "/api/v1/me", set()),
        ("GET", "/api/v1/reports/kilos", {Scope.REPORTS_READ}),
        ("POST", "/api/v1/reports", set()),
        ("GET", "/api/v1/what-nobody-declared", set()),
        ("GET", "/devices", set()),
        ("GET", "/api/v1devices", set()),
    ],
)
def test_what_a_request_needs(method, path, scopes):
    assert needed(method, path) == scopes


def test_each_scope_opens_something_and_lends_a_role():
    opened = {scope for area in AREAS.values() for scope in area.read | area.write}
    assert opened == set(Scope) == set(ROLES)
    assert all(ROLES.values())


def test_roles_are_never_more_than_the_makers():
    everything = frozenset(Scope)
    assert roles_of(everything, frozenset()) == frozenset()
    assert roles_of(everything, frozenset({Role.SOCIAL})) == {Role.SOCIAL}
    assert roles_of(frozenset({Scope.DEVICES_WRITE}), frozenset({Role.ADMIN, Role.WORKSHOP})) == {Role.WORKSHOP}
    assert roles_of(frozenset(), frozenset(Role)) == frozenset()
    assert Role.BENCH not in roles_of(everything, frozenset(Role))
