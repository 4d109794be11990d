"""What a person says of a suspected duplicate: the same case, so one ticket goes on, or another one."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session, col, select

from core.actor import Actor
from core.clock import operating_day
from core.events import publish
from core.i18n import N_, _
from core.wall import across_the_company
from dispatch import ending
from dispatch.cases import Case, WrongStateError, current_visit, lock_case, lock_day_of
from dispatch.detail_shapes import TicketDetail
from dispatch.events import TicketEnded
from dispatch.merged_people import ask_to_ring, promise_of, take_in_people
from dispatch.models import Ticket
from dispatch.planning.solve_requests import request_solve
from dispatch.queries import answer_where_is_it, ticket_detail
from dispatch.states import ENDED_STATUSES, OPEN_VISIT_STATES, UNDER_WAY_STATES
from dispatch.tickets import has_ended, lock_ticket, note_change, number_of, ticket_key

MERGED_AWAY = "DuplicateMerged"
"""In the timeline of the ticket that ends; `into` is the number of the one that goes on."""
TAKEN_IN = "DuplicateTakenIn"
"""In the timeline of the ticket that goes on; `number` is the one that ended."""
SUSPECTED = "DuplicateSuspected"
"""In the timeline of a ticket that was filed while `number` was shown and not called another case."""
RULED_OUT = "DuplicateRuledOut"
NOW_OF = "DuplicateNowOf"
"""In the timeline of a ticket whose suspected older one was merged; `number` is what it may repeat now."""
GONE_ON = "같은 건인 {number} 접수로 합쳤습니다. 이 번호로는 가지 않으셔도 됩니다."
"""To the technician, in his language whatever the screen's."""
NOTE_CHARS = 8000


def suspect(session: Session, *, ticket_id: int, number: str, by: Actor, now: datetime) -> None:
    """Mark a ticket that perhaps repeats an open one, unless it is marked already or there is none.

    Raises UnknownTicketError.
    """
    ticket = lock_ticket(session, ticket_id=ticket_id)
    query = select(Ticket).where(
        col(Ticket.company_id) == ticket.company_id,
        col(Ticket.number) == number,
        col(Ticket.id) < ticket_id,
        col(Ticket.status).not_in(ENDED_STATUSES),
    )
    other = session.exec(query).one_or_none()
    if other is None or ticket.suspected_duplicate_of_id is not None:
        return
    ticket.suspected_duplicate_of_id = other.id
    note_change(session, ticket=ticket, what=SUSPECTED, by=by, now=now, data={"number": number})


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
    """It is the same case: this ticket ends, the older one goes on with its note, its people and its urgency.

    The family gets no text, because for them nothing is called off. A time that was agreed for this ticket is
    nobody's any more: a named person rings whom it was agreed with. Re-opening the ticket makes two of them
    again (`dispatch/unmerging.py`).

    Returns:
        The number of the ticket that goes on.

    Raises:
        UnknownTicketError: no such ticket (404).
        WrongStateError: no suspicion, one of them has ended, somebody is under way, or it is a danger (409).
    """
    case = _lock_both(session, ticket_id=ticket_id)
    older = _older_of(session, case)
    why = reason.strip() or N_("같은 건이라 {number} 접수로 합쳤습니다.").format(number=older.number)
    promise = promise_of(session, visit=case.visit)
    off = GONE_ON.format(number=older.number)
    ending.end_case(session, case=case, status="CANCELLED", reason=why, by=by, now=now, called_off=off)
    ticket = case.ticket
    data = {"into": older.number, "visit_id": case.visit_id or None}
    note_change(session, ticket=ticket, what=MERGED_AWAY, by=by, now=now, reason=why, data=data)
    _take_in(session, older, ticket, by=by, now=now)
    _suspect_older(session, older, ticket, by=by, now=now)
    if promise is not None:
        ask_to_ring(session, older=older, ticket=ticket, promise=promise, by=by, now=now)
    publish(session, TicketEnded(company_id=ticket.company_id, at=now, ticket_id=ticket_id, how="cancelled"))
    return older.number


