"""`/messages/{id}`: one notice in full, every try and report of it; and sending it once more."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response
from fastapi.responses import RedirectResponse
from sqlmodel import Session

from campaigns.invited import InvitedHome
from core.actor import Actor, Principal, Role
from core.errors import DomainError, NotFoundError
from core.i18n import _
from customers.queries import household_detail
from dispatch.message_facts import CaseOfNotice
from dispatch.queries import ticket_detail
from dispatch.resending import resend_notice, why_not
from notifications.message_list import get_message, resendings_of, tries_of
from notifications.schemas import NoticeInfo
from web.context import context_of
from web.identity import Author, GuardedRoute, SignedIn, allow
from web.pages.campaigns import ROLES as CAMPAIGN_ROLES
from web.pages.messages import ROLES, named
from web.pages.posting import Posted, take_once
from web.presenters import messages as words
from web.presenters.masks import (
    OPEN,
    Known,
    Masks,
    known_of,
    known_of_home,
    masks_for_household,
    masks_for_ticket,
)
from web.presenters.message_subjects import subjects_of
from web.presenters.phones import staff_names
from web.scope import reach_ticket
from web.templating import render_page
from workforce.queries import get_company

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
            notice = _reach(session, principal, notice_id).notice
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
        found = _reach(session, principal, notice_id)
        values = _one(session, principal, found, now, texts_whole=context.settings.is_demo)
    values |= {"problem": error.detail if error else "", "typed": typed}
    status = error.status if error else 200
    return render_page(request, "messages/message.html", values, status_code=status)


@dataclass(frozen=True)
class _Found:
    """A text with what it is about. `home`: of a campaign's invitation, which is about no case."""

    notice: NoticeInfo
    case: CaseOfNotice
    home: InvitedHome | None


def _reach(session: Session, principal: Principal, notice_id: int) -> _Found:
    """Raises NotFoundError when there is none, or what it is about is not theirs to see."""
    company_id = principal.company_id
    notice = get_message(session, company_id=company_id, notice_id=notice_id)
    cases, homes = subjects_of(session, company_id=company_id, notices=[notice] if notice else [])
    if notice is None or notice.id not in cases:
        raise NotFoundError(_("그런 문자가 없습니다."))
    home = homes.get(notice.id)
    if home is None:
        reach_ticket(session, principal=principal, number=cases[notice.id].number)
    elif principal.service_point_id is not None:
        raise NotFoundError(_("그런 문자가 없습니다."))
    return _Found(notice, cases[notice.id], home)


def _seen_by(session: Session, principal: Principal, found: _Found, now: datetime) -> tuple[Masks, Known]:
    """How this reader sees the people of what a text is about, and what is known of them."""
    company_id = principal.company_id
    if found.home is None:
        ticket_id = found.notice.ticket_id or 0
        masks = masks_for_ticket(session, principal=principal, ticket_id=ticket_id, now=now)
        return masks, known_of(
            ticket_detail(session, company_id=company_id, number=found.case.number, now=now)
        )
    household_id = found.home.household_id
    masks = masks_for_household(session, principal=principal, household_id=household_id, now=now)
    maker = get_company(session, company_id=company_id)
    detail = household_detail(session, company_id=company_id, household_id=household_id)
    return masks, known_of_home(detail, company_phone=maker.main_phone)


def _one(
    session: Session, principal: Principal, found: _Found, now: datetime, *, texts_whole: bool
) -> dict[str, Any]:
    company_id, notice, home = principal.company_id, found.notice, found.home
    masks, known = _seen_by(session, principal, found, now)
    staff = staff_names(session, company_id=company_id, now=now) | named(session, [notice])
    tries, reports = tries_of(session, notice_id=notice.id)
    hand = OPEN if texts_whole else masks
    return {
        "row": words.row_of(notice, case=found.case, masks=masks, staff=staff, now=now),
        "home": home,
        "unmask_of": f"household/{home.household_id}" if home else f"ticket/{found.case.number}",
        "is_open": masks.is_open,
        "subject": hand.sent(notice.subject, known=known),
        "text": hand.sent(notice.text, known=known),
        "reason": masks.words(notice.resend_reason or "", known=known),
        "tries": [(it, *_outcome(it.outcome)) for it in tries],
        "reports": reports,
        "resendings": resendings_of(session, notice_id=notice.id),
        "refusal": why_not(session, notice=notice, now=now) if home is None else None,
        "may_resend": principal.role in MAY_RESEND and home is None,
        "leads": _leads_to(principal, found),
    }


def _outcome(code: str) -> tuple[str, str]:
    word, tone = words.OUTCOMES.get(code, (code, "mute"))
    return _(word), tone


def _leads_to(principal: Principal, found: _Found) -> list[tuple[str, str, str]]:
    """(address, words, icon) of the pages where this reader can act on it; a caller of QA has none."""
    number, home = found.case.number, found.home
    if principal.role is Role.QA:
        return []
    if principal.role is Role.POINT:
        return [(f"/point/tickets/{number}", number, "doc")]
    if home is None:
        return [(f"/agent/tickets/{number}", number, "doc")]
    leads = [(f"/agent/households/{home.household_id}", _("그 댁"), "home")]
    if principal.role in CAMPAIGN_ROLES:
        leads.append((f"/campaigns/{home.campaign_id}", home.campaign, "calendar"))
    return leads
