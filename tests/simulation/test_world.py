"""The world in a real database: its size, its rules, and what later starts do to it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlmodel import Session

from core.actor import Actor, Role
from core.clock import operating_day, operating_day_bounds
from core.db import Database
from core.secrets import verify_password
from core.settings import StartupRefusedError
from dispatch.intake import file_ticket, join_call
from dispatch.schemas import TicketRequest
from simulation.logins import PASSWORD, list_logins
from simulation.shapes import DAYS_AHEAD, DAYS_BEFORE
from simulation.world import prepare_world, refuse_strangers
from tests.simulation.conftest import SEEDED_AT
from tests.world import make_company
from workforce.accounts import find_member
from workforce.duty_gaps import LOOK_AHEAD, gaps_of_company

BY = Actor(kind="person", name="이상담", source="10.0.0.1", role=Role.AGENT)


def _one(session: Session, query: str, **values: Any) -> Any:
    return session.execute(text(query), values).scalar_one()


def _rows(session: Session, query: str, **values: Any) -> list[Any]:
    return list(session.execute(text(query), values).all())


def _quiet(_text: str) -> None:
    return None


def test_sizes_are_exact(seeded: Database) -> None:
    with seeded.reading() as session:
        points = _rows(
            session,
            "SELECT c.code, count(*) FROM service_point p JOIN company c ON c.id = p.company_id"
            " GROUP BY 1 ORDER BY 1",
        )
        assert points == [("haedam", 150), ("onnuri", 30)]
        technicians = _rows(
            session,
            "SELECT c.code, count(*) FROM membership m JOIN company c ON c.id = m.company_id"
            " WHERE m.role = 'technician' AND m.service_point_id IS NOT NULL GROUP BY 1 ORDER BY 1",
        )
        assert technicians == [("haedam", 600), ("onnuri", 400)]
        assert _one(session, "SELECT count(*) FROM household") == 3_000
        sizes = _rows(
            session,
            "SELECT p.kind, min(n), max(n) FROM (SELECT service_point_id, count(*) n FROM membership"
            " WHERE role = 'technician' AND service_point_id IS NOT NULL GROUP BY 1) t"
            " JOIN service_point p ON p.id = t.service_point_id GROUP BY 1 ORDER BY 1",
        )
        assert sizes == [("designated", 2, 9), ("direct", 6, 35)]
        assert (
            _one(session, "SELECT count(*) FROM service_point WHERE code = 'gangnam' AND area_code = '11680'")
            == 2
        )


def test_ten_technicians_work_for_both_makers_and_never_at_once(seeded: Database) -> None:
    with seeded.reading() as session:
        both = _rows(
            session,
            "SELECT person_id FROM membership WHERE role = 'technician' AND service_point_id IS NOT NULL"
            " GROUP BY 1 HAVING count(DISTINCT company_id) = 2",
        )
        assert len(both) == 10
        makers = _one(
            session,
            "SELECT count(DISTINCT (t.person_id, s.company_id)) FROM shift s"
            " JOIN technician t ON t.id = s.technician_id WHERE t.person_id = ANY(:ids)",
            ids=[person_id for (person_id,) in both],
        )
        assert makers == 20


def test_every_role_of_both_makers_has_a_company_wide_log_in(seeded: Database) -> None:
    with seeded.reading() as session:
        for company in ("onnuri", "haedam"):
            for role in Role:
                account, membership = find_member(
                    session, role=role, company_code=company, login=None, now=SEEDED_AT
                )
                assert membership.service_point_id is None
                assert account.login == f"{company}-{role.value}"
        logins = list_logins(session)
        assert {login.path for login in logins} == {*("/agent", "/dispatch", "/point", "/qa", "/admin", "/m")}
        stored = _one(
            session, "SELECT password_hash FROM account WHERE login = :login", login=logins[0].login
        )
        assert verify_password(PASSWORD, stored)
        technician = logins[-1].login
        ahead = _one(
            session,
            "SELECT count(*) FROM visit v JOIN technician t ON t.id = v.technician_id"
            " JOIN account a ON a.person_id = t.person_id"
            " WHERE a.login = :login AND v.state IN ('planned', 'agreed') AND v.planned_start < :end",
            login=technician,
            end=operating_day_bounds(operating_day(SEEDED_AT))[1],
        )
        assert ahead >= 1


def _require_duty(session: Session, *, now: datetime) -> None:
    """Every minute of the horizon has a duty row for each point and both call desks."""
    day = operating_day(now)
    start = operating_day_bounds(day - timedelta(days=DAYS_BEFORE))[0]
    end = operating_day_bounds(day + timedelta(days=DAYS_AHEAD))[1]
    desks: dict[Any, list[tuple[datetime, datetime]]] = {}
    query = "SELECT company_id, service_point_id, start_at, end_at FROM duty_rota ORDER BY start_at"
    for company_id, point_id, opens, closes in _rows(session, query):
        desks.setdefault((company_id, point_id), []).append((opens, closes))
    assert len(desks) == 182
    for stretches in desks.values():
        reached = start
        for opens, closes in stretches:
            if opens <= reached:
                reached = max(reached, closes)
        assert reached >= end


def test_somebody_is_on_duty_at_every_minute(seeded: Database) -> None:
    with seeded.reading() as session:
        _require_duty(session, now=SEEDED_AT)
        nights = _one(
            session,
            "SELECT count(*) FROM service_point p WHERE NOT EXISTS (SELECT 1 FROM duty_rota r"
            " WHERE r.service_point_id = p.id AND r.technician_id IS NOT NULL AND r.start_at <= :at"
            " AND r.end_at > :at AND r.substitute_point_id <> p.id)",
            at=SEEDED_AT + timedelta(hours=16),
        )
        assert nights == 0, "at 03:00 every point has a technician on duty and a substitute"
        direct = _one(
            session,
            "SELECT count(DISTINCT p.id) FROM shift s JOIN service_point p ON p.id = s.service_point_id"
            " WHERE p.kind = 'direct' AND s.start_at <= :at AND s.end_at > :at",
            at=SEEDED_AT + timedelta(hours=16),
        )
        assert direct == 30


def test_no_rota_page_shows_a_gap_in_the_fourteen_days_ahead(seeded: Database) -> None:
    """Nor the next day, when the demo was left running over night."""
    with seeded.reading() as session:
        for now in (SEEDED_AT, SEEDED_AT + timedelta(days=1)):
            for company in ("onnuri", "haedam"):
                company_id = _one(session, "SELECT id FROM company WHERE code = :code", code=company)
                assert not any(gaps_of_company(session, company_id=company_id, now=now).values())
        last = operating_day_bounds(operating_day(SEEDED_AT) + LOOK_AHEAD)
        staffed = _one(
            session,
            "SELECT count(DISTINCT service_point_id) FROM shift WHERE start_at >= :start AND start_at < :end",
            start=last[0],
            end=last[1],
        )
        assert staffed > 150


def _require_sound_bookings(session: Session) -> None:
    overlaps = _one(
        session,
        "SELECT count(*) FROM booking a JOIN booking b ON a.technician_id = b.technician_id"
        " AND a.visit_id < b.visit_id AND a.start_at < b.end_at AND b.start_at < a.end_at",
    )
    assert overlaps == 0
    outside = _one(
        session,
        "SELECT count(*) FROM booking b WHERE NOT EXISTS (SELECT 1 FROM shift s"
        " WHERE s.technician_id = b.technician_id AND s.service_point_id = b.service_point_id"
        " AND s.start_at <= b.start_at AND s.end_at >= b.end_at)",
    )
    assert outside == 0


def test_bookings_never_overlap_and_lie_in_shifts(seeded: Database) -> None:
    with seeded.reading() as session:
        _require_sound_bookings(session)
        assert _one(session, "SELECT count(*) FROM booking") > 1_000


def test_every_point_has_a_plan_for_three_days_that_says_what_its_visits_say(seeded: Database) -> None:
    with seeded.reading() as session:
        assert (
            _one(
                session,
                "SELECT count(*) FROM point_day d JOIN plan p ON p.id = d.plan_id"
                " WHERE p.state = 'published' AND p.version = d.version AND d.version = 1",
            )
            == 540
        )
        stops = _rows(
            session,
            "SELECT (s ->> 'visit_id')::bigint, (r ->> 'technician_id')::bigint, (s ->> 'start')::timestamptz"
            " FROM plan p, jsonb_array_elements(p.routes) r, jsonb_array_elements(r -> 'stops') s",
        )
        visits = {
            visit_id: (who, start)
            for visit_id, who, start in _rows(session, "SELECT id, technician_id, planned_start FROM visit")
        }
        assert len({visit_id for visit_id, _who, _start in stops}) == len(stops) > 2_000
        assert all(visits[visit_id] == (who, start) for visit_id, who, start in stops)
        reasons = _one(
            session,
            "SELECT count(*) FROM plan p, jsonb_array_elements(p.unplanned) u"
            " WHERE jsonb_array_length(u -> 'reasons') > 0",
        )
        assert reasons == 6


def test_a_visit_asks_for_what_the_boiler_and_the_symptom_ask_for(seeded: Database) -> None:
    """A commercial boiler is in no flat; nobody of the point has its licence, others not far away have."""
    with seeded.reading() as session:
        visits = _rows(
            session,
            "SELECT v.skills, m.kind, v.technician_id, a.unit, v.service_point_id FROM visit v"
            " JOIN ticket t ON t.id = v.ticket_id JOIN boiler b ON b.id = t.boiler_id"
            " JOIN address a ON a.id = b.address_id LEFT JOIN boiler_model m ON m.id = b.model_id",
        )
        assert not [skills for skills, *_rest in visits if "TWO_PERSON" in skills]
        assert all(("COMMERCIAL" in skills) is (kind == "commercial") for skills, kind, *_rest in visits)
        shops = [(unit, point) for _s, kind, who, unit, point in visits if kind == "commercial" and not who]
        assert len(shops) == 6 and {unit for unit, _point in shops} == {"1층"}
        licensed = {
            point
            for (point,) in _rows(
                session,
                "SELECT s.service_point_id FROM shift s"
                " JOIN qualification q ON q.technician_id = s.technician_id AND q.code = 'COMMERCIAL'",
            )
        }
        assert len(licensed) > 50 and not licensed & {point for _unit, point in shops}


def test_the_picture_has_every_kind_of_case(seeded: Database) -> None:
    with seeded.reading() as session:
        statuses = dict(_rows(session, "SELECT status, count(*) FROM ticket GROUP BY 1"))
        assert set(statuses) >= {
            *("RECEIVED", "UNASSIGNED", "ASSIGNED", "APPOINTED", "EN_ROUTE", "IN_PROGRESS"),
            *("COMPLETED", "CLOSED", "ABSENT", "ON_HOLD", "SELF_FIXED", "CANCELLED"),
        }
        assert _one(session, "SELECT count(*) FROM ticket WHERE safety AND completed_at IS NULL") >= 1
        assert _one(session, "SELECT count(*) FROM ticket WHERE escalated_at IS NOT NULL") >= 1
        tasks = dict(_rows(session, "SELECT kind, count(*) FROM task WHERE state = 'open' GROUP BY 1"))
        assert set(tasks) >= {"MAP_PICK", "CALL_LANDLINE", "ESCALATION", "REVISIT_CALL"}
        assert _one(session, "SELECT count(*) FROM placement WHERE state = 'OFFERED'") >= 12
        assert _one(session, "SELECT count(*) FROM charge WHERE total > 0") > 200
        assert (
            _one(
                session,
                "SELECT count(*) FROM ticket t WHERE t.status IN ('COMPLETED', 'CLOSED')"
                " AND NOT EXISTS (SELECT 1 FROM happy_call h WHERE h.ticket_id = t.id)",
            )
            == 0
        )


def test_no_number_could_be_anybodys(seeded: Database) -> None:
    query = "SELECT count(*) FROM {} WHERE NOT ({} ~ '^[+]82(100|[2-6][0-9]?1)[0-9]{{6,7}}$')"
    with seeded.reading() as session:
        for table, column in (("contact", "phone"), ("person", "phone"), ("service_point", "desk_phone")):
            assert _one(session, query.format(table, column)) == 0, table


_COUNTED = ("ticket", "visit", "notice", "timeline_entry", "shift", "duty_rota", "plan", "account")


def _counts(session: Session) -> list[int]:
    return [_one(session, f"SELECT count(*) FROM {table}") for table in _COUNTED]


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
        assert _one(session, overdue, at=later) > 10
    prepare_world(own_world, now=later, tell=_quiet)
    with own_world.reading() as session:
        assert _one(session, overdue, at=later - timedelta(minutes=3)) == 0
        assert _one(session, "SELECT count(*) FROM ticket") == _one(
            session, "SELECT count(*) FROM demo.story"
        )
        _require_sound_bookings(session)


def test_two_days_later_the_seeded_rows_have_moved_and_a_persons_stay(own_world: Database) -> None:
    with own_world.transaction() as session:
        own = _file_own_ticket(session)
        touched = _one(session, "SELECT id FROM ticket WHERE status = 'APPOINTED' ORDER BY id LIMIT 1")
        join_call(session, ticket_id=touched, note="언제 오나요?", by=BY, now=SEEDED_AT)
        entered = {table: _enter_by_hand(session, table) for table in ("shift", "duty_rota")}
    with own_world.reading() as session:
        kept = _whole_tickets(session, [own, touched])
        before = dict(_rows(session, "SELECT number, received_at FROM ticket"))
    later = SEEDED_AT + timedelta(days=2)
    prepare_world(own_world, now=later, tell=_quiet)
    with own_world.reading() as session:
        assert _whole_tickets(session, [own, touched]) == kept
        for table, row_id in entered.items():
            assert _one(session, f"SELECT count(*) FROM {table} WHERE id = :id", id=row_id) == 1
        after = dict(_rows(session, "SELECT number, received_at FROM ticket"))
        moved = {after[number] - before[number] for number in after if number in before}
        assert moved == {timedelta(0), timedelta(days=2)}
        assert sum(after[n] == before[n] for n in after if n in before) == 2
        assert len(before) - len(after) < 30, "only what collides with the touched ticket's time is left out"
        running = "SELECT count(*) FROM ticket_clock WHERE kind = 'contact' AND state = 'running'"
        unmoved = " AND NOT ticket_id = ANY(:own)"
        assert _one(session, f"{running} AND due_at < :at{unmoved}", at=later, own=[own, touched]) == 0
        assert _one(session, running) > 10
        _require_duty(session, now=later)
        _require_sound_bookings(session)
        day = operating_day(later)
        plans = _one(
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
    company_id = _one(session, "SELECT id FROM company WHERE code = 'onnuri'")
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
        table: _rows(session, f"SELECT * FROM {table} WHERE {column} = ANY(:ids) ORDER BY id", ids=ids)
        for table, column in tables.items()
    }


def _enter_by_hand(session: Session, table: str) -> int:
    """A shift, or a stretch of duty, on a day that lies ahead and will be the generator's again."""
    start, end = SEEDED_AT + timedelta(days=4), SEEDED_AT + timedelta(days=4, hours=3)
    if table == "duty_rota":
        return _one(
            session,
            "INSERT INTO duty_rota (company_id, service_point_id, start_at, end_at, desk_person_id,"
            " escalation_person_id) SELECT company_id, service_point_id, :start, :end, desk_person_id,"
            " escalation_person_id FROM duty_rota WHERE service_point_id IS NOT NULL LIMIT 1 RETURNING id",
            start=start,
            end=end,
        )
    return _one(
        session,
        "INSERT INTO shift (technician_id, service_point_id, company_id, kind, start_at, end_at, lunch_s)"
        " SELECT s.technician_id, s.service_point_id, s.company_id, 'day', :start, :end, 0 FROM shift s"
        " WHERE NOT EXISTS (SELECT 1 FROM shift o WHERE o.technician_id = s.technician_id"
        " AND o.start_at < :end AND o.end_at > :start) LIMIT 1 RETURNING id",
        start=start,
        end=end,
    )


def test_the_demo_knows_its_own_companies_from_strangers(own_world: Database) -> None:
    refuse_strangers(own_world)
    with own_world.transaction() as session:
        make_company(session, code="founded").created_at = SEEDED_AT + timedelta(days=1)
    refuse_strangers(own_world)  # founded by the demo's own people
    with own_world.transaction() as session:
        make_company(session, code="before").created_at = SEEDED_AT - timedelta(days=1)
    with pytest.raises(StartupRefusedError, match="DATABASE_URL"):
        refuse_strangers(own_world)
