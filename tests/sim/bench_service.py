"""The service's bench side on loopback, small but honest: checks RFC 9421 signatures with the library, stores each event once.

For tests of the agent alone; `tests/e2e` runs the agent against the real service.
"""

import re
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Self
from uuid import UUID, uuid4

import uvicorn
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from fastapi import Depends, FastAPI, Request, Response
from fastapi.responses import FileResponse, JSONResponse
from http_message_signatures import HTTPMessageVerifier, HTTPSignatureKeyResolver, InvalidSignature, algorithms

from fleet.contract.bench import (
    COVERED_COMPONENTS,
    SIGNATURE_TAG,
    SIGNATURE_WINDOW_S,
    BenchProfile,
    Catalogue,
    CatalogueImage,
    EnrolRequest,
    IntakeReceipt,
    Lease,
    LeaseRequest,
    Recognised,
)
from fleet.contract.events import BenchEvent
from fleet.contract.manifest import ImageManifest
from fleet.contract.policy import WipePolicy
from fleet.contract.signing import SignedDocument, check, key_id, public_from_text, public_text
from labels.codes import from_number

CODE = "K7QM-4T2X-9D8H"
Interference = Callable[[Request], Response | None]


class Refusal(Exception):
    """Answered as problem+json."""

    def __init__(self, status: int, kind: str, **data: object) -> None:
        self.status, self.kind, self.data = status, kind, data


@dataclass
class Books:
    """What the service knows; tests read and change it."""

    keys: dict[str, Ed25519PublicKey] = field(default_factory=dict)
    benches: dict[str, UUID] = field(default_factory=dict)
    revoked: set[str] = field(default_factory=set)
    codes: set[str] = field(default_factory=lambda: {CODE})
    events: dict[UUID, BenchEvent] = field(default_factory=dict)
    arrivals: list[BenchEvent] = field(default_factory=list)
    duplicates: int = 0
    leases: dict[UUID, Lease] = field(default_factory=dict)
    devices: dict[str, Recognised] = field(default_factory=dict)
    clock_ahead: timedelta = timedelta()
    next_number: int = 32**6
    batch_id: UUID | None = field(default_factory=uuid4)
    images: list[tuple[SignedDocument, Path | None]] = field(default_factory=list)
    wipe_policy: WipePolicy = field(default_factory=WipePolicy)
    service_key: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)

    def now(self) -> datetime:
        return datetime.now(UTC) + self.clock_ahead

    def sequence(self) -> list[int]:
        return [event.sequence for event in self.arrivals]


@dataclass
class _Message:
    method: str
    url: str
    headers: Any


class _Keys(HTTPSignatureKeyResolver):
    def __init__(self, books: Books) -> None:
        self.books = books

    def resolve_public_key(self, key_id: str) -> Ed25519PublicKey:
        return self.books.keys[key_id]


class _Verifier(HTTPMessageVerifier):  # type: ignore[misc]
    """The library's, but a test may set the service's clock: the window is checked by `_check_window`."""

    def validate_created_and_expires(self, *_args: Any, **_options: Any) -> None:
        """Done before, by the clock of the books."""


async def _body(request: Request) -> bytes:
    return await request.body()


def _parameter(request: Request, name: str) -> str:
    found = re.search(rf';{name}="?([^;"]+)"?', request.headers.get("signature-input", ""))
    if found is None:
        raise Refusal(401, "signature-invalid", reason=f"no {name}")
    return found.group(1)


def _check_window(books: Books, request: Request) -> None:
    skew = books.now() - datetime.fromtimestamp(int(_parameter(request, "created")), UTC)
    if abs(skew) > timedelta(seconds=SIGNATURE_WINDOW_S):
        raise Refusal(401, "clock-skew", service_time=books.now().isoformat(), skew_s=skew.total_seconds())


def _check_bench(books: Books, request: Request) -> str:
    key = _parameter(request, "keyid")
    if key not in books.keys:
        raise Refusal(401, "bench-unknown")
    if key in books.revoked:
        raise Refusal(403, "bench-revoked")
    return key


def _signer(books: Books, origin: Callable[[], str]) -> Callable[..., str]:
    def bench(request: Request, body: Annotated[bytes, Depends(_body)]) -> str:
        key, scope = _check_bench(books, request), request.scope
        _check_window(books, request)
        query = scope["query_string"].decode("ascii")
        url = origin() + scope["raw_path"].decode("ascii") + (f"?{query}" if query else "")
        verifier = _Verifier(signature_algorithm=algorithms.ED25519, key_resolver=_Keys(books))
        try:
            verifier.verify(
                _Message(request.method, url, request.headers),
                max_age=timedelta(seconds=SIGNATURE_WINDOW_S),
                expect_tag=SIGNATURE_TAG,
                require_components=COVERED_COMPONENTS,
                body=body,
            )
        except InvalidSignature as error:
            raise Refusal(401, "signature-invalid", reason=str(error)) from error
        return key

    return bench


