"""The files of images: stored whole or not at all, sent to the benches of their organisation, from any byte on."""

import errno
import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import text

from agents.report.signing import BenchSignature
from fleet.app import create_app
from fleet.auth.rules import SYSTEM, Principal, Role, RoleMissing
from fleet.config import Settings
from fleet.contract.manifest import ImageManifest
from fleet.images import service
from fleet.images.content import ContentDiffers, ContentMissing, ContentStore, StoreFull
from tests.fleet.conftest import Workshop
from tests.fleet.images.manifests import manifest

DATA = bytes(range(256)) * 20
DIGEST = sha256(DATA).hexdigest()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "debian-leerling.img.zst"
    path.write_bytes(DATA)
    return path


@pytest.fixture
def store(settings: Settings) -> ContentStore:
    return ContentStore(settings.images_path)


def described(**changes: object) -> ImageManifest:
    return manifest(file_bytes=len(DATA), file_sha256=DIGEST, **changes)


@pytest.mark.parametrize("changes", [{"file_bytes": 1}, {"file_sha256": "d" * 64}])
def test_a_file_that_is_not_the_manifests_is_not_stored(tmp_path: Path, file: Path, changes: dict[str, object]) -> None:
    store = ContentStore(tmp_path / "store")
    wrong = described().model_copy(update=changes)
    with pytest.raises(ContentDiffers, match="instead of"):
        store.add(file, wrong)
    assert [path for path in (tmp_path / "store").rglob("*") if path.is_file()] == []


def test_a_full_disk_leaves_nothing_behind(tmp_path: Path, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_number: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    store = ContentStore(tmp_path / "store")
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StoreFull, match="No space left"):
        store.add(file, described())
    assert [path for path in (tmp_path / "store").rglob("*") if path.is_file()] == []


def test_a_content_that_was_cut_on_the_disk_is_not_sent(tmp_path: Path, file: Path) -> None:
    store = ContentStore(tmp_path / "store")
    store.add(file, described())
    assert store.find(DIGEST, len(DATA)).read_bytes() == DATA
    store.path(DIGEST).write_bytes(DATA[:-1])
    with pytest.raises(ContentMissing):
        store.find(DIGEST, len(DATA))


def keep(workshop: Workshop, store: ContentStore, file: Path) -> None:
    admin = Principal(workshop.organisation_id, SYSTEM, frozenset({Role.ADMIN}), "setup")
    store.add(file, described())
    with workshop.unit() as session:
        service.publish(session, admin, described(), Ed25519PrivateKey.generate())
        service.keep_content(session, admin, described())


@pytest.mark.db
def test_the_catalogue_says_which_files_are_here(workshop: Workshop, stranger: Workshop, store: ContentStore, file: Path) -> None:
    keep(workshop, store, file)
    keep(workshop, store, file)
    with workshop.unit() as session:
        assert [image.fetchable for image in service.catalogue(session).images] == [True]
        assert session.execute(text("SELECT count(*) FROM audit_event WHERE type = 'image.stored'")).scalar_one() == 1
        with pytest.raises(RoleMissing):
            service.keep_content(session, workshop.lead, described())
    admin = Principal(stranger.organisation_id, SYSTEM, frozenset({Role.ADMIN}), "setup")
    with stranger.unit() as session:
        service.publish(session, admin, described(), Ed25519PrivateKey.generate())
        assert [image.fetchable for image in service.catalogue(session).images] == [False]
        with pytest.raises(ContentMissing):
            service.content(session, DIGEST, store)


@pytest.fixture
def app(settings: Settings) -> FastAPI:
    return create_app(settings)


@pytest.fixture
def bench(app: FastAPI) -> Iterator[Callable[[Workshop], TestClient]]:
    with TestClient(app) as client:

        def of(workshop: Workshop) -> TestClient:
            client.auth = BenchSignature(workshop.bench_key, lambda: datetime.now(UTC))
            return client

        yield of


@pytest.mark.db
def test_a_bench_gets_its_organisations_files_from_any_byte_on(
    bench: Callable[[Workshop], TestClient], workshop: Workshop, stranger: Workshop, store: ContentStore, file: Path
) -> None:
    keep(workshop, store, file)
    address, tag = f"/api/v1/bench/images/{DIGEST}", f'"{DIGEST}"'
    whole = bench(workshop).get(address)
    assert (whole.status_code, whole.content, whole.headers["etag"]) == (200, DATA, tag)
    rest = bench(workshop).get(address, headers={"range": "bytes=5000-", "if-range": tag})
    assert (rest.status_code, rest.content) == (206, DATA[5000:])
    assert rest.headers["content-range"] == f"bytes 5000-{len(DATA) - 1}/{len(DATA)}"
    changed = bench(workshop).get(address, headers={"range": "bytes=5000-", "if-range": '"other"'})
    assert (changed.status_code, len(changed.content)) == (200, len(DATA))
    assert bench(workshop).get(address, headers={"range": f"bytes={len(DATA)}-"}).status_code == 416
    assert bench(stranger).get(address).status_code == 404
    assert bench(workshop).get(f"/api/v1/bench/images/{'0' * 64}").status_code == 404
    unsigned = bench(workshop)
    unsigned.auth = None  # type: ignore[assignment]  # httpx's own way of saying "none"
    assert unsigned.get(address).status_code == 401
    store.path(DIGEST).unlink()
    assert bench(workshop).get(address).json()["detail"].endswith("fleet image publish MANIFEST FILE")
