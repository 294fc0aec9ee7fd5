"""A bench's side of the wire for tests: events and certificates as the contract has them, signed with a real key."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from fleet.contract import events
from fleet.contract.certificate import Act, Certificate, Sanitization, Tool, Verification
from fleet.contract.kinds import (
    DeviceKind,
    HiddenAreas,
    IoMode,
    Level,
    MediaType,
    Method,
    Verdict,
    VerificationMethod,
    VisualResult,
)
from fleet.contract.signing import SignedDocument, key_id, sign
from fleet.contract.storage import StorageIdentity

CODE = "VC2R1YD6"


def storage(serial: str = "S-100", *, model: str = "Disk", size: int = 1 << 20) -> StorageIdentity:
    return StorageIdentity(media=MediaType.HDD, model=model, serial=serial, capacity_bytes=size)


@dataclass
class Wire:
    """Numbers and signs events as a bench does."""

    bench_id: UUID
    key: Ed25519PrivateKey
    operator: str | None = "mo.noord"
    sequence: int = 0
    clock: timedelta = field(default=timedelta(0))

    def event(self, data: Any, *, skip: int = 0, event_id: UUID | None = None) -> SignedDocument:
        self.sequence += 1 + skip
        event = events.BenchEvent(
            id=event_id or uuid4(),
            bench_id=self.bench_id,
            sequence=self.sequence,
            occurred_at=datetime.now(UTC) + self.clock,
            operator=self.operator,
            data=data,
        )
        return sign(event, self.key)

    def received(self, code: str = CODE, *storages: StorageIdentity, **more: Any) -> SignedDocument:
        fitted = storages or (storage(),)
        data = events.DeviceReceived(
            asset_code=code,
            kind=more.pop("kind", DeviceKind.DRIVE),
            model=fitted[0].model,
            serial=fitted[0].serial,
            storages=fitted,
            port="A1",
            **more,
        )
        return self.event(data)

    def labelled(self, code: str = CODE, scanned: str | None = None) -> list[SignedDocument]:
        payload = f"HTTP://TESTSERVER/A/{code}"
        return [
            self.event(events.LabelPrinted(asset_code=code, payload=payload, sha256="0" * 64)),
            self.event(events.LabelScanned(asset_code=code, scanned=scanned or payload, port="A1")),
        ]

    def inspected(self, code: str = CODE, visual: VisualResult = VisualResult.GOOD) -> SignedDocument:
        return self.event(events.DeviceInspected(asset_code=code, visual=visual, place="Bank 1", weight_g=95))

    def wipe_started(self, code: str = CODE, *storages: StorageIdentity, job: UUID | None = None) -> SignedDocument:
        fitted = storages or (storage(),)
        data = events.WipeStarted(asset_code=code, job_id=job or uuid4(), storages=fitted, plan={"method": "zeros"})
        return self.event(data)

    def erased(self, code: str = CODE, of: StorageIdentity | None = None, **changes: Any) -> SignedDocument:
        medium = of or storage()
        document = sign(certificate(code, medium, self.key, **changes), changes.get("signer", self.key))
        data = events.WipeFinished(
            asset_code=code,
            job_id=uuid4(),
            storage=medium,
            verdict=Verdict.ERASED,
            certificate=document,
            bytes_written=medium.capacity_bytes,
        )
        return self.event(data)

    def ended(self, verdict: Verdict, code: str = CODE, reason: str = "unplugged") -> SignedDocument:
        data = events.WipeFinished(
            asset_code=code, job_id=uuid4(), storage=storage(), verdict=verdict, reason=reason, medium_failure=True
        )
        return self.event(data)

    def imaged(self, code: str = CODE) -> list[SignedDocument]:
        job, about = uuid4(), {"name": "debian", "version": "1", "sha256": "0" * 64}
        finished = events.ImageFinished(
            asset_code=code, job_id=job, storage=storage(), mapped_bytes=4096, read_back_bytes=4096, **about
        )
        return [self.event(events.ImageStarted(asset_code=code, job_id=job, **about)), self.event(finished)]

    def recorded(self, code: str = CODE) -> SignedDocument:
        """Another tool wrote an image."""
        told = {"tool": "Clonezilla", "tool_version": "3.2", "name": "debian", "version": "13"}
        return self.event(events.ImageRecorded(asset_code=code, storage=storage(), **told))

    def whole_job(self, code: str = CODE, *storages: StorageIdentity) -> list[SignedDocument]:
        """From arrival to a proven wipe."""
        fitted = storages or (storage(),)
        begin = [self.received(code, *fitted), *self.labelled(code), self.inspected(code), self.wipe_started(code, *fitted)]
        return [*begin, *(self.erased(code, medium) for medium in fitted)]


def certificate(code: str, medium: StorageIdentity, key: Ed25519PrivateKey, **changes: Any) -> Certificate:
    start = datetime.now(UTC)
    act = {"person": changes.get("person", "mo"), "role": "operator", "place": "Bank 1, port A1"}
    size = medium.capacity_bytes
    return Certificate(
        id=changes.get("certificate_id", uuid4()),
        asset_code=changes.get("about_code", code),
        device_kind=changes.get("device_kind", DeviceKind.DRIVE),
        organisation=changes.get("organisation", "Noord"),
        storage=changes.get("about_storage", medium),
        sanitization=Sanitization(
            act=Act(started_at=start, finished_at=start, **act),
            level=Level.CLEAR,
            method=Method.OVERWRITE_ZEROS,
            technique="one pass of zeros",
            commands=(),
            bytes_written=size,
            io_mode=IoMode.DIRECT,
            hidden_areas=HiddenAreas.NONE,
        ),
        verification=Verification(
            act=Act(started_at=start, finished_at=start, **act),
            method=VerificationMethod.FULL_READ_BACK,
            expected="zeros",
            bytes_read=size,
            coverage_ppm=1_000_000,
            mismatched_bytes=0,
            io_mode=IoMode.DIRECT,
        ),
        tool=changes.get("tool", Tool(name="bench-agent", version="test", kernel="test")),
        agent_key_id=key_id(changes.get("named_key", key).public_key()),
    )
