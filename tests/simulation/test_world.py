"""The world in a real database: its size and its rules."""

from __future__ import annotations

from datetime import timedelta

from core.actor import Role
from core.clock import operating_day, operating_day_bounds
from core.db import Database
from core.secrets import verify_password
from simulation.logins import PASSWORD, list_logins
from tests.simulation.asking import one, require_duty, require_sound_bookings, rows
from tests.simulation.conftest import SEEDED_AT
from workforce.accounts import find_member
from workforce.duty_gaps import LOOK_AHEAD, gaps_of_company


def test_sizes_are_exact(seeded: Database) -> None:
    with seeded.reading() as session:
        points = rows(
            session,
            "SELECT c.code, count(*) FROM service_point p JOIN company c ON c.id = p.company_id"
            " GROUP BY 1 ORDER BY 1",
        )
        assert points == [("haedam", 150), ("onnuri", 30)]
        technicians = rows(
            session,
            "SELECT c.code, count(*) FROM membership m JOIN company c ON c.id = m.company_id"
            " WHERE m.role = 'technician' AND m.service_point_id IS NOT NULL GROUP BY 1 ORDER BY 1",
        )
        assert technicians == [("haedam", 600), ("onnuri", 400)]
        assert one(session, "SELECT count(*) FROM household") == 3_000
        sizes = rows(
            session,
            "SELECT p.kind, min(n), max(n) FROM (SELECT service_point_id, count(*) n FROM membership"
            " WHERE role = 'technician' AND service_point_id IS NOT NULL GROUP BY 1) t"
            " JOIN service_point p ON p.id = t.service_point_id GROUP BY 1 ORDER BY 1",
        )
        assert sizes == [("designated", 2, 9), ("direct", 6, 35)]
        assert (
            one(session, "SELECT count(*) FROM service_point WHERE code = 'gangnam' AND area_code = '11680'")
            == 2
        )


