"""Sending a text once more by a person's hand: only while it is true, and only to who may have it."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session

from core.actor import Actor
from core.errors import ConflictError, NotFoundError
from core.i18n import _
from dispatch import notice_facts
from dispatch.cancellation import require_reason
from dispatch.cases import Case, current_visit, lock_case, technician_of
from dispatch.models import Ticket
from dispatch.notice_facts import TicketFacts
from dispatch.states import ENDED_STATUSES, OPEN_VISIT_STATES
from notifications import queries
from notifications.catalogue import CATALOGUE, Event, Role
from notifications.once_more import resend
from notifications.schemas import NoticeInfo

PROMISES = (Event.VISIT_SCHEDULED, Event.WINDOW_CHANGED)


class NotToResendError(ConflictError):
    """The text is no news any more, or another has taken its place; the detail says which (409)."""

    code = "not-to-resend"


def resend_notice(
    session: Session, *, notice_id: int, ticket_id: int, reason: str, by: Actor, now: datetime
) -> int:
    """Send one notice of a ticket once more, to the same number. Returns the new notice's id.

    Raises:
        NoReasonError: no reason (422).
        NotFoundError: the ticket has no such notice (404).
        NotToResendError: it must not go out again (409).
    """
    why = require_reason(reason)
    case = lock_case(session, ticket_id=ticket_id)
    told = queries.list_notices(session, ticket_id=ticket_id)
    notice = next((it for it in told if it.id == notice_id), None)
    if notice is None:
        raise NotFoundError(_("그런 문자가 없습니다."))
    facts = notice_facts.facts_of_ticket(session, ticket_id=ticket_id)
    refusal = _refusal(session, case=case, facts=facts, notice=notice, told=told, now=now)
    if refusal is not None:
        raise NotToResendError(refusal)
    return resend(session, notice_id=notice_id, sender=facts.sender, reason=why, by=by, now=now)


def why_not(session: Session, *, notice: NoticeInfo, now: datetime) -> str | None:
    """Why a ticket's notice must not be sent again, in words for the screen; None: it may. Takes no lock."""
    ticket_id = notice.ticket_id or 0
    case = Case(session.get_one(Ticket, ticket_id), current_visit(session, ticket_id=ticket_id))
    told = queries.list_notices(session, ticket_id=ticket_id)
    facts = notice_facts.facts_of_ticket(session, ticket_id=ticket_id)
    return _refusal(session, case=case, facts=facts, notice=notice, told=told, now=now)


def _refusal(
    session: Session,
    *,
    case: Case,
    facts: TicketFacts,
    notice: NoticeInfo,
    told: list[NoticeInfo],
    now: datetime,
) -> str | None:
    if notice.destroyed_at is not None or not notice.text:
        return _("보관 기간이 지나 글을 지운 문자입니다.")
    if notice.state == "queued":
        return _("아직 보내는 중입니다. 나가지 못한 까닭이 있으면 이 화면에 보입니다.")
    later = next((it for it in reversed(told) if it.id > notice.id and _replaces(it, notice)), None)
    if later is not None:
        return _("뒤에 나간 문자가 있습니다. 그 문자를 다시 보내 주세요.")
    if notice.is_overtaken:
        return _("이제 사실이 아닌 문자입니다.")
    return _no_news(session, case=case, notice=notice, now=now) or _refused(session, facts, notice)


def _replaces(later: NoticeInfo, notice: NoticeInfo) -> bool:
    """Whether it told the same person of the same thing, and was not taken back."""
    same = later.event == notice.event or (notice.line is not None and later.line == notice.line)
    return same and later.recipient == notice.recipient and later.state != "withdrawn"


def _no_news(session: Session, *, case: Case, notice: NoticeInfo, now: datetime) -> str | None:
    rules, visit = CATALOGUE[Event(notice.event)], case.visit
    if rules.advert:
        return _("광고는 다시 보내지 않습니다.")
    if rules.moot_once_ended and case.ticket.status in ENDED_STATUSES:
        return _("접수가 끝나 이제 소식이 아닙니다.")
    if rules.leads_to_visit and visit is not None and visit.arrived_at is not None:
        return _("기사가 이미 도착해 이제 소식이 아닙니다.")
    ends = visit.window_end if visit is not None and visit.state in OPEN_VISIT_STATES else None
    if notice.event in PROMISES and (ends is None or ends <= now):
        return _("안내한 방문 시간이 지났거나 취소되었습니다.")
    if notice.recipient == Role.TECHNICIAN and notice.person_id is not None:
        technician = technician_of(session, visit=visit)
        if technician is None or technician.person_id != notice.person_id:
            return _("이제 다른 기사의 일입니다.")
    return None


def _refused(session: Session, facts: TicketFacts, notice: NoticeInfo) -> str | None:
    if notice.recipient in (Role.TECHNICIAN, Role.POINT):
        return None
    family = {party.role.value: party for party in notice_facts.family_of(session, facts)}
    party = family.get(notice.recipient)
    if party is None or party.phone != notice.to_phone:
        return _("이제 이 접수의 번호가 아닙니다.")
    if not party.takes_notices:
        return _("문자를 받지 않겠다고 하신 분입니다.")
    return None
