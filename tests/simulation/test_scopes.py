"""PostgreSQL keeps a point's desk and a technician of the demo to what is theirs, table by table.

What is theirs is said here a second time, in other words than the policies': both have to come to the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session, select

from core.db import Database
from core.wall import Caller, across_the_company, work_for
from dispatch.models import Ticket
from tests.simulation.test_wall import OF_NOBODY, OPEN

TICKETS = {
    "ondol_point": """
        SELECT id FROM ticket WHERE service_point_id = :point
        UNION SELECT ticket_id FROM visit WHERE service_point_id = :point
        UNION SELECT ticket_id FROM visit v JOIN technician t ON t.id = v.technician_id
            JOIN membership m ON m.person_id = t.person_id AND m.role = 'technician'
            WHERE m.service_point_id = :point AND coalesce(v.planned_start, v.created_at) >= m.valid_from
            AND coalesce(v.planned_start, v.created_at) < coalesce(m.valid_to, 'infinity')
        UNION SELECT ticket_id FROM visit v JOIN shift s ON s.technician_id = v.technician_id
            WHERE s.service_point_id = :point AND coalesce(v.planned_start, v.created_at)
            BETWEEN s.start_at - interval '1 day' AND s.end_at + interval '1 day'
        UNION SELECT ticket_id FROM task WHERE owner_person_id = :person AND state = 'open'
    """,
    "ondol_technician": """
        SELECT ticket_id AS id FROM visit WHERE technician_id = :technician
        UNION SELECT ticket_id FROM task WHERE owner_person_id = :person AND state = 'open'
    """,
}
"""Which tickets a role reaches: its own, those it went to, and what it is asked to do."""
OF_A_TICKET = "ticket_id IN (SELECT id FROM reached)"
HOMES = "(SELECT household_id FROM ticket WHERE id IN (SELECT id FROM reached))"
PLACES = f"(SELECT address_id FROM household WHERE id IN {HOMES})"
FAMILIES = f"""(SELECT contact_id FROM ticket_party WHERE {OF_A_TICKET}
    UNION SELECT contact_id FROM household_member WHERE household_id IN {HOMES})"""
BOILERS = f"(SELECT id FROM boiler WHERE address_id IN {PLACES})"
NOTICES = f"(SELECT id FROM notice WHERE {OF_A_TICKET})"
HIMSELF = "account_id IN (SELECT id FROM account WHERE person_id = :person)"
NOTHING = "false"
SCOPED: Mapping[str, str] = {
    "ticket": "id IN (SELECT id FROM reached)",
    **dict.fromkeys(
        (
            "visit",
            "charge",
            "contact_attempt",
            "correction_notice",
            "cost_approval",
            "family_act",
            "family_link",
            "happy_call",
            "notice",
            "part_change",
            "payment",
            "placement",
            "ticket_clock",
            "ticket_party",
            "triage_step",
            "wished_window",
        ),
        OF_A_TICKET,
    ),
    "day_close": "service_point_id = :point OR technician_id = :technician",
    "task": f"{OF_A_TICKET} OR owner_person_id = :person",
    "charge_line": f"charge_id IN (SELECT id FROM charge WHERE {OF_A_TICKET})",
    "notice_attempt": f"notice_id IN {NOTICES}",
    "provider_receipt": f"notice_id IN {NOTICES}",
    "notice_choice": f"contact_id IN {FAMILIES}",
    "refused_number": f"phone IN (SELECT phone FROM contact WHERE id IN {FAMILIES})",
    "household": f"id IN {HOMES}",
    "household_member": f"household_id IN {HOMES}",
    "address": f"id IN {PLACES}",
    "contact": f"id IN {FAMILIES}",
    "boiler": f"id IN {BOILERS}",
    "access_log": HIMSELF,
    "replayed_request": HIMSELF,
    "timeline_entry": f"""
        (subject_kind = 'ticket' AND subject_id IN (SELECT id FROM reached))
        OR (subject_kind = 'household' AND subject_id IN {HOMES})
        OR (subject_kind = 'address' AND subject_id IN {PLACES})
        OR (subject_kind = 'contact' AND subject_id IN {FAMILIES})
        OR (subject_kind = 'boiler' AND subject_id IN {BOILERS})
        OR (subject_kind = 'service_point' AND subject_id = :point)
        OR (subject_kind NOT IN ('ticket', 'household', 'address', 'contact', 'boiler') AND {HIMSELF})
    """,
    "plan": """
        service_point_id = :point
        OR service_point_id IN (SELECT service_point_id FROM membership WHERE person_id = :technicians_person)
        OR service_point_id IN (SELECT service_point_id FROM shift WHERE technician_id = :technician)
    """,
    "job_seen": f"visit_id IN (SELECT id FROM visit WHERE {OF_A_TICKET})",
    "push_subscription": "person_id = :person",
    **dict.fromkeys(
        (
            "access_review",
            "campaign",
            "campaign_invitation",
            "data_import",
            "event",
            "event_handled",
            "happy_call_attempt",
            "imported_ticket",
            "legal_opinion",
            "retention_run",
            "trial_text",
            "uploaded_file",
        ),
        NOTHING,
    ),
}
"""Every table with a scope, and which of its rows are theirs."""
OF_THE_COMPANY: Mapping[str, str] = {
    **dict.fromkeys(
        (
            "alimtalk_template",
            "boiler_model",
            "company",
            "dated_setting",
            "error_code",
            "holiday",
            "message_text",
            "price_item",
            "self_fix_card",
            "warranty_rule",
        ),
        "what the company's people look up",
    ),
    **dict.fromkeys(
        (
            "absence",
            "account",
            "duty_rota",
            "membership",
            "opening_hours",
            "person",
            "point_closure",
            "qualification",
            "service_point",
            "shift",
            "technician",
            "technician_photo",
            "territory",
        ),
        "colleagues: who they are, where and when they work",
    ),
    **dict.fromkeys(("booking", "point_day", "solve_request"), "ids and times of planning"),
    **dict.fromkeys(
        ("api_token", "device", "login_link", "recovery_code", "second_factor", "web_session"),
        "colleagues' ways in, hashed",
    ),
}
"""Every table without one, and why: none holds anything of a family."""

DOORS: Mapping[str, str] = {
    "core/db.py": "wishes for a solve and wake-ups, written last",
    "dispatch/list_queries.py": "ids of homes that a search finds",
    "dispatch/merging.py": "numbers of twins, and the sentence of the one that goes on",
    "dispatch/planning/board.py": "whose time is free",
    "dispatch/planning/plan_queries.py": "numbers and times of a plan",
    "dispatch/point_desk.py": "that a ticket was here, and its number",
    "dispatch/pricing.py": "the day of the last repair",
    "dispatch/staff_ladder.py": "that he has seen what he was told, though the job is another's by now",
    "dispatch/technician_job.py": "who at the desk calls while he is off duty",
    "dispatch/tickets.py": "the number of a twin",
    "notifications/devices.py": "whether a colleague who is told has a phone to push to",
    "web/api/changes.py": "a step, and the ticket it was taken on",
    "web/api/money.py": "steps: asking whoever pays, what he answered, money for a bill",
    "web/api/plans.py": "a step: planning anew",
    "web/api/tickets.py": "a step: filing what came on paper",
    "web/pages/phones.py": "the demo's invented families",
    "web/pages/point/bills.py": "a step: the bill's correction",
    "web/pages/point/hands.py": "steps: planning anew, proposals",
    "web/pages/point/paper.py": "steps: filing and recording what was done on paper",
    "web/pages/point/rota.py": "a step: people's time",
    "web/pages/point/taking.py": "a step on a ticket",
    "web/pages/push.py": "the number of a job that he was told of",
    "web/pages/technician.py": "a step: a task that is done",
    "web/pages/technician_lost.py": "that a job is another's by now",
    "web/pages/technician_steps.py": "a step on a visit",
}
"""Every file that opens the door to the company, and for what."""


@contextmanager
def working_as(database: Database, caller: Caller) -> Iterator[Session]:
    work_for(caller)
    try:
        with database.walled().reading() as session:
            yield session
    finally:
        work_for(None)


@pytest.fixture(scope="module", params=["ondol_point", "ondol_technician"])
def caller(request: pytest.FixtureRequest, seeded: Database) -> Caller:
    """The desk that has passed tickets on, and the technician whose tickets others have seen, too."""
    busiest = {
        "ondol_point": """
            SELECT m.company_id, m.person_id, m.service_point_id, NULL FROM membership m
            JOIN placement p ON p.service_point_id = m.service_point_id AND p.state = 'DECLINED'
            WHERE m.role = 'point' GROUP BY 1, 2, 3 ORDER BY count(*) DESC, 2 LIMIT 1
        """,
        "ondol_technician": """
            SELECT m.company_id, m.person_id, m.service_point_id, t.id FROM membership m
            JOIN technician t USING (person_id) JOIN visit v ON v.technician_id = t.id
            JOIN visit o ON o.ticket_id = v.ticket_id AND o.technician_id <> v.technician_id
            WHERE m.role = 'technician' AND m.company_id = v.company_id
            GROUP BY 1, 2, 3, 4 ORDER BY count(*) DESC, 2 LIMIT 1
        """,
    }
    with seeded.reading() as session:
        return Caller(*session.execute(text(busiest[request.param])).one())


def test_each_table_shows_what_is_theirs_and_nothing_else(seeded: Database, caller: Caller) -> None:
    with seeded.reading() as session:
        tables = _tables(session)
        theirs = {name: _rows(session, _theirs(name, caller), caller) for name in tables & SCOPED.keys()}
        every = {name: _count(session, name) for name in SCOPED}
    with working_as(seeded, caller) as session:
        seen = {name: _rows(session, f"SELECT ctid::text FROM {name}") for name in SCOPED}
    assert seen == theirs
    # The world has something of each kind to hide, and something to show.
    of_others = {name for name in SCOPED if len(seen[name]) < every[name]}
    assert {"ticket", "visit", "contact", "address", "boiler", "notice", "timeline_entry"} <= of_others
    assert {"ticket", "visit", "contact", "address", "notice", "timeline_entry", "plan"} <= {
        name for name in SCOPED if seen[name]
    }


def test_every_table_says_whose_it_is(seeded: Database) -> None:
    """A new table with a family's data is listed above, and gets its policies; one without says why."""
    with seeded.reading() as session:
        tables = _tables(session)
        for role in TICKETS:
            asked = text(
                "SELECT tablename FROM pg_policies WHERE :role = ANY(roles) AND permissive = 'RESTRICTIVE'"
            )
            narrowed = set(session.scalars(asked, {"role": role}))
            assert narrowed <= SCOPED.keys(), role
    assert tables == SCOPED.keys() | OF_THE_COMPANY.keys()
    assert not SCOPED.keys() & OF_THE_COMPANY.keys()
    told = Path("docs/security.md").read_text(encoding="utf-8")
    assert [name for name in SCOPED if f"`{name}`" not in told] == []


