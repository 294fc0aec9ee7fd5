"""The list of people: columns, filters and orders as data, and its SQL in each order that has its index."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, and_, any_, exists, literal, not_, or_
from sqlmodel import Session, col, select

from fleet.accounts import repository
from fleet.accounts.models import Account, Membership
from fleet.accounts.repository import Member
from fleet.auth.rules import Role
from fleet.db.listing import Order, Window, window
from fleet.errors import N_
from fleet.ui.i18n import NAMES, Language
from fleet.ui.words import ROLES, Tone, Word
from fleet.web.lists import Column, Filter, FilterKind, ListQuery, ListSpec, Plain, Sort

STATES: Final[Mapping[str, Word]] = {
    "open": Word(N_("Open"), "check-ring", Tone.GOOD),
    "closed": Word(N_("Closed"), "lock", Tone.END),
}
HOMES: Final[Mapping[str, str]] = {"ours": N_("Our organisation"), "guest": N_("Another organisation")}
"""Who looks after the account itself."""
ORDERS: Final[Mapping[str, tuple[str, ...]]] = {
    "name": ("sort_name", "id"),
    "login": ("login",),
    "added": ("created_at", "id"),
}
"""Each has an index for one's own people (migrations 0004 and 0025); guests are few."""


def state_of(person: Member) -> str:
    """Whether somebody may sign in here."""
    return "open" if person.active else "closed"


def home_of(person: Member) -> str:
    """Who looks after the account."""
    return "ours" if person.home else "guest"


def language_of(person: Member) -> str:
    """The language in its own words; empty: as the browser says."""
    return NAMES[Language(person.language)] if person.language else ""


def _roles(person: Member, plain: Plain) -> str:
    return ", ".join(plain.translate(ROLES[role]) for role in person.roles)


COLUMNS: Final = (
    Column[Member]("person", N_("Person"), lambda person, _plain: person.display_name, "name", fixed=True),
    Column[Member]("login", N_("Login"), lambda person, _plain: person.login, "login"),
    Column[Member]("roles", N_("Roles here"), _roles),
    Column[Member]("state", N_("State"), lambda person, plain: plain.translate(STATES[state_of(person)].text)),
    Column[Member]("home", N_("Account of"), lambda person, plain: plain.translate(HOMES[home_of(person)]), shown=False),
    Column[Member]("language", N_("Language"), lambda person, _plain: language_of(person), shown=False),
    Column[Member]("added", N_("Added"), lambda person, plain: plain.moment(person.created_at), "added", shown=False),
)
FILTERS: Final = (
    Filter("q", N_("Name or login")),
    Filter("role", N_("Role"), FilterKind.CHOICE, {role.value: ROLES[role] for role in Role if role is not Role.BENCH}),
    Filter("state", N_("State"), FilterKind.CHOICE, {name: word.text for name, word in STATES.items()}),
    Filter("home", N_("Account of"), FilterKind.CHOICE, HOMES),
)
SORTS: Final = (Sort("name", N_("Name")), Sort("login", N_("Login")), Sort("added", N_("Newest first"), descending=True))
PEOPLE: Final = ListSpec[Member]("people", "/accounts", COLUMNS, FILTERS, SORTS)

if {sort.name for sort in SORTS} != set(ORDERS):
    raise AssertionError("every order that is offered has its index")


def page(
    session: Session, organisation: UUID, query: ListQuery[Member], *, limit: int, cursor: str | None = None
) -> tuple[Sequence[Member], Window[Account]]:
    """One window of everybody who has roles here. Raises CursorInvalid, CursorOfAnotherSort."""
    here = exists().where(
        col(Membership.account_id) == col(Account.id), col(Membership.organisation_id) == organisation, *_given(query)
    )
    of_account = [here, *_of_account(query)]
    if query.all("state"):
        of_account.append(or_(*(_in_state(organisation, state) for state in query.all("state"))))
    homes = {"ours": col(Account.organisation_id) == organisation, "guest": col(Account.organisation_id) != organisation}
    wanted = query.all("home") or tuple(homes)
    branches = [select(Account).where(condition, *of_account) for home, condition in homes.items() if home in wanted]
    order = Order(query.sort.name, ORDERS[query.sort.name], query.descending)
    found = window(session, Account, branches, order, limit=limit, cursor=cursor)
    return _members(session, organisation, found.items), found


def _members(session: Session, organisation: UUID, accounts: Sequence[Account]) -> Sequence[Member]:
    ids = [account.id for account in accounts]
    query = select(Membership).where(Membership.organisation_id == organisation, col(Membership.account_id).in_(ids))
    given = {row.account_id: row for row in session.exec(query).all()}
    return [repository.member_of(account, given[account.id]) for account in accounts]


def _given(query: ListQuery[Member]) -> Iterable[ColumnElement[bool]]:
    """What the membership must say."""
    if query.all("role"):
        yield or_(*(literal(role) == any_(col(Membership.roles)) for role in query.all("role")))


def _of_account(query: ListQuery[Member]) -> Iterable[ColumnElement[bool]]:
    """Every word that was typed stands in the name or in the login."""
    for word in query.one("q").split():
        yield or_(*(_holds(spelled) for spelled in {word, word.lower(), word.capitalize()}))


def _holds(word: str) -> ColumnElement[bool]:
    """In three spellings, because a database in the locale C knows no lower case of É."""
    columns = (Account.display_name, Account.sort_name, Account.login)
    return or_(*(col(column).contains(word, autoescape=True) for column in columns))


def _in_state(organisation: UUID, state: str) -> ColumnElement[bool]:
    """The account itself and the door here must both be open."""
    door = exists().where(
        col(Membership.account_id) == col(Account.id), col(Membership.organisation_id) == organisation, col(Membership.active)
    )
    is_open = and_(col(Account.active), door)
    return is_open if state == "open" else not_(is_open)
