"""The bytes behind what was read of a drive, as names and texts for the certificate."""

import hashlib
import struct
from collections.abc import Mapping
from typing import Final

from agents.identify.ata import AtaCapabilities, AtaReadings
from agents.identify.emmc import EmmcCapabilities
from agents.identify.nvme import NvmeCapabilities, NvmeReadings
from agents.identify.scsi import ScsiCapabilities, ScsiReadings

_ATA_WORDS: Final = (59, 69, 82, 83, 84, 85, 86, 87, 89, 90, 119, 120, 128, 169, 217)
_EMMC_BYTES: Final = (192, 226, 231)


def of_ata(readings: AtaReadings, found: AtaCapabilities) -> Mapping[str, str]:
    """The words that decide, hexadecimal, and the digest of all 512 bytes."""
    words = struct.unpack("<256H", readings.identify)
    told = {
        "ata_identify_words": " ".join(f"{number}={words[number]:04x}" for number in _ATA_WORDS),
        "ata_identify_sha256": hashlib.sha256(readings.identify).hexdigest(),
        "ata_identify_checksum": found.checksum.value,
        "ata_sectors": str(found.hidden.sectors),
        "ata_native_sectors": _number(found.hidden.native_sectors),
        "ata_factory_sectors": _number(found.hidden.factory_sectors),
        "ata_sanitize_status": "" if readings.sanitize_status is None else f"{readings.sanitize_status:04x}",
        "ata_security": _security(found),
    }
    return {name: text for name, text in told.items() if text}


def of_nvme(readings: NvmeReadings, found: NvmeCapabilities) -> Mapping[str, str]:
    """SANICAP, FNA, OACS and NN as bytes where they were read as bytes, the digests, and the namespaces."""
    told = {
        "nvme_controller": found.tree.controller,
        "nvme_namespaces": " ".join(found.tree.namespaces),
        "nvme_active_ids": " ".join(map(str, readings.active or ())),
        "nvme_sanitize_log": (readings.sanitize_log or b"")[:20].hex(),
        "nvme_lba_formats": " ".join(f"{name}={used.index}" for name, used in found.formats.items()),
    }
    if readings.raw is not None:
        told |= {
            "nvme_sanicap": readings.raw[328:332].hex(),
            "nvme_oacs": readings.raw[256:258].hex(),
            "nvme_nn": readings.raw[516:520].hex(),
            "nvme_fna": readings.raw[524:525].hex(),
            "nvme_identify_sha256": hashlib.sha256(readings.raw).hexdigest(),
        }
    if readings.id_ctrl is not None:
        told["nvme_id_ctrl_json_sha256"] = hashlib.sha256(readings.id_ctrl.encode()).hexdigest()
    return {name: text for name, text in told.items() if text}


def of_emmc(data: bytes, found: EmmcCapabilities) -> Mapping[str, str]:
    """EXT_CSD_REV, BOOT_SIZE_MULT and SEC_FEATURE_SUPPORT, and the digest of all 512 bytes."""
    return {
        "emmc_ext_csd": " ".join(f"{at}={data[at]:02x}" for at in _EMMC_BYTES),
        "emmc_ext_csd_sha256": hashlib.sha256(data).hexdigest(),
        "emmc_boot_areas": " ".join(found.boot_areas) or "none",
    }


def of_scsi(readings: ScsiReadings, found: ScsiCapabilities) -> Mapping[str, str]:
    """What REPORT SUPPORTED OPERATION CODES answered for each way to sanitize."""
    told = {f"scsi_sanitize_{action.name.lower()}": answer[:4].hex() for action, answer in readings.codes}
    told["scsi_inquiry"] = (readings.inquiry or b"")[:36].hex()
    told["scsi_sanitize"] = f"block {found.block}, crypto {found.crypto}, overwrite {found.overwrite}"
    return {name: text for name, text in told.items() if text}


def _security(found: AtaCapabilities) -> str:
    security = found.security
    names = ("supported", "enabled", "locked", "frozen", "expired", "enhanced")
    return ", ".join(f"{name} {getattr(security, name)}" for name in names)


def _number(count: int | None) -> str:
    return "" if count is None else str(count)
