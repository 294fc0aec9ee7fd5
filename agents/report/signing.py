"""RFC 9421 signatures on the bench's requests (the service checks them against the key of its enrolment)."""

from collections.abc import Callable, Generator
from datetime import datetime, timedelta

import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from http_message_signatures import HTTPMessageSigner, HTTPSignatureKeyResolver, algorithms

from fleet.contract.bench import COVERED_COMPONENTS, SIGNATURE_TAG, SIGNATURE_WINDOW_S
from fleet.contract.signing import key_id

_DIGEST = "content-digest"


class _OneKey(HTTPSignatureKeyResolver):
    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key

    def resolve_private_key(self, key_id: str) -> Ed25519PrivateKey:  # noqa: ARG002 - the library's signature
        return self._key


class BenchSignature(httpx.Auth):
    """Signs each request; `clock` gives the service's time as far as it is known."""

    requires_request_body = True

    def __init__(self, key: Ed25519PrivateKey, clock: Callable[[], datetime]) -> None:
        self._key_id = key_id(key.public_key())
        self._clock = clock
        self._signer = HTTPMessageSigner(signature_algorithm=algorithms.ED25519, key_resolver=_OneKey(key))

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Add content-digest, signature-input and signature. The library adds the digest to what is covered."""
        created = self._clock()
        request.headers.setdefault("content-type", "application/json")
        self._signer.sign(
            request,
            key_id=self._key_id,
            created=created,
            expires=created + timedelta(seconds=SIGNATURE_WINDOW_S),
            tag=SIGNATURE_TAG,
            covered_component_ids=tuple(name for name in COVERED_COMPONENTS if name != _DIGEST),
            body=request.content,
        )
        yield request
