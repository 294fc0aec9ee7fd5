"""`fleet image …`."""

from pathlib import Path
from typing import Annotated

import typer

from fleet.audit.keys import service_key
from fleet.cli.console import OrganisationOption, organisation_id, out, the_system
from fleet.config import Settings
from fleet.db.engine import Database
from fleet.db.session import unit_of_work
from fleet.images import service as images
from fleet.images.content import ContentStore
from fleet.images.rules import published

app = typer.Typer(no_args_is_help=True, help="Disk images.")


@app.command("publish")
def image_publish(
    manifest: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="The .manifest.json file.")],
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="The image's file, as it was packed.")],
    organisation: OrganisationOption,
) -> None:
    """Sign an image's manifest, and keep its file here for the benches to fetch. The same again changes nothing."""
    settings = Settings()
    read = published(manifest.read_bytes(), str(manifest))
    with Database(settings) as database:
        owner = organisation_id(database, organisation)
        ContentStore(settings.images_path).add(file, read)
        with unit_of_work(database.engine(), owner) as session:
            images.publish(session, the_system(owner), read, service_key(settings))
            images.keep_content(session, the_system(owner), read)
    out.print(f"{read.name} {read.version} is published, its {read.file_bytes} bytes are kept in {settings.images_path}.")
