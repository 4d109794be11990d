"""Wake-ups are part of the caller's transaction and never end it."""

from __future__ import annotations

from sqlalchemy import text

from core.db import Database
from core.jobs import defer


def test_a_second_asking_is_dropped_and_the_callers_change_stays(database: Database) -> None:
    with database.transaction() as session:
        assert defer(session, "ring", queueing_lock="bell-1", bell=1)
    with database.transaction() as session:
        session.execute(text("CREATE TABLE kept (id int)"))
        assert not defer(session, "ring", queueing_lock="bell-1", bell=1)
        assert defer(session, "ring", queueing_lock="bell-2", bell=2)
    with database.reading() as session:
        assert session.execute(text("SELECT count(*) FROM kept")).scalar_one() == 0
        jobs = session.execute(text("SELECT args FROM procrastinate_jobs ORDER BY id")).scalars().all()
    assert jobs == [{"bell": 1}, {"bell": 2}]