def test_every_door_to_the_company_is_known() -> None:
    packages = (path for path in Path().iterdir() if (path / "__init__.py").is_file())
    files = (path for package in packages for path in package.rglob("*.py"))
    opened = {path.as_posix() for path in files if "with across_the_company(" in path.read_text("utf-8")}
    assert opened == DOORS.keys()


def test_a_query_that_forgot_its_scope_finds_no_stranger(seeded: Database, caller: Caller) -> None:
    foreign = _foreign_ticket(seeded, caller)
    with working_as(seeded, caller) as session:
        assert session.get(Ticket, foreign) is None
        assert session.exec(select(Ticket).where(Ticket.company_id == caller.company_id)).first() is not None
        with across_the_company(session):
            assert session.get(Ticket, foreign) is not None
        session.expunge_all()
        assert session.get(Ticket, foreign) is None, "the door has closed again"


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ticket SET note = 'x' WHERE id = :ticket",
        "UPDATE visit SET state = 'completed' WHERE ticket_id = :ticket",
        "DELETE FROM contact_attempt WHERE ticket_id = :ticket",
        "UPDATE boiler SET serial = 'x' WHERE id IN (SELECT boiler_id FROM ticket WHERE id = :ticket)",
    ],
)
def test_a_strangers_rows_cannot_be_changed(seeded: Database, caller: Caller, statement: str) -> None:
    touched, foreign = None, _foreign_ticket(seeded, caller)
    work_for(caller)
    with suppress(_TakenBackError), seeded.walled().transaction() as session:
        touched = session.execute(text(statement), {"ticket": foreign}).rowcount  # type: ignore[attr-defined]
        raise _TakenBackError
    work_for(None)
    assert touched == 0


