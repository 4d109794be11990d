"""What a transaction remembers, and when it must not."""

from __future__ import annotations

from datetime import datetime, timedelta

import psycopg
from sqlalchemy import event
from sqlmodel import Session

from core import live
from core.actor import SYSTEM
from core.dated import read_calendar, read_rules, set_rule
from core.db import Database, libpq_url
from tests import world


def test_rules_are_read_once_and_again_after_they_changed(session: Session, now: datetime) -> None:
    company = world.make_company(session, now=now).id or 0
    asked: list[str] = []

    def listen(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        asked.append(statement)

    event.listen(session.get_bind(), "before_cursor_execute", listen)
    before = read_rules(session, company_id=company, at=now)
    assert read_rules(session, company_id=company, at=now) is before
    assert read_calendar(session, company_id=company) is read_calendar(session, company_id=company)
    event.remove(session.get_bind(), "before_cursor_execute", listen)
    assert len([statement for statement in asked if "dated_setting" in statement]) == 1
    set_rule(
        session,
        company_id=company,
        key="link_days",
        value=before.link_days + 1,
        valid_from=now - timedelta(days=1),
        source="test",
        by=SYSTEM,
        now=now,
    )
    session.flush()
    assert read_rules(session, company_id=company, at=now).link_days == before.link_days + 1


def test_what_was_rolled_back_is_not_remembered(database: Database, now: datetime) -> None:
    with database.transaction() as session:
        company = world.make_company(session, now=now).id or 0
        nested = session.begin_nested()
        set_rule(
            session,
            company_id=company,
            key="link_days",
            value=99,
            valid_from=now - timedelta(days=1),
            source="test",
            by=SYSTEM,
            now=now,
        )
        session.flush()
        assert read_rules(session, company_id=company, at=now).link_days == 99
        nested.rollback()
        assert read_rules(session, company_id=company, at=now).link_days != 99


def test_announcements_are_heard_once_each_when_the_change_is_there(
    database: Database, database_url: str
) -> None:
    with psycopg.connect(libpq_url(database_url), autocommit=True) as listening:
        listening.execute(f"LISTEN {live.CHANNEL}")
        with database.transaction() as session:
            live.announce(session, company_id=1, topic="ticket", number="lost")
            session.rollback()
        with database.transaction() as session:
            live.announce(session, company_id=1, topic="ticket", number="A")
            with session.begin_nested():
                live.announce(session, company_id=1, topic="ticket", number="A")
                live.announce(session, company_id=1, topic="plan", number="B")
            assert not list(listening.notifies(timeout=0))
        heard = [said.payload for said in listening.notifies(timeout=5, stop_after=2)]
    assert heard == [
        '{"company":1,"topic":"ticket","number":"A"}',
        '{"company":1,"topic":"plan","number":"B"}',
    ]