def test_ten_technicians_work_for_both_makers_and_never_at_once(seeded: Database) -> None:
    with seeded.reading() as session:
        both = rows(
            session,
            "SELECT person_id FROM membership WHERE role = 'technician' AND service_point_id IS NOT NULL"
            " GROUP BY 1 HAVING count(DISTINCT company_id) = 2",
        )
        assert len(both) == 10
        makers = one(
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
        stored = one(session, "SELECT password_hash FROM account WHERE login = :login", login=logins[0].login)
        assert verify_password(PASSWORD, stored)
        technician = logins[-1].login
        ahead = one(
            session,
            "SELECT count(*) FROM visit v JOIN technician t ON t.id = v.technician_id"
            " JOIN account a ON a.person_id = t.person_id"
            " WHERE a.login = :login AND v.state IN ('planned', 'agreed') AND v.planned_start < :end",
            login=technician,
            end=operating_day_bounds(operating_day(SEEDED_AT))[1],
        )
        assert ahead >= 1


def test_somebody_is_on_duty_at_every_minute(seeded: Database) -> None:
    with seeded.reading() as session:
        require_duty(session, now=SEEDED_AT)
        nights = one(
            session,
            "SELECT count(*) FROM service_point p WHERE NOT EXISTS (SELECT 1 FROM duty_rota r"
            " WHERE r.service_point_id = p.id AND r.technician_id IS NOT NULL AND r.start_at <= :at"
            " AND r.end_at > :at AND r.substitute_point_id <> p.id)",
            at=SEEDED_AT + timedelta(hours=16),
        )
        assert nights == 0, "at 03:00 every point has a technician on duty and a substitute"
        direct = one(
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
                company_id = one(session, "SELECT id FROM company WHERE code = :code", code=company)
                assert not any(gaps_of_company(session, company_id=company_id, now=now).values())
        last = operating_day_bounds(operating_day(SEEDED_AT) + LOOK_AHEAD)
        staffed = one(
            session,
            "SELECT count(DISTINCT service_point_id) FROM shift WHERE start_at >= :start AND start_at < :end",
            start=last[0],
            end=last[1],
        )
        assert staffed > 150


def test_bookings_never_overlap_and_lie_in_shifts(seeded: Database) -> None:
    with seeded.reading() as session:
        require_sound_bookings(session)
        assert one(session, "SELECT count(*) FROM booking") > 1_000


def test_every_point_has_a_plan_for_three_days_that_says_what_its_visits_say(seeded: Database) -> None:
    with seeded.reading() as session:
        assert (
            one(
                session,
                "SELECT count(*) FROM point_day d JOIN plan p ON p.id = d.plan_id"
                " WHERE p.state = 'published' AND p.version = d.version AND d.version = 1",
            )
            == 540
        )
        stops = rows(
            session,
            "SELECT (s ->> 'visit_id')::bigint, (r ->> 'technician_id')::bigint, (s ->> 'start')::timestamptz"
            " FROM plan p, jsonb_array_elements(p.routes) r, jsonb_array_elements(r -> 'stops') s",
        )
        visits = {
            visit_id: (who, start)
            for visit_id, who, start in rows(session, "SELECT id, technician_id, planned_start FROM visit")
        }
        assert len({visit_id for visit_id, _who, _start in stops}) == len(stops) > 2_000
        assert all(visits[visit_id] == (who, start) for visit_id, who, start in stops)
        reasons = one(
            session,
            "SELECT count(*) FROM plan p, jsonb_array_elements(p.unplanned) u"
            " WHERE jsonb_array_length(u -> 'reasons') > 0",
        )
        assert reasons == 6


def test_a_visit_asks_for_what_the_boiler_and_the_symptom_ask_for(seeded: Database) -> None:
    """A commercial boiler is in no flat; nobody of the point has its licence, others not far away have."""
    with seeded.reading() as session:
        visits = rows(
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
            for (point,) in rows(
                session,
                "SELECT s.service_point_id FROM shift s"
                " JOIN qualification q ON q.technician_id = s.technician_id AND q.code = 'COMMERCIAL'",
            )
        }
        assert len(licensed) > 50 and not licensed & {point for _unit, point in shops}


SHOWN = (
    "campaign_invitation i JOIN notice n ON n.invitation_id = i.id"
    " WHERE i.state = 'invited' AND n.state = 'delivered' AND n.text LIKE '%/t/%'",
    "cost_approval a JOIN visit v ON v.id = a.visit_id JOIN notice n ON n.ticket_id = a.ticket_id"
    " WHERE a.state = 'asked' AND v.state = 'in_progress' AND n.event = 'APPROVAL_ASKED'"
    " AND n.recipient = (SELECT payer_role FROM ticket WHERE id = a.ticket_id)",
    "charge b JOIN charge a ON a.id = b.replaces_id JOIN notice n ON n.ticket_id = b.ticket_id"
    " WHERE b.total < a.total AND n.event = 'VISIT_RESULT' AND n.state = 'queued'"
    " AND n.recipient = (SELECT payer_role FROM ticket WHERE id = b.ticket_id)",
    "notice_choice WHERE purpose = 'ADVERT' AND choice = 'REFUSED'",
    "(SELECT DISTINCT choice FROM notice_choice WHERE choice = 'AGREED' AND purpose = 'ADVERT') AS agreed",
)
"""What each has exactly one of, so that its page can be opened at any hour."""


def test_the_picture_has_every_kind_of_case(seeded: Database) -> None:
    with seeded.reading() as session:
        statuses = dict(rows(session, "SELECT status, count(*) FROM ticket GROUP BY 1"))
        assert set(statuses) >= {
            *("RECEIVED", "UNASSIGNED", "ASSIGNED", "APPOINTED", "EN_ROUTE", "IN_PROGRESS"),
            *("COMPLETED", "CLOSED", "ABSENT", "ON_HOLD", "SELF_FIXED", "CANCELLED"),
        }
        assert one(session, "SELECT count(*) FROM ticket WHERE safety AND completed_at IS NULL") >= 1
        assert one(session, "SELECT count(*) FROM ticket WHERE escalated_at IS NOT NULL") >= 1
        tasks = dict(rows(session, "SELECT kind, count(*) FROM task WHERE state = 'open' GROUP BY 1"))
        assert set(tasks) >= {"MAP_PICK", "CALL_LANDLINE", "ESCALATION", "REVISIT_CALL"}
        assert one(session, "SELECT count(*) FROM placement WHERE state = 'OFFERED'") >= 12
        assert one(session, "SELECT count(*) FROM charge WHERE total > 0") > 200
        for shown in SHOWN:
            assert one(session, f"SELECT count(*) FROM {shown}") == 1, shown
        assert (
            one(
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
            assert one(session, query.format(table, column)) == 0, table
