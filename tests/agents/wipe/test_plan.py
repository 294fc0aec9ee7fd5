from dataclasses import replace
from pathlib import Path

import pytest

from agents.identify.identity import Identity
from agents.identify.sysfs import DeviceNumber
from agents.wipe.choice import MethodNotPossible
from agents.wipe.plan import EXPECTED, plan
from fleet.contract.events import WipeStarted
from fleet.contract.kinds import DeviceKind, HiddenAreas, Level, MediaType, Method
from fleet.contract.storage import StorageIdentity

HDD = Identity(
    path=Path("/dev/sdb"),
    port="A1",
    kind=DeviceKind.DRIVE,
    storage=StorageIdentity(media=MediaType.HDD, model="WD5000", serial="WX12", capacity_bytes=500_107_862_016),
    read_only=False,
    diskseq=9,
    number=DeviceNumber(8, 16),
)
BY_HOST = [method for method in Method if method.by_host]
BY_FIRMWARE = [method for method in Method if not method.by_host]


def with_media(media: MediaType) -> Identity:
    return replace(HDD, storage=HDD.storage.model_copy(update={"media": media}))


@pytest.mark.parametrize("media", list(MediaType))
@pytest.mark.parametrize("method", BY_HOST)
def test_an_overwrite_is_never_more_than_clear(media: MediaType, method: Method) -> None:
    assert plan(with_media(media), method=method).level is Level.CLEAR


@pytest.mark.parametrize("media", list(MediaType))
@pytest.mark.parametrize("method", BY_FIRMWARE)
def test_of_a_drive_that_told_nothing_nothing_is_assumed(media: MediaType, method: Method) -> None:
    assert plan(with_media(media)).method is Method.OVERWRITE_RANDOM
    with pytest.raises(MethodNotPossible):
        plan(with_media(media), method=method)


@pytest.mark.parametrize("media", [MediaType.SATA_SSD, MediaType.NVME, MediaType.EMMC, MediaType.SD, MediaType.USB_FLASH])
def test_flash_is_flagged(media: MediaType) -> None:
    assert "spare blocks" in plan(with_media(media)).to_dict()["warnings"]


def test_what_an_overwrite_cannot_see_is_not_claimed() -> None:
    assert plan(HDD).hidden_areas is HiddenAreas.INDETERMINATE
    assert plan(with_media(MediaType.USB_BRIDGE)).hidden_areas is HiddenAreas.INDETERMINATE
    assert plan(with_media(MediaType.LOOP)).hidden_areas is HiddenAreas.NOT_APPLICABLE


def test_which_overwrite_is_taken_is_a_setting() -> None:
    assert plan(HDD, overwrite=Method.OVERWRITE_ZEROS).method is Method.OVERWRITE_ZEROS
    assert set(EXPECTED) == set(Method)


def test_it_is_a_value_that_prints_and_travels() -> None:
    shown = plan(HDD, method=Method.OVERWRITE_ZEROS)
    assert shown == plan(HDD, method=Method.OVERWRITE_ZEROS) != plan(HDD)
    event = WipeStarted(asset_code="0000000A", job_id="7c9e6679-7425-40de-944b-e07fc1f90ae7", storages=(), plan=shown.to_dict())
    assert event.plan["capacity_bytes"] == "500107862016"
    assert event.plan["method"] == "overwrite_zeros"
