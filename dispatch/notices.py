"""The one place that turns a ticket's facts into texts, for the family and for the staff.

Each telling has a generation, so that asking twice tells once: the family's windows count up over all visits
of a ticket, a visit's own steps carry its sequence, staff events count what was told before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from core.dated import read_rules
from core.i18n import N_
from dispatch import job_news, notice_facts, staff_notices, visit_news
from dispatch.family_links import link_maker
from dispatch.known_jobs import known_times
from dispatch.landline_calls import open_call
from dispatch.models import Visit
from dispatch.notice_facts import TicketFacts, facts_of_ticket
from dispatch.states import OPEN_VISIT_STATES
from notifications import messages, service
from notifications.catalogue import Role
from notifications.messages import Context, Window
from notifications.newest import News, tell_newest, withdraw_line
from notifications.recipients import CallTask, Party
from workforce.queries import get_technicians

CHANGED_HANDS = "다른 기사에게 넘어갔습니다. 가지 않으셔도 됩니다."
TAKEN_OFF = "일정에서 빠졌습니다. 가지 않으셔도 됩니다."


def tell_window(
    session: Session,
    *,
    visit_id: int,
    before: Window | None,
    reason: str | None,
    now: datetime,
    wished: bool = False,
) -> None:
    """Tell the family of the agreed window: VISIT_SCHEDULED to who heard of none, else WINDOW_CHANGED.

    Whoever has heard it hears nothing; what waits of an earlier one is withdrawn.

    Args:
        before: what the family was told before what texts said was kept with them.
        wished: the family asked for the change itself, so nobody apologises for it.
    """
    visit = session.get_one(Visit, visit_id)
    window = notice_facts.window_of(visit)
    if window is None:
        return
    facts = facts_of_ticket(session, ticket_id=visit.ticket_id)
    news = visit_news.of_window(
        session,
        facts=facts,
        visit=visit,
        window=window,
        before=before,
        reason=reason,
        wished=wished,
        now=now,
    )
    visit_news.tell_family_newest(session, facts=facts, news=news, now=now)
    withdraw_line(session, ticket_id=facts.id, line=visit_news.ARRIVAL, now=now)


def tell_other_worker(session: Session, *, visit_id: int, now: datetime) -> None:
    """Tell the family who comes now: the agreed window holds, the technician is another."""
    tell_window(session, visit_id=visit_id, before=None, reason=None, now=now)


def tell_en_route(
    session: Session, *, visit_id: int, arrives_at: datetime | None, now: datetime, early: bool = False
) -> None:
    """Tell the family that the technician has set out; `early`: before the time that was agreed."""
    visit = session.get_one(Visit, visit_id)
    facts = facts_of_ticket(session, ticket_id=visit.ticket_id)
    worker = notice_facts.worker_of(session, visit=visit)
    comes_before = notice_facts.window_of(visit) if early else None
    context = messages.EnRoute(facts.case, worker, arrives_at, comes_before)
    withdraw_line(session, ticket_id=facts.id, line=visit_news.ARRIVAL, now=now)
    tell_family(session, facts=facts, context=context, generation=visit.sequence, now=now)


def tell_absent(session: Session, *, visit_id: int, options: Sequence[Window], now: datetime) -> None:
    """Tell the family that nobody opened, with times to come again and the number to call.

    Before the agreed time it was we who were wrong, and the text says so.
    """
    visit = session.get_one(Visit, visit_id)
    facts = facts_of_ticket(session, ticket_id=visit.ticket_id)
    context = messages.Absent(
        facts.case,
        notice_facts.worker_of(session, visit=visit),
        visit.arrived_at or now,
        tuple(options[:2]),
        came_before=notice_facts.window_of(visit) if visit.missed_early else None,
    )
    tell_family(session, facts=facts, context=context, generation=visit.sequence, now=now)


def tell_job_assigned(session: Session, *, visit_id: int, now: datetime, at_work: bool = False) -> None:
    """Tell a technician that a job is his, and the one who had it before that it is not his any more.

    A technician who was told already is not told again. Who is not at work is told at once too, with what is
    his to do: the desk calls the family for him.

    Args:
        at_work: he surely is; else it is looked up.
    """
    visit = session.get_one(Visit, visit_id)
    if visit.technician_id is None or visit.technician_id == visit.told_technician_id:
        return
    facts = facts_of_ticket(session, ticket_id=visit.ticket_id)
    if visit.told_technician_id is not None:
        gone = job_news.of_loss(session, facts=facts, visit=visit, change=CHANGED_HANDS)
        _tell_newest_job(session, facts=facts, technician_id=visit.told_technician_id, news=gone, now=now)
        _void_reminder(session, ticket_id=facts.id, now=now)
    context = staff_notices.job_assigned(session, facts=facts, window=notice_facts.window_of(visit))
    if not at_work and context.contact_due_at is not None and not _goes_now(session, context, visit, now):
        context = staff_notices.for_one_off_duty(session, context=context, visit=visit, now=now)
    news = job_news.of_job(session, facts=facts, visit=visit, assigned=context, now=now)
    _tell_newest_job(session, facts=facts, technician_id=visit.technician_id, news=news, now=now)
    visit.told_technician_id, visit.acknowledged_at = visit.technician_id, None
    session.add(visit)
    session.flush()


def _goes_now(session: Session, context: messages.JobAssigned, visit: Visit, now: datetime) -> bool:
    """Danger, and his plan is within the limit for the work: on duty or not, he is wanted at once."""
    if context.urgency != "SAFETY" or visit.planned_start is None:
        return False
    rules = read_rules(session, company_id=visit.company_id, at=now)
    return visit.planned_start <= now + timedelta(seconds=rules.handled_limit_s)


def tell_job_changed(session: Session, *, visit_id: int, now: datetime) -> None:
    """Tell the technician who knows of a job what changed; nobody is told of a job he never heard of.

    It is read off the visit: another technician (both are told), none any more, or another time. Where
    nothing changed of what he was told, he need not say once more that he has seen it.
    """
    visit = session.get_one(Visit, visit_id)
    told = visit.told_technician_id
    if told is None:
        return
    if visit.technician_id is not None and visit.technician_id != told:
        tell_job_assigned(session, visit_id=visit_id, now=now)
        return
    if visit.technician_id is None:
        tell_job_gone(session, visit_id=visit_id, change=TAKEN_OFF, now=now)
        return
    facts = facts_of_ticket(session, ticket_id=visit.ticket_id)
    context = staff_notices.job_assigned(session, facts=facts, window=notice_facts.window_of(visit))
    news = job_news.of_job(session, facts=facts, visit=visit, assigned=context, now=now)
    _tell_newest_job(session, facts=facts, technician_id=told, news=news, now=now)
    if visit.acknowledged_at is not None:
        known = known_times(session, technician_id=told, visits={visit_id: visit.ticket_id}).get(visit_id)
        if known is None or job_news.is_change(known.truth, visit, now=now):
            visit.acknowledged_at = None
            session.add(visit)
    session.flush()


def tell_job_gone(session: Session, *, visit_id: int, change: str, now: datetime) -> None:
    """Tell the technician who knows of a job that it is his no longer, and forget that he was told."""
    visit = session.get_one(Visit, visit_id)
    if visit.told_technician_id is None:
        return
    facts = facts_of_ticket(session, ticket_id=visit.ticket_id)
    news = job_news.of_loss(session, facts=facts, visit=visit, change=change)
    _tell_newest_job(session, facts=facts, technician_id=visit.told_technician_id, news=news, now=now)
    _void_reminder(session, ticket_id=facts.id, now=now)
    visit.told_technician_id = visit.acknowledged_at = None
    session.add(visit)
    session.flush()


def remind_technician(session: Session, *, ticket_id: int, now: datetime) -> None:
    """Remind the technician that the family has not been reached; once a contact clock."""
    visit = _open_visit(session, ticket_id=ticket_id)
    if visit is None or visit.technician_id is None:
        return
    facts = facts_of_ticket(session, ticket_id=ticket_id)
    context, generation = staff_notices.contact_due(session, facts=facts, worker_name=None, now=now)
    _tell_technician(
        session,
        facts=facts,
        technician_id=visit.technician_id,
        context=context,
        generation=generation,
        now=now,
    )


def _void_reminder(session: Session, *, ticket_id: int, now: datetime) -> None:
    """The job is another's: the call to the family is not this technician's any more."""
    service.withdraw(
        session,
        ticket_id=ticket_id,
        events=[messages.Event.CONTACT_DUE],
        reason=N_("맡은 기사가 바뀌었습니다."),
        now=now,
    )


def tell_point(session: Session, *, ticket_id: int, why: str, now: datetime) -> None:
    """Tell the point's desk on duty: a ticket is offered, a family is not reached yet, or `why` in words."""
    facts = facts_of_ticket(session, ticket_id=ticket_id)
    desk = notice_facts.desk_party(session, ticket=facts.ticket, now=now)
    visit = _open_visit(session, ticket_id=ticket_id)
    context, generation = staff_notices.for_point(session, facts=facts, visit=visit, why=why, now=now)
    if generation is None:
        generation = _one_more(session, facts, context, [desk])
    _tell(session, facts=facts, context=context, people=[desk], generation=generation, now=now)


