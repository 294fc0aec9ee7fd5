from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from agents.image.catalogue import ImageNotFound, LocalImage, find_image
from agents.image.manifest import (
    ManifestInvalid,
    ManifestSignatureInvalid,
    ManifestUnsigned,
    load_manifest,
    manifest_from,
    save_manifest,
)
from agents.image.pack import ImageLabel
from fleet.contract.kinds import Compression, DeviceKind
from fleet.contract.signing import SignedDocument, sign

KEY, STRANGER = Ed25519PrivateKey.from_private_bytes(bytes(32)), Ed25519PrivateKey.from_private_bytes(b"\1" * 32)
Packer = Callable[..., LocalImage]


def labelled(version: str, name: str = "demo") -> ImageLabel:
    return ImageLabel(name, version, "nl-BE", DeviceKind.LAPTOP)


def test_an_image_is_found_by_name_by_version_and_by_either_file(packed: Packer) -> None:
    image = packed()
    folder = image.path.parent
    manifest_file = folder / "demo-1.0.manifest.json"
    for wanted in ("demo", "demo@1.0", str(image.path), str(manifest_file)):
        assert find_image(folder, wanted) == image


def test_the_newest_of_a_name_is_taken_and_a_longer_name_is_another(packed: Packer) -> None:
    old = packed()
    packed(label=labelled("3", name="demo-large"))
    newer = old.manifest.model_copy(update={"version": "0.9", "made_at": old.manifest.made_at.replace(year=2027)})
    save_manifest(old.path.parent, newer)
    assert find_image(old.path.parent, "demo").manifest.version == "0.9"
    assert find_image(old.path.parent, "demo-large").manifest.version == "3"


def test_what_is_not_there_is_said_with_what_is(packed: Packer, tmp_path: Path) -> None:
    image = packed()
    folder = image.path.parent
    with pytest.raises(ImageNotFound, match=r"'other'.*demo-1\.0"):
        find_image(folder, "other")
    with pytest.raises(ImageNotFound, match=r"demo@2"):
        find_image(folder, "demo@2")
    with pytest.raises(ImageNotFound, match="none"):
        find_image(tmp_path / "absent", "demo")
    lonely = tmp_path / "lonely.img"
    lonely.write_bytes(b"x")
    with pytest.raises(ImageNotFound, match="no manifest beside it"):
        find_image(folder, str(lonely))
    image.path.unlink()
    with pytest.raises(ImageNotFound, match="is missing"):
        find_image(folder, "demo")


def test_a_signed_manifest_is_taken_with_the_services_key_alone(packed: Packer) -> None:
    image = packed()
    folder = image.path.parent
    save_manifest(folder, sign(image.manifest, KEY))
    assert find_image(folder, "demo", service_key=KEY.public_key()) == image
    assert find_image(folder, "demo") == image
    with pytest.raises(ManifestSignatureInvalid, match="signed by"):
        find_image(folder, "demo", service_key=STRANGER.public_key())


def test_with_a_service_a_plain_manifest_is_refused(packed: Packer) -> None:
    with pytest.raises(ManifestUnsigned, match="not signed"):
        find_image(packed().path.parent, "demo", service_key=KEY.public_key())


def test_a_manifest_changed_after_signing_is_refused(packed: Packer) -> None:
    image = packed()
    document = sign(image.manifest, KEY)
    forged = document.payload.replace(image.manifest.sha256.encode(), b"0" * 64)
    changed = SignedDocument(payload=forged, signature=document.signature, key_id=document.key_id)
    save_manifest(image.path.parent, changed)
    with pytest.raises(ManifestSignatureInvalid):
        find_image(image.path.parent, "demo", service_key=KEY.public_key())
    with pytest.raises(ManifestSignatureInvalid):
        manifest_from(changed, KEY.public_key())
    assert manifest_from(document, KEY.public_key()) == image.manifest


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"payload": "AA=="}', "\x00", '{"schema": "heropstart.image/1"}'])
def test_what_is_no_manifest_is_refused_by_the_name_of_its_file(tmp_path: Path, text: str) -> None:
    path = tmp_path / "broken-1.manifest.json"
    path.write_text(text)
    with pytest.raises(ManifestInvalid, match="broken-1"):
        load_manifest(path, None)
    with pytest.raises(ManifestInvalid, match="absent"):
        load_manifest(tmp_path / "absent.manifest.json", None)


def test_a_manifest_cannot_lead_out_of_its_folder(packed: Packer) -> None:
    image = packed()
    save_manifest(image.path.parent, image.manifest.model_copy(update={"file_name": ".."}))
    with pytest.raises(ManifestInvalid, match="no file name"):
        find_image(image.path.parent, "demo")


def test_another_broken_manifest_does_not_stand_in_the_way(packed: Packer) -> None:
    image = packed(compression=Compression.NONE)
    (image.path.parent / "other-1.manifest.json").write_text("{")
    assert find_image(image.path.parent, "demo") == image
