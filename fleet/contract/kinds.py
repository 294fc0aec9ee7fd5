"""The closed lists of choices that bench and service share."""

from enum import StrEnum


class DeviceKind(StrEnum):
    """What a device is; which steps it needs is data in `fleet.devices.kinds`."""

    LAPTOP = "laptop"
    DESKTOP = "desktop"
    ALL_IN_ONE = "all_in_one"
    MONITOR = "monitor"
    TABLET = "tablet"
    PHONE = "phone"
    FEATURE_PHONE = "feature_phone"
    CHROMEBOOK = "chromebook"
    MAC = "mac"
    ROUTER = "router"
    EID_READER = "eid_reader"
    DRIVE = "drive"
    OTHER = "other"


class MediaType(StrEnum):
    """What a storage medium is made of; decides which sanitization methods count."""

    HDD = "hdd"
    SATA_SSD = "sata_ssd"
    NVME = "nvme"
    EMMC = "emmc"
    SD = "sd"
    USB_FLASH = "usb_flash"
    USB_BRIDGE = "usb_bridge"
    LOOP = "loop"
    FILE = "file"
    UNKNOWN = "unknown"


class Level(StrEnum):
    """Assurance levels of NIST SP 800-88 Rev. 2."""

    CLEAR = "clear"
    PURGE = "purge"
    DESTROY = "destroy"


class Verdict(StrEnum):
    """How a sanitization ended. Unknown quarantines the device; it is never read as erased."""

    ERASED = "erased"
    FAILED = "failed"
    UNKNOWN = "unknown"


class Method(StrEnum):
    """Sanitization techniques of the bench."""

    OVERWRITE_ZEROS = "overwrite_zeros"
    OVERWRITE_RANDOM = "overwrite_random"


class VerificationMethod(StrEnum):
    """How the result of a technique was read back."""

    FULL_READ_BACK = "full_read_back"


class HiddenAreas(StrEnum):
    """HPA and DCO: sectors that a drive may keep from its host."""

    NONE = "none"
    REMOVED = "removed"
    INDETERMINATE = "indeterminate"
    NOT_APPLICABLE = "not_applicable"


class IoMode(StrEnum):
    """Whether the page cache was passed by. Block devices never fall back to buffered."""

    DIRECT = "direct"
    BUFFERED = "buffered"


class VisualResult(StrEnum):
    """Outcome of the visual inspection that comes first (MB 23-06-2017)."""

    GOOD = "good"
    DAMAGED = "damaged"
    SCRAP = "scrap"


class QuarantineReason(StrEnum):
    """Why a device is set apart."""

    ACCOUNT_LOCK = "account_lock"
    FIRMWARE_LOCK = "firmware_lock"
    STOLEN = "stolen"
    SWOLLEN_BATTERY = "swollen_battery"
    UNKNOWN_VERDICT = "unknown_verdict"
    DONOR_QUESTION = "donor_question"


class Compression(StrEnum):
    """How an image file is packed."""

    NONE = "none"
    ZSTD = "zstd"
