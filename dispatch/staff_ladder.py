"""How a technician comes to know of a job, rung by rung, and that he has seen it.

A new or changed job: a push to his browsers, where he asked for that; a text when he has not said within
`push_answer_s` that he saw it, or at once where there is no browser to push to (`notifications.push`). A
family not reached: at `contact_remind_after_s` a voice rings him, where the company has one, and a text
follows when he does not answer; at `contact_hand_over_after_s` a text to the desk (`dispatch.clocks`). Who
answers the call has been reached; that he saw the job is his own to say. What ends the waiting is here: he
says that he saw it, taps the notification, or agrees a time with the family.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session

from core.actor import Actor, Role
from core.wall import across_the_company
from dispatch.cases import author_of_step, lock_case, technician_of
from dispatch.models import JobSeen, Ticket, Visit
from dispatch.states import OPEN_VISIT_STATES
from dispatch.tickets import note_change
from notifications import queries, text_instead
from notifications.catalogue import PUSHED_EVENTS, Event

APP, PUSH, CALL, DESK = "APP", "PUSH", "CALL", "DESK"
UNTOLD = (Event.JOB_ASSIGNED.value, 0)
"""A job that he found in his list, although no text could be sent of it."""


def note_seen(
    session: Session, *, ticket: Ticket, visit: Visit, how: str, author: Actor, now: datetime
) -> datetime:
    """The technician of a visit has seen it as it stands; returns when. A second time changes nothing.

    Args:
        visit: locked, with a technician.
        how: `APP`, `PUSH`, `CALL` or `DESK`.
    """
    technician = technician_of(session, visit=visit)
    if technician is not None:
        _keep(session, visit, technician_id=technician.id, person_id=technician.person_id, how=how, now=now)
    if visit.acknowledged_at is None:
        visit.acknowledged_at = now
        session.add(visit)
        if how != CALL:  # the attempt stands in the timeline already
            data = {"visit_id": visit.id, "how": how}
            note_change(session, ticket=ticket, what="JobAcknowledged", by=author, now=now, data=data)
    return visit.acknowledged_at


def note_tapped(
    session: Session, *, notice_id: int, person_id: int, technician_id: int, by: Actor, now: datetime
) -> bool:
    """He tapped a notification: he has seen what it told. Returns whether it was told to him.

    Also of a job that is another's by now: he knows it, so no text follows.
    """
    with across_the_company(session):
        told = queries.staff_notice(session, notice_id=notice_id, person_id=person_id)
        if told is None or told.ticket_id is None:
            return False
        case = lock_case(session, ticket_id=told.ticket_id)
        visit = case.visit
        if visit is None:
            return False
        if visit.technician_id == technician_id and visit.state in OPEN_VISIT_STATES:
            author = author_of_step(session, case=case, by=by)
            note_seen(session, ticket=case.ticket, visit=visit, how=PUSH, author=author, now=now)
        else:
            _keep(session, visit, technician_id=technician_id, person_id=person_id, how=PUSH, now=now)
    return True


def way_of(by: Actor) -> str:
    """How somebody who presses a button on the job's page says so: himself, or a desk for him."""
    return APP if by.role is Role.TECHNICIAN else DESK


def _keep(
    session: Session, visit: Visit, *, technician_id: int, person_id: int, how: str, now: datetime
) -> None:
    """A row for each telling of this visit that he had not seen; and nothing waits for his word any more."""
    told = queries.tellings(
        session,
        ticket_id=visit.ticket_id,
        person_id=person_id,
        events=PUSHED_EVENTS,
        since=visit.created_at,
    )
    rows = [
        {
            "visit_id": visit.id,
            "technician_id": technician_id,
            "event": event,
            "generation": generation,
            "at": now,
            "how": how,
        }
        for event, generation in told or [UNTOLD]
    ]
    session.execute(insert(JobSeen).values(rows).on_conflict_do_nothing())
    text_instead.stop_waiting(session, ticket_id=visit.ticket_id, person_id=person_id)
