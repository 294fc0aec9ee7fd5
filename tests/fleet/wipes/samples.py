"""Certificates of each kind for these tests: an overwrite, drive firmware with samples, and one with more than fits a page."""

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from fleet.contract.certificate import Act, Certificate, CommandRecord, Sampling, Sanitization, Tool, Verification
from fleet.contract.kinds import (
    Adequacy,
    Completion,
    DeviceKind,
    HiddenAreas,
    IoMode,
    Level,
    MediaType,
    Method,
    VerificationMethod,
)
from fleet.contract.signing import key_id, sign
from fleet.contract.storage import StorageIdentity
from fleet.contract.validation import ValidationStatement
from fleet.wipes.sheet import Source

SIZE = 500_107_862_016
START = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
KEY = Ed25519PrivateKey.from_private_bytes(b"b" * 32)
SERVICE_KEY = Ed25519PrivateKey.from_private_bytes(b"s" * 32)
CERTIFICATE_ID = UUID("6f1c9f0e-6a43-4d5e-9d0c-0f5b8f3c2a11")


def act(begins_h: int, ends_h: int, person: str = "an.peeters") -> Act:
    return Act(
        person=person,
        role="operator",
        place="Werkbank 1, A1",
        started_at=START + timedelta(hours=begins_h),
        finished_at=START + timedelta(hours=ends_h),
    )


def medium(media: MediaType = MediaType.SATA_SSD, **changes: Any) -> StorageIdentity:
    known = StorageIdentity(
        media=media,
        manufacturer="Samsung",
        model="SSD 860 EVO 500GB with a name that goes on and on and on",
        serial="S3Z2NB0K123456X",
        wwn="5002538e40a1b2c3",
        firmware="RVT04B6Q",
        capacity_bytes=SIZE,
        transport="sata",
    )
    return known.model_copy(update=changes)


def overwritten(storage: StorageIdentity | None = None, **changes: Any) -> Certificate:
    """An overwrite with random data; `changes` are of the sanitization."""
    what = storage or medium()
    done: dict[str, Any] = {
        "act": act(0, 2),
        "level": Level.CLEAR,
        "method": Method.OVERWRITE_RANDOM,
        "technique": "one pass of AES-256-CTR over every addressable block",
        "reason": "the only method that works through a USB bridge",
        "commands": (),
        "bytes_written": what.capacity_bytes,
        "io_mode": IoMode.DIRECT,
        "hidden_areas": HiddenAreas.NONE,
        "highest_temperature_c": 47,
    }
    verification = Verification(
        act=act(2, 3),
        method=VerificationMethod.FULL_READ_BACK,
        expected="the same AES-256-CTR stream",
        bytes_read=what.capacity_bytes,
        coverage_ppm=1_000_000,
        mismatched_bytes=0,
        io_mode=IoMode.DIRECT,
    )
    return certificate(what, Sanitization(**(done | changes)), verification)


def by_firmware(storage: StorageIdentity | None = None, **changes: Any) -> Certificate:
    """An NVMe sanitize with sampled verification; `changes` are of the sanitization."""
    what = storage or medium(MediaType.NVME, model="Samsung SSD 980 PRO 500GB", transport="nvme")
    done: dict[str, Any] = {
        "act": act(0, 1),
        "level": Level.PURGE,
        "method": Method.NVME_SANITIZE_BLOCK,
        "technique": "NVMe Sanitize, Block Erase (NVM Express Base Specification, 5.24; IEEE 2883-2022)",
        "reason": "SANICAP bit 1: the controller erases all blocks, over-provisioned ones included",
        "scope": ("/dev/nvme0n1", "/dev/nvme0n2"),
        "commands": (
            CommandRecord(argv=("nvme", "sanitize", "/dev/nvme0", "--sanact=2"), exit_code=0),
            CommandRecord(
                argv=("nvme", "sanitize-log", "/dev/nvme0", "-o", "json"), exit_code=0, output='{"sprog":65535,"sstat":257}'
            ),
        ),
        "completion": Completion.NVME_SANITIZE_LOG,
        "bytes_written": 0,
        "io_mode": IoMode.DIRECT,
        "hidden_areas": HiddenAreas.NOT_APPLICABLE,
        "interruptions": 1,
        "highest_temperature_c": 61,
    }
    return certificate(what, Sanitization(**(done | changes)), sampled(what.capacity_bytes))


