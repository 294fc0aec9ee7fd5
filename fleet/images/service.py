"""Publish images and hand out the catalogue. A published version never changes."""

from collections.abc import Sequence
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlmodel import Session

from fleet.audit import service as audit
from fleet.audit.rules import EventType
from fleet.auth.rules import Principal, Role, demand
from fleet.contract.bench import Catalogue, CatalogueImage
from fleet.contract.canonical import CanonicalError, canonical
from fleet.contract.manifest import ImageManifest
from fleet.contract.signing import SignedDocument, sign_bytes
from fleet.db.keyset import DEFAULT_PAGE, Page
from fleet.errors import N_, Conflict, NotFound
from fleet.images import repository
from fleet.images.content import ContentMissing, ContentStore
from fleet.images.models import Image, ImageContent
from fleet.images.rules import ManifestWrong, check_manifest


class ImageDiffers(Conflict):
    """A version is published once."""

    msgid = N_("{name} {version} is published already, with other content. Give the new image a new version.")


class ImageNotFound(NotFound):
    """No such image in this organisation."""

    msgid = N_("There is no image {name} {version} in the catalogue.")


def publish(session: Session, principal: Principal, manifest: ImageManifest, key: Ed25519PrivateKey) -> Image:
    """Sign a manifest with the service's key and enter it; the same manifest again changes nothing.

    Raises RoleMissing, ManifestWrong, ImageDiffers.
    """
    demand(principal, Role.ADMIN)
    check_manifest(manifest)
    payload = _payload(manifest)
    audit.lock(session, principal.organisation_id)  # two who publish one version come one after the other
    known = repository.get(session, manifest.name, manifest.version)
    if known is not None:
        if known.payload != payload:
            raise ImageDiffers(name=manifest.name, version=manifest.version)
        return known
    signed = sign_bytes(payload, key)
    image = Image(
        organisation_id=principal.organisation_id,
        name=manifest.name,
        version=manifest.version,
        language=manifest.language,
        target_kind=manifest.target_kind,
        payload=signed.payload,
        signature=signed.signature,
        key_id=signed.key_id,
    )
    session.add(image)
    audit.record(
        session,
        organisation_id=principal.organisation_id,
        type=EventType.IMAGE_PUBLISHED,
        actor=principal.actor,
        data={"image": str(image.id), "name": image.name, "version": image.version, "sha256": manifest.sha256},
    )
    return image


def get(session: Session, name: str, version: str) -> Image:
    """One version of an image. Raises ImageNotFound."""
    found = repository.get(session, name, version)
    if found is None:
        raise ImageNotFound(name=name, version=version)
    return found


def page(session: Session, *, limit: int = DEFAULT_PAGE, cursor: str | None = None) -> Page[Image]:
    """Every published version, the newest first."""
    return repository.page(session, limit, cursor)


def newest(session: Session) -> Sequence[Image]:
    """The newest version of every image, by name."""
    return repository.newest(session)


def catalogue(session: Session) -> Catalogue:
    """What a bench may write: the newest version of every image, with its signed manifest."""
    rows = newest(session)
    kept = repository.with_content(session, rows)
    return Catalogue(
        images=tuple(
            CatalogueImage(name=row.name, version=row.version, manifest=signed(row), fetchable=row.file_sha256 in kept)
            for row in rows
        )
    )


def keep_content(session: Session, principal: Principal, manifest: ImageManifest) -> None:
    """Note that the content store has the file of a published image; once more changes nothing. Raises RoleMissing."""
    demand(principal, Role.ADMIN)
    audit.lock(session, principal.organisation_id)
    if repository.content(session, manifest.file_sha256) is not None:
        return
    session.add(
        ImageContent(organisation_id=principal.organisation_id, file_sha256=manifest.file_sha256, file_bytes=manifest.file_bytes)
    )
    audit.record(
        session,
        organisation_id=principal.organisation_id,
        type=EventType.IMAGE_STORED,
        actor=principal.actor,
        data={"name": manifest.name, "version": manifest.version, "file_sha256": manifest.file_sha256},
    )


def content(session: Session, file_sha256: str, store: ContentStore) -> Path:
    """The file of an image of this organisation. Raises ContentMissing."""
    kept = repository.content(session, file_sha256)
    if kept is None:
        raise ContentMissing
    return store.find(kept.file_sha256, kept.file_bytes)


def signed(image: Image) -> SignedDocument:
    """An image's manifest as it was signed."""
    return SignedDocument(payload=image.payload, signature=image.signature, key_id=image.key_id)


def _payload(manifest: ImageManifest) -> bytes:
    try:
        return canonical(manifest)
    except CanonicalError as error:
        raise ManifestWrong(name=manifest.name, version=manifest.version, why=str(error)) from error
