"""What a manifest may declare: a closed list of steps for each kind of image."""

import pytest
from pydantic import ValidationError

from fleet.contract.finishing import (
    FileSystem,
    ForgetHostKeys,
    GrowPartition,
    NewGuids,
    RecordProfile,
    SetHostName,
    SetLocale,
    Unattend,
)
from fleet.contract.kinds import ImageKind
from fleet.contract.manifest import ImageManifest
from tests.agents.image.finish.disks import LICENCE, manifest, windows_manifest


@pytest.mark.parametrize(
    "changes",
    [
        {"kind": ImageKind.CHROMEOS_FLEX, "finish": (NewGuids(),)},
        {"kind": ImageKind.CHROMEOS_FLEX, "finish": (GrowPartition(number=1),)},
        {"kind": ImageKind.WINDOWS, "licence": LICENCE, "finish": (NewGuids(),)},
        {"kind": ImageKind.WINDOWS, "licence": LICENCE, "finish": (SetHostName(partition=3),)},
        {"kind": ImageKind.WINDOWS, "licence": LICENCE, "finish": (GrowPartition(number=3),)},
        {"kind": ImageKind.WINDOWS, "finish": ()},
        {"licence": LICENCE},
        {"finish": (Unattend(partition=3),)},
        {"finish": (GrowPartition(number=3, file_system=FileSystem.NTFS),)},
        {"finish": (ForgetHostKeys(partition=1), ForgetHostKeys(partition=2))},
        {"finish": (RecordProfile(partition=1),), "software_profile": None},
    ],
)
def test_what_contradicts_the_kind_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        manifest(**changes)


def test_a_flex_image_is_left_as_it_is() -> None:
    assert manifest(kind=ImageKind.CHROMEOS_FLEX, finish=(), software_profile=None).finish == ()


@pytest.mark.parametrize("wanted", [manifest(), windows_manifest(finish=(Unattend(partition=3, recovery=4),))])
def test_a_manifest_survives_its_wire_form(wanted: ImageManifest) -> None:
    assert ImageManifest.model_validate_json(wanted.model_dump_json()) == wanted


@pytest.mark.parametrize("locale", ["nl_BE", "nl_BE.UTF-8\nX", '"; rm', "C.UTF-8"])
def test_a_locale_is_a_name(locale: str) -> None:
    with pytest.raises(ValidationError):
        SetLocale(partition=1, locale=locale)


@pytest.mark.parametrize("zone", ["../../etc/passwd", "Europe/../x", 'Europe/"', "/etc"])
def test_a_time_zone_is_a_name(zone: str) -> None:
    with pytest.raises(ValidationError):
        SetLocale(partition=1, time_zone=zone)
