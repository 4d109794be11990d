"""PostgreSQL keeps the demo's two makers apart, table by table, whatever a query asks for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError
from sqlmodel import Session, select

from core.db import Database
from core.wall import Caller, work_for
from customers.search import search_households
from workforce.models import Company

OPEN = {
    "alembic_version": "the revision alone",
    "procrastinate_": "wake-ups: ids of rows, and nobody's words",
}
"""Tables outside the wall, and why."""
OF_BOTH = {
    "company": "names, colours and numbers that stand on every boiler",
    "dated_setting": "the national rows",
    "holiday": "the national rows",
    "self_fix_card": "the national rows",
    **dict.fromkeys(
        ("person", "account", "technician", "qualification", "absence", "booking", "shift"),
        "who works for two makers has one day",
    ),
}
OF_NOBODY = {
    **dict.fromkeys(("sign_in_try", "pending_log_in", "provider_try"), "asked before anybody is known"),
    "operating_fact": "of the whole installation",
    "road_time": "rounded places and seconds: nobody's name, no company's row",
}


@contextmanager
def behind_the_wall(database: Database, company_id: int | None) -> Iterator[Session]:
    """What a request of this company's people reads."""
    work_for(None if company_id is None else Caller(company_id, person_id=0))
    try:
        with database.walled().reading() as session:
            yield session
    finally:
        work_for(None)


def _tables(session: Session) -> list[str]:
    query = "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
    return [name for name in session.scalars(text(query)) if not name.startswith(tuple(OPEN | OF_NOBODY))]


def _rows(session: Session, tables: list[str]) -> dict[str, set[str]]:
    return {name: set(session.scalars(text(f"SELECT ctid::text FROM {name}"))) for name in tables}


@pytest.fixture
def companies(seeded: Database) -> dict[str, int]:
    """The two makers' ids by code."""
    with seeded.reading() as session:
        return {row.code: row.id or 0 for row in session.exec(select(Company))}


def test_every_row_is_one_makers_and_nobodys_else(seeded: Database, companies: dict[str, int]) -> None:
    with seeded.reading() as session:
        tables = _tables(session)
        every = _rows(session, tables)
    seen = {}
    for code, company_id in companies.items():
        with behind_the_wall(seeded, company_id) as session:
            seen[code] = _rows(session, tables)
    for name in tables:
        ones, others = seen["onnuri"][name], seen["haedam"][name]
        if name not in OF_BOTH:
            assert not ones & others, name
        assert ones | others == every[name], name
    assert len(every["ticket"]) > 100 and len(every["notice"]) > 100
    with behind_the_wall(seeded, None) as session:
        left = {name for name, rows in _rows(session, tables).items() if rows}
    assert left <= OF_BOTH.keys() - {"person", "account", "technician", "shift", "booking"}


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ticket SET note = 'x' WHERE company_id = :other",
        "DELETE FROM contact WHERE company_id = :other",
        "UPDATE company SET name = 'x' WHERE id = :other",
        "DELETE FROM dated_setting WHERE company_id IS NULL",
        "UPDATE visit SET note = 'x' WHERE company_id = :other",
    ],
)
def test_anothers_rows_cannot_be_changed(seeded: Database, companies: dict[str, int], statement: str) -> None:
    bound = {"other": companies["haedam"]} if ":other" in statement else {}
    touched = None
    work_for(Caller(companies["onnuri"], person_id=0))
    with suppress(_TakenBackError), seeded.walled().transaction() as session:
        touched = session.execute(text(statement), bound).rowcount  # type: ignore[attr-defined]
        raise _TakenBackError
    work_for(None)
    assert touched == 0


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ticket SET company_id = :other WHERE company_id = :own",
        "INSERT INTO holiday (company_id, day, name, is_holiday, entered_at) "
        "VALUES (:other, '2026-12-24', 'x', true, now())",
        "INSERT INTO holiday (day, name, is_holiday, entered_at) VALUES ('2026-12-24', 'x', true, now())",
        "DELETE FROM timeline_entry",
        "UPDATE access_log SET reason = ''",
        "SELECT * FROM sign_in_try",
        "UPDATE alembic_version SET version_num = '0001'",
    ],
)
def test_what_the_web_may_not_do_at_all_is_refused(
    seeded: Database, companies: dict[str, int], statement: str
) -> None:
    work_for(Caller(companies["onnuri"], person_id=0))
    bound = {"own": companies["onnuri"], "other": companies["haedam"]}
    bound = {name: value for name, value in bound.items() if f":{name}" in statement}
    with pytest.raises(ProgrammingError), seeded.walled().transaction() as session:
        session.execute(text(statement), bound)
    work_for(None)


def test_a_search_behind_the_wall_asks_the_indexes(seeded: Database, companies: dict[str, int]) -> None:
    """Row-level security keeps an index from being asked with what might leak: each search avoids that."""
    asked: set[str] = set()
    for query in ("김영", "1234", "010-1234-5678"):
        with behind_the_wall(seeded, companies["onnuri"]) as session:
            session.execute(text("SET LOCAL enable_seqscan = off"))
            search_households(session, company_id=companies["onnuri"], query=query)
            asked |= set(session.scalars(text(_ASKED)))
    assert {"ix_contact_name", "ix_contact_phone", "ix_contact_phone_tail"} <= asked


_ASKED = "SELECT relname FROM pg_class WHERE pg_stat_get_xact_numscans(oid) > 0 AND relkind = 'i'"


class _TakenBackError(Exception):
    """Nothing of it stays."""
