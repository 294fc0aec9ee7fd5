"""What the chain of an export says about its other files, and whether these files hold to it."""

import base64
import hashlib
import json
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from fleet.audit.rules import GENESIS, EventType
from fleet.contract.signing import SignatureError, SignedDocument, check, key_id, public_from_text

LONGEST_LINE: Final = 64 << 20
"""Bytes: far above any event or document, so that a hostile file cannot fill the memory."""
PASSED_ON: Final = frozenset(
    {
        EventType.DEVICE_SENT,
        EventType.DEVICE_HANDED_OVER,
        EventType.TRANSFER_LINE_SENT,
        EventType.TRANSFER_LINE_RECEIVED,
    }
)
"""Events after which another organisation may own or hold a device, or did so before."""


class ExportWrong(ValueError):
    """The file is no export, or something in it was changed; the message says what."""


@dataclass
class Told:
    """What the events say, gathered in one pass. Hashes are hex; ids as they stand in the events."""

    hashes: list[str] = field(default_factory=list)
    evidence: set[tuple[str, str]] = field(default_factory=set)
    """Device and SHA-256 of each piece of evidence."""
    passed_on: set[str] = field(default_factory=set)
    """Devices that another organisation held or owned at some time, or that were on their way to one."""
    sources: dict[str, str] = field(default_factory=dict)
    """Bench events behind steps: id to SHA-256 of the signed bytes."""
    keys: dict[str, str] = field(default_factory=dict)
    """Benches that enrolled: id to the id of their key."""
    destructions: dict[str, tuple[str, str, str]] = field(default_factory=dict)
    """Records of destruction: SHA-256 of the record to device, itself and SHA-256 of the photograph."""

    def hear(self, told: Mapping[str, Any]) -> None:
        """Take in one event."""
        data, device = told["data"], told["device"]
        self.evidence |= {(device, one["sha256"]) for one in data.get("evidence", ())}
        me = told["organisation"]
        if told["type"] in PASSED_ON and (data["to"] != me or data.get("from", me) != me):
            self.passed_on.add(device or data["device"])
        if "source" in data:
            self.sources[data["source"]["event"]] = data["source"]["sha256"]
        if told["type"] == EventType.BENCH_ENROLLED:
            self.keys[data["bench"]] = data["key"]
        if told["type"] == EventType.DESTRUCTION_OPENED:
            self.destructions[data["sha256"]] = (device, data["sha256"], data["photo_sha256"])


def lines(archive: zipfile.ZipFile, name: str) -> Iterator[bytes]:
    """The lines of a file without their ends. Raises ExportWrong for one that is too long."""
    with archive.open(name) as file:
        while line := file.readline(LONGEST_LINE):
            if not line.endswith(b"\n"):
                raise ExportWrong(f"a line of {name} has no end")
            yield line[:-1]


def rows(archive: zipfile.ZipFile, name: str) -> Iterator[dict[str, Any]]:
    """The rows of a file of JSON lines."""
    return (json.loads(line) for line in lines(archive, name))


def read_chain(archive: zipfile.ZipFile, organisation: str) -> Told:
    """The events in order, each following the one before it. Raises ExportWrong."""
    told, previous = Told(), GENESIS.hex()
    for number, body in enumerate(lines(archive, "chain.ndjson"), 1):
        event = json.loads(body)
        if (event["seq"], event["previous"], event["organisation"]) != (number, previous, organisation):
            raise ExportWrong(f"the chain breaks at event {number}")
        previous = hashlib.sha256(body).hexdigest()
        told.hashes.append(previous)
        told.hear(event)
    return told


@dataclass(frozen=True)
class Evidence:
    """How many pieces are here, how many that the chain cites are elsewhere, and how many here other organisations recorded."""

    here: int
    elsewhere: int
    of_others: int


def prove_evidence(archive: zipfile.ZipFile, told: Told, devices: set[str]) -> Evidence:
    """All that the chain cites of the devices in the export is there, and nothing else but what others recorded.

    Raises ExportWrong.
    """
    kept: set[tuple[str, str]] = set()
    for row in rows(archive, "evidence.ndjson"):
        if hashlib.sha256(row["document"].encode()).hexdigest() != row["sha256"]:
            raise ExportWrong(f"the evidence {row['id']} was changed")
        one = (row["device_id"], row["sha256"])
        if one not in told.evidence and not (row["device_id"] in told.passed_on and row["device_id"] in devices):
            raise ExportWrong(f"the chain knows nothing of the evidence {row['id']}")
        kept.add(one)
    gone = told.evidence - kept
    for device, sha256 in sorted(gone):
        if device in devices or device not in told.passed_on:
            raise ExportWrong(f"the evidence with SHA-256 {sha256} of device {device} is missing, or it was changed")
    return Evidence(len(kept), len(gone), len(kept - told.evidence))


def prove_bench_events(archive: zipfile.ZipFile, told: Told) -> int:
    """Each is signed by the key with which its bench enrolled, and each that a step names is there. How many.

    Raises ExportWrong.
    """
    keys = {row["id"]: _enrolled(row, told) for row in rows(archive, "benches.ndjson")}
    sources, count = dict(told.sources), 0
    for count, row in enumerate(rows(archive, "bench-events.ndjson"), 1):  # noqa: B007 - the last number is the answer
        payload = row["payload"].encode()
        if row["bench_id"] not in keys:
            raise ExportWrong(f"the bench of the event {row['id']} is missing")
        signed = SignedDocument(payload=payload, signature=base64.b64decode(row["signature"]), key_id=row["key_id"])
        try:
            check(signed, keys[row["bench_id"]])
        except SignatureError as error:
            raise ExportWrong(f"the signature of the bench's event {row['id']} does not hold: {error}") from error
        if sources.get(row["id"]) == hashlib.sha256(payload).hexdigest():
            del sources[row["id"]]
    if sources:
        raise ExportWrong(f"the bench's event {min(sources)} is missing, or it was changed")
    return count


def _enrolled(bench: Mapping[str, Any], told: Told) -> Ed25519PublicKey:
    key = public_from_text(bench["public_key"])
    if told.keys.get(bench["id"]) != key_id(key):
        raise ExportWrong(f"the chain knows another key of the bench {bench['id']}, or none")
    return key


def prove_destructions(archive: zipfile.ZipFile, told: Told) -> int:
    """Records and photographs are those that the chain names. How many. Raises ExportWrong."""
    photos = {name.removeprefix("photos/").split(".")[0]: name for name in archive.namelist() if name.startswith("photos/")}
    kept: set[str] = set()
    for row in rows(archive, "destructions.ndjson"):
        if hashlib.sha256(row["document"].encode()).hexdigest() != row["sha256"]:
            raise ExportWrong(f"the record of destruction {row['id']} was changed")
        cited = told.destructions.get(row["sha256"])
        mine = (row["device_id"], row["sha256"], row["photo_sha256"])
        if cited != mine and (cited is not None or row["device_id"] not in told.passed_on):
            raise ExportWrong(f"the chain knows nothing of the record of destruction {row['id']}")
        if hashlib.sha256(archive.read(photos.pop(row["id"]))).hexdigest() != row["photo_sha256"]:
            raise ExportWrong(f"the photograph of the destruction {row['id']} was changed")
        kept.add(row["sha256"])
    for sha256 in told.destructions:
        if sha256 not in kept:
            raise ExportWrong(f"the record of destruction with SHA-256 {sha256} is missing, or it was changed")
    if photos:
        raise ExportWrong(f"no record of destruction belongs to {min(photos.values())}")
    return len(kept)
