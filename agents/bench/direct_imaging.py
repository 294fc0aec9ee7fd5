"""Images by hand, without the port threads: one image onto devices by their paths, and a record of what another tool wrote."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from agents.bench import imaging
from agents.bench.direct import at_work, identified
from agents.bench.phases import PortPhase
from agents.bench.station import Station
from agents.config import BenchConfig
from agents.errors import AgentError, Refused
from agents.identify.identity import Identity
from agents.image.catalogue import LocalImage
from agents.image.onto import ImageResult
from agents.journal import devices, jobs
from agents.journal.db import Journal
from agents.journal.devices import KnownDevice
from agents.journal.jobs import JobKind, Outcome
from agents.report.delivery import deliver
from agents.report.errors import ServiceError
from agents.shell.progress import Progress
from fleet.contract.events import ImageRecorded

Watch = Callable[[Path, PortPhase, Progress], None]


class DeviceUnknown(Refused):
    """This bench does not know the device. Wipe it first: an image goes only onto a device with a code and a proven wipe."""


class NamedTwice(Refused):
    """One device was named twice. Name each once."""


@dataclass(frozen=True)
class Imaged:
    """How one device fared: `result`, or why there is none."""

    path: Path
    asset_code: str
    result: ImageResult | AgentError


@dataclass(frozen=True)
class DirectImages:
    """All devices of one command. `undelivered`: why their events still wait in the outbox."""

    image: LocalImage
    imaged: tuple[Imaged, ...]
    undelivered: ServiceError | None


@dataclass(frozen=True)
class OtherTool:
    """What another program wrote, as its operator says."""

    tool: str
    tool_version: str
    name: str
    version: str
    sha256: str | None = None


def write_all(
    config: BenchConfig, journal: Journal, paths: Sequence[Path], file_or_name: str, *, watch: Watch, stop: threading.Event
) -> DirectImages:
    """Write an image to devices that this bench knows, from one decompression.

    Raises:
        DeviceUnknown, NamedTwice, ImageNotFound and what the guard refuses: nothing was touched on any of them.
    """
    identities = [identified(config, path) for path in paths]
    if len({identity.storage.key for identity in identities}) < len(identities):
        raise NamedTwice
    with at_work(config, journal) as station:
        known = [_proven(station, identity) for identity in identities]
        image = imaging.find(station, file_or_name, stop)

        def write(identity: Identity, device: KnownDevice) -> Imaged:
            path = identity.path
            look = imaging.ImageWatch(lambda phase, progress: watch(path, phase, progress), stop)
            try:
                result = imaging.write(station, device, identity, image, config.operator, look, expected=len(paths))
            except AgentError as error:
                return Imaged(path, device.asset_code, error)
            return Imaged(path, device.asset_code, result)

        with ThreadPoolExecutor(len(paths)) as pool:
            imaged = tuple(pool.map(write, identities, known))
        return DirectImages(image, imaged, deliver(journal, station.client).error)


def record(config: BenchConfig, journal: Journal, path: Path, written: OtherTool) -> tuple[str, ServiceError | None]:
    """Report an image that another tool wrote: a fact that somebody states, and nobody verified.

    Returns the device's asset code, and why the event still waits in the outbox. Raises DeviceUnknown and what the guard refuses.
    """
    identity = identified(config, path)
    with at_work(config, journal) as station:
        device = _proven(station, identity)
        event = ImageRecorded(
            asset_code=device.asset_code,
            tool=written.tool,
            tool_version=written.tool_version,
            name=written.name,
            version=written.version,
            sha256=written.sha256,
            storage=identity.storage,
        )
        with journal.transaction() as tx:
            station.outbox.append(tx, event, operator=config.operator)
        return device.asset_code, deliver(journal, station.client).error


def _proven(station: Station, identity: Identity) -> KnownDevice:
    """A device with a code and a proven wipe. Raises DeviceUnknown."""
    with station.journal.transaction() as tx:
        device = devices.find(tx, identity.storage.key)
        wiped = jobs.latest(tx, identity.storage.key, JobKind.WIPE)
    if device is None or wiped is None or wiped.outcome is not Outcome.ERASED:
        raise DeviceUnknown(f"{identity.path}, serial {identity.serial}: {DeviceUnknown.__doc__}")
    return device
