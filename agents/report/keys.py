"""The bench's own Ed25519 key: made at enrolment, in a file that only its owner reads, never sent anywhere."""

import os
import stat
from pathlib import Path
from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from agents.errors import Refused
from fleet.contract.signing import key_id, private_pem

FILE_NAME: Final = "bench.key"
PENDING_NAME: Final = "bench.key.new"
"""The key while the service has not answered its enrolment."""
_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO


class KeyExposed(Refused):
    """Others may read the bench's key. Run `chmod 600` on it; if it may have been copied, enrol anew."""


class KeyUnreadable(Refused):
    """The bench's key cannot be read. Restore the file from a backup, or have the bench revoked and enrol anew."""


def make(state_dir: Path) -> Ed25519PrivateKey:
    """The key of an enrolment under way: a new one, or that of an earlier try whose answer may only have been lost.

    It becomes the bench's own by `adopt`. Raises KeyExposed, KeyUnreadable.
    """
    state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = state_dir / PENDING_NAME
    key = Ed25519PrivateKey.generate()
    try:
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except FileExistsError:
        return _read(path)
    with os.fdopen(fd, "wb") as file:
        file.write(private_pem(key))
        file.flush()
        os.fsync(file.fileno())
    _sync_folder(state_dir)
    return key


def adopt(state_dir: Path) -> None:
    """The key of the enrolment becomes the bench's; the one before is set aside under its id, never deleted."""
    path = state_dir / FILE_NAME
    if path.exists():
        path.rename(state_dir / f"bench-{key_id(_read(path).public_key())}.key")
    (state_dir / PENDING_NAME).rename(path)
    _sync_folder(state_dir)


def load(state_dir: Path, expected_id: str) -> Ed25519PrivateKey:
    """The bench's key, the one that was enrolled. Raises KeyExposed, KeyUnreadable."""
    pending = state_dir / PENDING_NAME
    if pending.exists() and key_id(_read(pending).public_key()) == expected_id:
        adopt(state_dir)
    key = _read(state_dir / FILE_NAME)
    if (actual := key_id(key.public_key())) != expected_id:
        raise KeyUnreadable(f"{state_dir / FILE_NAME} is key {actual}, enrolled is {expected_id}. {KeyUnreadable.__doc__}")
    return key


def _read(path: Path) -> Ed25519PrivateKey:
    try:
        with path.open("rb") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            data = file.read(4096)
    except FileNotFoundError as error:
        raise KeyUnreadable(f"{path} is missing. {KeyUnreadable.__doc__}") from error
    except OSError as error:
        raise KeyUnreadable(f"{path}: {error.strerror}. {KeyUnreadable.__doc__}") from error
    if mode & _OTHERS:
        raise KeyExposed(f"{path} has mode {mode:04o}. {KeyExposed.__doc__}")
    return _parse(data, path)


def _parse(data: bytes, path: Path) -> Ed25519PrivateKey:
    try:
        key = load_pem_private_key(data, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise KeyUnreadable(f"{path}: no Ed25519 key in PEM. {KeyUnreadable.__doc__}") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise KeyUnreadable(f"{path}: not an Ed25519 key. {KeyUnreadable.__doc__}")
    return key


def _sync_folder(folder: Path) -> None:
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
