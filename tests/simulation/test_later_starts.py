"""The world at a later start: what moves with the clock, what stays, and where the demo moves in."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlmodel import Session

from core.actor import Actor, Role
from core.clock import operating_day
from core.db import Database
from core.settings import StartupRefusedError
from dispatch.intake import file_ticket, join_call
from dispatch.schemas import TicketRequest
from simulation.world import prepare_world, refuse_strangers
from tests.simulation.asking import one, require_duty, require_sound_bookings, rows
from tests.simulation.conftest import SEEDED_AT
from tests.world import make_company

BY = Actor(kind="person", name="이상담", source="10.0.0.1", role=Role.AGENT)


_COUNTED = ("ticket", "visit", "notice", "timeline_entry", "shift", "duty_rota", "plan", "account")


def _counts(session: Session) -> list[int]:
    return [one(session, f"SELECT count(*) FROM {table}") for table in _COUNTED]


def _quiet(_text: str) -> None:
    return None


def test_a_second_start_soon_after_changes_nothing(own_world: Database) -> None:
    with own_world.reading() as session:
        before = _counts(session)
    prepare_world(own_world, now=SEEDED_AT + timedelta(minutes=2), tell=_quiet)
    with own_world.reading() as session:
        assert _counts(session) == before


def test_calls_missed_in_a_short_pause_are_settled(own_world: Database) -> None:
    later = SEEDED_AT + timedelta(minutes=35)
    overdue = (
        "SELECT count(*) FROM ticket_clock"
        " WHERE kind = 'contact' AND state = 'running' AND next_stage_at < :at"
    )
    with own_world.reading() as session:
        assert one(session, overdue, at=later) > 10
    prepare_world(own_world, now=later, tell=_quiet)
    with own_world.reading() as session:
        assert one(session, overdue, at=later - timedelta(minutes=3)) == 0
        assert one(session, "SELECT count(*) FROM ticket") == one(session, "SELECT count(*) FROM demo.story")
        require_sound_bookings(session)


def test_two_days_later_the_seeded_rows_have_moved_and_a_persons_stay(own_world: Database) -> None:
    with own_world.transaction() as session:
        own = _file_own_ticket(session)
        touched = one(session, "SELECT id FROM ticket WHERE status = 'APPOINTED' ORDER BY id LIMIT 1")
        join_call(session, ticket_id=touched, note="언제 오나요?", by=BY, now=SEEDED_AT)
        _see_a_job(session)
        entered = {table: _enter_by_hand(session, table) for table in ("shift", "duty_rota")}
    with own_world.reading() as session:
        kept = _whole_tickets(session, [own, touched])
        before = dict(rows(session, "SELECT number, received_at FROM ticket"))
    later = SEEDED_AT + timedelta(days=2)
    prepare_world(own_world, now=later, tell=_quiet)
    with own_world.reading() as session:
        assert _whole_tickets(session, [own, touched]) == kept
        for table, row_id in entered.items():
            assert one(session, f"SELECT count(*) FROM {table} WHERE id = :id", id=row_id) == 1
        after = dict(rows(session, "SELECT number, received_at FROM ticket"))
        moved = {after[number] - before[number] for number in after if number in before}
        assert moved == {timedelta(0), timedelta(days=2)}
        assert sum(after[n] == before[n] for n in after if n in before) == 2
        assert len(before) - len(after) < 30, "only what collides with the touched ticket's time is left out"
        running = "SELECT count(*) FROM ticket_clock WHERE kind = 'contact' AND state = 'running'"
        unmoved = " AND NOT ticket_id = ANY(:own)"
        assert one(session, f"{running} AND due_at < :at{unmoved}", at=later, own=[own, touched]) == 0
        assert one(session, running) > 10
        require_duty(session, now=later)
        require_sound_bookings(session)
        day = operating_day(later)
        plans = one(
            session, "SELECT count(*) FROM point_day WHERE day >= :day AND plan_id IS NOT NULL", day=day
        )
        assert plans == 540


def _file_own_ticket(session: Session) -> int:
    request = TicketRequest.model_validate(
        {
            "channel": "phone",
            "symptom": "NO_HEAT",
            "resident": {
                "name": "김영자",
                "phone": "02-555-0101",
                "address": "서울 강남구 역삼동 735, 101동 1203호",
            },
        }
    )
    company_id = one(session, "SELECT id FROM company WHERE code = 'onnuri'")
    filed = file_ticket(
        session, request=request, company_id=company_id, codes=_NoCodes(), by=BY, now=SEEDED_AT
    )
    return filed.id


class _NoCodes:
    """A maker without a table of display codes."""

    def look_up(self, session: Session, *, company_id: int, family: str | None, code: str) -> None:
        """Nobody knows it."""


def _whole_tickets(session: Session, ids: list[int]) -> dict[str, list[Any]]:
    tables = {"ticket": "id", "visit": "ticket_id", "ticket_clock": "ticket_id", "notice": "ticket_id"}
    return {
        table: rows(session, f"SELECT * FROM {table} WHERE {column} = ANY(:ids) ORDER BY id", ids=ids)
        for table, column in tables.items()
    }


def _enter_by_hand(session: Session, table: str) -> int:
    """A shift, or a stretch of duty, on a day that lies ahead and will be the generator's again."""
    start, end = SEEDED_AT + timedelta(days=4), SEEDED_AT + timedelta(days=4, hours=3)
    if table == "duty_rota":
        return one(
            session,
            "INSERT INTO duty_rota (company_id, service_point_id, start_at, end_at, desk_person_id,"
            " escalation_person_id) SELECT company_id, service_point_id, :start, :end, desk_person_id,"
            " escalation_person_id FROM duty_rota WHERE service_point_id IS NOT NULL LIMIT 1 RETURNING id",
            start=start,
            end=end,
        )
    return one(
        session,
        "INSERT INTO shift (technician_id, service_point_id, company_id, kind, start_at, end_at, lunch_s)"
        " SELECT s.technician_id, s.service_point_id, s.company_id, 'day', :start, :end, 0 FROM shift s"
        " WHERE NOT EXISTS (SELECT 1 FROM shift o WHERE o.technician_id = s.technician_id"
        " AND o.start_at < :end AND o.end_at > :start) LIMIT 1 RETURNING id",
        start=start,
        end=end,
    )


def _see_a_job(session: Session) -> None:
    """He acknowledges in a second tab what he had acknowledged: a row, and nothing in the timeline."""
    seen = """
        INSERT INTO job_seen (visit_id, technician_id, event, generation, at, how)
        SELECT id, technician_id, 'JOB_ASSIGNED', 1, :at, 'APP' FROM visit
        WHERE technician_id IS NOT NULL AND state = 'completed' ORDER BY id LIMIT 1
    """
    session.execute(text(seen), {"at": SEEDED_AT})


def test_the_demo_knows_its_own_companies_from_strangers(own_world: Database) -> None:
    refuse_strangers(own_world)
    with own_world.transaction() as session:
        make_company(session, code="founded").created_at = SEEDED_AT + timedelta(days=1)
    refuse_strangers(own_world)  # founded by the demo's own people
    with own_world.transaction() as session:
        make_company(session, code="before").created_at = SEEDED_AT - timedelta(days=1)
    with pytest.raises(StartupRefusedError, match="DATABASE_URL"):
        refuse_strangers(own_world)