def _tell_newest_job(
    session: Session, *, facts: TicketFacts, technician_id: int, news: News, now: datetime
) -> None:
    found = get_technicians(session, technician_ids=[technician_id], company_id=facts.company.id)
    if technician_id not in found:
        return
    tell_newest(
        session,
        news=news,
        ticket_id=facts.id,
        company_id=facts.company.id,
        sender=facts.sender,
        people=[notice_facts.technician_party(found[technician_id])],
        now=now,
        everybody=False,
    )


def _tell_technician(
    session: Session,
    *,
    facts: TicketFacts,
    technician_id: int,
    context: Context,
    generation: int,
    now: datetime,
) -> None:
    found = get_technicians(session, technician_ids=[technician_id], company_id=facts.company.id)
    if technician_id not in found:
        return
    party = notice_facts.technician_party(found[technician_id])
    _tell(session, facts=facts, context=context, people=[party], generation=generation, now=now)


def tell_family(
    session: Session,
    *,
    facts: TicketFacts,
    context: Context,
    generation: int | None,
    now: datetime,
    others: Mapping[str, Context] | None = None,
    family: Sequence[Party] | None = None,
    only: frozenset[Role] | None = None,
) -> None:
    """Tell the family, by text or by a person's call. Without a generation it is one telling more.

    Args:
        family: who it is, when that was read already.
        others: who is told it in another way than by `context`, by recipient.
        only: whom alone it concerns; None: whomever the event does.
    """
    known = notice_facts.family_of(session, facts) if family is None else family
    people = [party for party in known if only is None or party.role in only]
    if generation is None:
        generation = _one_more(session, facts, context, people)
    calls = _tell(
        session,
        facts=facts,
        context=context,
        people=people,
        generation=generation,
        others=others or {},
        now=now,
    )
    for call in calls:
        own = (others or {}).get(call.recipient.value, context)
        open_call(session, facts=facts, context=own, call=call, generation=generation, now=now)


def _one_more(session: Session, facts: TicketFacts, context: Context, people: Sequence[Party]) -> int:
    """The generation of a telling that counts for itself."""
    event, roles = messages.event_of(context), [party.role for party in people]
    return 1 + service.last_generation(session, ticket_id=facts.id, event=event, recipients=roles)


def _tell(
    session: Session,
    *,
    facts: TicketFacts,
    context: Context,
    people: Sequence[Party],
    generation: int,
    now: datetime,
    others: Mapping[str, Context] | None = None,
) -> list[CallTask]:
    return service.tell(
        session,
        event=messages.event_of(context),
        generation=generation,
        ticket_id=facts.id,
        company_id=facts.company.id,
        sender=facts.sender,
        facts=context,
        others=others or {},
        people=people,
        now=now,
        links=link_maker(session, ticket=facts.ticket, now=now),
        safety=facts.ticket.safety,
    )


def _open_visit(session: Session, *, ticket_id: int) -> Visit | None:
    query = (
        select(Visit)
        .where(col(Visit.ticket_id) == ticket_id, col(Visit.state).in_(OPEN_VISIT_STATES))
        .order_by(col(Visit.sequence).desc())
    )
    return session.exec(query).first()
