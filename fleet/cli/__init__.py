"""The command line of the service: `fleet …`, a module for each noun."""

import sys

from fleet.accounts.oidc_settings import ProvidersFileError
from fleet.audit.keys import ServiceKeyError
from fleet.cli.app import app
from fleet.cli.console import Exit, err
from fleet.db.embedded import EmbeddedError
from fleet.errors import FleetError

__all__ = ["app", "main"]


def main() -> None:
    """Run a command; what the user can mend ends in one line instead of a traceback."""
    try:
        app()
    except (FleetError, EmbeddedError, ServiceKeyError, ProvidersFileError) as error:
        err.print(f"[red]{error}[/red]")
        sys.exit(Exit.REFUSED)
