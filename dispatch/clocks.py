"""The three clocks of a ticket: started at intake, stopped by facts, and what happens while they run."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from core.actor import SYSTEM, Actor
from core.clock import rfc3339_kst
from core.dated import read_calendar, read_rules
from core.i18n import N_, _
from core.sweeping import EachAlone
from dispatch import clock_rules, notices
from dispatch.models import Ticket, TicketClock, Visit
from dispatch.ownership import desk_that_calls
from dispatch.states import OPEN_VISIT_STATES
from dispatch.tasks import CONTACT_CALL, ESCALATION, open_task
from dispatch.tickets import has_ended, note_change, ticket_key
from workforce.duty import duty_at

SWEEP_BATCH = 50


def start_clocks(session: Session, *, ticket_id: int, started_at: datetime) -> None:
    """Start a new generation of contact, promise and handled for a re-opened ticket.

    Running twice for one start changes nothing.
    """
    earlier = _clocks(session, ticket_id, kinds=clock_rules.KINDS)
    if any(clock.started_at == started_at for clock in earlier):
        return
    generation = max((clock.generation for clock in earlier), default=0) + 1
    _start(session, session.get_one(Ticket, ticket_id), generation=generation, started_at=started_at)


def start_first_clocks(session: Session, *, ticket: Ticket) -> None:
    """Start contact, promise and handled for a ticket that this transaction stores: from the call on."""
    _start(session, ticket, generation=1, started_at=ticket.received_at)


def _start(session: Session, ticket: Ticket, *, generation: int, started_at: datetime) -> None:
    rules = read_rules(session, company_id=ticket.company_id, at=started_at)
    days_off = read_calendar(session, company_id=ticket.company_id)
    for kind in clock_rules.KINDS:
        stages = clock_rules.stages_of(
            kind, started_at=started_at, safety=ticket.safety, rules=rules, days_off=days_off
        )
        session.add(
            TicketClock(
                ticket_id=ticket_key(ticket),
                kind=kind,
                generation=generation,
                started_at=started_at,
                due_at=stages[-1].at,
                state="running",
                next_stage_at=stages[0].at,
            )
        )


def stop_clock(
    session: Session,
    *,
    ticket_id: int,
    kind: str,
    at: datetime,
    evidence: str | None,
    by: Actor,
    now: datetime,
) -> str | None:
    """Stop the running clock of a kind at the moment the fact happened; returns `met` or `breached`.

    `at` is when it happened, `now` when it is written down: a late entry never turns a breach green. A clock
    that already stands (or never ran) is left alone and None comes back.
    """
    ticket = session.get_one(Ticket, ticket_id)
    clock = _open_clock(session, ticket_id, kind=kind)
    if clock is None:
        return None
    rules = read_rules(session, company_id=ticket.company_id, at=clock.started_at)
    state, late = clock_rules.state_when_stopped(due_at=clock.due_at, at=at, recorded_at=now, rules=rules)
    clock.state, clock.stopped_at, clock.evidence, clock.next_stage_at = state, at, evidence, None
    if state == "breached":
        clock.breached_at = clock.breached_at or clock.due_at
    elif clock.breached_at is not None:  # the sweep was quicker than an entry that came in good time
        clock.breached_at = None
    session.add(clock)
    data = {"kind": kind, "state": state, "at": rfc3339_kst(at), "late_entry": late, "evidence": evidence}
    note_change(session, ticket=ticket, what="ClockStopped", by=by, now=now, data=data)
    return state


def void_clocks(
    session: Session,
    *,
    ticket_id: int,
    why: str,
    by: Actor,
    now: datetime,
    kinds: Iterable[str] = clock_rules.KINDS,
) -> None:
    """Let running clocks end without a verdict: the case ended another way. A breach stays a breach."""
    ticket = session.get_one(Ticket, ticket_id)
    voided = []
    for clock in _clocks(session, ticket_id, kinds=kinds):
        if clock.stopped_at is not None or clock.state in ("met", "void"):
            continue
        if clock.state == "breached" or now > clock.due_at:
            clock.state, clock.breached_at = "breached", clock.due_at
        else:
            clock.state = "void"
            voided.append(clock.kind)
        clock.next_stage_at = None
        session.add(clock)
    if voided:
        data = {"kinds": voided}
        note_change(session, ticket=ticket, what="ClocksVoided", by=by, now=now, reason=why, data=data)


def _find_due(session: Session, *, now: datetime) -> list[tuple[int | None, int]]:
    query = (
        select(TicketClock.id, TicketClock.ticket_id)
        .where(col(TicketClock.stopped_at).is_(None), col(TicketClock.next_stage_at) <= now)
        .order_by(col(TicketClock.next_stage_at))
        .limit(SWEEP_BATCH)
    )
    return list(session.exec(query))


def _advance_one(session: Session, found: tuple[int | None, int], *, now: datetime) -> int:
    clock_id, ticket_id = found
    ticket = session.exec(
        select(Ticket)
        .where(col(Ticket.id) == ticket_id)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if ticket is None:  # somebody works on it right now; the next round comes in seconds
        return 0
    clock = session.get_one(TicketClock, clock_id, populate_existing=True)
    due = clock.stopped_at is None and clock.next_stage_at is not None
    return _advance(session, ticket, clock, now) if due else 0


advance_clocks = EachAlone("advance_clocks", _find_due, _advance_one)
"""Sweep: remind at 30 minutes, hand over to the desk at 45, escalate after 60; mark every breach.

