"""Pages about the web app itself: help, the accessibility statement, and the style guide."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from fastapi import Request
from starlette.responses import Response

from fleet.auth.identity import StaffUnit
from fleet.auth.pages import page_router
from fleet.db.columns import utc_now
from fleet.errors import N_
from fleet.ui.icons import PATHS
from fleet.web.configured import SettingsDep
from fleet.web.forms import FormState
from fleet.web.rendering import gettext, render

router = page_router()
STATED_ON: Final = date(2026, 11, 22)
"""When the accessibility statement was last gone through."""


@dataclass(frozen=True)
class Sample:
    """A part of the style guide: a title and a template in `templates/samples`, shown as it looks and as it is written."""

    key: str
    title: str

    @property
    def template(self) -> str:
        """Its name for the environment."""
        return f"desk/samples/{self.key}.html"

    @property
    def source(self) -> str:
        """What is written to get it."""
        return (Path(__file__).parent / "templates" / "samples" / f"{self.key}.html").read_text().strip()


SAMPLES: Final = (
    Sample("buttons", N_("Buttons")),
    Sample("fields", N_("Fields")),
    Sample("choices", N_("Choices")),
    Sample("chips", N_("Chips")),
    Sample("notes", N_("Notes")),
    Sample("toasts", N_("Toasts")),
    Sample("progress", N_("Progress")),
    Sample("tiles", N_("Tiles and numbers")),
    Sample("table", N_("Table with a column to choose")),
    Sample("filters", N_("Filters")),
    Sample("tabs", N_("Tabs and the way back")),
    Sample("dialog", N_("Dialog and menu")),
    Sample("cards", N_("Cards and facts")),
    Sample("empty", N_("Nothing there, and on its way")),
    Sample("steps", N_("Steps")),
    Sample("texts", N_("Codes and people")),
)


@router.get("/help")
def show_help(request: Request) -> Response:
    """Keyboard, scanner, and whom to ask; for strangers too."""
    return render(request, "desk/help.html")


@router.get("/accessibility")
def accessibility(request: Request, settings: SettingsDep) -> Response:
    """The accessibility statement; for strangers too."""
    return render(request, "desk/accessibility.html", stated_on=STATED_ON, contact=settings.accessibility_contact)


@router.get("/styleguide")
def styleguide(request: Request, _unit: StaffUnit) -> Response:
    """Every component in its states, with the call that draws it."""
    wrong = gettext(request, N_("This is not written the right way. Check it."))
    refused = FormState({"mail": ["an@"]}, {"mail": wrong})
    return render(
        request, "desk/styleguide.html", samples=SAMPLES, blank=FormState(), refused=refused, now=utc_now(), icons=sorted(PATHS)
    )
