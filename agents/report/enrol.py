"""Enrolment: the bench makes its key, shows the public half with its one-time code, and stores what it is told."""

from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pydantic import ValidationError

from agents.errors import Refused
from agents.journal import outbox, profile
from agents.journal.db import Journal
from agents.report import keys
from agents.report.client import ServiceClient
from fleet.contract.bench import BenchProfile, EnrolRequest
from fleet.contract.signing import key_id, public_text


class AlreadyEnrolled(Refused):
    """This bench is enrolled already. To enrol it anew, add `--replace`; its old key is set aside, not deleted."""


class NoEnrolmentCode(Refused):
    """This is no enrolment code. Ask your admin for one (`fleet bench code`), and type it as it is: K7QM-4T2X-9D8H."""


class UnsentEvents(Refused):
    """The outbox holds events that the service has not got, and a new enrolment could not deliver them. Send them first."""


def agent_version() -> str:
    """The version of this agent."""
    try:
        return version("heropstart")
    except PackageNotFoundError:
        return "0+source"


def enrol(
    journal: Journal, state_dir: Path, client: ServiceClient, *, code: str, station: str, replace: bool = False
) -> BenchProfile:
    """Enrol this bench; until the service agrees, its present enrolment and key stay as they are.

    Raises AlreadyEnrolled, UnsentEvents, EnrolmentRefused and the errors of `ServiceClient`.
    """
    with journal.transaction() as tx:
        before = profile.find(tx)
        waiting = sum(outbox.count(tx))
    if before is not None and not replace:
        raise AlreadyEnrolled(f"At {before.server}, for {before.profile.organisation_name}. {AlreadyEnrolled.__doc__}")
    if before is not None and waiting:
        raise UnsentEvents(f"{waiting} events. {UnsentEvents.__doc__}")
    key = keys.make(state_dir)
    try:
        request = EnrolRequest(
            code=code, public_key=public_text(key.public_key()), station=station, agent_version=agent_version()
        )
    except ValidationError as error:
        raise NoEnrolmentCode(f"{code!r}: {NoEnrolmentCode.__doc__}") from error
    told = client.enrol(request)
    if told.key_id != key_id(key.public_key()):
        raise Refused("the service enrolled another key than this bench's. Ask your admin to revoke it and to make a new code.")
    with journal.transaction() as tx:
        profile.store(tx, told, client.server)
    keys.adopt(state_dir)
    return told


def signing_key(journal: Journal, state_dir: Path) -> Ed25519PrivateKey:
    """The enrolled bench's key. Raises NotEnrolled, KeyExposed, KeyUnreadable."""
    with journal.transaction(durable=False) as tx:
        expected = profile.get(tx).profile.key_id
    return keys.load(state_dir, expected)
