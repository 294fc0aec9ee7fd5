"""Mail by SMTP: short plain text, to one person."""

import smtplib
import ssl
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Final

import structlog

from fleet.config import Settings

TIMEOUT_S: Final = 20
_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Letter:
    """One mail. Line breaks in `to` and `subject` are refused by the standard library."""

    to: str
    subject: str
    text: str


def can_mail(settings: Settings) -> bool:
    """Whether a mail server is set."""
    return settings.smtp_host is not None


def send(settings: Settings, letter: Letter) -> bool:
    """Hand a mail to the server; whether it took it. What went wrong is told to the log, without address and text."""
    if settings.smtp_host is None:
        return False
    message = EmailMessage()
    try:
        message["From"], message["To"], message["Subject"] = settings.smtp_from, letter.to, letter.subject
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(letter.text)
        with smtplib.SMTP(settings.smtp_host, settings.smtp_port, timeout=TIMEOUT_S) as server:
            if settings.smtp_starttls:
                server.starttls(context=ssl.create_default_context())
            if settings.smtp_user is not None:
                server.login(settings.smtp_user, settings.smtp_password.get_secret_value() if settings.smtp_password else "")
            server.send_message(message)
    except (OSError, smtplib.SMTPException, ValueError) as error:
        _log.warning("a mail was not sent", server=settings.smtp_host, error=type(error).__name__)
        return False
    return True
