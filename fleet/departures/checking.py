"""Check an export without network and without database.

What holds it together: the chain, whose heads the service signed, names by their hashes the evidence, the bench events behind
steps, the keys of the benches and the records of destruction. Certificates carry signatures of their own. The other rows
(devices, books, tasks, transfers) rest on the manifest alone, which nobody signed, until the closing event names the whole file.
"""

import base64
import hashlib
import json
import struct
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from fleet.audit.rules import GENESIS
from fleet.contract.certificate_file import CertificateFileError, prove
from fleet.contract.signing import KeyFormatError, SignatureError, SignedDocument, check, public_from_text
from fleet.departures.archive import FORMAT
from fleet.departures.proof import ExportWrong, prove_bench_events, prove_destructions, prove_evidence, read_chain, rows

__all__ = ["ExportReport", "ExportWrong", "verify_export"]
PLAIN: Final = 256 << 20
"""Bytes that any export may unpack to."""
RATIO: Final = 100
"""A larger one may unpack to this many times its size. Lines of JSON with hashes shrink to a tenth; zlib's own limit is 1032."""
IN_MEMORY: Final = 64 << 20
"""Bytes of a file in it that is read whole: a certificate, a photograph, the heads."""
DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    NotImplementedError,
    RuntimeError,
    EOFError,
    OSError,
    LookupError,
    TypeError,
    AttributeError,
    ValueError,
)
"""What reading a damaged zip or JSON of another shape raises; RecursionError is a RuntimeError."""


@dataclass(frozen=True)
class ExportReport:
    """What an export proves, in numbers.

    `evidence_elsewhere`: cited by the chain, but of devices that others own and hold by now; `evidence_of_others`: recorded while
    another organisation had the device, so this chain does not vouch for it.
    """

    organisation: str
    events: int
    last_hash: str
    heads: int
    evidence: int
    evidence_elsewhere: int
    evidence_of_others: int
    bench_events: int
    destructions: int
    certificates: int
    sha256: str
    closed: bool


def verify_export(path: Path, trusted: Ed25519PublicKey | None = None, closing: bytes | None = None) -> ExportReport:
    """Recompute the chain, check heads, evidence, bench events, destructions, certificates and every file's hash.

    `trusted` is the service's key if it is known from elsewhere; `closing` is the closing.json of an organisation that left.
    Raises ExportWrong.
    """
    try:
        with path.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        with zipfile.ZipFile(path) as archive:
            _bounds(archive, path.stat().st_size)
            return _verify(archive, trusted, closing, sha256)
    except ExportWrong:
        raise
    except DAMAGED as error:
        raise ExportWrong(f"this is not a whole export, or its closing.json is not one: {error}") from error


def _bounds(archive: zipfile.ZipFile, size: int) -> None:
    """Nothing that would fill memory or disk; zipfile never unpacks more than what an entry announces."""
    entries = archive.infolist()
    if sum(entry.file_size for entry in entries) > max(PLAIN, RATIO * size):
        raise ExportWrong("it would unpack to far more than an export can hold")
    if any(entry.file_size > IN_MEMORY and not entry.filename.endswith(".ndjson") for entry in entries):
        raise ExportWrong("a file in it is far larger than an export can hold")
    if any(entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) for entry in entries):
        raise ExportWrong("a file in it is packed in a way that no export uses")


def _verify(archive: zipfile.ZipFile, trusted: Ed25519PublicKey | None, closing: bytes | None, sha256: str) -> ExportReport:
    manifest = json.loads(archive.read("manifest.json"))
    if manifest.get("format") != FORMAT:
        raise ExportWrong("this is not an export of Heropstart")
    organisation = manifest["organisation"]
    _files(archive, manifest["files"])
    try:
        key = trusted or public_from_text(archive.read("service-key.txt").decode().strip())
    except KeyFormatError as error:
        raise ExportWrong(str(error)) from error
    told = read_chain(archive, organisation)
    heads = json.loads(archive.read("heads.json"))
    if not isinstance(heads, list):
        raise ExportWrong("heads.json is not a list of signed heads")
    for head in heads:
        _head(head, key, told.hashes, organisation)
    devices = {row["id"] for row in rows(archive, "devices.ndjson")}
    evidence = prove_evidence(archive, told, devices)
    certificates = [name for name in archive.namelist() if name.startswith("certificates/")]
    for name in certificates:
        _certificate(archive, name, trusted)
    last = told.hashes[-1] if told.hashes else GENESIS.hex()
    if closing is not None:
        last = _closing(closing, key, last, len(told.hashes), sha256)
    return ExportReport(
        organisation=organisation,
        events=len(told.hashes),
        last_hash=last,
        heads=len(heads),
        evidence=evidence.here,
        evidence_elsewhere=evidence.elsewhere,
        evidence_of_others=evidence.of_others,
        bench_events=prove_bench_events(archive, told),
        destructions=prove_destructions(archive, told),
        certificates=len(certificates),
        sha256=sha256,
        closed=closing is not None,
    )


def _files(archive: zipfile.ZipFile, files: Mapping[str, str]) -> None:
    """Nothing changed, nothing missing, nothing slipped in."""
    names = archive.namelist()
    if sorted(names) != sorted({*files, "manifest.json"}):
        raise ExportWrong("the files in it are not those of its manifest")
    for name, expected in files.items():
        with archive.open(name) as file:
            digest = hashlib.sha256()
            while chunk := file.read(1 << 20):
                digest.update(chunk)
        if digest.hexdigest() != expected:
            raise ExportWrong(f"{name} was changed")


def _head(head: Mapping[str, str], key: Ed25519PublicKey, hashes: list[str], organisation: str) -> None:
    document = SignedDocument(
        payload=base64.b64decode(head["payload"]), signature=base64.b64decode(head["signature"]), key_id=head["key_id"]
    )
    try:
        told = json.loads(check(document, key))
    except SignatureError as error:
        raise ExportWrong(f"the signature of a head does not hold: {error}") from error
    if told["organisation"] != organisation or not 1 <= told["seq"] <= len(hashes) or hashes[told["seq"] - 1] != told["hash"]:
        raise ExportWrong(f"the signed head of event {told['seq']} does not fit the chain")


def _certificate(archive: zipfile.ZipFile, name: str, trusted: Ed25519PublicKey | None) -> None:
    try:
        prove(archive.read(name), service=trusted)
    except (CertificateFileError, SignatureError) as error:
        raise ExportWrong(f"{name}: {error}") from error


def _closing(closing: bytes, key: Ed25519PublicKey, last: str, events: int, sha256: str) -> str:
    """The last event follows the export, and names it. Its hash."""
    given = json.loads(closing)
    body = given["event"].encode()
    told, digest = json.loads(body), hashlib.sha256(body).hexdigest()
    if (told["seq"], told["previous"], told["type"]) != (events + 1, last, "organisation.left"):
        raise ExportWrong("the closing event does not follow this chain")
    if told["data"]["export_sha256"] != sha256:
        raise ExportWrong("the closing event names another export")
    head = given["head"]
    document = SignedDocument(
        payload=base64.b64decode(head["payload"]), signature=base64.b64decode(head["signature"]), key_id=head["key_id"]
    )
    try:
        signed = json.loads(check(document, key))
    except SignatureError as error:
        raise ExportWrong(f"the signature over the closing event does not hold: {error}") from error
    if (signed["seq"], signed["hash"]) != (events + 1, digest):
        raise ExportWrong("the service signed another closing event")
    return digest
