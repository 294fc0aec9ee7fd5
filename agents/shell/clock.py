"""The two clocks: what time it is, and how long something took."""

import time
from datetime import UTC, datetime


def now() -> datetime:
    """The moment, aware, in UTC: for records."""
    return datetime.now(UTC)


def monotonic() -> float:
    """Seconds that only ever go forward: for durations and rates."""
    return time.monotonic()
