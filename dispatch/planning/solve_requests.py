"""Wishes to improve a point's day: rows are the truth, jobs only wake the worker."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import delete, func, literal, or_, text, update
from sqlalchemy.dialects.postgresql import Insert, insert
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from core.clock import operating_day, operating_day_bounds
from core.jobs import QUEUE_SOLVE, defer
from core.last_acts import at_the_end
from dispatch.models import Ticket, Visit
from dispatch.planning.plan_models import PointDay, SolveRequest
from dispatch.states import ENDED_STATUSES
from workforce.queries import get_point

TASK_SOLVE = "solve_point_day"
PAUSE_S = 30
"""At most one solve a point in this time."""
ABANDONED_AFTER_S = 60
"""A solve that has run for longer belongs to a worker that is gone."""
WAITING_PAUSE_S = 1800
CANDIDATES = 20
"""How many due wishes one worker looks at before it leaves them to the others."""
_LOCK_SPACE = 0x0D01


@dataclass(frozen=True)
class Claim:
    """A point's day that this worker solves now; `asked_at`, `claimed_at` fence what is asked meanwhile."""

    request_id: int
    point_id: int
    company_id: int
    day: date
    asked_by: str
    asked_at: datetime
    claimed_at: datetime

    @property
    def by_person(self) -> bool:
        """A person asked: the result may be one that a person has to accept."""
        return bool(self.asked_by)


def request_solve(
    session: Session,
    *,
    point_id: int,
    day: date,
    now: datetime,
    urgent: bool = False,
    asked_by: str = "",
    delay_s: int = 0,
) -> None:
    """Ask for a better plan of a day; asking again while one waits is the same wish.

    Args:
        urgent: new tickets wait for a place.
        asked_by: the person's name; empty for a rule of the house.
        delay_s: not before so many seconds, to gather more changes.
    """
    wish = insert(SolveRequest).values(
        service_point_id=point_id,
        day=day,
        asked_at=now,
        not_before=now + timedelta(seconds=delay_s),
        urgent=urgent,
        asked_by=asked_by,
    )
    how = (urgent, asked_by, delay_s)
    at_the_end(session, ("solve", point_id, day, how), lambda session: _keep_wish(session, wish))
    if delay_s == 0:
        at_the_end(session, ("wake",), _wake)


def _keep_wish(session: Session, wish: Insert) -> None:
    kept = func.coalesce(func.nullif(wish.excluded.asked_by, literal("")), SolveRequest.__table__.c.asked_by)  # type: ignore[attr-defined]
    table = SolveRequest.__table__  # type: ignore[attr-defined]
    session.execute(
        wish.on_conflict_do_update(
            index_elements=["service_point_id", "day"],
            set_={
                "asked_at": wish.excluded.asked_at,
                "not_before": func.least(table.c.not_before, wish.excluded.not_before),
                "urgent": or_(table.c.urgent, wish.excluded.urgent),
                "asked_by": kept,
            },
        )
    )


def claim_due(session: Session, *, now: datetime) -> Claim | None:
    """Take the next due wish: urgent ones first, one at a time a point, at most one a point in `PAUSE_S`.

    None of a day gone by: it would give those who wait a time that is past. A wish whose
    worker has died is taken again after `ABANDONED_AFTER_S`.
    """
    for seen in session.exec(_due(now).limit(CANDIDATES)):
        # Two wishes of one point are two rows: the lock keeps two workers from taking one each.
        key = {"space": _LOCK_SPACE, "point": seen.service_point_id}
        held = session.execute(text("SELECT pg_try_advisory_xact_lock(:space, CAST(:point AS int))"), key)
        if not held.scalar_one():
            continue
        still = _due(now).where(col(SolveRequest.id) == seen.id)
        row = session.exec(still.with_for_update(skip_locked=True, of=SolveRequest)).first()
        if row is None:
            continue
        row.running_since = now
        session.add(row)
        session.flush()
        point = get_point(session, point_id=row.service_point_id)
        assert row.id is not None
        return Claim(
            request_id=row.id,
            point_id=row.service_point_id,
            company_id=point.company_id,
            day=row.day,
            asked_by=row.asked_by,
            asked_at=row.asked_at,
            claimed_at=now,
        )
    return None


