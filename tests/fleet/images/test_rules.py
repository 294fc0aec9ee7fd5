from typing import Any

import pytest

from fleet.contract.kinds import Compression
from fleet.images.rules import ManifestWrong, check_manifest
from tests.fleet.images.manifests import bmap, manifest

PLAIN = {"compression": Compression.NONE, "file_bytes": 1 << 20, "file_sha256": "a" * 64}


@pytest.mark.parametrize("changes", [{}, PLAIN])
def test_good_manifests(changes: dict[str, Any]) -> None:
    check_manifest(manifest(**changes))


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"bmap": bmap(4096)}, "of an image of 4096 bytes"),
        ({"bmap": "nonsense"}, "not XML"),
        ({"bmap": "<bmap version='1.4'/>"}, "not bmap 2.0"),
        ({"bmap": "<bmap version='2.0'><ImageSize>1048576</ImageSize></bmap>"}, "maps nothing"),
        ({"bmap": "<!DOCTYPE bmap [<!ENTITY a 'b'>]>" + bmap(1 << 20)}, "declares entities"),
        (PLAIN | {"file_bytes": 5000}, "cannot hold"),
        (PLAIN | {"file_sha256": "c" * 64}, "differ"),
    ],
)
def test_bad_manifests_say_why(changes: dict[str, Any], why: str) -> None:
    with pytest.raises(ManifestWrong, match=why):
        check_manifest(manifest(**changes))
