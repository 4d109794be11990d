"""One row that cannot be moved never keeps the rows behind it waiting."""

from __future__ import annotations

from sqlalchemy import text
from sqlmodel import Session

from core.sweeping import take_each


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
