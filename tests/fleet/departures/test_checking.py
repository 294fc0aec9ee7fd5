"""Exports that somebody changed or that were damaged: each is refused with a sentence, never with a crash."""

import hashlib
import json
import zipfile

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from fleet.auth.rules import SYSTEM, Principal, Role
from fleet.contract.signing import public_text
from fleet.departures import checking, service
from fleet.departures.checking import ExportWrong, verify_export
from fleet.destruction import service as destruction
from tests.fleet.destruction.test_service import told
from tests.fleet.drives.bench_drives import Bench

pytestmark = pytest.mark.db


@pytest.fixture
def export(settings, workshop):
    """The path of an export with a wiped laptop and a drive that was destroyed."""
    bench = Bench(workshop)
    bench.laptop("S-1", wiped=True)
    code, medium = bench.drive("S-2", wiped=False)
    with workshop.unit() as session:
        destruction.record(session, workshop.worker, code, told(medium.key))
    admin = Principal(workshop.organisation_id, SYSTEM, frozenset({Role.ADMIN}), "setup")
    with workshop.unit() as session:
        return service.export(session, admin, settings).path


def parts_of(path):
    with zipfile.ZipFile(path) as source:
        return {name: source.read(name) for name in source.namelist()}


def rows(parts, name):
    return [json.loads(line) for line in parts[name].splitlines()]


def put(parts, name, changed):
    parts[name] = b"".join(json.dumps(row).encode() + b"\n" for row in changed)


def written(parts, target):
    """A zip of these parts, with a manifest that fits them."""
    manifest = json.loads(parts["manifest.json"])
    manifest["files"] = {name: hashlib.sha256(content).hexdigest() for name, content in parts.items() if name != "manifest.json"}
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as copy:
        for name, content in (parts | {"manifest.json": json.dumps(manifest).encode()}).items():
            copy.writestr(name, content)
    return target


def forged(row):
    row["document"] = row["document"].replace("{", '{"a":1,', 1)
    row["sha256"] = hashlib.sha256(row["document"].encode()).hexdigest()
    return row


def evidence_changed(parts):
    put(parts, "evidence.ndjson", [forged(row) if not at else row for at, row in enumerate(rows(parts, "evidence.ndjson"))])


def evidence_removed(parts):
    put(parts, "evidence.ndjson", rows(parts, "evidence.ndjson")[1:])


def evidence_added(parts):
    known = rows(parts, "evidence.ndjson")
    put(parts, "evidence.ndjson", [*known, forged(dict(known[0]))])


def evidence_of_another_device(parts):
    known = rows(parts, "evidence.ndjson")
    other = next(row["device_id"] for row in known if row["device_id"] != known[0]["device_id"])
    put(parts, "evidence.ndjson", [known[0] | {"device_id": other}, *known[1:]])


def device_removed(parts):
    [first, *others] = rows(parts, "devices.ndjson")
    put(parts, "devices.ndjson", others)
    put(parts, "evidence.ndjson", [row for row in rows(parts, "evidence.ndjson") if row["device_id"] != first["id"]])


def bench_event_removed(parts):
    put(parts, "bench-events.ndjson", rows(parts, "bench-events.ndjson")[1:])


def bench_event_changed(parts):
    [first, *others] = rows(parts, "bench-events.ndjson")
    put(parts, "bench-events.ndjson", [first | {"payload": first["payload"].replace("{", '{"a":1,', 1)}, *others])


def bench_key_changed(parts):
    key = public_text(Ed25519PrivateKey.generate().public_key())
    put(parts, "benches.ndjson", [row | {"public_key": key} for row in rows(parts, "benches.ndjson")])


def bench_removed(parts):
    put(parts, "benches.ndjson", [])


def destruction_changed(parts):
    put(parts, "destructions.ndjson", [forged(row) for row in rows(parts, "destructions.ndjson")])


def destruction_removed(parts):
    put(parts, "destructions.ndjson", [])
    del parts[photo(parts)]


