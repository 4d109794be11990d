"""What the technician reads off the boiler: `/m/{number}/boiler`."""

from __future__ import annotations

from datetime import date, datetime

from fastapi import APIRouter, Request, Response
from sqlmodel import Session

from core.actor import Actor, Principal
from core.errors import FieldError
from core.i18n import _
from customers.schemas import BoilerFactsSeen
from dispatch.boiler_at_home import BadBoilerError, note_boiler
from web.identity import Author, GuardedRoute, SignedIn, allow
from web.pages.posting import Posted, PostedForm
from web.pages.technician import ROLES
from web.pages.technician_steps import take_step
from web.typed_ids import read_id

router = APIRouter(prefix="/m/{number}", route_class=GuardedRoute)

TEXT_CHARS = 60


@router.post("/boiler")
@allow(*ROLES)
def post_boiler(
    request: Request, number: str, posted: Posted, principal: Principal = SignedIn, by: Actor = Author
) -> Response:
    """The boiler is entered or corrected; the warranty is worked out anew."""

    def act(session: Session, ticket_id: int, now: datetime) -> None:
        note_boiler(
            session,
            ticket_id=ticket_id,
            facts=read_boiler(posted),
            by=by,
            now=now,
            shown_id=_shown(posted),
            other=posted.get("other"),
        )

    return take_step(request, number, principal, posted, act, do="boiler")


def read_boiler(posted: PostedForm) -> BoilerFactsSeen:
    """What was typed. Raises BadBoilerError for a day that is none."""
    known = posted.get("warranty") == "known"
    if known and not posted.get("warranty_start"):
        message = _("보증을 시작한 날을 적거나, 모름을 골라 주세요.")
        raise BadBoilerError(message, errors=(FieldError("warranty_start", message),))
    return BoilerFactsSeen(
        model=posted.get("model")[:TEXT_CHARS],
        serial=posted.get("serial").strip()[:TEXT_CHARS],
        installer=posted.get("installer")[:TEXT_CHARS],
        installed_on=_day(posted, "installed_on"),
        warranty_start=_day(posted, "warranty_start") if known else None,
        bought_on=_day(posted, "bought_on"),
        made_on=_day(posted, "made_on"),
    )


def _shown(posted: PostedForm) -> int | None:
    """The boiler whose facts stood on the form; None: it was empty."""
    return read_id(posted.get("boiler_id"))


def _day(posted: PostedForm, name: str) -> date | None:
    written = posted.get(name).strip()
    if not written:
        return None
    try:
        return date.fromisoformat(written)
    except ValueError:
        message = _("날짜를 2019-11-02처럼 적어 주세요. 모르면 비워 두세요.")
        raise BadBoilerError(message, errors=(FieldError(name, message),)) from None
