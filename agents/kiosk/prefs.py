"""How the screen of a bench speaks and writes, kept in the state directory: no browser needs to remember anything."""

import json
import logging
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Final

from pydantic import TypeAdapter, ValidationError

from agents.config import KioskConfig
from agents.shell.files import write_whole
from fleet.ui.i18n import Language

_log = logging.getLogger(__name__)
FILE_NAME: Final = "kiosk.json"
LARGEST: Final = 3


@dataclass(frozen=True)
class Prefs:
    """What was chosen. `base`: the language of ours that stands in where a site's own language has no phrase."""

    language: str
    base: str
    text_size: int = 1
    speak: bool = False

    def with_language(self, code: str) -> "Prefs":
        """Another language; a language of ours becomes the base too."""
        return replace(self, language=code, base=code if code in set(Language) else self.base)

    def sized(self, step: int) -> "Prefs":
        """Larger or smaller letters, within the three sizes."""
        return replace(self, text_size=max(1, min(LARGEST, self.text_size + step)))


_ADAPTER: Final = TypeAdapter(Prefs)


def at_first(config: KioskConfig) -> Prefs:
    """What the bench's configuration says."""
    base = config.language if config.language in set(Language) else Language.NL.value
    return Prefs(config.language, base, config.text_size)


def load(folder: Path, config: KioskConfig) -> Prefs:
    """What was chosen last; a file that is not there or cannot be read is no trouble."""
    try:
        return _ADAPTER.validate_json((folder / FILE_NAME).read_bytes())
    except (OSError, ValidationError):
        return at_first(config)


def keep(folder: Path, prefs: Prefs) -> None:
    """Remember a choice. A disk that is full must not take the choice away: it then lasts until the agent ends."""
    try:
        write_whole(folder / FILE_NAME, json.dumps(asdict(prefs)).encode())
    except OSError as error:
        _log.warning("the choice of language and size could not be kept: %s", error)
