"""Writing an image, journalled and reported like a wipe. An interrupted one has failed: it starts anew, after a new wipe."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID, uuid4

from agents.bench.fetching import fetch
from agents.bench.phases import PortPhase
from agents.bench.station import Station
from agents.errors import AgentError
from agents.identify.identity import Identity
from agents.image.catalogue import ImageNotFound, LocalImage, find_image
from agents.image.finish.finish import finish_image
from agents.image.finish.preflight import refuse_unfinishable
from agents.image.finish.windows_key import WindowsKey
from agents.image.finish.wishes import FinishReport, Wishes
from agents.image.onto import ImageResult, Target
from agents.image.target import refuse_sectors, refuse_small
from agents.journal import jobs
from agents.journal.devices import KnownDevice
from agents.journal.jobs import Job, JobKind, JobState, Outcome
from agents.report.errors import ServiceError
from agents.shell.clock import now
from agents.shell.progress import Phase, Progress
from agents.wipe.guard import clear
from fleet.contract.events import ImageFailed, ImageFinished, ImageStarted
from fleet.contract.kinds import Method, Presence
from fleet.contract.manifest import ImageManifest
from fleet.contract.signing import public_from_text

_NOT_LOOKED_FOR = WindowsKey(Presence.INDETERMINATE)
_PHASES = {Phase.IMAGE: PortPhase.IMAGING, Phase.READ_BACK: PortPhase.READING_BACK}


@dataclass(frozen=True)
class ImageWatch:
    """Who looks on, what ends the writing early (the operator, or the device when it leaves), and what is known of its computer.

    `windows_key` is what the firmware holds, where the drive is in its computer; a dock cannot tell.
    """

    on_progress: Callable[[PortPhase, Progress], None]
    stop: threading.Event
    windows_key: WindowsKey = _NOT_LOOKED_FOR


def find(station: Station, file_or_name: str, stop: threading.Event) -> LocalImage:
    """An image at this bench, its manifest signed by the service; one that is not here is fetched.

    Raises what `find_image` and `fetch` raise.
    """
    service_key = public_from_text(station.profile.service_public_key)
    try:
        return find_image(station.config.images_dir, file_or_name, service_key=service_key)
    except ImageNotFound as absent:
        try:
            return fetch(station, file_or_name, stop)
        except ServiceError as error:
            raise ImageNotFound(f"{absent} It could not be fetched: {error}") from error


def leaves_zeros(wiped: Job, identity: Identity) -> bool:
    """Whether a wipe left this very medium full of zeros, each of them read back.

    Only an overwrite with zeros is verified so: what a crypto or block erase leaves is what the firmware likes (IEEE 2883), and
    samples of it prove nothing of the rest.
    """
    same = wiped.storage.key == identity.storage.key
    return same and wiped.outcome is Outcome.ERASED and wiped.plan.get("method") == Method.OVERWRITE_ZEROS


def write(
    station: Station,
    device: KnownDevice,
    identity: Identity,
    image: LocalImage,
    operator: str | None,
    watch: ImageWatch,
    *,
    wiped: UUID | None = None,
    expected: int = 1,
) -> ImageResult:
    """Write an image to a cleared device, read it back, finish it as its manifest says, and report it.

    Args:
        station: the bench.
        device: as the bench knows it.
        identity: what stands there now.
        image: from `find`.
        operator: who asked for it.
        watch: who looks on.
        wiped: the wipe that came just before, at the same visit: if it left zeros, holes of the image need no zeroing.
        expected: how many ports may want this image now; they share one decompression.

    Raises:
        Refused: nothing was touched and nothing is reported.
        AgentError: it failed, which is reported; the device is not usable.
    """
    manifest, wishes = image.manifest, Wishes(device.asset_code, watch.windows_key.presence, watch.windows_key.end)
    with clear(identity, station.config.ports).redeem() as opened:
        refuse_unfinishable(manifest, wishes, is_block=opened.is_block)
        refuse_small(opened, manifest)
        refuse_sectors(opened, b"", manifest)
        job = _begin(station, device, identity, manifest, operator)
        try:
            target = Target(
                opened,
                zero_unmapped=not _zeros_stand(station, wiped, identity),
                stop=watch.stop,
                on_progress=lambda progress: watch.on_progress(_PHASES[progress.phase], progress),
            )
            window_s = station.config.image_gather_seconds
            result = station.gathering.write(target, image, window_s=window_s, expected=expected)
            finished = finish_image(opened, manifest, wishes)
        except AgentError as error:
            fail(station, job, str(error))
            raise
        _finish(station, job, result, finished)
    return result


def fail(station: Station, job: Job, reason: str) -> None:
    """End an image job that did not succeed, and report it."""
    with station.journal.transaction() as tx:
        jobs.finish(tx, job.id, Outcome.FAILED, now(), reason=reason)
        event = ImageFailed(
            asset_code=job.asset_code, job_id=job.id, name=job.plan["name"], version=job.plan["version"], reason=reason
        )
        station.outbox.append(tx, event, operator=job.operator)
    station.reported.set()


def _zeros_stand(station: Station, wiped: UUID | None, identity: Identity) -> bool:
    if wiped is None:
        return False
    with station.journal.transaction(durable=False) as tx:
        return leaves_zeros(jobs.get(tx, wiped), identity)


def _begin(station: Station, device: KnownDevice, identity: Identity, manifest: ImageManifest, operator: str | None) -> Job:
    """Journal and report, in one commit and before the first write. Raises JobRunning."""
    moment = now()
    told = {"name": manifest.name, "version": manifest.version, "sha256": manifest.sha256}
    job = Job(
        id=uuid4(),
        kind=JobKind.IMAGE,
        storage=identity.storage,
        asset_code=device.asset_code,
        port=identity.port,
        operator=operator,
        plan=told,
        state=JobState.ISSUED,
        offset_bytes=0,
        secret=None,
        outcome=None,
        reason=None,
        began_at=moment,
        changed_at=moment,
    )
    with station.journal.transaction() as tx:
        jobs.begin(tx, job)
        event = ImageStarted(asset_code=job.asset_code, job_id=job.id, **told)
        station.outbox.append(tx, event, operator=operator)
    station.reported.set()
    return job


def _finish(station: Station, job: Job, result: ImageResult, finished: FinishReport) -> None:
    """`write_image` returns only what it has read back."""
    with station.journal.transaction() as tx:
        jobs.advance(tx, job.id, JobState.VERIFYING, now())
        jobs.finish(tx, job.id, Outcome.IMAGED, now())
        event = ImageFinished(
            asset_code=job.asset_code,
            job_id=job.id,
            name=result.name,
            version=result.version,
            sha256=result.sha256,
            storage=job.storage,
            mapped_bytes=result.mapped_bytes,
            read_back_bytes=result.read_back_bytes,
            finishing=finished.steps,
        )
        station.outbox.append(tx, event, operator=job.operator)
    station.reported.set()
