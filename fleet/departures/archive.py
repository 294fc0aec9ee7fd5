"""The export of an organisation's whole history: a zip whose parts can be checked without the service (see `checking`)."""

import base64
import hashlib
import json
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlmodel import Session

from fleet.audit import repository as chain
from fleet.config import Settings
from fleet.contract.signing import public_text
from fleet.departures import repository
from fleet.departures.content import TABLES
from fleet.wipes import service as wipes
from fleet.wipes.statement import as_file

FORMAT = "heropstart-export-1"
README = """\
The whole history of an organisation in Heropstart.

chain.ndjson        every event of its hash chain, one a line, exactly as it was hashed (RFC 8785 canonical JSON).
                    The SHA-256 of a line is the event's hash; each line names the hash of the line before it.
heads.json          heads of the chain that the service signed (Ed25519), as long as the chain grew.
service-key.txt     the public key of the service, base64 of 32 bytes.
*.ndjson            its places, roles, benches with their public keys and signed events, devices with evidence and reports,
                    wipes, destructions, asset codes, images, donations, transfers and tasks, one row a line. Bytes that are
                    no text are hex with \\x before, signatures of benches and images base64.
certificates/       wipe certificates; `fleet verify-certificate FILE` checks each.
photos/             photographs of destructions.
manifest.json       the SHA-256 of every file in here.

To check all of it without network and without database:   fleet audit verify-export FILE
When an organisation leaves, the last event of its chain names the SHA-256 of this file. That event is therefore not in it:
it was given along as closing.json.
"""


@dataclass(frozen=True)
class Archive:
    """An export that was written. Size in bytes."""

    path: Path
    sha256: str
    size: int
    events: int


class _Writer:
    """Files of a zip with their hashes."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._zip = archive
        self.hashes: dict[str, str] = {}

    def put(self, name: str, content: bytes) -> None:
        """One small file."""
        self._zip.writestr(name, content)
        self.hashes[name] = hashlib.sha256(content).hexdigest()

    def lines(self, name: str, lines: Iterable[bytes]) -> int:
        """A file of lines, written as they come; how many there were."""
        digest, count = hashlib.sha256(), 0
        with self._zip.open(name, "w", force_zip64=True) as file:
            for line in lines:
                count += 1
                file.write(line + b"\n")
                digest.update(line + b"\n")
        self.hashes[name] = digest.hexdigest()
        return count


def write(session: Session, settings: Settings, organisation: UUID, key: Ed25519PublicKey, path: Path) -> Archive:
    """Write the export for an organisation for which the session acts. An unfinished file never has the name."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    unfinished = path.with_suffix(".part")
    with zipfile.ZipFile(unfinished, "w", zipfile.ZIP_DEFLATED) as archive:
        writer = _Writer(archive)
        writer.put("README.txt", README.encode())
        writer.put("service-key.txt", f"{public_text(key)}\n".encode())
        events = writer.lines("chain.ndjson", (bytes(event.body) for event in chain.walk(session, organisation)))
        writer.put("heads.json", _heads(session, organisation))
        for table in TABLES:
            writer.lines(f"{table}.ndjson", (line.encode() for line in repository.rows(session, table, organisation)))
        for certificate in repository.certificate_ids(session, organisation):
            writer.put(f"certificates/{certificate}.json", as_file(session, settings, wipes.get(session, certificate)))
        for record, kind, photo in repository.photos(session, organisation):
            writer.put(f"photos/{record}.{'png' if kind == 'image/png' else 'jpg'}", photo)
        manifest = {"format": FORMAT, "organisation": str(organisation), "events": events, "files": dict(writer.hashes)}
        archive.writestr("manifest.json", json.dumps(manifest, indent=1, sort_keys=True))
    unfinished.chmod(0o600)
    unfinished.replace(path)
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    return Archive(path, sha256, path.stat().st_size, events)


def keep(written: Archive, organisation: UUID) -> Archive:
    """The same export under a name of its own, which says its SHA-256: no later export takes its place."""
    path = written.path.with_name(f"{organisation}-{written.sha256}.zip")
    written.path.replace(path)
    return replace(written, path=path)


def _heads(session: Session, organisation: UUID) -> bytes:
    heads = [
        {
            "payload": base64.b64encode(head.payload).decode("ascii"),
            "signature": base64.b64encode(head.signature).decode("ascii"),
            "key_id": head.key_id,
        }
        for head in chain.signed_heads(session, organisation)
    ]
    return json.dumps(heads, indent=1).encode()
