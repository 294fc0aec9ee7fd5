"""Pure decisions about loose drives."""

from dataclasses import dataclass
from enum import StrEnum

from fleet.contract.kinds import DeviceKind
from fleet.devices.kinds import KINDS
from fleet.devices.states import WORKSHOP, State

OPEN = WORKSHOP
"""States in which a workshop opens a device: what is ready, reserved or out goes to repair first."""
LOOSE_AND_WIPED = frozenset({State.WIPED, State.TESTED, State.READY})
"""States from which a drive can be fitted; that its proof still holds is for the lifecycle's gate to say."""


class TrayGroup(StrEnum):
    """How the tray of loose drives is sorted."""

    TO_WIPE = "to_wipe"
    BUSY = "busy"
    USABLE = "usable"
    TROUBLE = "trouble"
    LEAVING = "leaving"


TRAY: dict[TrayGroup, tuple[State, ...]] = {
    TrayGroup.TO_WIPE: (State.RECEIVED, State.INSPECTED, State.RETURNED),
    TrayGroup.BUSY: (State.WIPING, State.IMAGING, State.TESTING),
    TrayGroup.USABLE: (State.WIPED, State.TESTED, State.READY),
    TrayGroup.TROUBLE: (State.WIPE_FAILED, State.QUARANTINED, State.IN_REPAIR, State.AWAITING_PARTS, State.LOST),
    TrayGroup.LEAVING: (State.STRIPPED, State.RECYCLE_STAGED),
}
"""Every state in which a drive lies in a tray; those with people, fitted or gone are not loose."""
LOOSE = tuple(state for states in TRAY.values() for state in states)


class Doubt(StrEnum):
    """Why a drive that a bench saw in a device is not joined to it without a person."""

    SEVERAL_HOLDERS = "several_holders"
    NOT_A_DRIVE = "not_a_drive"
    OTHER_ORGANISATION = "other_organisation"
    NOT_WIPED_LOOSE = "not_wiped_loose"
    NOT_PROVEN = "not_proven"
    SEVERAL_STORAGES = "several_storages"
    TAKES_NO_DRIVE = "takes_no_drive"


@dataclass(frozen=True)
class Sighting:
    """What stands in the records when a bench sees a drive's storage inside a device."""

    device_kind: DeviceKind
    holder_kind: DeviceKind
    holder_state: State
    holders: int
    """Other devices in which this storage is recorded."""
    same_organisation: bool
    storages_of_holder: int
    proven: bool
    """Whether the drive's own storage gate holds."""


def takes_drive(kind: DeviceKind) -> bool:
    """Whether a drive can be inside this kind of device."""
    return KINDS[kind].storage and kind is not DeviceKind.DRIVE


def doubt(seen: Sighting) -> Doubt | None:
    """Why a machine may not join the two; None when it may. In doubt a person decides."""
    doubts = {
        Doubt.TAKES_NO_DRIVE: not takes_drive(seen.device_kind),
        Doubt.SEVERAL_HOLDERS: seen.holders != 1,
        Doubt.NOT_A_DRIVE: seen.holder_kind is not DeviceKind.DRIVE,
        Doubt.OTHER_ORGANISATION: not seen.same_organisation,
        Doubt.SEVERAL_STORAGES: seen.storages_of_holder != 1,
        Doubt.NOT_WIPED_LOOSE: seen.holder_state not in LOOSE_AND_WIPED,
        Doubt.NOT_PROVEN: not seen.proven,
    }
    return next((why for why, holds in doubts.items() if holds), None)