After an outage only the furthest stage acts, so that nobody is told three things at once.
"""


def _advance(session: Session, ticket: Ticket, clock: TicketClock, now: datetime) -> int:
    if has_ended(ticket):
        why = N_("접수가 끝났습니다.")
        void_clocks(session, ticket_id=ticket_key(ticket), why=why, by=SYSTEM, now=now, kinds=[clock.kind])
        return 1
    rules = read_rules(session, company_id=ticket.company_id, at=clock.started_at)
    days_off = read_calendar(session, company_id=ticket.company_id)
    stages = clock_rules.stages_of(
        clock.kind, started_at=clock.started_at, safety=ticket.safety, rules=rules, days_off=days_off
    )
    reached = clock_rules.stage_reached(stages, now=now)
    if clock_rules.STAGES.index(reached) <= clock_rules.STAGES.index(clock.stage):
        return 0
    clock.stage = reached
    clock.next_stage_at = clock_rules.next_stage_at(stages, stage=reached)
    if reached == "escalated":
        clock.state, clock.breached_at = "breached", clock.due_at
    session.add(clock)
    session.flush()
    _act(session, ticket, clock, now)
    data = {"kind": clock.kind, "stage": reached}
    note_change(session, ticket=ticket, what="ClockAdvanced", by=SYSTEM, now=now, data=data)
    return 1


def _act(session: Session, ticket: Ticket, clock: TicketClock, now: datetime) -> None:
    """What a stage of the contact clock does; promise and handled only turn red."""
    if clock.kind != "contact":
        return
    ticket_id = ticket_key(ticket)
    if clock.stage == "reminded":
        _remind(session, ticket_id, now)
        return
    open_task(
        session,
        ticket_id=ticket_id,
        kind=CONTACT_CALL,
        detail=N_("아직 고객과 통화하지 못했습니다. 창구에서 전화하고 방문 시간을 약속해 주세요."),
        due_at=clock.due_at,
        generation=clock.generation,
        now=now,
    )
    if clock.stage == "handed_over":
        waited = (now - clock.started_at) // timedelta(minutes=1)
        why = _("{n}분이 지나도록 기사가 고객과 통화하지 못했습니다.").format(n=waited)
        if ticket.service_point_id is not None:
            notices.tell_point(session, ticket_id=ticket_id, why=why, now=now)
        return
    duty = duty_at(session, company_id=ticket.company_id, point_id=ticket.service_point_id, at=now)
    if ticket.escalated_at is None:
        ticket.escalated_at, ticket.escalation_owner_id = now, duty.escalation.id
        session.add(ticket)
    open_task(
        session,
        ticket_id=ticket_id,
        kind=ESCALATION,
        detail=N_("1시간 안에 고객과 통화하지 못했습니다. 직접 챙겨 주세요."),
        generation=clock.generation,
        now=now,
    )


def _remind(session: Session, ticket_id: int, now: datetime) -> None:
    """Whoever has the call: the technician, or the desk while he is not at work."""
    visit = _visit_with_technician(session, ticket_id)
    if visit is None:
        return
    if desk_that_calls(session, visit=visit, at=now) is None:
        notices.remind_technician(session, ticket_id=ticket_id, now=now)
        return
    why = _("담당 기사의 근무 시간 밖이라 창구에서 고객에게 전화하고 방문 시간을 약속해 주세요.")
    notices.tell_point(session, ticket_id=ticket_id, why=why, now=now)


def _visit_with_technician(session: Session, ticket_id: int) -> Visit | None:
    query = select(Visit).where(
        col(Visit.ticket_id) == ticket_id,
        col(Visit.technician_id).is_not(None),
        col(Visit.state).in_(OPEN_VISIT_STATES),
    )
    return session.exec(query).first()


def _open_clock(session: Session, ticket_id: int, *, kind: str) -> TicketClock | None:
    clocks = _clocks(session, ticket_id, kinds=[kind])
    return next((c for c in reversed(clocks) if c.stopped_at is None and c.state != "void"), None)


def _clocks(session: Session, ticket_id: int, *, kinds: Iterable[str]) -> list[TicketClock]:
    query = (
        select(TicketClock)
        .where(col(TicketClock.ticket_id) == ticket_id, col(TicketClock.kind).in_(list(kinds)))
        .order_by(col(TicketClock.generation), col(TicketClock.id))
        .execution_options(populate_existing=True)
    )
    return list(session.exec(query))
