"""One row that cannot be moved never keeps the rows behind it waiting."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import text
from sqlmodel import Session

from core.db import Database
from core.sweeping import EachAlone, take_each


def test_a_step_that_fails_leaves_nothing_and_the_others_go_on(session: Session) -> None:
    session.execute(text("CREATE TEMPORARY TABLE moved (id int PRIMARY KEY)"))

    def step(number: int) -> int:
        session.execute(text("INSERT INTO moved VALUES (:n)"), {"n": number})
        if number == 2:
            raise ValueError("poison")
        if number == 3:
            session.execute(text("INSERT INTO moved VALUES (1)"))  # the database refuses it
        return 1

    assert take_each(session, [1, 2, 3, 4], step, sweep="test") == 2
    assert list(session.execute(text("SELECT id FROM moved ORDER BY id")).scalars()) == [1, 4]


def test_each_step_alone_is_committed_before_the_next_one_begins(database: Database, now: datetime) -> None:
    with database.transaction() as session:
        session.execute(text("CREATE TABLE swept (id int PRIMARY KEY)"))
    seen = []

    def step(session: Session, number: int, *, now: datetime) -> int:
        with database.reading() as other:
            seen.append(list(other.execute(text("SELECT id FROM swept ORDER BY id")).scalars()))
        session.execute(text("INSERT INTO swept VALUES (:n)"), {"n": number})
        if number == 2:
            raise ValueError("poison")
        return 1

    sweep = EachAlone("test", lambda session, *, now: [1, 2, 3], step)
    assert sweep.take(database, [1, 2, 3], now=now) == 2
    assert seen == [[], [1], [1]]
