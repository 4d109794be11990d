"""`/messages/{id}`: one notice in full, every try and report of it; and sending it once more."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response
from fastapi.responses import RedirectResponse
from sqlmodel import Session

from core.actor import Actor, Principal, Role
from core.errors import DomainError, NotFoundError
from core.i18n import _
from dispatch.message_facts import cases_of_notices
from dispatch.queries import ticket_detail
from dispatch.resending import resend_notice, why_not
from notifications.message_list import get_message, resendings_of, tries_of
from notifications.schemas import NoticeInfo
from web.context import context_of
from web.identity import Author, GuardedRoute, SignedIn, allow
from web.pages.messages import ROLES, named
from web.pages.posting import Posted, take_once
from web.presenters import messages as words
from web.presenters.masks import OPEN, known_of, masks_for_ticket
from web.presenters.phones import staff_names
from web.scope import reach_ticket
from web.templating import render_page

router = APIRouter(prefix="/messages", route_class=GuardedRoute)

MAY_RESEND = (Role.AGENT, Role.DISPATCHER, Role.POINT, Role.MANAGER, Role.ADMIN)
LARGEST_ID = 2**63 - 1
NoticeId = Annotated[int, Path(ge=1, le=LARGEST_ID)]


@router.get("/{notice_id}")
@allow(*ROLES)
def show_message(request: Request, notice_id: NoticeId, principal: Principal = SignedIn) -> Response:
    """One notice in full: the text, every try, every report, and what may be done."""
    return _page_of(request, principal, notice_id)


@router.post("/{notice_id}/resend")
@allow(*MAY_RESEND)
def post_resend(
    request: Request,
    notice_id: NoticeId,
    posted: Posted,
    principal: Principal = SignedIn,
    by: Actor = Author,
) -> Response:
    """Send it once more, with a reason. A second press of the same form shows what the first has sent."""
    context = context_of(request)
    try:
        with context.database.transaction() as session:
            now = context.clock()
            notice = _reach(session, principal, notice_id)
            new_id = notice_id
            if take_once(session, request, principal=principal, posted=posted, now=now):
                new_id = resend_notice(
                    session,
                    notice_id=notice_id,
                    ticket_id=notice.ticket_id or 0,
                    reason=posted.get("reason"),
                    by=by,
                    now=now,
                )
    except NotFoundError:
        raise
    except DomainError as error:
        return _page_of(request, principal, notice_id, error=error, typed=posted.get("reason"))
    return RedirectResponse(f"/messages/{new_id}", status_code=303)


def _page_of(
    request: Request,
    principal: Principal,
    notice_id: int,
    *,
    error: DomainError | None = None,
    typed: str = "",
) -> Response:
    context = context_of(request)
    with context.database.reading() as session:
        now = context.clock()
        notice = _reach(session, principal, notice_id)
        values = _one(session, principal, notice, now, texts_whole=context.settings.is_demo)
    values |= {"problem": error.detail if error else "", "typed": typed}
    status = error.status if error else 200
    return render_page(request, "messages/message.html", values, status_code=status)


def _reach(session: Session, principal: Principal, notice_id: int) -> NoticeInfo:
    """Raises NotFoundError when there is none, or its case is not theirs to see."""
    notice = get_message(session, company_id=principal.company_id, notice_id=notice_id)
    cases = (
        cases_of_notices(session, company_id=principal.company_id, ticket_ids=[notice.ticket_id])
        if notice is not None and notice.ticket_id is not None
        else {}
    )
    if notice is None or notice.ticket_id not in cases:
        raise NotFoundError(_("그런 문자가 없습니다."))
    reach_ticket(session, principal=principal, number=cases[notice.ticket_id].number)
    return notice


def _one(
    session: Session, principal: Principal, notice: NoticeInfo, now: datetime, *, texts_whole: bool
) -> dict[str, Any]:
    company_id, ticket_id = principal.company_id, notice.ticket_id or 0
    case = cases_of_notices(session, company_id=company_id, ticket_ids=[ticket_id])[ticket_id]
    masks = masks_for_ticket(session, principal=principal, ticket_id=ticket_id, now=now)
    known = known_of(ticket_detail(session, company_id=company_id, number=case.number, now=now))
    staff = staff_names(session, company_id=company_id, now=now) | named(session, [notice])
    tries, reports = tries_of(session, notice_id=notice.id)
    hand = OPEN if texts_whole else masks
    return {
        "row": words.row_of(notice, case=case, masks=masks, staff=staff),
        "is_open": masks.is_open,
        "subject": hand.sent(notice.subject, known=known),
        "text": hand.sent(notice.text, known=known),
        "reason": masks.words(notice.resend_reason or "", known=known),
        "tries": [(it, *_outcome(it.outcome)) for it in tries],
        "reports": reports,
        "resendings": resendings_of(session, notice_id=notice.id),
        "refusal": why_not(session, notice=notice, now=now),
        "may_resend": principal.role in MAY_RESEND,
        "leads": _leads_to(principal, case.number),
    }


def _outcome(code: str) -> tuple[str, str]:
    word, tone = words.OUTCOMES.get(code, (code, "mute"))
    return _(word), tone


def _leads_to(principal: Principal, number: str) -> str:
    """The ticket's page on this reader's own screen; empty where he has none."""
    if principal.role is Role.POINT:
        return f"/point/tickets/{number}"
    return "" if principal.role is Role.QA else f"/agent/tickets/{number}"
