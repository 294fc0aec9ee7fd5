"""What `identify` hands on: one storage at one port."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from agents.identify.capabilities import Capabilities
from agents.identify.sysfs import DeviceNumber
from fleet.contract.kinds import DeviceKind
from fleet.contract.storage import StorageIdentity


@dataclass(frozen=True)
class Identity:
    """One storage, as read at one moment.

    Attributes:
        path: where it was read: a device node or a plain file.
        port: the name of the bench's port.
        kind: the kind of device that this port takes.
        storage: the medium by what it says of itself; its `key` makes it the same medium under another name.
        read_only: the kernel refuses writes, or the file's mode does.
        diskseq: the kernel's number of this plugging-in; None for files and before Linux 5.15.
        number: major and minor; None for a plain file.
        id_path: udev's name of the physical position; None for virtual ports.
        evidence: what was read besides, for the certificate.
        capabilities: what its firmware can be told to do; of a virtual drive nothing is asked.
    """

    path: Path
    port: str
    kind: DeviceKind
    storage: StorageIdentity
    read_only: bool
    diskseq: int | None
    number: DeviceNumber | None
    id_path: str | None = None
    evidence: Mapping[str, str] = field(default_factory=dict, compare=False)
    capabilities: Capabilities = field(default_factory=Capabilities, compare=False)

    @property
    def manufacturer(self) -> str | None:
        """Who made it."""
        return self.storage.manufacturer

    @property
    def model(self) -> str:
        """Its model."""
        return self.storage.model

    @property
    def serial(self) -> str:
        """Its serial: what the operator types or scans to confirm."""
        return self.storage.serial

    @property
    def is_block(self) -> bool:
        """A block device, not a plain file."""
        return self.number is not None
