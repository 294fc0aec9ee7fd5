"""A proven certificate as lines for the command line, in the reader's language: the same words as on paper."""

from collections.abc import Iterator

from fleet.contract.certificate_file import Proven
from fleet.errors import N_
from fleet.ui.i18n import Language, load
from fleet.web.formats import Formats
from fleet.web.site import LOCALE_DIR
from fleet.wipes.annex import sections
from fleet.wipes.sheet import (
    Rows,
    Translate,
    act_signer,
    device_block,
    storage_block,
    tool_block,
    validation_signer,
    verification_block,
    wiping_block,
)

VALID = N_("Valid.")
INVALID = N_("Not valid.")
_INDENT = "  "


def lines(proven: Proven, language: Language, *, key_given: bool) -> Iterator[str]:
    """What was proven. `key_given` says whether the reader named the bench's key, or the file's own had to do."""
    t, formats, certificate = translator(language), Formats(language), proven.certificate
    key = certificate.agent_key_id
    for block in (
        device_block(certificate, t),
        storage_block(certificate, formats, t),
        wiping_block(certificate, formats, t),
        verification_block(certificate, formats, t),
        tool_block(certificate, t),
    ):
        yield from _block(block.title, block.rows)
    for title, act in ((N_("Wiping"), certificate.sanitization.act), (N_("Verification"), certificate.verification.act)):
        signer = act_signer(t(title), act, key, formats, t)
        yield from _block(f"{signer.title}: {t(N_('Who answers for it'))}", signer.rows)
    for section in sections(certificate, t):
        yield section.title
        for term, values in section.entries:
            yield f"{_INDENT}{term}"
            yield from (f"{_INDENT * 2}{value}" for value in values)
    yield from _validation(proven, formats, t)
    if not key_given:
        yield t(N_("Signed by key {key}, as the file says. To be sure whose key that is, give --key.")).format(key=key)


def _validation(proven: Proven, formats: Formats, t: Translate) -> Iterator[str]:
    if proven.validation is None or proven.validation_signed is None:
        yield t(N_("The file holds no validation: whether it is enough is for the service to say."))
        return
    signer = validation_signer(proven.validation, proven.validation_signed.document, formats, t)
    yield from _block(signer.title, signer.rows)


def _block(title: str, rows: Rows) -> Iterator[str]:
    yield title
    yield from (f"{_INDENT}{term}: {value}" for term, value in rows if value)


def translator(language: Language) -> Translate:
    """From English to a language, outside of a request."""
    return load(LOCALE_DIR)[language].gettext
