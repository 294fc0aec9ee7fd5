"""Check an export without network and without database."""

import base64
import hashlib
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from fleet.audit.rules import GENESIS
from fleet.contract.certificate_file import CertificateFileError, prove
from fleet.contract.signing import KeyFormatError, SignatureError, SignedDocument, check, public_from_text
from fleet.departures.archive import FORMAT


class ExportWrong(ValueError):
    """The file is no export, or something in it was changed; the message says what."""


@dataclass(frozen=True)
class ExportReport:
    """What an export proves. `evidence_elsewhere`: cited by the chain, but of devices that others own and hold by now."""

    organisation: str
    events: int
    last_hash: str
    heads: int
    evidence: int
    evidence_elsewhere: int
    certificates: int
    sha256: str
    closed: bool


def verify_export(path: Path, trusted: Ed25519PublicKey | None = None, closing: bytes | None = None) -> ExportReport:
    """Recompute the chain, check heads, evidence, certificates and every file's hash.

    `trusted` is the service's key if it is known from elsewhere; `closing` is the closing.json of an organisation that left.
    Raises ExportWrong.
    """
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    try:
        with zipfile.ZipFile(path) as archive:
            return _verify(archive, trusted, closing, sha256)
    except (zipfile.BadZipFile, KeyError, ValueError) as error:
        if isinstance(error, ExportWrong):
            raise
        raise ExportWrong(f"this is not a whole export: {error}") from error


def _verify(archive: zipfile.ZipFile, trusted: Ed25519PublicKey | None, closing: bytes | None, sha256: str) -> ExportReport:
    manifest = json.loads(archive.read("manifest.json"))
    if manifest.get("format") != FORMAT:
        raise ExportWrong("this is not an export of Heropstart")
    _files(archive, manifest["files"])
    try:
        key = trusted or public_from_text(archive.read("service-key.txt").decode().strip())
    except KeyFormatError as error:
        raise ExportWrong(str(error)) from error
    hashes, cited = _chain(archive, manifest["organisation"])
    heads = json.loads(archive.read("heads.json"))
    for head in heads:
        _head(head, key, hashes, manifest["organisation"])
    kept = _evidence(archive)
    certificates = [name for name in archive.namelist() if name.startswith("certificates/")]
    for name in certificates:
        _certificate(archive, name, trusted)
    last = hashes[-1] if hashes else GENESIS.hex()
    if closing is not None:
        last = _closing(closing, key, last, len(hashes), sha256)
    report = (len(hashes), last, len(heads), len(kept), len(cited - kept), len(certificates))
    return ExportReport(manifest["organisation"], *report, sha256, closed=closing is not None)


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


def _chain(archive: zipfile.ZipFile, organisation: str) -> tuple[list[str], set[str]]:
    """The events' hashes in order, and the hashes of the evidence that they cite."""
    hashes: list[str] = []
    cited: set[str] = set()
    previous = GENESIS.hex()
    with archive.open("chain.ndjson") as file:
        for number, line in enumerate(file, 1):
            body = line.rstrip(b"\n")
            told = json.loads(body)
            if (told["seq"], told["previous"], told["organisation"]) != (number, previous, organisation):
                raise ExportWrong(f"the chain breaks at event {number}")
            previous = hashlib.sha256(body).hexdigest()
            hashes.append(previous)
            cited |= {one["sha256"] for one in told["data"].get("evidence", ())}
    return hashes, cited


def _head(head: Mapping[str, str], key: Ed25519PublicKey, hashes: list[str], organisation: str) -> None:
    document = SignedDocument(
        payload=base64.b64decode(head["payload"]), signature=base64.b64decode(head["signature"]), key_id=head["key_id"]
    )
    try:
        told = json.loads(check(document, key))
    except SignatureError as error:
        raise ExportWrong(f"the signature of a head does not hold: {error}") from error
    if told["organisation"] != organisation or told["seq"] > len(hashes) or hashes[told["seq"] - 1] != told["hash"]:
        raise ExportWrong(f"the signed head of event {told['seq']} does not fit the chain")


def _evidence(archive: zipfile.ZipFile) -> set[str]:
    kept: set[str] = set()
    with archive.open("evidence.ndjson") as file:
        for line in file:
            row = json.loads(line)
            if hashlib.sha256(row["document"].encode()).hexdigest() != row["sha256"]:
                raise ExportWrong(f"the evidence {row['id']} was changed")
            kept.add(row["sha256"])
    return kept


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