def test_not_even_a_step_writes_into_another_technicians_visit(seeded: Database, caller: Caller) -> None:
    """Planning may move his visits; that somebody arrived there, only he writes down."""
    foreign = _foreign_ticket(seeded, caller)
    moved = text("UPDATE visit SET planned_end = planned_end WHERE ticket_id = :ticket")
    arrived = text("UPDATE visit SET arrived_at = now() WHERE ticket_id = :ticket")
    work_for(caller)
    try:
        with suppress(_TakenBackError), seeded.walled().transaction() as session, across_the_company(session):
            assert session.execute(moved, {"ticket": foreign}).rowcount  # type: ignore[attr-defined]
            if caller.technician_id is not None:
                with pytest.raises(DBAPIError, match="another technician's"):
                    session.execute(arrived, {"ticket": foreign})
            raise _TakenBackError
    finally:
        work_for(None)


def test_a_door_that_fails_leaves_nothing_open(seeded: Database, caller: Caller) -> None:
    foreign = _foreign_ticket(seeded, caller)
    with working_as(seeded, caller) as session:
        with suppress(_TakenBackError), across_the_company(session):
            raise _TakenBackError
        assert session.get(Ticket, foreign) is None
        with suppress(DBAPIError), session.begin_nested(), across_the_company(session):
            session.execute(text("SELECT 1 / 0"))
        assert session.get(Ticket, foreign) is None


