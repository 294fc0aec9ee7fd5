from concurrent.futures import ThreadPoolExecutor

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import text

from fleet.auth.rules import SYSTEM, Principal, Role, RoleMissing
from fleet.contract.manifest import ImageManifest
from fleet.contract.signing import SignatureError, check
from fleet.images import service
from fleet.images.rules import ManifestWrong
from tests.fleet.conftest import Workshop
from tests.fleet.images.manifests import manifest

pytestmark = pytest.mark.db
KEY = Ed25519PrivateKey.generate()


@pytest.fixture
def admin(workshop: Workshop) -> Principal:
    return Principal(workshop.organisation_id, SYSTEM, frozenset({Role.ADMIN}), "setup")


def test_a_manifest_is_signed_as_it_came(workshop: Workshop, admin: Principal) -> None:
    with workshop.unit() as session:
        signed = service.signed(service.publish(session, admin, manifest(), KEY))
    assert ImageManifest.model_validate_json(check(signed, KEY.public_key())) == manifest()
    with pytest.raises(SignatureError):
        check(signed, Ed25519PrivateKey.generate().public_key())


def test_the_same_again_changes_nothing(workshop: Workshop, admin: Principal) -> None:
    with workshop.unit() as session:
        first = service.publish(session, admin, manifest(), KEY).id
        assert service.publish(session, admin, manifest(), KEY).id == first
        assert session.execute(text("SELECT count(*) FROM audit_event WHERE type = 'image.published'")).scalar_one() == 1


def test_a_version_with_other_content_is_refused(workshop: Workshop, admin: Principal) -> None:
    with workshop.unit() as session:
        service.publish(session, admin, manifest(), KEY)
    with pytest.raises(service.ImageDiffers), workshop.unit() as session:
        service.publish(session, admin, manifest(sha256="c" * 64), KEY)


def test_two_at_once_publish_one(workshop: Workshop, admin: Principal) -> None:
    def one(digit: str) -> bool:
        try:
            with workshop.unit() as session:
                service.publish(session, admin, manifest(sha256=digit * 64), KEY)
        except service.ImageDiffers:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(one, "1234")) == [False, False, False, True]


def test_the_catalogue_has_the_newest_of_each(workshop: Workshop, admin: Principal, stranger: Workshop) -> None:
    with workshop.unit() as session:
        for version in ("2026.01", "2026.10", "2026.02"):
            service.publish(session, admin, manifest(version=version), KEY)
        service.publish(session, admin, manifest(name="andere"), KEY)
        catalogue = service.catalogue(session)
        assert [(image.name, image.version) for image in catalogue.images] == [
            ("andere", "2026.03"),
            ("debian-leerling", "2026.02"),
        ]
        first = service.page(session, limit=3)
        rest = service.page(session, limit=3, cursor=first.next)
        assert [image.version for image in (*first.items, *rest.items)] == ["2026.03", "2026.02", "2026.10", "2026.01"]
    with stranger.unit() as session:
        assert service.catalogue(session).images == ()
        with pytest.raises(service.ImageNotFound):
            service.get(session, "andere", "2026.03")


def test_who_may_and_what(workshop: Workshop, admin: Principal) -> None:
    with workshop.unit() as session:
        with pytest.raises(RoleMissing):
            service.publish(session, workshop.lead, manifest(), KEY)
        with pytest.raises(ManifestWrong):
            service.publish(session, admin, manifest(bmap="x"), KEY)
