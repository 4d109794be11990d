"""A technician's picture: taken by an administrator, shown to the family that he is on the way to.

Only JPEG, and only the picture of it: what a camera writes beside it (place, time, owner) is cut out.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col, delete, select

from core import audit
from core.actor import Actor
from core.errors import FieldError, InvalidError
from core.i18n import _
from workforce.people import get_staff
from workforce.photo_models import TechnicianPhoto

MOST_BYTES = 300_000
SMALLEST, LARGEST = 100, 2000
"""Pixels of a side."""
_SCAN = 0xDA
_FRAMES = frozenset({0xC0, 0xC1, 0xC2})
_CUT_OUT = frozenset({*range(0xE1, 0xF0), 0xFE})
"""Everything of applications but the plain header, and comments."""


class BadPhotoError(InvalidError):
    """Not a JPEG that can be shown (422)."""

    code = "bad-photo"


def photo_of(session: Session, *, technician_id: int) -> bytes | None:
    """The JPEG of a technician; None when there is none."""
    query = select(TechnicianPhoto.jpeg).where(col(TechnicianPhoto.technician_id) == technician_id)
    return session.exec(query).first()


def has_photo(session: Session, *, technician_id: int) -> bool:
    """Whether there is one."""
    query = select(TechnicianPhoto.technician_id).where(col(TechnicianPhoto.technician_id) == technician_id)
    return session.exec(query).first() is not None


def set_photo(
    session: Session, *, company_id: int, person_id: int, picture: bytes, by: Actor, now: datetime
) -> None:
    """Take a technician's picture in, or another in its place; empty takes it away.

    Raises:
        NotFoundError: nobody of this company (404).
        BadPhotoError: no technician, or no JPEG that fits (422).
    """
    staff = get_staff(session, company_id=company_id, person_id=person_id)
    if staff.technician_id is None:
        raise _bad(_("기사의 사진만 둘 수 있습니다."))
    if picture:
        values = {
            "technician_id": staff.technician_id,
            "jpeg": plain_jpeg(picture),
            "entered_at": now,
        }
        put = insert(TechnicianPhoto).values(**values)
        session.execute(put.on_conflict_do_update(index_elements=["technician_id"], set_=values))
    else:
        session.execute(
            delete(TechnicianPhoto).where(col(TechnicianPhoto.technician_id) == staff.technician_id)
        )
    audit.record(
        session,
        by=by,
        at=now,
        what="PhotoSet" if picture else "PhotoRemoved",
        subject=("technician", staff.technician_id),
        company_id=company_id,
    )


def plain_jpeg(picture: bytes) -> bytes:
    """The picture alone, without what stands beside it. Raises BadPhotoError."""
    if len(picture) > MOST_BYTES:
        raise _bad(_("사진이 너무 큽니다. {n}KB보다 작게 줄여 주세요.").format(n=MOST_BYTES // 1000))
    if picture[:3] != b"\xff\xd8\xff":
        raise _bad(_("JPEG 사진(.jpg)만 올릴 수 있습니다."))
    kept, at, size = bytearray(picture[:2]), 2, None
    while at + 4 <= len(picture) and picture[at] == 0xFF:
        marker, length = picture[at + 1], int.from_bytes(picture[at + 2 : at + 4], "big")
        if marker == _SCAN:
            _require_size(size)
            return bytes(kept) + picture[at:]
        if marker in _FRAMES and at + 9 <= len(picture):
            size = tuple(int.from_bytes(picture[at + n : at + n + 2], "big") for n in (5, 7))
        if marker not in _CUT_OUT:
            kept += picture[at : at + 2 + length]
        at += 2 + max(length, 2)
    raise _bad(_("사진을 읽을 수 없습니다. 다른 사진을 골라 주세요."))


def _require_size(size: tuple[int, ...] | None) -> None:
    if size is None or not all(SMALLEST <= side <= LARGEST for side in size):
        text = _("사진의 가로와 세로는 {least}~{most}픽셀이어야 합니다.")
        raise _bad(text.format(least=SMALLEST, most=LARGEST))


def _bad(message: str) -> BadPhotoError:
    return BadPhotoError(message, errors=(FieldError("photo", message),))
