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
    NVME_SANITIZE_BLOCK = "nvme_sanitize_block"
    NVME_SANITIZE_CRYPTO = "nvme_sanitize_crypto"
    NVME_SANITIZE_OVERWRITE = "nvme_sanitize_overwrite"
    NVME_FORMAT_CRYPTO = "nvme_format_crypto"
    NVME_FORMAT_USER_DATA = "nvme_format_user_data"
    ATA_SANITIZE_BLOCK = "ata_sanitize_block"
    ATA_SANITIZE_CRYPTO = "ata_sanitize_crypto"
    ATA_SANITIZE_OVERWRITE = "ata_sanitize_overwrite"
    ATA_SECURITY_ERASE = "ata_security_erase"
    ATA_SECURITY_ERASE_ENHANCED = "ata_security_erase_enhanced"
    SCSI_SANITIZE_BLOCK = "scsi_sanitize_block"
    SCSI_SANITIZE_CRYPTO = "scsi_sanitize_crypto"
    SCSI_SANITIZE_OVERWRITE = "scsi_sanitize_overwrite"
    EMMC_SECURE_ERASE = "emmc_secure_erase"

    @property
    def by_host(self) -> bool:
        """Whether the bench writes every byte itself; every other method is carried out by the drive's firmware."""
        return self in (Method.OVERWRITE_ZEROS, Method.OVERWRITE_RANDOM)


class VerificationMethod(StrEnum):
    """How the result of a technique was read back."""

    FULL_READ_BACK = "full_read_back"
    SAMPLED = "sampled"


class Completion(StrEnum):
    """How the end of a technique is learnt."""

    FLUSHED_WRITES = "flushed_writes"
    EXIT_CODE = "exit_code"
    NVME_SANITIZE_LOG = "nvme_sanitize_log"
    ATA_SANITIZE_STATUS = "ata_sanitize_status"
    SCSI_REQUEST_SENSE = "scsi_request_sense"


class HiddenAreas(StrEnum):
    """HPA and DCO: sectors that a drive may keep from its host."""

    NONE = "none"
    PRESENT = "present"
    REMOVED = "removed"
    INDETERMINATE = "indeterminate"
    NOT_APPLICABLE = "not_applicable"


class Presence(StrEnum):
    """What was read of a yes-or-no property of a drive. Indeterminate is never taken for either."""

    YES = "yes"
    NO = "no"
    INDETERMINATE = "indeterminate"


class DestructionMethod(StrEnum):
    """How a medium is destroyed (NIST SP 800-88 Rev. 2, Destroy; IEEE 2883-2022)."""

    SHRED = "shred"
    DISINTEGRATE = "disintegrate"
    PULVERIZE = "pulverize"
    INCINERATE = "incinerate"
    MELT = "melt"


class Adequacy(StrEnum):
    """Validation: whether a proven sanitization is enough for the policy of its organisation."""

    ADEQUATE = "adequate"
    AWAITS_SECOND_PERSON = "awaits_second_person"
    INADEQUATE = "inadequate"


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


class ImageKind(StrEnum):
    """What system an image holds; decides which finishing it takes."""

    LINUX = "linux"
    WINDOWS = "windows"
    CHROMEOS_FLEX = "chromeos_flex"


class Architecture(StrEnum):
    """What processor an image runs on."""

    X86_64 = "x86_64"
    AARCH64 = "aarch64"


class Firmware(StrEnum):
    """How a computer starts what is on its disk."""

    BIOS = "bios"
    UEFI = "uefi"
