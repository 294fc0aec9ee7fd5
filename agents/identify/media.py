"""What kind of medium it is, decided from what was read. Pure."""

from dataclasses import dataclass

from fleet.contract.kinds import MediaType


@dataclass(frozen=True)
class MediaFacts:
    """What the decision needs.

    Attributes:
        name: kernel name, such as nvme0n1.
        transport: lsblk's transport: sata, usb, nvme, …; None when it knows none.
        rotational: the kernel's guess; USB disks are all rotational to it.
        removable: the medium can be taken out of its reader.
        card: `MMC` or `SD`, from the card's own sysfs type.
        drive_answers: SMART reached a drive: behind USB that means a bridge with a drive on it.
        rotation_rate: revolutions a minute as the drive says, 0 for solid state; None when it says nothing.
    """

    name: str
    transport: str | None
    rotational: bool
    removable: bool
    card: str | None = None
    drive_answers: bool = False
    rotation_rate: int | None = None


def media_type(facts: MediaFacts) -> MediaType:
    """The medium's type; UNKNOWN rather than a guess."""
    if facts.name.startswith("loop"):
        return MediaType.LOOP
    if facts.name.startswith("nvme"):
        return MediaType.NVME
    if facts.card is not None:
        return MediaType.EMMC if facts.card == "MMC" else MediaType.SD
    match facts.transport:
        case "usb":
            stick = facts.removable and not facts.drive_answers
            return MediaType.USB_FLASH if stick else MediaType.USB_BRIDGE
        case "sata" | "ata" | "sas" | "scsi":
            spins = facts.rotational if facts.rotation_rate is None else facts.rotation_rate > 0
            return MediaType.HDD if spins else _solid(facts.transport)
        case _:
            return MediaType.UNKNOWN


def _solid(transport: str) -> MediaType:
    return MediaType.SATA_SSD if transport in {"sata", "ata"} else MediaType.UNKNOWN
