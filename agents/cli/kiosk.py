"""Commands around the bench's screen: kiosk sheet, kiosk phrases."""

from pathlib import Path
from typing import Annotated

import typer

from agents.cli.context import JsonOption, config_of
from agents.cli.show import as_json, out
from agents.errors import Failed
from agents.kiosk.actions import cards
from agents.kiosk.languages import Languages, read_phrases
from agents.kiosk.phrases import PHRASES
from agents.kiosk.prefs import at_first
from agents.kiosk.sheet import sheet_pdf
from agents.shell.files import write_whole
from fleet.ui.i18n import Language

_INCOMPLETE = 2

kiosk_app = typer.Typer(help="The bench's screen: its sheet of action codes, and a site's own languages.", no_args_is_help=True)


class SheetNotWritten(Failed):
    """The sheet could not be written. Name a file in a folder that can be written."""


@kiosk_app.command()
def sheet(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="The PDF to write.")],
    language: Annotated[list[Language] | None, typer.Option(help="A language of the words; give it as often as needed.")] = None,
    json: JsonOption = False,
) -> None:
    """Write the sheet of action codes: with it the screen is worked by scanner alone. Print it on A4 and hang it at the bench.

    Example: [bold]bench-agent --config bench.toml kiosk sheet codes.pdf --language nl --language fr[/bold]
    """
    config = config_of(context)
    languages = Languages(config.kiosk.phrases)
    first = at_first(config.kiosk)
    tongues = [languages.tongue(code, code) for code in language or [Language(first.base)]]
    wanted = list(cards([port.name for port in config.ports], languages.names.items()))
    try:
        write_whole(file.absolute(), sheet_pdf(wanted, tongues, config.station))
    except OSError as error:
        raise SheetNotWritten(f"{file}: {error.strerror}. {SheetNotWritten.__doc__}") from error
    if json:
        as_json({"file": file, "codes": [card.action.code for card in wanted]})
    else:
        out.print(f"{file}: {len(wanted)} codes.", markup=False)


@kiosk_app.command()
def phrases(
    file: Annotated[Path, typer.Argument(help="A file of phrases, in TOML.")],
    json: JsonOption = False,
) -> None:
    """Check a site's own language: what is missing, what has no such id, what cannot be used.

    Exit code 0 when every phrase is there, 2 when some are missing (they are shown in the screen's own language), 3 when the file
    cannot be used.

    Example: [bold]bench-agent kiosk phrases arabic.toml[/bold]
    """
    read = read_phrases(file)
    if json:
        as_json(
            {
                "language": read.code,
                "name": read.name,
                "direction": read.direction,
                "missing": read.missing,
                "unknown": read.unknown,
            }
        )
    else:
        out.print(f"{read.name} ({read.code}, {read.direction}): {len(read.texts)} of {len(PHRASES)} phrases.", markup=False)
        for phrase in read.missing:
            out.print(f"missing: {phrase} = {PHRASES[phrase]!r}", markup=False)
        for phrase in read.unknown:
            out.print(f"there is no phrase {phrase!r}", markup=False)
    raise typer.Exit(_INCOMPLETE if read.missing or read.unknown else 0)
