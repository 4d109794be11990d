"""Reads of the caller's screen: how much there is to do, what comes next, and whether one may ring now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from sqlalchemy import tuple_
from sqlmodel import Session, col, func, select

from core.dated import read_calendar, read_rules
from dispatch.follow_up import FollowUpCase
from happycall.models import HappyCall
from happycall.rules import CallingHours, Verdict, end_of_day, is_elderly, judge
from happycall.schemas import CallInfo

OFFERED_STRETCHES = 3


@dataclass(frozen=True)
class DeskCounts:
    """Calls of a company by state; of the owed ones, how many are due now and later today."""

    by_state: dict[str, int]
    due_now: int
    later_today: int


@dataclass(frozen=True)
class HoursNow:
    """Whether it is calling time: `until` while it is, else `opens_at`."""

    until: datetime | None
    opens_at: datetime
    coming: tuple[datetime, ...]
    """The beginnings of the next stretches, to offer when a family asks to be rung later."""

    @property
    def is_open(self) -> bool:
        """Whether people are rung now."""
        return self.until is not None


def desk_counts(session: Session, *, company_id: int, now: datetime) -> DeskCounts:
    """How many calls there are, for the head of the list."""
    by_state = (
        select(HappyCall.state, func.count())
        .where(col(HappyCall.company_id) == company_id)
        .group_by(col(HappyCall.state))
    )
    owed = (col(HappyCall.company_id) == company_id, col(HappyCall.state) == "scheduled")
    due = select(
        func.count().filter(col(HappyCall.due_at) <= now),
        func.count().filter(col(HappyCall.due_at) > now, col(HappyCall.due_at) < end_of_day(now)),
    ).where(*owed)
    due_now, later_today = session.exec(due).one()
    return DeskCounts(dict(session.exec(by_state).all()), due_now, later_today)


def hours_now(
    session: Session, *, company_id: int, now: datetime, case: FollowUpCase | None = None
) -> HoursNow:
    """The calling hours at this moment: of one home (elderly people are rung later), or in general."""
    found = hours_by_home(session, company_id=company_id, now=now)
    return found[case is not None and is_elderly_home(case)]


def hours_by_home(session: Session, *, company_id: int, now: datetime) -> dict[bool, HoursNow]:
    """The calling hours at this moment, by whether a home is rung as elderly people's."""
    rules = read_rules(session, company_id=company_id, at=now)
    calendar = read_calendar(session, company_id=company_id)
    found = {}
    for elderly in (False, True):
        hours = CallingHours.of(rules, calendar, elderly=elderly)
        coming = [start for start, _end in islice(hours.after(now), OFFERED_STRETCHES)]
        found[elderly] = HoursNow(hours.open_until(now), coming[0], tuple(coming))
    return found


def is_elderly_home(case: FollowUpCase) -> bool:
    """Whether this home is rung as elderly people's."""
    return is_elderly(priority_care=case.priority_care, age_band=case.age_band)


def next_call_id(session: Session, *, company_id: int, now: datetime, after: CallInfo) -> int | None:
    """The due call that follows one in the list, else the first due one; None when nothing is due now."""
    due = (
        select(HappyCall.id)
        .where(
            col(HappyCall.company_id) == company_id,
            col(HappyCall.state) == "scheduled",
            col(HappyCall.due_at) <= now,
            col(HappyCall.id) != after.id,
        )
        .order_by(col(HappyCall.due_at), col(HappyCall.id))
    )
    place = tuple_(col(HappyCall.due_at), col(HappyCall.id))
    behind = session.exec(due.where(place > (after.due_at, after.id))).first()
    return behind if behind is not None else session.exec(due).first()


def verdict_of(session: Session, *, call: CallInfo) -> Verdict | None:
    """What the answers of a finished call led to, by the rules of its day; None when nobody answered."""
    if call.answers is None or call.closed_at is None:
        return None
    return judge(call.answers, rules=read_rules(session, company_id=call.company_id, at=call.closed_at))
