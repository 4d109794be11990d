"""A technician's picture, by which a family knows him at the door."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Request, Response
from starlette.datastructures import UploadFile

from core.actor import Actor, Principal, Role
from core.errors import NotFoundError
from core.i18n import _
from web.context import context_of
from web.identity import Author, GuardedRoute, SignedIn, allow
from web.pages.admin.frame import Done, go, look
from web.scope import must_be_company_wide
from workforce.people import get_staff
from workforce.photos import MOST_BYTES, photo_of, set_photo

router = APIRouter(prefix="/admin/people/{person_id}/photo", route_class=GuardedRoute)

PICTURE = {"Content-Type": "image/jpeg", "Cache-Control": "no-store"}


async def _read_picture(request: Request) -> bytes:
    async with request.form(max_files=1, max_fields=2) as form:
        file = form.get("photo")
        return await file.read(MOST_BYTES + 1) if isinstance(file, UploadFile) else b""


Picture = Depends(_read_picture)


@router.get("")
@allow(Role.ADMIN)
def show_photo(request: Request, person_id: int, principal: Principal = SignedIn) -> Response:
    """The picture as families see it."""
    staff = look(
        request,
        lambda session, _now: get_staff(session, company_id=principal.company_id, person_id=person_id),
    )
    technician_id = staff.technician_id or 0
    found = look(request, lambda session, _now: photo_of(session, technician_id=technician_id))
    if found is None:
        raise NotFoundError(_("사진이 없습니다."))
    return Response(found, headers=PICTURE)


@router.post("")
@allow(Role.ADMIN)
def take_photo(
    request: Request,
    person_id: int,
    principal: Principal = SignedIn,
    by: Actor = Author,
    picture: bytes = Picture,
) -> Response:
    """Take it in; a form without a file takes the present one away."""
    must_be_company_wide(request)
    context = context_of(request)
    with context.database.transaction() as session:
        set_photo(
            session,
            company_id=principal.company_id,
            person_id=person_id,
            picture=picture,
            by=by,
            now=context.clock(),
        )
    return go(Done(f"/admin/people/{person_id}", "saved"))
