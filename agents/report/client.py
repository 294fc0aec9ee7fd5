"""The service as the bench sees it: one method a request, wire types in and out, typed errors that say what to do."""

import ipaddress
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, Self, TypeVar

import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pydantic import BaseModel, ValidationError

from agents.image.cache import Content
from agents.report.errors import ClockSkew, NotUnderstood, RequestRefused, Unreachable, from_answer
from agents.report.signing import BenchSignature
from agents.shell.clock import now
from fleet.contract.bench import BenchProfile, Catalogue, EnrolRequest, IntakeReceipt, Lease, LeaseRequest, Recognised
from fleet.contract.ports import PORTS_PATH, PortsShown
from fleet.contract.problem import Problem
from fleet.contract.signing import SignedDocument

_ROOT: Final = "/api/v1/bench"
_TIMEOUT: Final = httpx.Timeout(20.0, connect=5.0)
_NOT_FOUND: Final = 404
_PARTIAL: Final = 206
_PIECE_BYTES: Final = 1 << 20

Answer = TypeVar("Answer", bound=BaseModel)


class ServiceClient:
    """Speaks for one bench. Safe for several threads. Close it, or use it as a context manager.

    `skew_s` are the seconds to add to this computer's clock. Where the service says that the clock is wrong, its time is taken,
    told to `on_skew`, and the request is sent once more.
    """

    def __init__(
        self,
        server: str,
        *,
        key: Ed25519PrivateKey | None = None,
        ca_file: Path | None = None,
        skew_s: float = 0.0,
        on_skew: Callable[[float], None] = lambda _skew_s: None,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self.server, self.skew_s = server.rstrip("/"), skew_s
        self._on_skew = on_skew
        self._auth = BenchSignature(key, self.service_now) if key is not None else None
        self._http = httpx.Client(
            timeout=_TIMEOUT,
            verify=_trust(ca_file) if self.server.startswith("https:") else False,
            trust_env=not _is_loopback(self.server),
            transport=transport,
            headers={"accept": "application/json, application/problem+json"},
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let the connections go."""
        self._http.close()

    def service_now(self) -> datetime:
        """The service's time, as far as the bench knows."""
        return now() + timedelta(seconds=self.skew_s)

    def enrol(self, request: EnrolRequest) -> BenchProfile:
        """Ask in. Raises EnrolmentRefused and what `_ask` raises."""
        return self._ask("POST", "/enrol", BenchProfile, body=request)

    def profile(self) -> BenchProfile:
        """The profile as it is now. Raises what `_ask` raises."""
        return self._ask("GET", "/profile", BenchProfile)

    def lease(self, request: LeaseRequest) -> Lease:
        """A block of asset codes; the same for the same request id. Raises what `_ask` raises."""
        lease = self._ask("POST", "/codes/leases", Lease, body=request)
        if lease.request_id != request.request_id:
            raise NotUnderstood(f"{self.server} answered another lease than was asked for. {NotUnderstood.__doc__}")
        return lease

    def recognise(self, storage_key: str, serial: str | None = None) -> Recognised | None:
        """The service's device that holds this storage; None when it knows none. Raises what `_ask` raises.

        `serial` finds a drive that somebody received by hand before any bench read it.
        """
        url = f"{self.server}{_ROOT}/recognise"
        asked = {"key": storage_key} | ({"serial": serial} if serial else {})
        response = self._send(self._http.build_request("GET", url, params=asked))
        if response.status_code == _NOT_FOUND and _problem(response) is not None:
            return None
        return self._read(response, Recognised)

    def send(self, event: SignedDocument) -> IntakeReceipt:
        """Deliver a signed event. Only the receipt means that the service holds it. Raises what `_ask` raises."""
        return self._ask("POST", "/events", IntakeReceipt, body=event)

    def show_ports(self, shown: PortsShown) -> None:
        """Tell what the ports show now. Raises what `_ask` raises."""
        content, headers = shown.model_dump_json().encode(), {"content-type": "application/json"}
        response = self._send(self._http.build_request("PUT", f"{self.server}{PORTS_PATH}", content=content, headers=headers))
        refusal = self._refusal(response)
        if refusal is not None:
            raise refusal

    def images(self) -> Catalogue:
        """The catalogue of images. Raises what `_ask` raises."""
        return self._ask("GET", "/images", Catalogue)

    @contextmanager
    def content(self, file_sha256: str, start: int) -> Iterator[Content]:
        """An image's file from byte `start` on. Raises what `_ask` raises, Unreachable also in the middle of the bytes."""
        headers = {"accept-encoding": "identity"}
        if start:
            headers |= {"range": f"bytes={start}-", "if-range": f'"{file_sha256}"'}
        request = self._http.build_request("GET", f"{self.server}{_ROOT}/images/{file_sha256}", headers=headers)
        response = self._send(request, stream=True)
        try:
            if not response.is_success:
                response.read()
                raise self._refusal(response) or NotUnderstood
            yield Content(_first_byte(response, start), self._pieces(response))
        finally:
            response.close()

    def _pieces(self, response: httpx.Response) -> Iterator[bytes]:
        try:
            yield from response.iter_raw(_PIECE_BYTES)
        except httpx.TransportError as error:
            raise Unreachable(f"{self.server}: {type(error).__name__}, {error}. {Unreachable.__doc__}") from error

    def _ask(self, method: str, path: str, answer: type[Answer], *, body: BaseModel | None = None) -> Answer:
        """One request. Raises Unreachable, NotUnderstood, Overloaded, ClockSkew, NotAccepted, RequestRefused."""
        content = None if body is None else body.model_dump_json().encode()
        headers = {"content-type": "application/json"}
        request = self._http.build_request(method, f"{self.server}{_ROOT}{path}", content=content, headers=headers)
        return self._read(self._send(request), answer)

    def _send(self, request: httpx.Request, *, stream: bool = False) -> httpx.Response:
        """Send, with the service's time if ours is refused. Raises Unreachable, NotUnderstood, ClockSkew."""
        response = self._once(request, stream=stream)
        if stream and response.is_success:
            return response
        response.read()
        refusal = self._refusal(response)
        if not isinstance(refusal, ClockSkew):
            return response
        self.skew_s = (refusal.service_time - now()).total_seconds()
        self._on_skew(self.skew_s)
        for header in ("signature", "signature-input", "content-digest"):
            request.headers.pop(header, None)
        return self._once(request, stream=stream)

    def _once(self, request: httpx.Request, *, stream: bool = False) -> httpx.Response:
        try:
            return self._http.send(request, auth=self._auth, stream=stream)
        except httpx.TransportError as error:
            raise Unreachable(f"{self.server}: {type(error).__name__}, {error}. {Unreachable.__doc__}") from error
        except (httpx.InvalidURL, httpx.DecodingError) as error:
            raise NotUnderstood(f"{self.server}: {error}. {NotUnderstood.__doc__}") from error

    def _refusal(self, response: httpx.Response) -> Exception | None:
        if response.is_success:
            return None
        return from_answer(response.status_code, _problem(response), f"{self.server}{response.request.url.path}")

    def _read(self, response: httpx.Response, answer: type[Answer]) -> Answer:
        refusal = self._refusal(response)
        if refusal is not None:
            raise refusal
        try:
            return answer.model_validate_json(response.content)
        except ValidationError as error:
            raise NotUnderstood(
                f"{self.server}{response.request.url.path} answered {response.status_code}, but not with a {answer.__name__} "
                f"({error.error_count()} mistakes). {NotUnderstood.__doc__}"
            ) from error


def _first_byte(response: httpx.Response, asked: int) -> int:
    """Where the bytes of an answer begin: a service that cannot go on sends the whole (200). Raises NotUnderstood."""
    if response.status_code != _PARTIAL:
        return 0
    if response.headers.get("content-range", "").startswith(f"bytes {asked}-"):
        return asked
    raise NotUnderstood(f"{response.request.url.path} answered another range than was asked for. {NotUnderstood.__doc__}")


def _problem(response: httpx.Response) -> Problem | None:
    """The problem document of a refusal, when it is one: only the service itself sends them."""
    if not response.headers.get("content-type", "").startswith("application/problem+json"):
        return None
    try:
        return Problem.model_validate_json(response.content)
    except ValidationError:
        return None


def _trust(ca_file: Path | None) -> ssl.SSLContext:
    """The system's certificate authorities, and one of the organisation's own."""
    context = ssl.create_default_context()
    if ca_file is None:
        return context
    try:
        context.load_verify_locations(cafile=str(ca_file))
    except OSError as error:
        raise RequestRefused(f"{ca_file} cannot be used as `ca_file` ({error}). Name a PEM file of certificates.") from error
    return context


def _is_loopback(server: str) -> bool:
    """Whether the service runs on this computer, so that no proxy stands between."""
    host = httpx.URL(server).host
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
