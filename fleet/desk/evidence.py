"""Evidence as lines that people can read: a term and a value each, in the order of the document."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from fleet.errors import N_
from fleet.ui import words, words_checks


class Shown(StrEnum):
    """How the page writes a value."""

    TEXT = "text"
    WORDS = "words"
    """English text of a closed list, to be translated."""
    RAW = "raw"
    """A code, key or hash: fixed-width."""
    GRAMS = "grams"
    BYTES = "bytes"
    MEMORY = "memory"
    ANSWERS = "answers"
    """Pairs of English texts to be translated: what was looked at, and how it is."""
    MOMENT = "moment"
    CERTIFICATE = "certificate"
    DESTRUCTION = "destruction"


@dataclass(frozen=True)
class Line:
    """One line. `term` is English, to be translated; a list has one value for each item."""

    term: str
    values: tuple[Any, ...]
    shown: Shown = Shown.TEXT


_TERMS: Final[dict[str, tuple[str, Shown]]] = {
    "origin": (N_("Origin"), Shown.TEXT),
    "sealed": (N_("Sealed box"), Shown.WORDS),
    "place": (N_("Place"), Shown.TEXT),
    "result": (N_("How it looks"), Shown.TEXT),
    "defects": (N_("Defects"), Shown.TEXT),
    "eea_category": (N_("EEA category"), Shown.TEXT),
    "weight_g": (N_("Weight"), Shown.GRAMS),
    "payload": (N_("QR code says"), Shown.RAW),
    "scanned": (N_("Scanned"), Shown.RAW),
    "text": (N_("Text"), Shown.TEXT),
    "reason": (N_("Reason"), Shown.TEXT),
    "detail": (N_("Detail"), Shown.TEXT),
    "reference": (N_("Reference"), Shown.TEXT),
    "keys": (N_("Storage"), Shown.RAW),
    "key": (N_("Storage"), Shown.RAW),
    "certificate_id": (N_("Certificate"), Shown.CERTIFICATE),
    "level": (N_("Level"), Shown.TEXT),
    "method": (N_("Method"), Shown.TEXT),
    "key_id": (N_("Signed with key"), Shown.RAW),
    "proof": (N_("Proof"), Shown.TEXT),
    "record_id": (N_("Destruction record"), Shown.DESTRUCTION),
    "record_sha256": (N_("SHA-256 of the record"), Shown.RAW),
    "photo_sha256": (N_("SHA-256 of the photo"), Shown.RAW),
    "seal": (N_("Seal"), Shown.TEXT),
    "medium_failure": (N_("The medium failed"), Shown.WORDS),
    "bytes_written": (N_("Written"), Shown.BYTES),
    "log": (N_("Log"), Shown.RAW),
    "fault": (N_("Fault"), Shown.TEXT),
    "outcome": (N_("Result"), Shown.TEXT),
    "note": (N_("Note"), Shown.TEXT),
    "name": (N_("Image"), Shown.TEXT),
    "version": (N_("Version"), Shown.TEXT),
    "sha256": (N_("SHA-256"), Shown.RAW),
    "firmware": (N_("Firmware"), Shown.TEXT),
    "tool": (N_("Written by"), Shown.TEXT),
    "tool_version": (N_("Version of the tool"), Shown.TEXT),
    "verified": (N_("Verified"), Shown.WORDS),
    "functional": (N_("Everything works"), Shown.WORDS),
    "electrical": (N_("Electrically safe"), Shown.WORDS),
    "battery_percent": (N_("Battery, percent"), Shown.TEXT),
    "memory_bytes": (N_("Memory"), Shown.MEMORY),
    "drives_failing": (N_("Failing drives"), Shown.RAW),
    "answered": (N_("Items checked"), Shown.TEXT),
    "faults": (N_("Not good"), Shown.ANSWERS),
    "codes": (N_("Codes"), Shown.RAW),
    "at": (N_("Until"), Shown.MOMENT),
    "site": (N_("Site"), Shown.TEXT),
    "counter_signature": (N_("Counter-signature"), Shown.TEXT),
    "absent_because": (N_("No counter-signature because"), Shown.TEXT),
    "files_kept": (N_("Files kept?"), Shown.WORDS),
    "property_found": (N_("Left in it by the borrower"), Shown.TEXT),
    "other_code": (N_("Other device"), Shown.RAW),
    "police_reference": (N_("Police reference"), Shown.TEXT),
    "parts": (N_("Parts"), Shown.TEXT),
    "signature": (N_("Signature"), Shown.TEXT),
    "to": (N_("To"), Shown.TEXT),
    "export_sha256": (N_("SHA-256"), Shown.RAW),
}
_LISTS: Final[dict[str, Mapping[str, str]]] = {
    "origin": words.ORIGINS,
    "result": {value: word.text for value, word in words.VISUALS.items()},
    "reason": words.QUARANTINE_REASONS,
    "level": words.METHODS,
    "method": words.METHODS | words.DESTRUCTIONS,
    "outcome": words.OUTCOMES,
}
"""Fields that hold a value of a closed list (or free text, which then stays as it is)."""
_YES: Final = {True: words.YES_NO[0][1].text, False: words.YES_NO[1][1].text}


def lines(data: Mapping[str, Any]) -> list[Line]:
    """The lines of one piece of evidence; what is empty, or only an id, is left out."""
    return [_line(name, value) for name, value in data.items() if name in _TERMS and value not in (None, "", [], ())]


def _line(name: str, value: object) -> Line:
    term, shown = _TERMS[name]
    values = tuple(value) if isinstance(value, list) else (value,)
    if isinstance(value, bool):
        return Line(term, (_YES[value],), Shown.WORDS)
    if shown is Shown.ANSWERS:
        return Line(term, tuple(_answer(str(told)) for told in values), shown)
    known = _LISTS.get(name, {})
    if len(values) == 1 and str(values[0]) in known:
        return Line(term, (known[str(values[0])],), Shown.WORDS)
    return Line(term, values, shown)


def _answer(told: str) -> tuple[str, str]:
    """`speakers: worn` in words."""
    item, _, answer = told.partition(": ")
    word = words_checks.ANSWERS.get(answer)
    return words_checks.ITEM_NAMES.get(item, item), word.text if word else answer
