"""What people read for each value of a closed list, with its tone and icon. English here; gettext translates where it is shown.

Keys are the values that the enums of contract and nouns have; a test holds both against each other.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


def N_(text: str) -> str:  # noqa: N802 - the name gettext tools look for
    """Mark a text for translation."""
    return text


class Tone(StrEnum):
    """How pressing a status is: a colour and a shape in the stylesheet."""

    TODO = "todo"
    BUSY = "busy"
    GOOD = "good"
    WARN = "warn"
    BAD = "bad"
    OUT = "out"
    END = "end"


@dataclass(frozen=True)
class Word:
    """A text with what makes it recognisable without reading."""

    text: str
    icon: str
    tone: Tone = Tone.TODO


STATES: Final[dict[str, Word]] = {
    "received": Word(N_("Received"), "received"),
    "inspected": Word(N_("Inspected"), "eye"),
    "wiping": Word(N_("Being wiped"), "eraser", Tone.BUSY),
    "wiped": Word(N_("Wiped"), "shield", Tone.GOOD),
    "wipe_failed": Word(N_("Wipe failed"), "octagon", Tone.BAD),
    "imaging": Word(N_("Being installed"), "install", Tone.BUSY),
    "testing": Word(N_("Being tested"), "pulse", Tone.BUSY),
    "tested": Word(N_("Tested"), "clipboard", Tone.GOOD),
    "ready": Word(N_("Ready for use"), "check-ring", Tone.GOOD),
    "in_repair": Word(N_("In repair"), "wrench", Tone.WARN),
    "awaiting_parts": Word(N_("Waiting for parts"), "clock", Tone.WARN),
    "quarantined": Word(N_("Set apart"), "pause", Tone.WARN),
    "reserved": Word(N_("Reserved"), "bookmark", Tone.OUT),
    "on_loan": Word(N_("On loan"), "person", Tone.OUT),
    "deployed_fixed": Word(N_("At a fixed place"), "pin", Tone.OUT),
    "returned": Word(N_("Returned"), "return"),
    "lost": Word(N_("Lost or stolen"), "lost", Tone.BAD),
    "recycle_staged": Word(N_("Ready for recycling"), "recycle"),
    "stripped": Word(N_("For parts"), "parts"),
    "gifted": Word(N_("Given away"), "gift", Tone.END),
    "sold": Word(N_("Sold"), "tag", Tone.END),
    "recycled": Word(N_("Recycled"), "recycle", Tone.END),
    "returned_to_donor": Word(N_("Back to the donor"), "return", Tone.END),
    "surrendered": Word(N_("Surrendered"), "hand-over", Tone.END),
    "transferred_out": Word(N_("Transferred"), "leave", Tone.END),
    "merged": Word(N_("Merged"), "merge", Tone.END),
    "fitted": Word(N_("Fitted in a device"), "install", Tone.END),
}

KINDS: Final[dict[str, Word]] = {
    "laptop": Word(N_("Laptop"), "laptop"),
    "desktop": Word(N_("Desktop"), "tower"),
    "all_in_one": Word(N_("All-in-one"), "desktop"),
    "monitor": Word(N_("Monitor"), "desktop"),
    "tablet": Word(N_("Tablet"), "tablet"),
    "phone": Word(N_("Smartphone"), "phone"),
    "feature_phone": Word(N_("Mobile phone"), "keypad-phone"),
    "chromebook": Word(N_("Chromebook"), "laptop"),
    "mac": Word(N_("Mac"), "laptop"),
    "router": Word(N_("Router"), "router"),
    "eid_reader": Word(N_("eID reader"), "card-reader"),
    "drive": Word(N_("Drive"), "drive"),
    "other": Word(N_("Other device"), "device"),
}

MEDIA: Final[dict[str, str]] = {
    "hdd": N_("Hard disk"),
    "sata_ssd": N_("SSD (SATA)"),
    "nvme": N_("SSD (NVMe)"),
    "emmc": N_("Soldered storage (eMMC)"),
    "sd": N_("SD card"),
    "usb_flash": N_("USB stick"),
    "usb_bridge": N_("Drive in a USB case"),
    "loop": N_("Virtual drive"),
    "file": N_("Virtual drive (file)"),
    "unknown": N_("Unknown storage"),
}

VISUALS: Final[dict[str, Word]] = {
    "good": Word(N_("Good"), "check", Tone.GOOD),
    "damaged": Word(N_("Damaged"), "alert", Tone.WARN),
    "scrap": Word(N_("Scrap"), "recycle", Tone.BAD),
}

VERDICTS: Final[dict[str, Word]] = {
    "erased": Word(N_("Everything is wiped"), "shield", Tone.GOOD),
    "failed": Word(N_("Wiping failed"), "octagon", Tone.BAD),
    "unknown": Word(N_("Not sure that everything is wiped"), "lost", Tone.WARN),
}

QUARANTINE_REASONS: Final[dict[str, str]] = {
    "account_lock": N_("An account locks the device"),
    "firmware_lock": N_("A BIOS or company lock"),
    "stolen": N_("Reported as stolen"),
    "swollen_battery": N_("Swollen battery"),
    "unknown_verdict": N_("Not sure that everything is wiped"),
    "donor_question": N_("A question for the donor"),
}

METHODS: Final[dict[str, str]] = {
    "overwrite_zeros": N_("Overwritten with zeros"),
    "overwrite_random": N_("Overwritten with random data"),
    "nvme_sanitize_block": N_("NVMe sanitize: blocks erased"),
    "nvme_sanitize_crypto": N_("NVMe sanitize: key destroyed"),
    "nvme_sanitize_overwrite": N_("NVMe sanitize: overwritten by the drive"),
    "nvme_format_crypto": N_("NVMe format: key destroyed"),
    "nvme_format_user_data": N_("NVMe format: user data erased"),
    "ata_sanitize_block": N_("ATA sanitize: blocks erased"),
    "ata_sanitize_crypto": N_("ATA sanitize: key destroyed"),
    "ata_sanitize_overwrite": N_("ATA sanitize: overwritten by the drive"),
    "ata_security_erase": N_("ATA security erase"),
    "ata_security_erase_enhanced": N_("ATA security erase, enhanced"),
    "scsi_sanitize_block": N_("SCSI sanitize: blocks erased"),
    "scsi_sanitize_crypto": N_("SCSI sanitize: key destroyed"),
    "scsi_sanitize_overwrite": N_("SCSI sanitize: overwritten by the drive"),
    "emmc_secure_erase": N_("eMMC secure erase and sanitize"),
    "full_read_back": N_("Every byte read back"),
    "sampled": N_("Samples of the whole medium read back"),
    "flushed_writes": N_("Every write flushed to the medium"),
    "exit_code": N_("End of the command"),
    "nvme_sanitize_log": N_("Sanitize log of the drive (NVMe)"),
    "ata_sanitize_status": N_("Sanitize status of the drive (ATA)"),
    "scsi_request_sense": N_("Progress told by the drive (SCSI)"),
    "clear": N_("Clear"),
    "purge": N_("Purge"),
    "destroy": N_("Destroy"),
    "direct": N_("Directly on the medium"),
    "buffered": N_("Through the file system, then flushed"),
    "none": N_("None"),
    "present": N_("Present, not reached"),
    "removed": N_("Removed"),
    "indeterminate": N_("Could not be read"),
    "not_applicable": N_("Does not apply"),
}

ADEQUACIES: Final[dict[str, Word]] = {
    "adequate": Word(N_("Adequate"), "check-ring", Tone.GOOD),
    "awaits_second_person": Word(N_("Waits for a second person"), "person", Tone.WARN),
    "inadequate": Word(N_("Not adequate"), "octagon", Tone.BAD),
}
"""Validation: whether a wipe is enough for the policy of its organisation."""

GROUNDS: Final[dict[str, str]] = {
    "must_be_destroyed": N_("This kind of storage must be destroyed."),
    "level_too_low": N_("The policy asks for a higher level."),
    "method_not_allowed": N_("The policy does not allow this method."),
    "level_not_reached": N_("This method cannot give the level that the certificate names."),
    "firmware_through_bridge": N_("The drive was told to erase itself through a USB bridge, which cannot be relied on."),
    "hidden_area_left": N_("The drive hides sectors that were not overwritten."),
    "second_person": N_("Somebody else than the operator must confirm it."),
    "declined": N_("A second person declined it."),
}
"""Why a wipe is not adequate, or not yet."""

DESTRUCTIONS: Final[dict[str, str]] = {
    "shred": N_("Shredded"),
    "disintegrate": N_("Cut into small pieces"),
    "pulverize": N_("Crushed or ground"),
    "incinerate": N_("Burnt"),
    "melt": N_("Melted"),
}
"""How a medium is destroyed."""

ROLES: Final[dict[str, str]] = {
    "bench": N_("Bench"),
    "workshop": N_("Bench worker"),
    "lending": N_("Lending desk"),
    "social": N_("Social worker"),
    "lead": N_("Workshop lead"),
    "admin": N_("Admin"),
    "auditor": N_("Auditor"),
}

ACT_ROLES: Final[dict[str, str]] = ROLES | {"operator": N_("Operator"), "service": N_("The service")}
"""In which role somebody answers for a part of a certificate."""

ORIGINS: Final[dict[str, str]] = {
    "donated": N_("Donated"),
    "bought_new": N_("Bought new"),
    "refurbished_elsewhere": N_("Refurbished elsewhere"),
    "partner_stock": N_("Stock of a partner"),
    "opening_balance": N_("Was there at the start"),
    "found": N_("Found"),
}

UNKNOWN: Final = Word(N_("Unknown"), "lost", Tone.WARN)
"""Shown for a value that has no words yet, so that a page never fails on data."""

YES_NO: Final = (
    ("true", Word(N_("Yes"), "check", Tone.GOOD)),
    ("false", Word(N_("No"), "cross", Tone.BAD)),
)

OUTCOMES: Final[dict[str, str]] = {
    "fixed": N_("Fixed"),
    "repairable": N_("Can be repaired"),
    "end_of_life": N_("At the end of its life"),
    "unknown": N_("Unknown"),
}
"""How a repair ended (Open Repair Data Standard)."""

IDENTIFIERS: Final[dict[str, str]] = {
    "serial": N_("Serial number"),
    "storage_serial": N_("Serial number of the storage"),
    "imei": N_("IMEI"),
    "imei_2": N_("Second IMEI"),
    "mac": N_("MAC address"),
    "board": N_("Serial number of the board"),
    "foreign_id": N_("Number in another system"),
    "foreign_tag": N_("Inventory number"),
}
