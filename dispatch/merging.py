"""What a person says of a suspected duplicate: the same case, so one ticket goes on, or another one."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session, col, select

from core.actor import Actor
from core.clock import rfc3339_kst
from core.events import publish
from core.i18n import _
from dispatch import ending
from dispatch.cases import Case, WrongStateError, lock_case, lock_day_of
from dispatch.detail_shapes import TicketDetail
from dispatch.events import TicketEnded
from dispatch.models import Ticket, TicketParty, Visit
from dispatch.notice_tasks import NOTICE_FAILED
from dispatch.queries import answer_where_is_it, ticket_detail
from dispatch.states import UNDER_WAY_STATES
from dispatch.tasks import list_tasks, open_task
from dispatch.tickets import has_ended, lock_ticket, note_change, ticket_key

MERGED_AWAY = "DuplicateMerged"
"""In the timeline of the ticket that ends; `into` is the number of the one that goes on."""
TAKEN_IN = "DuplicateTakenIn"
"""In the timeline of the ticket that goes on; `number` is the one that ended."""
RULED_OUT = "DuplicateRuledOut"
GONE_ON = "같은 댁의 {number} 접수로 합쳤습니다. 이 번호로는 가지 않으셔도 됩니다."
"""To the technician, in his language whatever the screen's."""
NOTE_CHARS = 8000


def rule_out(session: Session, *, ticket_id: int, by: Actor, now: datetime, reason: str = "") -> None:
    """It is another case: the mark goes, and who took it off stays. A second time changes nothing.

    Raises UnknownTicketError.
    """
    ticket = lock_ticket(session, ticket_id=ticket_id)
    if ticket.suspected_duplicate_of_id is None:
        return
    other = session.get_one(Ticket, ticket.suspected_duplicate_of_id)
    ticket.suspected_duplicate_of_id = None
    data = {"number": other.number}
    note_change(session, ticket=ticket, what=RULED_OUT, by=by, now=now, reason=reason or None, data=data)


def merge(session: Session, *, ticket_id: int, by: Actor, now: datetime, reason: str = "") -> str:
    """It is the same case: this ticket ends, the older one goes on with its note and its urgency.

    The family gets no text, because for them nothing is called off. A time that was agreed for this ticket is
    nobody's any more: a named person rings them. Re-opening the ticket makes two of them again.

    Returns:
        The number of the ticket that goes on.

    Raises:
        UnknownTicketError: no such ticket (404).
        WrongStateError: no suspicion, one of them has ended, somebody is under way, or it is a danger (409).
    """
    case = _lock_both(session, ticket_id=ticket_id)
    older = _older_of(session, case)
    why = reason.strip() or _("같은 건이라 {number} 접수로 합쳤습니다.").format(number=older.number)
    window = _agreed_window(case.visit)
    off = GONE_ON.format(number=older.number)
    ending.end_case(session, case=case, status="CANCELLED", reason=why, by=by, now=now, called_off=off)
    ticket = case.ticket
    data = {"into": older.number, "visit_id": case.visit_id or None}
    note_change(session, ticket=ticket, what=MERGED_AWAY, by=by, now=now, reason=why, data=data)
    _take_in(session, older, ticket, by=by, now=now)
    if window is not None:
        _ask_to_ring(session, older, ticket, window, by=by, now=now)
    publish(session, TicketEnded(company_id=ticket.company_id, at=now, ticket_id=ticket_id, how="cancelled"))
    return older.number


def merged_into(detail: TicketDetail) -> str | None:
    """The number of the ticket that goes on instead; None when it was not merged, or is open again."""
    if detail.status != "CANCELLED":
        return None
    last = next((e for e in reversed(detail.timeline) if e.what in (MERGED_AWAY, "TicketCancelled")), None)
    return str(last.data["into"]) if last is not None and last.what == MERGED_AWAY else None


def taken_in(session: Session, *, detail: TicketDetail) -> list[str]:
    """Numbers of the tickets that ended as duplicates of this one, as long as nobody re-opened them."""
    numbers = [str(entry.data.get("number")) for entry in detail.timeline if entry.what == TAKEN_IN]
    if not numbers:
        return []
    query = select(Ticket.number).where(
        col(Ticket.company_id) == detail.company.id,
        col(Ticket.number).in_(numbers),
        col(Ticket.status) == "CANCELLED",
    )
    return sorted(session.exec(query))


