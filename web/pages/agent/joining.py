"""A call about a ticket that is open already: what was typed on the new form goes along, nothing is filed."""

from __future__ import annotations

from datetime import datetime

from fastapi import APIRouter, Request, Response
from sqlmodel import Session

from core.actor import Actor, Principal
from core.errors import ConflictError
from core.i18n import N_, _
from core.phones import PhoneError, parse_phone
from dispatch.detail_shapes import TicketDetail
from dispatch.intake import join_call
from dispatch.queries import ticket_detail
from web.context import context_of
from web.identity import Author, GuardedRoute, SignedIn, allow
from web.pages.agent.actions import take
from web.pages.agent.intake import is_danger, show_again
from web.pages.agent.words import DESK_ROLES
from web.pages.posting import Posted, PostedForm
from web.scope import reach_ticket

router = APIRouter(prefix="/agent/tickets/{number}", route_class=GuardedRoute)


class DangerNotJoinedError(ConflictError):
    """A danger is a ticket of its own, with its own flow: it is never a line in the note of another."""

    code = "danger-not-joined"


@router.post("/call")
@allow(*DESK_ROLES)
def post_call(
    request: Request, number: str, posted: Posted, principal: Principal = SignedIn, by: Actor = Author
) -> Response:
    """Whoever calls asks about this ticket. With a danger the form comes back, to be filed as one."""
    if _is_new_danger(request, principal, number, posted):
        text = _("위험한 증상은 열린 접수에 이어 적지 않습니다. 안내를 읽어 드리고 그대로 접수해 주세요.")
        return show_again(request, principal, posted, errors={}, problem=DangerNotJoinedError(text))

    def step(session: Session, ticket_id: int, now: datetime) -> None:
        detail = ticket_detail(session, company_id=principal.company_id, number=number, now=now)
        note = "\n".join(part for part in (posted.get("note").strip(), _new_caller(posted, detail)) if part)
        join_call(session, ticket_id=ticket_id, note=note, by=by, now=now)

    return take(request, principal, number, posted, step, act="note", done="noted")


def _is_new_danger(request: Request, principal: Principal, number: str, posted: PostedForm) -> bool:
    context = context_of(request)
    with context.database.reading() as session:
        reach_ticket(session, principal=principal, number=number)
        if not is_danger(session, posted, company_id=principal.company_id):
            return False
        now = context.clock()
        return not ticket_detail(session, company_id=principal.company_id, number=number, now=now).safety


def _new_caller(posted: PostedForm, detail: TicketDetail) -> str:
    """The number of a caller whom the ticket does not name: a line of the note, masked like every number."""
    typed = posted.get("requester_phone").strip()
    if posted.get("caller") != "other" or not typed:
        return ""
    try:
        phone = parse_phone(typed)
    except PhoneError:
        told = typed  # what was said is kept as it was typed
    else:
        if any(party.phone == phone.e164 for party in detail.parties):
            return ""
        told = phone.display
    # kept for colleagues: Korean whatever the screen
    return N_("전화하신 분 번호: {phone}").format(phone=told)