def photo_changed(parts):
    content = parts[photo(parts)] + b"x"
    parts[photo(parts)] = content
    digest = hashlib.sha256(content).hexdigest()
    put(parts, "destructions.ndjson", [row | {"photo_sha256": digest} for row in rows(parts, "destructions.ndjson")])


def photo_alone_changed(parts):
    parts[photo(parts)] += b"x"


def photo_slipped_in(parts):
    parts["photos/none.png"] = b"x"


def photo(parts):
    return next(name for name in parts if name.startswith("photos/"))


CHANGES = {
    evidence_changed: "knows nothing of the evidence",
    evidence_removed: "the evidence with SHA-256 .* is missing",
    evidence_added: "knows nothing of the evidence",
    evidence_of_another_device: "knows nothing of the evidence|is missing",  # both may have a document of the same words
    device_removed: "the evidence with SHA-256 .* is missing",
    bench_event_removed: "bench's event .* is missing",
    bench_event_changed: "signature of the bench's event",
    bench_key_changed: "another key of the bench",
    bench_removed: "the bench of the event",
    destruction_changed: "knows nothing of the record",
    destruction_removed: "record of destruction with SHA-256 .* is missing",
    photo_changed: "knows nothing of the record",
    photo_alone_changed: "photograph of the destruction .* was changed",
    photo_slipped_in: "no record of destruction belongs",
}


def test_what_the_chain_names_cannot_be_changed_even_with_a_manifest_that_fits(export, tmp_path):
    whole = verify_export(written(parts_of(export), tmp_path / "whole.zip"))
    assert (whole.destructions, whole.evidence_of_others, whole.evidence_elsewhere) == (1, 0, 0)
    assert whole.bench_events > 8
    for change, why in CHANGES.items():
        parts = parts_of(export)
        change(parts)
        with pytest.raises(ExportWrong, match=why):
            verify_export(written(parts, tmp_path / f"{change.__name__}.zip"))


def test_a_damaged_file_is_refused_with_a_sentence(export, tmp_path):
    whole, target = export.read_bytes(), tmp_path / "damaged.zip"
    refused = 0
    ends = range(len(whole) - 3000, len(whole), 23)  # the zip's directory, where one byte changes how all is read
    for place in [*range(0, len(whole), 401), *ends]:
        target.write_bytes(whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :])
        refused += was_refused(target)
    assert refused > 40
    for length in range(0, len(whole), 997):
        target.write_bytes(whole[:length])
        assert was_refused(target)
    for closing in (b"[]", b"{}", b'{"event": 1, "head": 2}', b'{"event": "[]", "head": {}}', b"\xff", b"[" * 100_000):
        with pytest.raises(ExportWrong):
            verify_export(export, closing=closing)
    assert was_refused(tmp_path / "not-there.zip")


def was_refused(path) -> bool:
    """False for damage that changed nothing that is read; anything but ExportWrong comes through."""
    try:
        verify_export(path)
    except ExportWrong:
        return True
    return False


def test_a_file_of_json_in_another_shape_is_refused(export, tmp_path):
    for name in ("heads.json", "chain.ndjson", "devices.ndjson", "evidence.ndjson", "benches.ndjson", "bench-events.ndjson"):
        for content in (b"[1]\n", b"7\n", b"{}\n", b"null\n", b"no end"):
            parts = parts_of(export) | {name: content}
            assert was_refused(written(parts, tmp_path / "shape.zip")), (name, content)


def test_what_would_fill_the_memory_is_refused_before_it_is_unpacked(export, tmp_path, monkeypatch):
    monkeypatch.setattr(checking, "PLAIN", 1 << 20)
    parts = parts_of(export)
    bomb = written(parts | {"tasks.ndjson": bytes(8 << 20)}, tmp_path / "bomb.zip")
    monkeypatch.setattr(checking, "RATIO", 20)
    with pytest.raises(ExportWrong, match="unpack to far more"):
        verify_export(bomb)
    monkeypatch.setattr(checking, "IN_MEMORY", 1 << 10)
    with pytest.raises(ExportWrong, match="far larger"):
        verify_export(export)
