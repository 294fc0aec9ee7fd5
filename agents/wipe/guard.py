"""The host guard: nothing is overwritten that is not at a declared port, or that this machine uses itself.

A clearance is good for one job. Redeeming it opens the device exclusively and then reads everything once more, so that what
was confirmed, what is checked and what is overwritten are the same device.
"""

import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from agents.config import PortConfig
from agents.errors import Refused
from agents.identify.host import Host, Undeterminable
from agents.identify.identify import identify
from agents.identify.identity import Identity
from agents.identify.sysfs import DeviceNumber, Node
from agents.identify.system import uses_of_block, uses_of_file
from agents.shell.blockdev import BlockDevice, ReadOnlyDevice, open_device
from fleet.contract.kinds import MediaType

_VIRTUAL: Final = frozenset({MediaType.LOOP, MediaType.FILE})


class NotAllowlisted(Refused):
    """This device is not at a port of the bench. Plug it into a declared port, or declare its position in the configuration."""


class SystemDisk(Refused):
    """This machine uses this device itself. Unmount it and release what stands on it, if it really is to be erased."""


class IdentityChanged(Refused):
    """Another device stands here than the one that was confirmed. Nothing was touched: identify it again."""


class ScopeChanged(Refused):
    """Other namespaces or boot areas belong to this device than were planned for. Nothing was touched: plan anew."""


class ClearanceSpent(Refused):
    """This clearance was used already. Each job is cleared anew."""


class Clearance:
    """Leave to overwrite one device once, bound to its identity, size and plugging-in (diskseq)."""

    def __init__(self, identity: Identity, port: PortConfig, host: Host, scope: Sequence[str] = ()) -> None:
        self.identity = identity
        self.scope = tuple(scope)
        self._port, self._host = port, host
        self._unspent = threading.Lock()

    @contextmanager
    def redeem(self) -> Iterator[BlockDevice]:
        """Hold the device exclusively, read its identity and use again, and hand it over for writing.

        Raises:
            ClearanceSpent, IdentityChanged, ScopeChanged, SystemDisk, NotAllowlisted, and what `open_device` raises: nothing was
                touched.
        """
        if not self._unspent.acquire(blocking=False):
            raise ClearanceSpent
        with open_device(self.identity.path, write=True) as device:
            again = identify(self._port, self.identity.path)
            _require_same(self.identity, again, device)
            _require_scope(again, self.scope)
            check(again, (self._port,), self._host, self.scope)
            yield device


def clear(identity: Identity, ports: Sequence[PortConfig], host: Host | None = None, *, scope: Sequence[str] = ()) -> Clearance:
    """A clearance for this device, and for all that the plan's method reaches beside it, if they may be erased.

    Args:
        identity: what was read of it.
        ports: the bench's declared ports: the allowlist.
        host: where this machine's own use is read; the running kernel unless told otherwise.
        scope: the plan's scope: every block device whose data are lost.

    Raises:
        NotAllowlisted, SystemDisk, ReadOnlyDevice, ScopeChanged, Undeterminable: each says what to do; nothing was touched.
    """
    host = host or Host()
    _require_scope(identity, tuple(scope))
    return Clearance(identity, check(identity, ports, host, scope), host, scope)


def check(identity: Identity, ports: Sequence[PortConfig], host: Host, scope: Sequence[str] = ()) -> PortConfig:
    """The declared port that a device stands at, when nothing speaks against erasing it and its scope. Raises as `clear`."""
    port = _declared(identity, ports)
    if identity.read_only:
        raise ReadOnlyDevice(f"{identity.path}: {ReadOnlyDevice.__doc__}")
    uses = uses_of_file(identity.path, host) if identity.number is None else uses_of_block(identity.number, host)
    if uses:
        raise SystemDisk(f"{identity.path}: {'; '.join(uses)}. {SystemDisk.__doc__}")
    for node in scope:
        if node != str(identity.path):
            _check_node(node, host)
    return port


def _check_node(node: str, host: Host) -> None:
    """One block device of the scope: a namespace, a boot area. What cannot be found counts as used."""
    try:
        number = Node(host.sys / "block" / Path(node).name).number
    except (OSError, ValueError) as error:
        raise Undeterminable(f"{node} would be erased too, and its use cannot be read. {Undeterminable.__doc__}") from error
    uses = uses_of_block(number, host)
    if uses:
        raise SystemDisk(f"{node} would be erased too: {'; '.join(uses)}. {SystemDisk.__doc__}")


def _require_scope(identity: Identity, scope: tuple[str, ...]) -> None:
    """A scope names the device itself, and all that its controller joins to it now: nothing may have come since the plan."""
    if scope and not {str(identity.path), *identity.capabilities.nodes} <= {*scope}:
        now = ", ".join(identity.capabilities.nodes) or str(identity.path)
        raise ScopeChanged(f"planned: {', '.join(scope)}; now there are: {now}. {ScopeChanged.__doc__}")


def _declared(identity: Identity, ports: Sequence[PortConfig]) -> PortConfig:
    port = next((port for port in ports if port.name == identity.port), None)
    if port is None:
        raise NotAllowlisted(f"{identity.path}: there is no port {identity.port}. {NotAllowlisted.__doc__}")
    if port.path is not None:
        if identity.storage.media not in _VIRTUAL:
            raise NotAllowlisted(f"{identity.path} is a real drive: give port {port.name} its id_path, not a path.")
        if not _same_place(port.path, identity.path):
            raise NotAllowlisted(
                f"{identity.path} is not {port.path}, which port {port.name} stands for. {NotAllowlisted.__doc__}"
            )
    elif identity.id_path is None or identity.id_path != port.id_path:
        stands = identity.id_path or "a position that udev does not name"
        raise NotAllowlisted(f"{identity.path} stands at {stands}, port {port.name} is {port.id_path}. {NotAllowlisted.__doc__}")
    return port


def _same_place(declared: Path, found: Path) -> bool:
    try:
        return declared.samefile(found)
    except OSError:
        return False


def _require_same(confirmed: Identity, again: Identity, device: BlockDevice) -> None:
    """The identity read now, that of the open descriptor, and the confirmed one must agree."""
    opened = os.fstat(device.fd)
    differences = [
        name
        for name, before, after in (
            ("storage", confirmed.storage.key, again.storage.key),
            ("size", confirmed.storage.capacity_bytes, again.storage.capacity_bytes),
            ("size", confirmed.storage.capacity_bytes, device.size_bytes),
            ("plugging-in", confirmed.diskseq, again.diskseq),
            ("device number", confirmed.number, again.number),
            ("open device", confirmed.number, DeviceNumber.of(opened.st_rdev) if device.is_block else None),
        )
        if before != after
    ]
    if differences or not device.present():
        raise IdentityChanged(f"{confirmed.path}: {', '.join(differences) or 'file'} differs. {IdentityChanged.__doc__}")
