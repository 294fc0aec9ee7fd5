"""Ports that become ready for the same image at nearly the same time share one decompression."""

import threading
from dataclasses import dataclass, field
from typing import Final

from agents.errors import AgentError
from agents.image.catalogue import LocalImage
from agents.image.lane import Lane, LaneDied
from agents.image.onto import ImageResult, Target
from agents.image.writer import write_images
from agents.shell.clock import monotonic

_LOOK_S: Final = 0.1


@dataclass
class _Batch:
    """Targets of one image. Once `begun`, each has its lane, or all have the same error."""

    targets: list[Target] = field(default_factory=list)
    lanes: tuple[Lane, ...] = ()
    error: AgentError = field(default_factory=lambda: LaneDied(str(LaneDied.__doc__)))
    begun: threading.Event = field(default_factory=threading.Event)


class Gathering:
    """The first port for an image waits a moment for others; who comes later begins anew."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._open: dict[str, _Batch] = {}

    def write(self, target: Target, image: LocalImage, *, window_s: float, expected: int) -> ImageResult:
        """Write an image to one target, together with the other ports that ask for it meanwhile.

        Args:
            target: of the caller's port, large enough for the image.
            image: what is to be written.
            window_s: how long the first waits for others, in seconds.
            expected: how many ports can come; when all are there, nobody waits longer.

        Raises what `write_images` and `Lane.result` raise.
        """
        key = image.manifest.file_sha256
        with self._changed:
            first = key not in self._open
            batch = self._open.setdefault(key, _Batch())
            number = len(batch.targets)
            batch.targets.append(target)
            self._changed.notify_all()
        if first:
            self._begin(batch, image, window_s, expected)
        batch.begun.wait()
        if not batch.lanes:
            raise batch.error
        return batch.lanes[number].result()

    def _begin(self, batch: _Batch, image: LocalImage, window_s: float, expected: int) -> None:
        try:
            self._gather(batch, image.manifest.file_sha256, window_s, expected)
            batch.lanes = write_images(batch.targets, image)
        except AgentError as error:
            batch.error = error
        finally:
            batch.begun.set()

    def _gather(self, batch: _Batch, key: str, window_s: float, expected: int) -> None:
        """Wait for others, then close the door."""
        until = monotonic() + window_s
        with self._changed:
            try:
                while len(batch.targets) < expected and not batch.targets[0].stop.is_set() and (left := until - monotonic()) > 0:
                    self._changed.wait(min(left, _LOOK_S))
            finally:
                del self._open[key]
