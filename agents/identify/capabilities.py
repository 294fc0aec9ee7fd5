"""What a drive's firmware can be told to do, with the bytes that say so."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from agents.identify.ata import AtaCapabilities
from agents.identify.emmc import EmmcCapabilities
from agents.identify.nvme import NvmeCapabilities
from agents.identify.scsi import ScsiCapabilities
from fleet.contract.kinds import HiddenAreas


@dataclass(frozen=True)
class Capabilities:
    """One drive's; at most one of the four is there, and none means that nothing is known, never that it can do nothing.

    Attributes:
        ata, nvme, scsi, emmc: what was read.
        note: why nothing was read, in words for people; empty when something was.
        evidence: the decisive bytes and what was made of them, for the certificate.
    """

    ata: AtaCapabilities | None = None
    nvme: NvmeCapabilities | None = None
    scsi: ScsiCapabilities | None = None
    emmc: EmmcCapabilities | None = None
    note: str = "nothing was asked of it"
    evidence: Mapping[str, str] = field(default_factory=dict)

    @property
    def hidden_areas(self) -> HiddenAreas | None:
        """HPA and DCO as read; None where nothing of the kind was read."""
        return None if self.ata is None else self.ata.hidden.areas

    @property
    def nodes(self) -> tuple[str, ...]:
        """Every block device that is one with this one: namespaces of the controller, boot areas."""
        if self.nvme is not None:
            return tuple(f"/dev/{name}" for name in self.nvme.tree.namespaces)
        if self.emmc is not None:
            return tuple(f"/dev/{name}" for name in (self.emmc.main, *self.emmc.boot_areas))
        return ()
