"""The page on which an admin sets what a wipe must be, per kind of medium."""

from collections.abc import Mapping
from typing import Final

from fastapi import Request
from starlette.responses import Response

from fleet.accounts import service as accounts
from fleet.auth.identity import StaffUnit, Unit
from fleet.auth.pages import page_router
from fleet.auth.rules import Role
from fleet.contract.kinds import Level, MediaType
from fleet.contract.policy import STRICT, MediumPolicy, highest_level, methods_for
from fleet.errors import N_
from fleet.web.forms import FormState, Posted, PostedForm
from fleet.web.notices import Notice, after
from fleet.web.redisplay import redisplaying
from fleet.web.rendering import render
from fleet.wipes import policies

router = page_router()
SAVED: Final = Notice("wipe-policy-saved", N_("The wipe policy is saved. Benches take it over within minutes."))
YES: Final = "yes"


@router.get("/wipe-policy")
def policy_page(request: Request, unit: StaffUnit, preset: str = "") -> Response:
    """The rules that count; `?preset=strict` or `none` fills the form in, without saving."""
    media = policies.current(unit.session, unit.principal.organisation_id).media
    filled = {"strict": STRICT, "none": {}}.get(preset, media)
    return _page(request, unit, FormState(_typed(filled)), 200, unsaved=filled != media)


@router.post("/wipe-policy")
def save_policy(request: Request, unit: StaffUnit, posted: PostedForm) -> Response:
    """Add a version."""
    version = posted.get("version")
    with redisplaying(request, unit.session, posted, lambda form, status: _page(request, unit, form, status, unsaved=True)):
        policies.set_policy(
            unit.session,
            unit.principal,
            {media: _rule(posted, media) for media in MediaType},
            expected_version=int(version) if version.isascii() and version.isdigit() else None,
        )
    return after("/wipe-policy", SAVED)


def _typed(media: Mapping[MediaType, MediumPolicy]) -> dict[str, list[str]]:
    """A policy as the fields of the form."""
    fields: dict[str, list[str]] = {}
    for kind in MediaType:
        rule = media.get(kind, MediumPolicy())
        fields[f"minimum_{kind}"] = [rule.minimum]
        fields[f"methods_{kind}"] = list(rule.methods)
        fields[f"second_{kind}"] = [YES] if rule.second_person else []
        fields[f"destroy_{kind}"] = [YES] if rule.destroy else []
    return fields


def _rule(posted: Posted, media: MediaType) -> MediumPolicy:
    """One medium's fields as its rule. Raises pydantic's ValidationError."""
    return MediumPolicy.model_validate(
        {
            "minimum": posted.get(f"minimum_{media}") or Level.CLEAR,
            "methods": tuple(posted.fields.get(f"methods_{media}", ())),
            "second_person": posted.get(f"second_{media}") == YES,
            "destroy": posted.get(f"destroy_{media}") == YES,
        }
    )


def _levels(media: MediaType) -> list[Level]:
    """The levels that this kind of medium can reach by wiping."""
    highest = {highest_level(method) for method in methods_for(media)}
    return [level for level in Level if level is Level.CLEAR or level in highest]


def _page(request: Request, unit: Unit, form: FormState, status: int, *, unsaved: bool) -> Response:
    history = policies.history(unit.session, unit.principal.organisation_id)
    return render(
        request,
        "wipes/policy.html",
        status=status,
        form=form,
        unsaved=unsaved,
        media=list(MediaType),
        levels={media: _levels(media) for media in MediaType},
        methods={media: methods_for(media) for media in MediaType},
        version=history[0].policy.version if history else 0,
        history=history,
        names=accounts.names(unit.session, {row.set_by for row in history if row.set_by is not None}),
        may_edit=unit.principal.has(Role.ADMIN),
    )
