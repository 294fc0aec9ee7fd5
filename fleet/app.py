"""The web application: which rooms it has, and what they share. One of the few modules that know everything."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final

import structlog
from fastapi import FastAPI, Request, Response
from sqlalchemy import text
from sqlalchemy.exc import DataError, SQLAlchemyError
from starlette.concurrency import run_in_threadpool

from fleet.accounts.api import router as accounts_api
from fleet.accounts.api_tokens_pages import router as api_tokens_pages
from fleet.accounts.badges_door_pages import router as badge_door_pages
from fleet.accounts.badges_pages import router as badges_pages
from fleet.accounts.kept_pages import keep_form
from fleet.accounts.kept_pages import router as kept_pages
from fleet.accounts.language_pages import router as language_pages
from fleet.accounts.oidc_pages import router as oidc_pages
from fleet.accounts.own_pages import router as own_pages
from fleet.accounts.pages import router as accounts_pages
from fleet.accounts.passkeys_api import router as passkeys_api
from fleet.accounts.passkeys_pages import router as passkeys_pages
from fleet.accounts.people_list_pages import router as people_list_pages
from fleet.accounts.people_pages import router as people_pages
from fleet.accounts.reset_pages import router as reset_pages
from fleet.accounts.service import resolver
from fleet.accounts.ways import ways_of
from fleet.accounts.workstations_pages import router as workstations_pages
from fleet.audit import repository as chain
from fleet.audit import service as audit
from fleet.audit.keys import service_key
from fleet.auth import bearer
from fleet.auth.described import describe
from fleet.auth.hub import Hub
from fleet.auth.live import router as live_pages
from fleet.auth.rules import Role
from fleet.checks.api import router as checks_api
from fleet.checks.pages import router as checks_pages
from fleet.config import Settings
from fleet.custody.api import router as custody_api
from fleet.custody.list_pages import router as transfers_pages
from fleet.custody.pages import router as custody_pages
from fleet.custody.receiving_pages import router as receiving_pages
from fleet.db.engine import Database
from fleet.db.engine import Role as DatabaseRole
from fleet.db.listen import Listener
from fleet.db.migrate import migrate
from fleet.db.session import unit_of_work
from fleet.departures.api import router as departures_api
from fleet.departures.pages import router as departures_pages
from fleet.desk.api import router as desk_api
from fleet.desk.board import router as board_pages
from fleet.desk.bulk_pages import router as bulk_pages
from fleet.desk.info_pages import router as info_pages
from fleet.desk.number_pages import router as number_pages
from fleet.desk.pages import router as desk_pages
from fleet.desk.scan_pages import router as scan_pages
from fleet.desk.start_pages import router as start_pages
from fleet.destruction.api import router as destruction_api
from fleet.destruction.pages import router as destruction_pages
from fleet.devices.api import router as devices_api
from fleet.devices.pages import router as devices_pages
from fleet.devices.scan_api import router as scan_api
from fleet.donations.api import router as donations_api
from fleet.donations.pages import router as donations_pages
from fleet.drives.api import router as drives_api
from fleet.drives.pages import router as drives_pages
from fleet.errors import N_, Invalid, Unavailable
from fleet.images.api import router as images_api
from fleet.intake.api import router as intake_api
from fleet.organisations.api import router as organisations_api
from fleet.organisations.pages import router as organisations_pages
from fleet.stations.api import router as stations_api
from fleet.stations.pages import router as stations_pages
from fleet.tags.api import router as tags_api
from fleet.tasks.api import router as tasks_api
from fleet.tasks.pages import router as tasks_pages
from fleet.views.pages import router as views_pages
from fleet.web.problems import answer
from fleet.web.shell import install
from fleet.web.site import Group, NavItem
from fleet.wipes.api import router as wipes_api
from fleet.wipes.pages import router as wipes_pages
from fleet.wipes.policy_pages import router as wipe_policy_pages
from fleet.wipes.public_pages import router as verify_pages

APIS: Final = (
    accounts_api,
    passkeys_api,
    organisations_api,
    donations_api,
    desk_api,
    scan_api,
    devices_api,
    checks_api,
    wipes_api,
    destruction_api,
    drives_api,
    custody_api,
    departures_api,
    tags_api,
    images_api,
    tasks_api,
    intake_api,
    stations_api,
)
PAGES: Final = (
    board_pages,
    bulk_pages,
    start_pages,
    info_pages,
    scan_pages,
    number_pages,
    desk_pages,
    accounts_pages,
    own_pages,
    people_list_pages,
    people_pages,
    reset_pages,
    passkeys_pages,
    oidc_pages,
    workstations_pages,
    badge_door_pages,
    badges_pages,
    api_tokens_pages,
    kept_pages,
    donations_pages,
    devices_pages,
    checks_pages,
    wipes_pages,
    destruction_pages,
    drives_pages,
    transfers_pages,
    custody_pages,
    receiving_pages,
    organisations_pages,
    departures_pages,
    tasks_pages,
    wipe_policy_pages,
    verify_pages,
    views_pages,
    stations_pages,
    live_pages,
)
_WORKSHOP: Final = (Role.WORKSHOP, Role.LEAD)
_DESK: Final = (Role.LENDING, Role.SOCIAL)
_MANAGERS: Final = (Role.LEAD, Role.ADMIN)
NAVIGATION: Final = (
    NavItem("/", N_("Start"), "home", group=Group.START, rank=0),
    NavItem("/benches", N_("Benches"), "bench", (*_WORKSHOP, Role.ADMIN), Group.BENCH, 5),
    NavItem("/receive", N_("Receive"), "received", (*_WORKSHOP, Role.LENDING), Group.BENCH, 3),
    NavItem("/tasks", N_("Tasks"), "tasks", (*_MANAGERS, Role.AUDITOR), Group.BENCH, 2),
    NavItem("/scan", N_("Scan"), "scan", (*_WORKSHOP, *_DESK), Group.DESK, 1),
    NavItem("/transfers", N_("Transfers"), "hand-over", (*_DESK, *_MANAGERS), Group.DESK, 4),
    NavItem("/devices", N_("Devices"), "board", rank=1),
    NavItem("/drives", N_("Drives"), "drive", (*_WORKSHOP, Role.ADMIN, Role.AUDITOR), rank=6),
    NavItem("/donations", N_("Donations"), "donation", rank=5),
    NavItem("/accounts", N_("People"), "people", (Role.ADMIN, Role.AUDITOR), Group.ADMIN, 3),
    NavItem("/badges", N_("Badges"), "badge", (Role.ADMIN,), Group.ADMIN),
    NavItem("/workstations", N_("Workstations"), "screen", (Role.ADMIN,), Group.ADMIN),
    NavItem("/api-tokens", N_("API tokens"), "key", (Role.ADMIN,), Group.ADMIN),
    NavItem("/organisation", N_("Organisation"), "building", (Role.ADMIN, Role.AUDITOR), Group.ADMIN),
    NavItem("/sites", N_("Sites"), "pin", (Role.ADMIN, Role.AUDITOR), Group.ADMIN),
    NavItem("/wipe-policy", N_("Policy"), "shield", (Role.ADMIN, Role.AUDITOR), Group.ADMIN),
)
"""An entry is shown once its room exists, to the roles that can do something there."""
HEAD_INTERVAL_S: Final = 3600
"""How often chain heads are signed: what happened since the last one is all that could be cut off unseen."""
_log = structlog.get_logger(__name__)


def create_app(settings: Settings | None = None) -> FastAPI:
    """An application that opens its database when it starts and closes it when it stops."""
    settings = settings or Settings()
    app = FastAPI(
        title="Heropstart",
        summary="Device refurbishment and fleet management for social-economy workshops and lending desks",
        version="1",
        docs_url=None,  # Swagger's page loads scripts from elsewhere; the schema itself is served
        redoc_url=None,
        openapi_url="/api/v1/openapi.json",
        lifespan=_lifespan,
        separate_input_output_schemas=False,
    )
    app.state.settings = settings
    app.state.resolver = resolver
    app.state.ways = ways_of(settings)
    app.state.hub = Hub()
    app.state.keeper = keep_form
    app.add_exception_handler(DataError, _on_unfit_value)
    app.include_router(language_pages)  # before the shell's own answer to the same address
    install(app, public_url=settings.public_url, navigation=NAVIGATION, ready=_ready(app), log_json=settings.log_json)
    for router in (*APIS, *PAGES):
        app.include_router(router)
    bearer.install(app)
    describe(app)
    return app


class ValueUnfit(Invalid):
    """A value that no column takes: too long, too large, or with characters that PostgreSQL refuses."""

    msgid = N_("A value is too long, too large, or has characters that cannot be stored. Shorten it and try again.")


async def _on_unfit_value(request: Request, _error: Exception) -> Response:
    """The last door before the database: the schemas check lengths where they know them, the columns check all."""
    return answer(request, ValueUnfit())


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Open the database (an embedded one is migrated), make sure of the signing key, sign heads now and every hour."""
    settings: Settings = app.state.settings
    with Database(settings) as database:
        if database.is_embedded:
            await run_in_threadpool(migrate, database)
        service_key(settings)
        app.state.database = database
        stop = asyncio.Event()
        signing = asyncio.create_task(_sign_heads(database, settings, stop))
        hub: Hub = app.state.hub
        hub.open(asyncio.get_running_loop())
        listener = Listener(database, hub.heard)
        listener.start()
        try:
            yield
        finally:
            hub.close()
            stop.set()
            await run_in_threadpool(listener.stop)
            await signing


async def _sign_heads(database: Database, settings: Settings, stop: asyncio.Event) -> None:
    """Until told to stop. Never cancelled: its thread would go on with a database that is closed under it."""
    while not stop.is_set():
        try:
            await run_in_threadpool(sign_heads, database, settings)
        except SQLAlchemyError as error:
            _log.warning("chain heads not signed, tried again later", error=str(error))
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), HEAD_INTERVAL_S)


def sign_heads(database: Database, settings: Settings) -> int:
    """Sign the newest event of every chain that has grown; how many heads were signed."""
    key = service_key(settings)
    with unit_of_work(database.engine(DatabaseRole.MAINTENANCE)) as session:
        organisations = chain.organisations(session)
    signed = 0
    for organisation in organisations:
        with unit_of_work(database.engine(), organisation) as session:
            signed += audit.sign_head(session, organisation, key) is not None
    return signed


def _ready(app: FastAPI) -> Callable[[], None]:
    def ready() -> None:
        try:
            with app.state.database.engine().connect() as connection:
                connection.execute(text("SELECT 1"))
        except SQLAlchemyError as error:
            raise Unavailable from error

    return ready
