"""The technician writes a correction notice (시정 권고문): `/m/{number}/correction`."""

from __future__ import annotations

from datetime import datetime

from fastapi import APIRouter, Request, Response
from sqlmodel import Session

from core.actor import Actor, Principal
from core.errors import FieldError
from core.i18n import _
from dispatch.correction_notices import (
    ACKNOWLEDGED,
    Acknowledged,
    BadCorrectionError,
    write_correction_notice,
)
from web.identity import Author, GuardedRoute, SignedIn, allow
from web.pages.posting import Posted, PostedForm
from web.pages.technician import ROLES
from web.pages.technician_steps import take_step

router = APIRouter(prefix="/m/{number}", route_class=GuardedRoute)


@router.post("/correction")
@allow(*ROLES)
def post_correction(
    request: Request, number: str, posted: Posted, principal: Principal = SignedIn, by: Actor = Author
) -> Response:
    """What does not fit is written down, and both parties are told."""

    def act(session: Session, ticket_id: int, now: datetime) -> None:
        write_correction_notice(
            session,
            ticket_id=ticket_id,
            items=posted.all("items"),
            acknowledged=_acknowledged(posted),
            note=posted.get("note"),
            by=by,
            now=now,
        )

    return take_step(request, number, principal, posted, act, do="correction")


def _acknowledged(posted: PostedForm) -> Acknowledged:
    said = next((each for each in ACKNOWLEDGED if each == posted.get("acknowledged")), None)
    if said is None:
        message = _("설명을 들으셨는지 골라 주세요.")
        raise BadCorrectionError(message, errors=(FieldError("acknowledged", message),))
    return said
