"""The happy call of a seeded case: owed from its end, and what came of it by now."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import takewhile
from typing import Any

from core.clock import rfc3339_kst
from dispatch.tasks import ESCALATION
from happycall import rules
from happycall.models import HappyCall, HappyCallAttempt
from happycall.rules import is_elderly
from happycall.schemas import Answers
from simulation.bulk import Row
from simulation.casefile import CaseFile
from simulation.moments import LEAD_S
from simulation.shapes import StaffMember

SPREAD_S = 5_400
"""Families are rung within the first hour and a half of a half-day."""
SETTLED_AFTER_S = 7_200
_OVERALL = (7, 7, 7, 7, 7, 7, 7, 7, 7, 6, 6, 6, 6, 6, 6, 6, 5, 5, 5, 4)
_NPS = {7: (10, 10, 9, 9, 8), 6: (9, 9, 8, 8, 7), 5: (8, 8, 7, 7, 7), 4: (7,)}
_WORDS = {
    7: ("친절하셨어요", "금방 따뜻해졌어요", "설명을 잘해 주셨어요", None, None),
    6: ("잘 고쳐 주셨어요", "덕분에 따뜻하게 지내요", None, None),
    5: ("조금 더 일찍 와 주셨으면 좋겠어요", None),
    4: ("방문까지 오래 기다렸어요",),
}
_AGAIN = "다음 날 아침에 또 꺼졌어요"
_BILL = "문자로 받은 금액보다 더 냈어요"


def add_happy_call(
    case: CaseFile, *, done: int, visit_id: int | None, withdrawn: bool = False, again: bool = False
) -> None:
    """The call that is owed, with what came of it by now; `again` after a re-opened case's second visit."""
    due, until = case.office.happy_window(case.maker.id, done_at=case.at(done), elderly=_elderly(case))
    row: Row = {
        "id": case.batch.reserve(HappyCall),
        "company_id": case.maker.id,
        "ticket_id": case.ticket_id,
        "visit_id": visit_id,
        "generation": 2 if again else 1,
        "state": "scheduled",
        "due_at": due,
        "until_at": until,
        "created_at": case.at(done),
    }
    if withdrawn:
        row.update(state="withdrawn", reason="방문 전에 취소된 접수입니다.", closed_at=case.at(done))
        case.note(done, "HappyCallWithdrawn", None, reason=row["reason"], data={"happy_call_id": row["id"]})
    else:
        data = {"happy_call_id": row["id"], "due_at": rfc3339_kst(due), "until_at": rfc3339_kst(until)}
        case.note(done, "HappyCallScheduled", None, data=data)
        _ring(case, row, "good" if again else case.story.happy)
    case.batch.add(HappyCall, **row)


def _elderly(case: CaseFile) -> bool:
    return is_elderly(priority_care=case.home.priority_care, age_band=case.home.age_band)


def _ring(case: CaseFile, row: Row, happy: str) -> None:
    """Of the calls that are due most have been made; some did not answer, or not yet."""
    at = row["due_at"] + _delay(case)
    if happy == "not_fixed":
        at = _before_the_second(case, row)
        happy = happy if at is not None else "good"
        at = at or row["due_at"] + _delay(case)
    if happy == "open" or at > case.office.now:
        return
    if happy in ("no_answer", "tried_out"):
        _ring_in_vain(case, row, first=at, until_tried_out=happy == "tried_out")
    elif happy == "refused":
        _attempt(case, row, at, "REFUSED")
        _end(case, row, at, "refused", "HappyCallClosed", "고객이 해피콜을 원하지 않으셨습니다.")
        _close(case, at, row["reason"])
    else:
        _answer(case, row, at, happy)


def _delay(case: CaseFile) -> timedelta:
    return timedelta(seconds=case.story.salt % SPREAD_S)


def _half_days(case: CaseFile, *, first: datetime, until: datetime) -> Iterator[datetime]:
    """A try, and one on each other half-day after it, as long as the call may be made."""
    hours = case.office.happy_hours(case.maker.id, elderly=_elderly(case))
    at = first
    while at < until:
        yield at
        at = rules.next_try(at, hours=hours) + _delay(case)


def _before_the_second(case: CaseFile, row: Row) -> datetime | None:
    """The last try that leaves time for a second visit; None when the calendar has no such day."""
    second = case.story.second
    if second is None:
        return None
    latest = case.at(second.depart - 4 * LEAD_S)
    tries = _half_days(case, first=row["due_at"] + _delay(case), until=row["until_at"])
    return max(takewhile(lambda at: at < latest, tries), default=None)