def finish_claim(session: Session, *, claim: Claim, now: datetime, again: bool) -> None:
    """Close a claim. What was asked during the solve (or `again`) stays a wish, after the pause."""
    # The day before the wish, as everybody takes them.
    session.execute(
        insert(PointDay)
        .values(service_point_id=claim.point_id, day=claim.day, version=0, last_solved_at=now)
        .on_conflict_do_update(index_elements=["service_point_id", "day"], set_={"last_solved_at": now})
    )
    own = (
        col(SolveRequest.id) == claim.request_id,
        col(SolveRequest.running_since) == claim.claimed_at,
    )
    if not again:
        session.execute(delete(SolveRequest).where(*own, col(SolveRequest.asked_at) <= claim.asked_at))
        # What is left was asked during the solve; this person's own wish has been answered.
        session.execute(
            update(SolveRequest).where(*own, col(SolveRequest.asked_by) == claim.asked_by).values(asked_by="")
        )
    session.execute(
        update(SolveRequest)
        .where(*own)
        .values(running_since=None, not_before=now + timedelta(seconds=PAUSE_S))
    )


def defer_due_solves(session: Session, *, now: datetime) -> int:
    """Sweep: wake the worker for wishes that are due, and drop those of days gone by."""
    yesterday = operating_day(now) - timedelta(days=1)
    session.execute(delete(SolveRequest).where(col(SolveRequest.day) < yesterday))
    due = len(list(session.exec(_due(now).limit(CANDIDATES))))
    if due:
        at_the_end(session, ("wake",), _wake)
    return due


def ask_for_waiting(session: Session, *, now: datetime) -> int:
    """Sweep: ask for a solve where visits wait without a time, or were left behind on an earlier day.

    A new day comes into the planned ones, somebody is well again: whoever waits is looked at every half hour.
    """
    today = operating_day(now)
    begins = operating_day_bounds(today)[0]
    asked = select(SolveRequest.id).where(
        col(SolveRequest.service_point_id) == col(Visit.service_point_id), col(SolveRequest.day) == today
    )
    looked_at = select(PointDay.id).where(
        col(PointDay.service_point_id) == col(Visit.service_point_id),
        col(PointDay.day) == today,
        col(PointDay.last_solved_at) > now - timedelta(seconds=WAITING_PAUSE_S),
    )
    query = (
        select(Visit.service_point_id)
        .join(Ticket, col(Ticket.id) == col(Visit.ticket_id))
        .where(
            col(Visit.state).in_(("planned", "agreed")),
            or_(col(Visit.planned_start).is_(None), col(Visit.planned_start) < begins),
            col(Ticket.service_point_id) == col(Visit.service_point_id),
            col(Ticket.status).not_in((*ENDED_STATUSES, "ON_HOLD")),
            ~asked.exists(),
            ~looked_at.exists(),
        )
        .distinct()
        .limit(CANDIDATES)
    )
    points = list(session.exec(query))
    for point_id in points:
        request_solve(session, point_id=point_id, day=today, now=now, urgent=True)
    return len(points)


def _due(now: datetime) -> SelectOfScalar[SolveRequest]:
    other = aliased(SolveRequest)
    abandoned = now - timedelta(seconds=ABANDONED_AFTER_S)
    running = select(other.id).where(
        col(other.service_point_id) == col(SolveRequest.service_point_id),
        col(other.running_since) > abandoned,
    )
    just_solved = select(PointDay.id).where(
        col(PointDay.service_point_id) == col(SolveRequest.service_point_id),
        col(PointDay.last_solved_at) > now - timedelta(seconds=PAUSE_S),
    )
    return (
        select(SolveRequest)
        .where(
            col(SolveRequest.not_before) <= now,
            col(SolveRequest.day) >= operating_day(now),
            ~running.exists(),
            ~just_solved.exists(),
        )
        .order_by(col(SolveRequest.urgent).desc(), col(SolveRequest.asked_at), col(SolveRequest.day))
        .execution_options(populate_existing=True)
    )


def _wake(session: Session) -> None:
    defer(session, TASK_SOLVE, queue=QUEUE_SOLVE, queueing_lock=TASK_SOLVE)
