"""What rendering needs, made once for an application and kept at `app.state.site`."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from gettext import NullTranslations
from pathlib import Path
from typing import Final

from jinja2 import Environment
from starlette.requests import HTTPConnection

from fleet import ui
from fleet.ui import i18n
from fleet.ui.i18n import Language
from fleet.web.assets import Assets
from fleet.web.templating import environment

HERE: Final = Path(__file__).parent
LOCALE_DIR: Final = HERE / "locale"


class Group(StrEnum):
    """The parts of the navigation, in the order in which they are shown."""

    START = "start"
    BENCH = "bench"
    DESK = "desk"
    STOCK = "stock"
    CONNECTIVITY = "connectivity"
    REPORTS = "reports"
    ADMIN = "admin"


@dataclass(frozen=True)
class NavItem:
    """An entry of the navigation; `roles` are role values, empty for everybody who is signed in.

    On a phone only the first few fit: those of the lowest `rank`.
    """

    path: str
    text: str
    icon: str
    roles: Collection[str] = ()
    group: Group = Group.STOCK
    rank: int = 9


@dataclass(frozen=True)
class Site:
    """One environment and catalogue for each language, the static files, and the navigation."""

    environments: Mapping[Language, Environment]
    catalogues: Mapping[Language, NullTranslations]
    assets: Assets
    navigation: Sequence[NavItem]
    public_url: str

    @property
    def secure(self) -> bool:
        """Whether browsers reach us by HTTPS."""
        return self.public_url.lower().startswith("https://")


def make_site(public_url: str, navigation: Sequence[NavItem] = ()) -> Site:
    """Read templates, catalogues and static files. Raises CatalogueMissingError."""
    assets = Assets([ui.STATIC_DIR, HERE / "static"])
    folders = noun_templates(HERE.parent)
    catalogues = i18n.load(LOCALE_DIR)
    environments = {language: environment(folders, language, catalogues[language], assets) for language in Language}
    return Site(environments, catalogues, assets, tuple(navigation), public_url)


def noun_templates(package_dir: Path) -> dict[str, Path]:
    """Every noun's templates folder, by the noun's name: `devices/board.html` is `fleet/devices/templates/board.html`."""
    return {path.parent.name: path for path in sorted(package_dir.glob("*/templates")) if path.is_dir()}


def site_of(connection: HTTPConnection) -> Site:
    """The application's site."""
    site: Site = connection.app.state.site
    return site
