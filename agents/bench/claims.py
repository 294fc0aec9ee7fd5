"""One storage, one port: two ports that read the same serial hold each other's device."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from agents.errors import Refused
from fleet.contract.storage import StorageIdentity


class SameDeviceTwice(Refused):
    """Another port holds a device with the same identity. Take one of the two out: nobody could tell their certificates apart."""


class Claims:
    """Which port holds which storage now."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._holders: dict[str, str] = {}

    @contextmanager
    def hold(self, storage: StorageIdentity, port: str) -> Iterator[None]:
        """Hold a storage for as long as its device stands at the port. Raises SameDeviceTwice."""
        with self._lock:
            other = self._holders.get(storage.key)
            if other is not None:
                raise SameDeviceTwice(
                    f"{storage.model}, serial {storage.serial}, is at port {other} already. {SameDeviceTwice.__doc__}"
                )
            self._holders[storage.key] = port
        try:
            yield
        finally:
            with self._lock:
                del self._holders[storage.key]
