"""Commands for disk images: write one to devices; list, fetch and record."""

from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.table import Table

from agents.bench import fetching
from agents.bench.direct_imaging import Imaged, OtherTool, record, write_all
from agents.bench.phases import PortPhase
from agents.bench.station import open_station
from agents.cli.bar import Bar
from agents.cli.context import JsonOption, PathArgument, opened, stopped_by_signals
from agents.cli.show import amount, as_json, err, out
from agents.errors import AgentError
from agents.image.catalogue import local_images
from agents.image.manifest import manifest_from
from agents.report.errors import ServiceError
from agents.shell.progress import Progress
from fleet.contract.bench import CatalogueImage
from fleet.contract.manifest import ImageManifest
from fleet.contract.signing import public_from_text
from labels import codes

NameArgument = Annotated[str, typer.Argument(help="`name` or `name@version`, as `bench-agent images` lists them.")]
_FAILED: Final = 2
images_app = typer.Typer(
    help="Images: the service's catalogue, and what is here.", invoke_without_command=True, rich_markup_mode="rich"
)


def image(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="`name`, `name@version`, or an image file with its manifest beside it.")],
    paths: Annotated[list[Path], typer.Argument(metavar="PATH...", help="The wiped devices.")],
    json: JsonOption = False,
) -> None:
    """Write a signed image to wiped devices, and read it back. Several devices are written from one decompression.

    An image that is not here is fetched first. A device that fails does not hold up the others.

    Exit codes: 0 all written and read back, 2 at least one failed (it is not usable), 3 refused with nothing touched.

    Example: [bold]bench-agent --config bench.toml image lubuntu-nl@24.04 /dev/sdb /dev/sdc[/bold]
    """
    with opened(context) as (config, journal), stopped_by_signals() as stop, Bar(json) as bar:

        def watch(path: Path, phase: PortPhase, progress: Progress) -> None:
            bar.show(phase, progress, of=path.name if len(paths) > 1 else "")

        done = write_all(config, journal, paths, name, watch=watch, stop=stop)
    failed = [one.result for one in done.imaged if isinstance(one.result, AgentError)]
    manifest = done.image.manifest
    told = {
        "image": f"{manifest.name}@{manifest.version}",
        "sha256": manifest.sha256,
        "devices": [_device(one) for one in done.imaged],
        "undelivered": None if done.undelivered is None else str(done.undelivered),
    }
    if json:
        as_json(told)
    else:
        for one in done.imaged:
            good = not isinstance(one.result, AgentError)
            text = "written and read back" if good else str(one.result)
            out.print(f"{one.path}  {codes.show(one.asset_code)}  {text}", markup=False, style=None if good else "red")
    if failed:
        raise typer.Exit(max(error.exit_code for error in failed) if len(failed) == len(done.imaged) else _FAILED)


def _device(one: Imaged) -> dict[str, Any]:
    shown: dict[str, Any] = {"path": str(one.path), "asset_code": one.asset_code}
    if isinstance(one.result, AgentError):
        return shown | {"error": str(one.result)}
    return shown | {"written_bytes": one.result.mapped_bytes, "read_back_bytes": one.result.read_back_bytes}


@images_app.callback()
def images(context: typer.Context, json: JsonOption = False) -> None:
    """List the service's catalogue and the images that lie here.

    Example: [bold]bench-agent --config bench.toml images[/bold]
    """
    if context.invoked_subcommand is not None:
        return
    with opened(context) as (config, journal), open_station(config, journal) as station:
        key, trouble = public_from_text(station.profile.service_public_key), None
        offered: tuple[CatalogueImage, ...] = ()
        try:
            offered = station.client.images().images
        except ServiceError as error:
            trouble = str(error)
        here = {(one.manifest.name, one.manifest.version): one.manifest for one in local_images(config.images_dir, key)}
        entries = {(entry.name, entry.version): (entry, manifest_from(entry.manifest, key)) for entry in offered}
    rows = [_row(entries.get(one), here.get(one)) for one in sorted({*here, *entries})]
    if json:
        as_json({"images": rows, "trouble": trouble})
        return
    table = Table("image", "version", "language", "packed", "at the service", "here", box=None, pad_edge=False)
    for row in rows:
        words = [{True: "yes", False: "no", None: "?"}[row[place]] for place in ("fetchable", "here")]
        table.add_row(row["name"], row["version"], row["language"], amount(row["file_bytes"]), *words)
    out.print(table)
    if trouble:
        err.print(trouble, markup=False, style="yellow")


def _row(offered: tuple[CatalogueImage, ImageManifest] | None, here: ImageManifest | None) -> dict[str, Any]:
    """One image: in the catalogue, here, or both. `fetchable` is None where the catalogue does not name it."""
    manifest = here or (offered[1] if offered else None)
    if manifest is None:
        return {}
    return {
        "name": manifest.name,
        "version": manifest.version,
        "language": manifest.language,
        "size_bytes": manifest.size_bytes,
        "file_bytes": manifest.file_bytes,
        "fetchable": offered[0].fetchable if offered else None,
        "here": here is not None,
    }


@images_app.command("fetch")
def fetch_image(context: typer.Context, name: NameArgument, json: JsonOption = False) -> None:
    """Bring an image here. What was interrupted goes on where it broke off; only what has the right hash is kept.

    Example: [bold]bench-agent --config bench.toml images fetch lubuntu-nl[/bold]
    """
    with (
        opened(context) as (config, journal),
        stopped_by_signals() as stop,
        Bar(json) as bar,
        open_station(config, journal) as station,
    ):
        fetched = fetching.fetch(station, name, stop, lambda progress: bar.show(progress.phase, progress))
    manifest = fetched.manifest
    if json:
        as_json({"image": f"{manifest.name}@{manifest.version}", "file": str(fetched.path), "file_bytes": manifest.file_bytes})
    else:
        out.print(f"{manifest.name} {manifest.version} is here: {fetched.path}", markup=False)


@images_app.command("record")
def record_image(
    context: typer.Context,
    path: PathArgument,
    tool: Annotated[str, typer.Option(help="The program that wrote it.")],
    tool_version: Annotated[str, typer.Option(help="Its version.")],
    name: Annotated[str, typer.Option(help="What was written.")],
    image_version: Annotated[str, typer.Option(help="Its version.")],
    sha256: Annotated[str | None, typer.Option(help="SHA-256 of the unpacked image, if it is known.")] = None,
    json: JsonOption = False,
) -> None:
    """Record an image that another tool wrote. It counts as installed, and is shown as recorded, not verified.

    Example: [bold]bench-agent images record /dev/sdb --tool Clonezilla --tool-version 3.2 --name debian --image-version 13[/bold]
    """
    with opened(context) as (config, journal):
        written = OtherTool(tool, tool_version, name, image_version, sha256)
        code, undelivered = record(config, journal, path, written)
    if json:
        as_json({"asset_code": code, "undelivered": None if undelivered is None else str(undelivered)})
    else:
        out.print(f"{codes.show(code)}: recorded, not verified.", markup=False)
