"""How long to wait before the next try."""

import random
from dataclasses import dataclass, field


@dataclass
class Backoff:
    """Exponential, with full jitter and a cap (so that benches that lost the same service do not come back all at once)."""

    first_s: float = 1.0
    cap_s: float = 120.0
    rng: random.Random = field(default_factory=random.SystemRandom)
    failures: int = 0

    def next_s(self) -> float:
        """Seconds until the next try, after one more failure; at least half of the step."""
        step = min(self.cap_s, self.first_s * 2.0**self.failures)
        self.failures = min(self.failures + 1, 30)
        return step * (0.5 + self.rng.random() / 2)

    def reset(self) -> None:
        """A try succeeded."""
        self.failures = 0
