"""What the bench read of a storage medium."""

from pydantic import Field

from fleet.contract.base import Text, Wire
from fleet.contract.kinds import MediaType


class StorageIdentity(Wire):
    """One storage medium, by what it says of itself, never by its `/dev` name.

    `wwn` is text: a WWN has 64 bits and RFC 8785 ends at 2^53.
    """

    media: MediaType
    manufacturer: Text | None = None
    model: Text
    serial: Text = Field(min_length=1)
    wwn: Text | None = None
    firmware: Text | None = None
    capacity_bytes: int = Field(gt=0, lt=2**53)
    logical_block_bytes: int = Field(gt=0, lt=2**31, default=512)
    transport: Text | None = Field(default=None, description="usb, sata, nvme, …")
    bridge: Text | None = Field(default=None, description="VID:PID of a USB bridge")

    @property
    def key(self) -> str:
        """What makes this medium the same medium under another name: WWN when it has one, else model, serial and size."""
        if self.wwn:
            return f"wwn:{self.wwn.lower()}"
        return f"serial:{self.model}|{self.serial}|{self.capacity_bytes}"
