"""The service's own Ed25519 key: it signs chain heads and image manifests."""

import os
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from fleet.config import Settings
from fleet.contract.signing import private_pem


class ServiceKeyError(RuntimeError):
    """The service's signing key cannot be used."""


def service_key(settings: Settings) -> Ed25519PrivateKey:
    """The key, made at first use in a file of mode 0600. Raises ServiceKeyError."""
    path = settings.signing_key_path
    if not path.exists():
        _make(path)
    if path.stat().st_mode & 0o077:
        raise ServiceKeyError(f"{path} can be read by others: chmod 600 it, and replace the key if someone may have read it")
    key = load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise ServiceKeyError(f"{path} holds no Ed25519 key")
    return key


def _make(path: Path) -> None:
    """Write a new key beside its place and link it there: whoever comes second uses the first one's key."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = path.with_name(f".{path.name}.{os.getpid()}.{os.urandom(4).hex()}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(private_pem(Ed25519PrivateKey.generate()))
        file.flush()
        os.fsync(file.fileno())
    try:
        path.hardlink_to(fresh)
    except FileExistsError:
        return
    finally:
        fresh.unlink()
