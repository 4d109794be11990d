"""A person presses for a new plan of a day, sees that it is worked on, and hears once what came of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from sqlmodel import Session, col, select

from core import audit, live
from core.actor import SYSTEM, Actor
from core.errors import FieldError, InvalidError
from core.i18n import _
from core.models import TimelineEntry
from dispatch.planning.board import planned_days
from dispatch.planning.solve_requests import Claim, request_solve
from workforce.queries import get_point

ASKED, ANSWERED = "ReplanAsked", "ReplanAnswered"
WATCHED = timedelta(minutes=10)
"""For so long whoever pressed sees how it stands."""


@dataclass(frozen=True)
class Replan:
    """A person's press. `result`: `published`, `proposed`, `kept` (nothing better); empty while worked on."""

    point_id: int
    day: date
    result: str


def ask_replan(session: Session, *, point_id: int, day: date, by: Actor, now: datetime) -> None:
    """A person asks for a new plan of a day: solved at once, and proposed where it would touch a promise.

    Raises:
        NotFoundError: an unknown point.
        InvalidError: a day that is past, or not planned yet (422).
    """
    days = planned_days(session, point_id=point_id, now=now)
    if day not in days:
        message = _("{first}부터 {last}까지만 다시 계획할 수 있습니다.").format(first=days[0], last=days[-1])
        raise InvalidError(message, errors=(FieldError("day", message),))
    request_solve(session, point_id=point_id, day=day, now=now, urgent=True, asked_by=by.name)
    company_id = get_point(session, point_id=point_id).company_id
    audit.record(
        session,
        by=by,
        at=now,
        what=ASKED,
        subject=("service_point", point_id),
        company_id=company_id,
        data={"day": day.isoformat()},
    )
    live.announce(session, company_id=company_id, topic="proposal")


def answer_replan(session: Session, *, claim: Claim, result: str, now: datetime) -> None:
    """Leave what came of a person's press, for the timeline and for the screen that waits for it."""
    audit.record(
        session,
        by=replace(SYSTEM, on_behalf_of=claim.asked_by),
        at=now,
        what=ANSWERED,
        subject=("service_point", claim.point_id),
        company_id=claim.company_id,
        data={"day": claim.day.isoformat(), "result": result, "asked_at": claim.asked_at.isoformat()},
    )
    live.announce(session, company_id=claim.company_id, topic="proposal")


def replan_of(session: Session, *, company_id: int, account_id: int | None, now: datetime) -> Replan | None:
    """The newest press of this person in the last minutes, and what came of it."""
    if account_id is None:
        return None
    query = (
        select(TimelineEntry)
        .where(
            col(TimelineEntry.company_id) == company_id,
            col(TimelineEntry.at) >= now - WATCHED,
            col(TimelineEntry.what).in_((ASKED, ANSWERED)),
        )
        .order_by(col(TimelineEntry.id).desc())
    )
    entries = list(session.exec(query))
    asked = next((e for e in entries if e.what == ASKED and e.account_id == account_id), None)
    if asked is None:
        return None
    answers = [e for e in entries if e.what == ANSWERED and _answers(e, asked)]
    return Replan(
        point_id=asked.subject_id,
        day=date.fromisoformat(asked.data["day"]),
        result=answers[0].data["result"] if answers else "",
    )


def _answers(answer: TimelineEntry, asked: TimelineEntry) -> bool:
    """Of this point and day, and begun after the press.

    Whoever presses again while the solve of his first press runs gets that one's answer (`finish_claim`).
    """
    same = answer.subject_id == asked.subject_id and answer.data["day"] == asked.data["day"]
    own = answer.on_behalf_of == asked.actor_name
    after = (answer.id or 0) > (asked.id or 0)
    return same and after and (own or datetime.fromisoformat(answer.data["asked_at"]) >= asked.at)