def make_app(  # noqa: C901 - one handler a request, each of them short
    books: Books, interference: list[Interference], origin: Callable[[], str]
) -> FastAPI:
    app = FastAPI()
    bench = _signer(books, origin)

    @app.exception_handler(Refusal)
    async def refuse(_request: Request, refusal: Refusal) -> JSONResponse:
        document = {
            "type": f"/problems/{refusal.kind}",
            "title": refusal.kind,
            "status": refusal.status,
            "detail": "told by the test",
            **refusal.data,
        }
        return JSONResponse(document, refusal.status, media_type="application/problem+json")

    @app.middleware("http")
    async def interfere(request: Request, call_next: Any) -> Response:
        for step in list(interference):
            answer = step(request)
            if answer is not None:
                return answer
        answer = await call_next(request)
        return answer if isinstance(answer, Response) else Response(status_code=500)

    def profile_of(key: str) -> BenchProfile:
        return BenchProfile(
            bench_id=books.benches[key],
            key_id=key,
            organisation_id=UUID(int=1),
            organisation_name="Kringwinkel Test",
            site_name="Atelier",
            label_base_url="https://fleet.example.org",
            service_public_key=public_text(books.service_key.public_key()),
            batch_id=books.batch_id,
            batch_reference="2026-001",
            operators=("an",),
            wipe_policy=books.wipe_policy,
            service_time=books.now(),
        )

    @app.post("/api/v1/bench/enrol")
    def enrol(wanted: EnrolRequest) -> BenchProfile:
        if wanted.code not in books.codes:
            raise Refusal(403, "enrolment-code-invalid")
        books.codes.remove(wanted.code)
        public = public_from_text(wanted.public_key)
        books.keys[key_id(public)] = public
        books.benches[key_id(public)] = uuid4()
        return profile_of(key_id(public))

    @app.get("/api/v1/bench/profile")
    def profile(key: Annotated[str, Depends(bench)]) -> BenchProfile:
        return profile_of(key)

    @app.post("/api/v1/bench/codes/leases")
    def lease(wanted: LeaseRequest, _bench: Annotated[str, Depends(bench)]) -> Lease:
        if wanted.request_id not in books.leases:
            codes: list[str] = []
            while len(codes) < wanted.count:
                books.next_number += 1
                codes += [code for code in [from_number(books.next_number)] if code]
            books.leases[wanted.request_id] = Lease(request_id=wanted.request_id, codes=tuple(codes))
        return books.leases[wanted.request_id]

    @app.get("/api/v1/bench/recognise")
    def recognise(key: str, _bench: Annotated[str, Depends(bench)]) -> Recognised:
        if key not in books.devices:
            raise Refusal(404, "device-unknown")
        return books.devices[key]

    @app.post("/api/v1/bench/events")
    def intake(document: SignedDocument, key: Annotated[str, Depends(bench)]) -> IntakeReceipt:
        event = BenchEvent.model_validate_json(check(document, books.keys[key]))
        assert event.bench_id == books.benches[key]
        if event.id in books.events:
            books.duplicates += 1
            return IntakeReceipt(event_id=event.id, outcome="duplicate")
        books.events[event.id] = event
        books.arrivals.append(event)
        return IntakeReceipt(event_id=event.id, outcome="applied")

    @app.get("/api/v1/bench/images")
    def images(_bench: Annotated[str, Depends(bench)]) -> Catalogue:
        manifests = [(ImageManifest.model_validate_json(document.payload), document, file) for document, file in books.images]
        return Catalogue(
            images=tuple(
                CatalogueImage(name=read.name, version=read.version, manifest=document, fetchable=file is not None)
                for read, document, file in manifests
            )
        )

    @app.get("/api/v1/bench/images/{file_sha256}")
    def content(file_sha256: str, _bench: Annotated[str, Depends(bench)]) -> FileResponse:
        for document, file in books.images:
            if file is not None and ImageManifest.model_validate_json(document.payload).file_sha256 == file_sha256:
                return FileResponse(file, headers={"etag": f'"{file_sha256}"'})
        raise Refusal(404, "content-missing")

    return app


class BenchService:
    """The app on a port of loopback, started and stopped at will; the port stays the same."""

    def __init__(self) -> None:
        self.books = Books()
        self.interference: list[Interference] = []
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self.url = f"http://127.0.0.1:{self.port}"
        self._app = make_app(self.books, self.interference, lambda: self.url)
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        config = uvicorn.Config(
            self._app,
            host="127.0.0.1",
            port=self.port,
            log_level="critical",
            ws="none",
            lifespan="off",
            timeout_graceful_shutdown=2,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, name="service", daemon=True)
        self._thread.start()
        deadline = time.monotonic() + 20
        while not self._server.started:
            assert time.monotonic() < deadline, "the test service did not start"
            assert self._thread.is_alive(), "the test service ended at once"
            time.sleep(0.01)

    def stop(self) -> None:
        if self._server is not None and self._thread is not None:
            self._server.should_exit = True
            self._thread.join()
            self._server = self._thread = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def until(condition: Callable[[], object], timeout_s: float = 20) -> None:
    """Wait for something that other threads or processes bring about."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "this did not come about in time"
        time.sleep(0.02)
