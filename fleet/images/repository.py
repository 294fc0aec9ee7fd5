"""All SQL of images."""

from collections.abc import Sequence

from sqlalchemy import tuple_
from sqlalchemy.dialects.postgresql import distinct_on
from sqlmodel import Session, col, select

from fleet.db.keyset import Page, decode_moment, page_of
from fleet.images.models import Image, ImageContent

MOST_NAMES = 500


def get(session: Session, name: str, version: str) -> Image | None:
    """One version of an image."""
    return session.exec(select(Image).where(Image.name == name, Image.version == version)).first()


def content(session: Session, file_sha256: str) -> ImageContent | None:
    """The bytes of a file, if this organisation has them."""
    return session.exec(select(ImageContent).where(ImageContent.file_sha256 == file_sha256)).first()


def with_content(session: Session, images: Sequence[Image]) -> frozenset[str]:
    """Which files of these images are kept, by their hash."""
    wanted = [image.file_sha256 for image in images]
    return frozenset(session.exec(select(ImageContent.file_sha256).where(col(ImageContent.file_sha256).in_(wanted))).all())


def newest(session: Session) -> Sequence[Image]:
    """The newest version of every image, by name."""
    query = select(Image).ext(distinct_on(col(Image.name))).order_by(col(Image.name), col(Image.published_at).desc())
    return session.exec(query.limit(MOST_NAMES)).all()


def page(session: Session, limit: int, cursor: str | None) -> Page[Image]:
    """Every version, the newest first."""
    query = select(Image)
    if cursor is not None:
        query = query.where(tuple_(col(Image.published_at), col(Image.id)) < decode_moment(cursor))
    query = query.order_by(col(Image.published_at).desc(), col(Image.id).desc())
    rows = session.exec(query.limit(limit + 1)).all()
    return page_of(rows, limit, lambda image: (image.published_at.isoformat(), str(image.id)))
