"""What the bench was told when it was enrolled, the service's clock, and what is wrong between the two."""

from dataclasses import dataclass

from agents.errors import Refused
from agents.journal.db import Transaction
from fleet.contract.bench import BenchProfile


class NotEnrolled(Refused):
    """This bench is not enrolled. Ask your admin for a code and run `bench-agent enrol --server URL --code CODE`."""


@dataclass(frozen=True)
class Enrolment:
    """The bench's profile. `skew_s`: seconds to add to this computer's clock. `trouble`: why the service refuses this bench."""

    profile: BenchProfile
    server: str
    skew_s: float
    trouble: str | None


def find(tx: Transaction) -> Enrolment | None:
    """The enrolment, when there is one."""
    row = tx.one("SELECT document, server, skew_s, trouble FROM profile")
    if row is None:
        return None
    return Enrolment(BenchProfile.model_validate_json(row["document"]), row["server"], row["skew_s"], row["trouble"])


def get(tx: Transaction) -> Enrolment:
    """The enrolment. Raises NotEnrolled."""
    enrolment = find(tx)
    if enrolment is None:
        raise NotEnrolled
    return enrolment


def store(tx: Transaction, profile: BenchProfile, server: str) -> None:
    """Take a new enrolment, with nothing wrong yet."""
    tx.execute(
        "INSERT INTO profile (only, document, server) VALUES (1, ?, ?) ON CONFLICT (only) DO UPDATE SET "
        "document = excluded.document, server = excluded.server, skew_s = 0, trouble = NULL",
        (profile.model_dump_json(), server),
    )


def refresh(tx: Transaction, profile: BenchProfile) -> None:
    """Bring the profile up to date: a new batch, other operators."""
    tx.execute("UPDATE profile SET document = ?", (profile.model_dump_json(),))


def note_skew(tx: Transaction, skew_s: float) -> None:
    """Remember how far this computer's clock is behind the service's, in seconds."""
    tx.execute("UPDATE profile SET skew_s = ?", (skew_s,))


def note_trouble(tx: Transaction, trouble: str | None) -> None:
    """Remember why the service refuses this bench, or that it no longer does."""
    tx.execute("UPDATE profile SET trouble = ? WHERE trouble IS NOT ?", (trouble, trouble))
