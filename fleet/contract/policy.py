"""What an organisation asks of a sanitization, per kind of medium. The bench plans by it, the service validates by it."""

from pydantic import Field

from fleet.contract.base import Wire
from fleet.contract.kinds import Level, MediaType, Method


class MediumPolicy(Wire):
    """The rule for one kind of medium."""

    minimum: Level = Field(default=Level.CLEAR, description="a weaker sanitization is not adequate")
    methods: tuple[Method, ...] = Field(default=(), description="what may be used; empty: every method that reaches the minimum")
    second_person: bool = Field(default=False, description="another person than the operator must confirm the result")
    destroy: bool = Field(default=False, description="this kind of medium is not wiped but destroyed")

    def allows(self, method: Method, level: Level) -> bool:
        """Whether a sanitization by this method, of this level, is adequate."""
        order = tuple(Level)
        fits = not self.methods or method in self.methods
        return not self.destroy and fits and order.index(level) >= order.index(self.minimum)


class WipePolicy(Wire):
    """An organisation's rules; a medium that is not named has the default rule."""

    version: int = Field(default=0, ge=0, description="grows by one with each change; 0 when none was ever set")
    media: dict[MediaType, MediumPolicy] = Field(default_factory=dict)

    def of(self, media: MediaType) -> MediumPolicy:
        """The rule for a kind of medium."""
        return self.media.get(media, MediumPolicy())
