"""Forgotten passwords by mail. Whoever asks hears the same in the same time, whether or not there is such an account."""

import hashlib
from collections.abc import Callable
from datetime import timedelta
from typing import Final

from sqlalchemy import Engine, text

from fleet.accounts import repository, resets
from fleet.accounts.rules import Limit
from fleet.accounts.signin import network_of
from fleet.auth.rules import SYSTEM
from fleet.config import Settings
from fleet.db.columns import utc_now
from fleet.db.session import unit_of_work
from fleet.errors import N_, TooMany
from fleet.ui.i18n import choose
from fleet.web.mail import Letter, send

SUBJECT: Final = N_("A new password for Heropstart")
TEXT: Final = N_(
    "Hello {name},\n\nSomebody asked for a new password for the login {login}. Was it you? Open this link within an hour:\n\n"
    "{address}\n\nWas it not you? Then do nothing. Your password stays as it is.\n"
)
PACE: Final = Limit(5, 60, 900, 600)
"""Mails asked for from one network: five, then one a minute and slower."""
SETTLE: Final = timedelta(minutes=10)
"""One mail in this time for an account, whoever asks: a stranger neither floods it nor undoes the link that was just sent."""
Translate = Callable[[str, str], str]
"""From a language and an English text to the text."""


class AskedTooOften(TooMany):
    """Too many mails asked for from one network."""

    msgid = N_("Too many mails were asked for here. Wait {seconds} seconds, or ask your admin for a link.")


def ask(engine: Engine, address: str) -> None:
    """Count a request of this caller's network. Raises AskedTooOften."""
    key, now = hashlib.sha256(f"forgot\n{network_of(address)}".encode()).digest(), utc_now()
    with unit_of_work(engine) as session:
        before = repository.failures(session, key, now)
        if wait := before.wait_s(now, PACE):
            raise AskedTooOften(seconds=wait)
        repository.store_failures(session, key, before.another(now, PACE))


def mail_links(engine: Engine, settings: Settings, wanted: str, translate: Translate) -> int:
    """Mail a link to every account of this login or address that has an address; how many were taken by the server."""
    with unit_of_work(engine) as session:
        found = session.execute(text("SELECT * FROM accounts_to_mail(:wanted)"), {"wanted": wanted.strip()}).all()
    letters = []
    for row in found:
        with unit_of_work(engine, row.organisation_id) as session:
            account = repository.get(session, row.id)
            if account is None or account.email is None or resets.is_waiting(session, account.id, SETTLE):
                continue
            token = resets.issue(session, account, SYSTEM, resets.BY_MAIL, alone=False)
            language = choose([account.language])
            told = {"name": account.display_name, "login": account.login, "address": f"{settings.public_url}/reset/{token}"}
            letters.append(Letter(account.email, translate(language, SUBJECT), translate(language, TEXT).format(**told)))
    return sum(send(settings, letter) for letter in letters)
