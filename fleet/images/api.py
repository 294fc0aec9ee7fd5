"""JSON API of the image catalogue."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, status
from fastapi import Path as PathParameter
from fastapi.responses import FileResponse
from pydantic import BaseModel, ConfigDict, Field

from fleet.audit.keys import service_key
from fleet.auth.identity import BENCH, STAFF, AdminUnit, BenchUnit, StaffUnit
from fleet.contract.bench import Catalogue
from fleet.contract.kinds import DeviceKind
from fleet.contract.manifest import ImageManifest
from fleet.contract.signing import SignedDocument
from fleet.db.keyset import DEFAULT_PAGE, MAX_PAGE, CursorInvalid
from fleet.images import service
from fleet.images.content import ContentMissing, ContentStore
from fleet.images.models import Image
from fleet.images.rules import ManifestWrong
from fleet.images.service import ImageDiffers, ImageNotFound
from fleet.web.configured import SettingsDep
from fleet.web.problem_docs import problems
from fleet.web.problems import RequestInvalid

_BYTES = "application/octet-stream"
router = APIRouter(prefix="/api/v1", tags=["images"], responses=problems(RequestInvalid))


class ImageFile(FileResponse):
    """A file sent in parts, from the disk and after the request's transaction has ended."""

    chunk_size = 1 << 20


class ImageOut(BaseModel):
    """A published version, in short."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    name: str = Field(examples=["debian-13-leerling"])
    version: str = Field(examples=["2026.03"])
    language: str = Field(examples=["nl-BE"])
    target_kind: DeviceKind
    key_id: str = Field(examples=["3f2a9c0d1e4b5a67"])
    published_at: datetime


class PublishedOut(ImageOut):
    """A published version with its manifest, signed by the service."""

    manifest: SignedDocument

    @classmethod
    def of(cls, image: Image) -> "PublishedOut":
        """From the catalogue's row."""
        return cls(**ImageOut.model_validate(image).model_dump(), manifest=service.signed(image))


class ImagePage(BaseModel):
    """Some published versions, and the cursor of the next page."""

    items: list[ImageOut]
    next: str | None


@router.get("/bench/images", tags=["bench"], responses=problems(*BENCH))
def read_catalogue(unit: BenchUnit) -> Catalogue:
    """The newest version of every image, with its signed manifest."""
    return service.catalogue(unit.session)


@router.get(
    "/bench/images/{file_sha256}",
    tags=["bench"],
    response_class=ImageFile,
    responses={
        200: {"content": {_BYTES: {"schema": {"type": "string", "format": "binary"}}}, "description": "the whole file"},
        206: {"content": {_BYTES: {"schema": {"type": "string", "format": "binary"}}}, "description": "the range asked for"},
        **problems(*BENCH, ContentMissing),
    },
)
def read_content(
    unit: BenchUnit, settings: SettingsDep, file_sha256: Annotated[str, PathParameter(pattern=r"^[0-9a-f]{64}$")]
) -> ImageFile:
    """The stored file of an image. Its ETag is its SHA-256, so `Range` with `If-Range` goes on with the same bytes."""
    path = service.content(unit.session, file_sha256, ContentStore(settings.images_path))
    return ImageFile(path, media_type=_BYTES, headers={"etag": f'"{file_sha256}"', "cache-control": "private, no-transform"})


@router.get("/images", responses=problems(*STAFF, CursorInvalid))
def list_images(
    unit: StaffUnit, limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = DEFAULT_PAGE, cursor: str | None = None
) -> ImagePage:
    """Every published version, the newest first."""
    page = service.page(unit.session, limit=limit, cursor=cursor)
    return ImagePage(items=[ImageOut.model_validate(image) for image in page.items], next=page.next)


@router.get("/images/{name}/{version}", responses=problems(*STAFF, ImageNotFound))
def read_image(unit: StaffUnit, name: str, version: str) -> PublishedOut:
    """One version, with its signed manifest."""
    return PublishedOut.of(service.get(unit.session, name, version))


@router.post("/images", status_code=status.HTTP_201_CREATED, responses=problems(*STAFF, ManifestWrong, ImageDiffers))
def publish_image(unit: AdminUnit, settings: SettingsDep, body: ImageManifest) -> PublishedOut:
    """Sign a manifest and enter it in the catalogue; the same manifest again changes nothing."""
    return PublishedOut.of(service.publish(unit.session, unit.principal, body, service_key(settings)))