def _ring_in_vain(case: CaseFile, row: Row, *, first: datetime, until_tried_out: bool) -> None:
    company, tried = case.office.rules[case.maker.id], list[datetime]()
    for at in _half_days(case, first=first, until=row["until_at"]):
        if at > case.office.now or (tried and not until_tried_out):
            row["due_at"] = min(at, row["until_at"])
            return
        tried.append(at)
        _attempt(case, row, at, "BUSY" if len(tried) == 2 else "NO_ANSWER")
        if rules.is_tried_out(tried, rules=company):
            break
    reason = f"서로 다른 때에 {len(tried)}번 전화했지만 받지 않으셨습니다."
    _end(case, row, tried[-1], "no_answer", "HappyCallClosed", reason)
    _close(case, tried[-1], reason)


def _answer(case: CaseFile, row: Row, at: datetime, happy: str) -> None:
    answers = _answers(case, happy)
    verdict = rules.judge(answers, rules=case.office.rules[case.maker.id])
    _attempt(case, row, at, "CONNECTED", answers)
    why = " ".join(verdict.why)
    row["reopened_ticket"] = verdict.reopen
    data = {"reopened": verdict.reopen, "escalated": verdict.escalate}
    _end(case, row, at, "done", "HappyCallDone", why, data=data)
    if verdict.escalate:
        _escalate(case, at, why)
    if verdict.reopen:
        case.reopened = (_seconds(case, at), why)
    else:
        _close(case, at, "해피콜에서 확인했습니다.")


def _answers(case: CaseFile, happy: str) -> Answers:
    """Scores as they come in: mostly good ones. What the case's own times say is not contradicted."""
    salt = case.story.salt
    overall = _OVERALL[salt % len(_OVERALL)]
    words, nps = _WORDS[overall], _NPS[overall]
    fixed, right = happy != "not_fixed", happy != "overcharged"
    contact, _evidence = case.clock_stops.get("contact", (case.moments.received, None))
    limit = case.office.rules[case.maker.id].contact_limit_s
    came = case.story.leg is None or case.story.leg.arrived <= case.story.window[1]
    visited = case.story.leg is not None
    return Answers(
        fixed=fixed,
        overall=overall if fixed else 3,
        nps=nps[salt // 20 % len(nps)] if fixed else 5,
        cost_matches=right if visited else None,
        came_on_time=came if visited else None,
        told_before=True if visited else None,
        contacted_in_time=contact - case.moments.received <= limit if visited else None,
        verbatim=_AGAIN if not fixed else _BILL if not right else words[salt // 20 % len(words)],
    )


def _attempt(case: CaseFile, row: Row, at: datetime, outcome: str, answers: Answers | None = None) -> None:
    attempt_id = case.batch.add(
        HappyCallAttempt,
        happy_call_id=row["id"],
        at=at,
        outcome=outcome,
        with_role="resident" if outcome in ("CONNECTED", "REFUSED") else None,
        answers=answers.model_dump(exclude_none=True) if answers else {},
        account_id=_caller(case).account_id,
    )
    data = {
        "happy_call_id": row["id"],
        "attempt_id": attempt_id,
        "outcome": outcome,
        "with": "resident" if outcome in ("CONNECTED", "REFUSED") else None,
        "at": rfc3339_kst(at),
    }
    case.note(_seconds(case, at), "HappyCallAttempted", _caller(case), data=data)


def _end(
    case: CaseFile,
    row: Row,
    at: datetime,
    state: str,
    what: str,
    reason: str,
    *,
    data: dict[str, Any] | None = None,
) -> None:
    row.update(state=state, reason=reason, closed_at=at)
    facts = {"happy_call_id": row["id"], **(data or {})}
    case.note(_seconds(case, at), what, _caller(case), reason=reason, data=facts)


def _close(case: CaseFile, at: datetime, reason: str) -> None:
    if case.ticket["status"] == "COMPLETED":
        case.ticket.update(status="CLOSED", closed_at=at)
        case.note(_seconds(case, at), "TicketClosed", _caller(case), reason=reason)


def _escalate(case: CaseFile, at: datetime, why: str) -> None:
    """A bill that differs is settled by the escalation person, who rings back soon."""
    chief, seconds = case.office.world.chiefs[case.maker.id], _seconds(case, at)
    task = case.task(ESCALATION, seconds=seconds, detail=f"고객 불편: {why}", owner=chief, generation=9)
    case.ticket.update(escalated_at=at, escalation_owner_id=chief.id)
    case.note(seconds, "TicketEscalated", _caller(case), reason=why, data={"owner_person_id": chief.id})
    if case.past(seconds + SETTLED_AFTER_S):
        case.close(task, seconds=seconds + SETTLED_AFTER_S, outcome="금액을 다시 설명드리고 확인했습니다.")


def _caller(case: CaseFile) -> StaffMember:
    people = case.office.world.qa[case.maker.id]
    return people[case.story.salt % len(people)]


def _seconds(case: CaseFile, at: datetime) -> int:
    return int((at - case.office.zero).total_seconds())
