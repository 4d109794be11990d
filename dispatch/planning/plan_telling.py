"""What follows a published plan: tickets' timelines, open pages, and technicians whose day changed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session

from core import audit, events, live
from core.actor import Role
from core.clock import operating_day, rfc3339_kst
from dispatch import case_notices, notices
from dispatch.events import CheckupDisplaced
from dispatch.models import Visit
from dispatch.planning.authorship import Authorship
from dispatch.planning.board_shapes import DayBoard
from dispatch.planning.deserted import somebody_goes
from dispatch.planning.drafts import DayDraft
from dispatch.planning.plan_changes import TOLD_SHIFT_S, Change

GONE = "일정에서 빠졌습니다. 가지 않으셔도 됩니다."

_WHAT = {
    "assigned": "VisitPlanned",
    "moved": "VisitMoved",
    "retimed": "VisitRetimed",
    "taken_off": "VisitTakenOff",
}


def tell(
    session: Session,
    *,
    drafts: Sequence[DayDraft],
    changes: Sequence[Change],
    author: Authorship,
    now: datetime,
) -> None:
    """Write and announce what changed. A tentative visit's technician hears of it once the point accepts."""
    board = drafts[0].board
    for draft in drafts:
        live.announce(
            session,
            company_id=board.company_id,
            topic="plan",
            service_point_id=board.point_id,
            day=draft.board.day.isoformat(),
            technician_ids=sorted({who for change in changes for who in change.technicians}),
        )
    for change in changes:
        visit = change.before
        if visit.under_way:
            continue
        if change.what == "moved":
            somebody_goes(session, ticket_id=visit.ticket_id, by=author.by, now=now)
        if change.notable:
            _record(session, change, company_id=board.company_id, author=author, now=now)
            live.announce(
                session,
                company_id=board.company_id,
                topic="ticket",
                ticket_id=visit.ticket_id,
                number=visit.number,
                service_point_id=board.point_id,
            )
        if visit.yields and change.what == "taken_off" and author.about_visit_id != visit.visit_id:
            events.publish(
                session,
                CheckupDisplaced(
                    company_id=board.company_id, at=now, ticket_id=visit.ticket_id, visit_id=visit.visit_id
                ),
            )
        if visit.accepted and (change.notable or change.promised):
            _tell_technicians(session, change, board=board, author=author, now=now)
            _tell_family(session, change, author=author, now=now)
        if visit.accepted and author.origin != "seed":
            _tell_late(session, change, now=now)


def _record(session: Session, change: Change, *, company_id: int, author: Authorship, now: datetime) -> None:
    before, after = change.before, change.after
    audit.record(
        session,
        by=author.by,
        at=now,
        what=_WHAT[change.what],
        subject=("ticket", before.ticket_id),
        company_id=company_id,
        reason=author.reason_for(before.visit_id),
        data={
            "visit_id": before.visit_id,
            "origin": author.origin,
            "because_of_visit_id": author.about_visit_id,
            "from_technician_id": before.technician_id if before.planned else None,
            "from_start": rfc3339_kst(before.planned_start) if before.planned_start else None,
            "technician_id": after.technician_id if after else None,
            "start": rfc3339_kst(after.start_at) if after else None,
        },
    )


def _tell_technicians(
    session: Session, change: Change, *, board: DayBoard, author: Authorship, now: datetime
) -> None:
    """Texts are Korean whatever the screen's language is: the technician reads them on a phone.

    Nobody is told what he has just done himself, nor of the small hours' drift on a day still ahead.
    """
    visit, after = change.before, change.after
    if author.origin == "seed":
        _know(session, change)
    elif after is None:
        notices.tell_job_gone(session, visit_id=visit.visit_id, change=GONE, now=now)
    elif after.technician_id != visit.told_technician_id:
        # What the board knows is not asked again: a new ticket waits for this.
        at_work = board.is_at_work(after.technician_id)
        notices.tell_job_assigned(session, visit_id=visit.visit_id, now=now, at_work=at_work)
    elif author.by.role is not Role.TECHNICIAN and (change.promised or _matters(change, now)):
        notices.tell_job_changed(session, visit_id=visit.visit_id, now=now)


def _tell_family(session: Session, change: Change, *, author: Authorship, now: datetime) -> None:
    """The family checks a name at the door: another one is told at once.

    Whoever agrees a window with the family tells it of the window and the name together (`appointments`).
    """
    if change.what == "moved" and change.before.window is not None and author.origin in ("hand", "solve"):
        notices.tell_other_worker(session, visit_id=change.before.visit_id, now=now)


def _tell_late(session: Session, change: Change, *, now: datetime) -> None:
    """The plan follows the facts: whoever was promised an hour that cannot be kept hears when he comes."""
    after = change.after
    if after is not None and after.visit.window is not None and after.start_at > after.visit.window[1]:
        case_notices.tell_late(session, visit_id=change.before.visit_id, arrives_at=after.start_at, now=now)


def _matters(change: Change, now: datetime) -> bool:
    assert change.after is not None
    today = operating_day(change.after.start_at) == operating_day(now)
    return change.what == "moved" or (today and change.shift_s >= TOLD_SHIFT_S)


def _know(session: Session, change: Change) -> None:
    """A first plan of a world that is set up: its people know their day, nobody is texted about it."""
    visit = session.get_one(Visit, change.before.visit_id)
    visit.told_technician_id = visit.technician_id
    session.add(visit)