def _tables(session: Session) -> set[str]:
    query = "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
    return {name for name in session.scalars(text(query)) if not name.startswith(tuple(OPEN | OF_NOBODY))}


def _theirs(table: str, caller: Caller) -> str:
    """The rows of a table that this test says are the caller's, of his company alone."""
    return (
        f"WITH reached AS (SELECT r.id FROM ({TICKETS[caller.role]}) AS r JOIN ticket t ON t.id = r.id"
        f" WHERE t.company_id = :company)"
        f" SELECT ctid::text FROM {table} WHERE {_of_company(table)} ({SCOPED[table]})"
    )


def _of_company(table: str) -> str:
    return "company_id = :company AND" if table in ("timeline_entry", "plan", "task", "access_log") else ""


def _rows(session: Session, query: str, caller: Caller | None = None) -> set[str]:
    return set(session.scalars(text(query), _bound(query, caller) if caller else {}))


def _bound(query: str, caller: Caller) -> dict[str, int | None]:
    ids = {
        "company": caller.company_id,
        "person": caller.person_id,
        "technicians_person": caller.person_id if caller.technician_id else 0,
        "point": None if caller.technician_id else caller.service_point_id,
        "technician": caller.technician_id,
    }
    return {name: value for name, value in ids.items() if re.search(rf":{name}\b", query)}


def _count(session: Session, table: str) -> int:
    return int(session.scalar(text(f"SELECT count(*) FROM {table}")) or 0)


def _foreign_ticket(database: Database, caller: Caller) -> int:
    """A ticket of the same company with a visit, a call and people that is not theirs."""
    query = f"""
        SELECT min(t.id) FROM ticket t JOIN contact_attempt c ON c.ticket_id = t.id
        JOIN visit v ON v.ticket_id = t.id AND v.technician_id IS NOT NULL AND v.planned_end IS NOT NULL
        WHERE t.company_id = :company AND t.id NOT IN ({TICKETS[caller.role]})
    """
    with database.reading() as session:
        (found,) = session.scalars(text(query), _bound(query, caller))
    assert found is not None
    return int(found)


class _TakenBackError(Exception):
    """Nothing of it stays."""
