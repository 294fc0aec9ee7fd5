"""The service itself: serve, migrate, demo."""

from typing import Annotated

import typer

from fleet.cli.console import out
from fleet.config import Settings
from fleet.db.engine import Database
from fleet.db.migrate import migrate as migrate_database


def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on; FLEET_HOST otherwise.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on; FLEET_PORT otherwise.")] = None,
) -> None:
    """Serve the web app and the API. Without FLEET_DATABASE_URL an embedded PostgreSQL is started and migrated."""
    import uvicorn  # the other commands do without it

    from fleet.app import create_app  # composing the whole application takes a second that the other commands save
    from fleet.web.serving import Server

    settings = Settings()
    app = create_app(settings)
    config = uvicorn.Config(
        app,
        host=host or settings.host,
        port=settings.port if port is None else port,
        log_level="info",
        proxy_headers=False,  # the public address comes from the settings, never from what a request says
        server_header=False,
        timeout_graceful_shutdown=30,  # what is under way ends; pages that wait for news are let go at once
    )
    server = Server(config, app.state.hub.close)
    server.run()
    if not server.started:
        raise typer.Exit(1)


def migrate() -> None:
    """Bring the database to the newest schema; make the three database roles where they are missing."""
    with Database(Settings()) as database:
        migrate_database(database)
    out.print("The database has the newest schema.")


def demo(
    once: Annotated[bool, typer.Option("--once", help="Do not stay up; exit non-zero if anything fell short.")] = False,
    port: Annotated[int, typer.Option(help="Port of the web app; 0 takes a free one.")] = 0,
) -> None:
    """Run the main job for real on throw-away data: two donated drives, from the donation to ready."""
    from fleet.demo import run_demo  # brings the bench agent along

    raise typer.Exit(run_demo(once=once, port=port))