def say_of(session: Session, *, detail: TicketDetail, now: datetime) -> str:
    """`언제 와요?`; for a merged ticket it is the one that goes on that answers."""
    number = merged_into(detail)
    if number is not None:
        detail = ticket_detail(session, company_id=detail.company.id, number=number, now=now)
    return answer_where_is_it(detail, now)


def _lock_both(session: Session, *, ticket_id: int) -> Case:
    """The day first, then the tickets by their ids, as whoever publishes a plan takes them."""
    lock_day_of(session, ticket_id=ticket_id)
    seen = session.get(Ticket, ticket_id)
    if seen is not None and seen.suspected_duplicate_of_id is not None:
        lock_ticket(session, ticket_id=seen.suspected_duplicate_of_id)
    return lock_case(session, ticket_id=ticket_id)


def _older_of(session: Session, case: Case) -> Ticket:
    """The ticket that goes on, under lock. Raises WrongStateError."""
    ticket = case.ticket
    if ticket.suspected_duplicate_of_id is None:
        raise WrongStateError(_("중복으로 의심되는 접수가 아닙니다. 화면을 새로 고쳐 주세요."))
    if has_ended(ticket):
        raise WrongStateError(_("이미 끝난 접수라 합칠 수 없습니다."))
    if case.visit is not None and case.visit.state in UNDER_WAY_STATES:
        raise WrongStateError(_("기사가 이미 출발한 접수라 합칠 수 없습니다. 다른 접수를 취소해 주세요."))
    older = lock_ticket(session, ticket_id=ticket.suspected_duplicate_of_id)
    if has_ended(older):
        text = _("{number} 접수는 이미 끝났습니다. 이 접수로 이어 가려면 ‘다른 건입니다’를 눌러 주세요.")
        raise WrongStateError(text.format(number=older.number))
    if ticket.safety and not older.safety:
        text = _("안전 접수는 합치지 않습니다. 이 접수를 남기고 {number} 접수를 취소해 주세요.")
        raise WrongStateError(text.format(number=older.number))
    return older


def _take_in(session: Session, older: Ticket, ticket: Ticket, *, by: Actor, now: datetime) -> None:
    """What was said the second time reaches whoever goes; people and history stay with the merged ticket."""
    if ticket.note.strip():
        older.note = f"{older.note}\n{ticket.note.strip()}".strip()[-NOTE_CHARS:]
    before = older.priority
    older.priority = min(older.priority, ticket.priority)
    older.priority_care = older.priority_care or ticket.priority_care
    data = {"number": ticket.number, "priority_before": before, "priority": older.priority}
    note_change(session, ticket=older, what=TAKEN_IN, by=by, now=now, data=data)


def _agreed_window(visit: Visit | None) -> tuple[datetime, datetime] | None:
    if visit is None or visit.state != "agreed" or visit.window_start is None or visit.window_end is None:
        return None
    return visit.window_start, visit.window_end


def _ask_to_ring(
    session: Session,
    older: Ticket,
    ticket: Ticket,
    window: tuple[datetime, datetime],
    *,
    by: Actor,
    now: datetime,
) -> None:
    """A telling by phone, because no text has words for it; the desk on duty owns it."""
    query = select(TicketParty.role).where(col(TicketParty.ticket_id) == ticket_key(older))
    whom = "requester" if "requester" in set(session.exec(query)) else "resident"
    earlier = list_tasks(
        session, company_id=older.company_id, ticket_id=older.id, kinds=[NOTICE_FAILED], state=None
    )
    detail = _(
        "합친 접수 {number}에 따로 약속한 방문 시간이 있었습니다. 그 시간에는 가지 않으니 "
        "전화로 말씀드리고 이 접수의 시간을 확인해 주세요."
    )
    open_task(
        session,
        ticket_id=ticket_key(older),
        kind=NOTICE_FAILED,
        recipient=whom,
        generation=1 + sum(task.recipient == whom for task in earlier),
        detail=detail.format(number=ticket.number),
        data={"merged": ticket.number, "window": [rfc3339_kst(moment) for moment in window]},
        due_at=now,
        by=by,
        now=now,
    )
