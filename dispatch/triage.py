"""Self-help before a visit: the first rung of the ladder, and what its result leads to."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session, col, select

from core import events
from core.actor import Actor
from core.errors import ConflictError
from core.i18n import _
from customers.schemas import AddressInfo
from dispatch.clocks import stop_clock, void_clocks
from dispatch.events import TicketEnded, TicketFiled
from dispatch.models import Ticket, TriageStep
from dispatch.places import address_of, ask_map_pick, is_plannable
from dispatch.schemas import SelfFixResult
from dispatch.tasks import close_tasks_of
from dispatch.tickets import lock_ticket, note_change, ticket_key
from notifications import service as outbox
from notifications.catalogue import moot_once_ended

SELF_FIXED = "SELF_FIXED"


class NotInTriageError(ConflictError):
    """The ticket does not wait for self-help (any more)."""

    code = "not-in-triage"


class SafetyTriageError(ConflictError):
    """Self-help is never offered for gas, carbon monoxide or smoke."""

    code = "safety-no-self-fix"


def record_self_fix(
    session: Session,
    *,
    ticket_id: int,
    card: str | None,
    result: SelfFixResult,
    by: Actor,
    now: datetime,
    card_version: int | None = None,
) -> str:
    """Write down what self-help came to; returns the ticket's status. The same result twice is taken once.

    `SOLVED` ends the ticket without a visit; anything else sends it on to a service point.

    Raises:
        UnknownTicketError.
        SafetyTriageError: a safety case.
        NotInTriageError: another result was written down already, or the ticket is past triage.
    """
    ticket = lock_ticket(session, ticket_id=ticket_id)
    if ticket.safety:
        raise SafetyTriageError(_("안전 접수입니다. 직접 고치게 하지 말고 바로 기사를 보내야 합니다."))
    earlier = _first_step(session, ticket_id)
    if earlier is not None:
        if earlier.result == result:
            return ticket.status
        raise NotInTriageError(_("직접 고쳐 보신 결과가 이미 적혀 있습니다. 접수 화면에서 이어 가 주세요."))
    if ticket.status != "RECEIVED":
        raise NotInTriageError(_("상담 단계가 지난 접수입니다. 접수 화면에서 이어 가 주세요."))
    address = address_of(session, ticket)
    record_first_self_fix(
        session,
        ticket=ticket,
        address=address,
        card=card,
        result=result,
        by=by,
        now=now,
        card_version=card_version,
    )
    return ticket.status


def record_first_self_fix(
    session: Session,
    *,
    ticket: Ticket,
    address: AddressInfo,
    card: str | None,
    result: SelfFixResult,
    by: Actor,
    now: datetime,
    card_version: int | None = None,
) -> None:
    """The same for a ticket that the caller holds, received and without a result so far."""
    _write_step(session, ticket, card=card, card_version=card_version, result=result, by=by, now=now)
    if result == "SOLVED":
        _end_solved(session, ticket, by=by, now=now)
        return
    data = {"card": card, "result": result}
    if not is_plannable(address):
        ticket.status = "UNASSIGNED"
        ask_map_pick(session, ticket=ticket, by=by, now=now)
    note_change(session, ticket=ticket, what="SelfFixRecorded", by=by, now=now, data=data)
    filed = TicketFiled(company_id=ticket.company_id, at=now, ticket_id=ticket_key(ticket))
    events.publish(session, filed)


def note_safety(session: Session, *, ticket: Ticket, by: Actor, now: datetime) -> None:
    """Write down that self-help was skipped because it would be dangerous."""
    _write_step(session, ticket, card=None, card_version=None, result="SAFETY", by=by, now=now)


def is_triaged(session: Session, *, ticket_id: int) -> bool:
    """Whether the ticket may go on to a service point: a visit needs a first rung, safety has its own."""
    return _first_step(session, ticket_id) is not None


def _end_solved(session: Session, ticket: Ticket, *, by: Actor, now: datetime) -> None:
    ticket_id = ticket_key(ticket)
    ticket.status, ticket.closed_at = SELF_FIXED, now
    ticket.end_reason = _("안내에 따라 고객이 직접 해결했습니다.")
    session.add(ticket)
    why = ticket.end_reason
    stop_clock(session, ticket_id=ticket_id, kind="handled", at=now, evidence=None, by=by, now=now)
    void_clocks(session, ticket_id=ticket_id, why=why, by=by, now=now)
    close_tasks_of(session, ticket_id=ticket_id, kinds=None, outcome=why, by=by, now=now, state="void")
    outbox.withdraw(session, ticket_id=ticket_id, events=moot_once_ended(), reason=why, now=now)
    note_change(session, ticket=ticket, what="SelfFixed", by=by, now=now)
    ended = TicketEnded(company_id=ticket.company_id, at=now, ticket_id=ticket_id, how=SELF_FIXED)
    events.publish(session, ended)


def _first_step(session: Session, ticket_id: int) -> TriageStep | None:
    query = select(TriageStep).where(col(TriageStep.ticket_id) == ticket_id, col(TriageStep.tier) == 1)
    return session.exec(query.order_by(col(TriageStep.id))).first()


def _write_step(
    session: Session,
    ticket: Ticket,
    *,
    card: str | None,
    card_version: int | None,
    result: str,
    by: Actor,
    now: datetime,
) -> None:
    session.add(
        TriageStep(
            ticket_id=ticket_key(ticket),
            tier=1,
            card=card,
            card_version=card_version,
            result=result,
            at=now,
            by_account_id=by.account_id,
        )
    )