def sampled(size: int, **changes: Any) -> Verification:
    seen: dict[str, Any] = {"sections": 1000, "samples": 2002, "sample_bytes": 25_006_080, "unchanged_samples": 0}
    seen |= {"canaries_planted": 2004, "canaries_found": 0}
    told = {name: changes.pop(name) for name in tuple(changes) if name in seen}
    known: dict[str, Any] = {
        "act": act(1, 2),
        "method": VerificationMethod.SAMPLED,
        "expected": "anything but what was there before",
        "bytes_read": size // 10 + 4096,
        "coverage_ppm": 100_000,
        "mismatched_bytes": 0,
        "io_mode": IoMode.DIRECT,
        "sample_seed": "5eed" * 16,
        "sampling": Sampling(**(seen | told)),
    }
    return Verification(**(known | changes))


def certificate(storage: StorageIdentity, sanitization: Sanitization, verification: Verification, **changes: Any) -> Certificate:
    known: dict[str, Any] = {
        "id": CERTIFICATE_ID,
        "asset_code": "VC2R1YD6",
        "device_kind": DeviceKind.LAPTOP,
        "source": "D-2026-0007",
        "organisation": "Kringwinkel Żuidrand & Œuvres",
        "storage": storage,
        "sanitization": sanitization,
        "verification": verification,
        "tool": Tool(name="bench-agent", version="0.1.0", kernel="6.1.0-31-amd64"),
        "agent_key_id": key_id(KEY.public_key()),
    }
    return Certificate(**(known | changes))


def overlong() -> Certificate:
    """Everything at its longest: many namespaces, commands, errors and logs."""
    long_argv = ("nvme", "sanitize", *(f"--a-rather-long-option-{number}={'x' * 40}" for number in range(40)))
    base = by_firmware(
        medium(
            MediaType.NVME,
            manufacturer="A manufacturer with a name of several words, Incorporated",
            serial="S" * 60,
            bridge="152d:0583",
            transport="usb",
            firmware="FIRMWARE-REVISION-1.2.3.4.5",
        ),
        scope=tuple(f"/dev/nvme0n{number}" for number in range(1, 33)),
        commands=(CommandRecord(argv=long_argv, exit_code=0, output="progress " * 200),),
        errors=tuple(
            f"read error at LBA {number * 977}: Buffer I/O error on dev nvme0n1, async page read" for number in range(120)
        ),
        interruptions=12,
        reason="a reason that explains at length why this method and no other was chosen, " * 4,
        technique="a technique that is described at length, " * 6,
    )
    logs = {
        f"smart-{when}": "\n".join(f"attribute {number}: {number * 7}" for number in range(60)) for when in ("before", "after")
    }
    return base.model_copy(update={"capabilities": {"identify": "00ff" * 512, "SANICAP": "0x60000002"}, "logs": logs})


def source(
    document: Certificate, adequacy: Adequacy = Adequacy.ADEQUATE, grounds: tuple[str, ...] = (), version: int = 3
) -> Source:
    """A certificate with the service's word on it, both signed."""
    signed = sign(document, KEY)
    statement = ValidationStatement(
        certificate_id=document.id,
        certificate_sha256=hashlib.sha256(signed.payload).hexdigest(),
        adequacy=adequacy,
        grounds=grounds,
        policy_version=version,
        person="Heropstart" if adequacy is not Adequacy.INADEQUATE else "lies.desmet",
        role="service" if adequacy is not Adequacy.INADEQUATE else "lead",
        place="https://fleet.example.org",
        decided_at=START + timedelta(hours=4),
    )
    return Source(document, signed, statement, sign(statement, SERVICE_KEY))