def merged_into(detail: TicketDetail) -> str | None:
    """The number of the ticket that goes on instead; None when it was not merged, or is open again."""
    if detail.status != "CANCELLED":
        return None
    last = next((e for e in reversed(detail.timeline) if e.what in (MERGED_AWAY, "TicketCancelled")), None)
    return str(last.data["into"]) if last is not None and last.what == MERGED_AWAY else None


def suspected_number(session: Session, *, ticket_id: int) -> str | None:
    """The number of the older ticket that this one may repeat; None without a suspicion."""
    ticket = session.get(Ticket, ticket_id)
    return None if ticket is None else number_of(session, ticket.suspected_duplicate_of_id)


def taken_in(session: Session, *, detail: TicketDetail) -> list[str]:
    """Numbers of the tickets that ended as duplicates of this one, as long as nobody re-opened them."""
    merged = {str(entry.data.get("number")): entry.at for entry in detail.timeline if entry.what == TAKEN_IN}
    if not merged:
        return []
    query = select(Ticket.number, Ticket.reopened_at).where(
        col(Ticket.company_id) == detail.company.id,
        col(Ticket.number).in_(merged),
        col(Ticket.status) == "CANCELLED",
    )
    # Cancelled may be more than merged: what was re-opened since has ended for a reason of its own.
    with across_the_company(session):  # their numbers alone
        rows = session.exec(query).all()
    return sorted(number for number, again in rows if again is None or again <= merged[number])


def say_of(session: Session, *, detail: TicketDetail, now: datetime) -> str:
    """`언제 와요?`; for a merged ticket it is the one that goes on that answers."""
    number = merged_into(detail)
    if number is not None:
        with across_the_company(session):  # the same family's, perhaps at another point: one sentence of it
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
    """What was said the second time, and who said it, reaches whoever goes; history stays where it is."""
    if ticket.note.strip():
        older.note = f"{older.note}\n{ticket.note.strip()}".strip()[-NOTE_CHARS:]
    before, care, payer = older.priority, older.priority_care, older.payer_role
    older.priority = min(older.priority, ticket.priority)
    older.priority_care = older.priority_care or ticket.priority_care
    data = {
        "number": ticket.number,
        "priority_before": before,
        "priority": older.priority,
        "priority_care_before": care,
        "payer_role_before": payer,
        "people": take_in_people(session, older=older, ticket=ticket),
        "payer_role": older.payer_role,
    }
    note_change(session, ticket=older, what=TAKEN_IN, by=by, now=now, data=data)
    if older.priority != before:
        _plan_anew(session, older, now=now)


def _plan_anew(session: Session, older: Ticket, *, now: datetime) -> None:
    """A more urgent visit may deserve an earlier place in its day."""
    visit = current_visit(session, ticket_id=ticket_key(older))
    if visit is None or visit.state not in OPEN_VISIT_STATES or visit.state in UNDER_WAY_STATES:
        return
    day = operating_day(visit.planned_start or now)
    request_solve(session, point_id=visit.service_point_id, day=day, now=now)


def _suspect_older(session: Session, older: Ticket, ticket: Ticket, *, by: Actor, now: datetime) -> None:
    """Who was thought to repeat the merged ticket is compared with the one that goes on."""
    query = (
        select(Ticket)
        .where(
            col(Ticket.company_id) == ticket.company_id,
            col(Ticket.suspected_duplicate_of_id) == ticket_key(ticket),
            col(Ticket.id) != ticket_key(older),
            col(Ticket.status).not_in(ENDED_STATUSES),
        )
        .order_by(col(Ticket.id))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    for other in session.exec(query).all():
        other.suspected_duplicate_of_id = ticket_key(older)
        data = {"number": older.number, "before": ticket.number}
        note_change(session, ticket=other, what=NOW_OF, by=by, now=now, data=data)
