"""What the happy-call desk of a seeded world looks back on, whatever weekday the demo is started on."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import pytest

from billing.models import Charge
from core.dated import Calendar, read_rules
from core.db import Database
from core.models import TimelineEntry
from dispatch.models import Placement, Task, Ticket, TicketClock, Visit
from happycall import rules as happy_rules
from happycall.models import HappyCall, HappyCallAttempt
from happycall.rules import CallingHours
from happycall.schemas import Answers
from simulation.building import Built
from simulation.bulk import LOAD_ORDER, Batch, table_of
from simulation.day_rows import add_story_rows
from simulation.earlier import EARLIER
from simulation.office import Office
from simulation.rolling import zero_of

MONDAY = date(2026, 11, 16)
Row = dict[str, Any]


@dataclass(frozen=True)
class Desk:
    """The earlier tickets' rows, and the calling hours."""

    office: Office
    batch: Batch

    def calls(self, ticket_id: int) -> list[Row]:
        return [row for row in self.batch.rows[HappyCall] if row["ticket_id"] == ticket_id]

    def attempts(self, call: Row) -> list[Row]:
        return [row for row in self.batch.rows[HappyCallAttempt] if row["happy_call_id"] == call["id"]]


@pytest.fixture(scope="module", params=range(7), ids=["mon", "tue", "wed", "thu", "fri", "sat", "sun"])
def desk(request: pytest.FixtureRequest, built: Built, shared_database: Database) -> Desk:
    """Last week's tickets, seen at 08:00 of a weekday: before anybody is rung on that day."""
    world = replace(built.world, base_day=MONDAY + timedelta(days=request.param))
    now = zero_of(world) + timedelta(hours=3)
    with shared_database.reading() as session:
        rules = {i: read_rules(session, company_id=i, at=now) for i in world.makers}
    office = Office(world, now, rules, {i: Calendar({}) for i in world.makers})
    batch = Batch({table_of(model).name: 1 for model in LOAD_ORDER})
    for story in built.stories.all:
        if story.leg is not None and story.leg.day < -2:
            add_story_rows(batch, office, story, None)
    return Desk(office, batch)


def test_most_of_last_weeks_families_were_asked(desk: Desk) -> None:
    tickets = {row["id"]: row for row in desk.batch.rows[Ticket]}
    assert len(tickets) == EARLIER
    assert {row["ticket_id"] for row in desk.batch.rows[HappyCall]} == set(tickets)
    for company_id in desk.office.world.makers:
        states = Counter(
            row["state"] for row in desk.batch.rows[HappyCall] if row["company_id"] == company_id
        )
        assert states["done"] > 20, states
    states = Counter(row["state"] for row in desk.batch.rows[HappyCall])
    assert states["done"] > 3 * states["no_answer"] > 0
    assert states["refused"]
    for call in desk.batch.rows[HappyCall]:
        over = call["state"] != "scheduled"
        assert over == (call.get("closed_at") is not None)
        assert not over or tickets[call["ticket_id"]]["status"] == "CLOSED" or call["reopened_ticket"]


def test_families_are_rung_in_calling_hours_and_never_too_often(desk: Desk) -> None:
    most = {i: rules.happy_call_attempts for i, rules in desk.office.rules.items()}
    for call in desk.batch.rows[HappyCall]:
        hours = CallingHours.of(
            desk.office.rules[call["company_id"]],
            desk.office.calendars[call["company_id"]],
            elderly=False,
        )
        tries = desk.attempts(call)
        assert len(tries) <= most[call["company_id"]]
        assert len({happy_rules.half_day(row["at"]) for row in tries}) == len(tries)
        for row in tries:
            assert hours.open_until(row["at"]) is not None
            assert call["created_at"] < row["at"] <= min(desk.office.now, call["until_at"])
        if call["state"] == "no_answer":
            assert len(tries) == most[call["company_id"]]


def test_what_was_answered_led_to_what_the_rules_say(desk: Desk) -> None:
    escalations = {row["ticket_id"] for row in desk.batch.rows[Task] if row["kind"] == "ESCALATION"}
    scores = Counter[int]()
    for call in desk.batch.rows[HappyCall]:
        for row in desk.attempts(call):
            if row["outcome"] == "CONNECTED":
                answers = Answers.model_validate(row["answers"])
                verdict = happy_rules.judge(answers, rules=desk.office.rules[call["company_id"]])
                assert verdict.reopen == call["reopened_ticket"]
                assert call["reason"] == " ".join(verdict.why)
                assert not verdict.escalate or call["ticket_id"] in escalations
                scores[answers.overall or 0] += 1
    assert len(scores) >= 4
    assert scores.most_common(1)[0][0] == 7


def test_who_was_not_helped_was_visited_again_by_somebody_else_for_nothing(desk: Desk) -> None:
    reopened = [row for row in desk.batch.rows[HappyCall] if row.get("reopened_ticket")]
    assert len(reopened) == 2
    for call in reopened:
        ticket_id = call["ticket_id"]
        first, second = (row for row in desk.batch.rows[Visit] if row["ticket_id"] == ticket_id)
        assert first["technician_id"] != second["technician_id"]
        assert first["ended_at"] < call["closed_at"] < second["window_agreed_at"] < second["en_route_at"]
        later = desk.calls(ticket_id)[1]
        assert (later["generation"], later["visit_id"]) == (2, second["id"])
        bills = [row for row in desk.batch.rows[Charge] if row["ticket_id"] == ticket_id]
        assert bills[1]["total"] == 0 or bills[1]["warranty_reason"] in ("FROST", "MISUSE")
        clocks = [row for row in desk.batch.rows[TicketClock] if row["ticket_id"] == ticket_id]
        assert Counter(row["generation"] for row in clocks) == {1: 3, 2: 3}
        assert all(row["state"] != "running" for row in clocks)
        assert len([row for row in desk.batch.rows[Placement] if row["ticket_id"] == ticket_id]) >= 2
        told = [row["what"] for row in desk.batch.rows[TimelineEntry] if row["subject_id"] == ticket_id]
        for one, other in (
            ("HappyCallDone", "TicketReopened"),
            ("TicketReopened", "TechnicianDeparted"),
        ):
            assert told.index(one) < len(told) - told[::-1].index(other)
        assert told.count("VisitCompleted") == 2
