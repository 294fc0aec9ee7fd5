"""A bench fetches from a service over HTTP, with signatures; the connection is cut in the middle, the service goes away."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from starlette.responses import Response

from agents.bench import fetching, imaging
from agents.bench.station import Station, open_station
from agents.config import BenchConfig
from agents.image.catalogue import ImageNotFound, LocalImage
from agents.image.manifest import ManifestSignatureInvalid
from agents.image.pack import ImageLabel, pack_image
from agents.journal.db import Journal
from agents.report.errors import NotAccepted, Unreachable
from fleet.contract.kinds import Compression, DeviceKind
from fleet.contract.signing import sign
from tests.sim.bench_service import BenchService

pytestmark = pytest.mark.process
MIB = 1 << 20


@pytest.fixture
def station(config: BenchConfig, journal: Journal, enrolled: None) -> Iterator[Station]:  # noqa: ARG001 - only the enrolled fetch
    with open_station(config, journal) as opened:
        yield opened


@pytest.fixture
def published(service: BenchService, tmp_path: Path) -> LocalImage:
    """An image that the service has; it is not packed, so that it is large enough to be cut."""
    raw, folder = tmp_path / "raw.img", tmp_path / "published"
    folder.mkdir()
    raw.write_bytes(bytes(range(256)) * (24 * MIB // 256))
    label = ImageLabel("demo", "1", "nl-BE", DeviceKind.LAPTOP)
    image = pack_image(raw, folder, label, datetime(2026, 3, 1, tzinfo=UTC), Compression.NONE)
    service.books.images.append((sign(image.manifest, service.books.service_key), image.path))
    return image


class Cut(Response):
    """Says how long it is, sends half of it, and hangs up."""

    async def __call__(self, scope: object, receive: object, send: object) -> None:
        del scope, receive
        start = {"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers}
        await send(start)  # type: ignore[operator]  # ASGI
        half = bytes(self.body)[: len(self.body) // 2]
        await send({"type": "http.response.body", "body": half, "more_body": True})  # type: ignore[operator]
        raise ConnectionAbortedError


def cut_once(service: BenchService, image: LocalImage) -> list[str | None]:
    """The first answer with content breaks off; which ranges were asked for."""
    asked: list[str | None] = []

    def interfere(request: object) -> Response | None:
        if image.manifest.file_sha256 not in str(request.url.path):  # type: ignore[attr-defined]
            return None
        asked.append(request.headers.get("range"))  # type: ignore[attr-defined]
        return Cut(image.path.read_bytes()) if len(asked) == 1 else None

    service.interference.append(interfere)
    return asked


def test_a_connection_that_is_cut_goes_on_where_it_was(station: Station, service: BenchService, published: LocalImage) -> None:
    asked = cut_once(service, published)
    fetched = fetching.fetch(station, "demo", threading.Event())
    assert fetched.path.read_bytes() == published.path.read_bytes()
    assert asked[0] is None
    assert len(asked) == 2
    began = int(str(asked[1]).removeprefix("bytes=").removesuffix("-"))
    assert 0 < began <= published.manifest.file_bytes // 2


def test_without_the_service_what_is_here_is_used(station: Station, service: BenchService, published: LocalImage) -> None:
    fetching.fetch(station, "demo", threading.Event())
    service.stop()
    found = imaging.find(station, "demo", threading.Event())
    assert found.path.read_bytes() == published.path.read_bytes()
    with pytest.raises(ImageNotFound, match="could not be fetched"):
        imaging.find(station, "another", threading.Event())
    with pytest.raises(Unreachable):
        fetching.fetch(station, "demo", threading.Event())


def test_a_manifest_of_another_key_is_not_taken(station: Station, service: BenchService, published: LocalImage) -> None:
    service.books.images[:] = [(sign(published.manifest, Ed25519PrivateKey.generate()), published.path)]
    with pytest.raises(ManifestSignatureInvalid):
        fetching.fetch(station, "demo", threading.Event())


def test_a_revoked_bench_gets_nothing(station: Station, service: BenchService, published: LocalImage) -> None:
    del published
    service.books.revoked |= set(service.books.keys)
    with pytest.raises(NotAccepted):
        fetching.fetch(station, "demo", threading.Event())


def test_an_image_without_its_file_says_who_can_help(station: Station, service: BenchService, published: LocalImage) -> None:
    service.books.images[:] = [(service.books.images[0][0], None)]
    with pytest.raises(ImageNotFound, match="fleet image publish"):
        fetching.fetch(station, "demo", threading.Event())
    with pytest.raises(ImageNotFound, match="demo@1"):
        fetching.fetch(station, "demo@2", threading.Event())
    assert published.path.exists()
