"""What is done last: once, in order, and not at all when the transaction fails."""

from __future__ import annotations

import pytest
from sqlmodel import Session

from core.db import Database
from core.last_acts import at_the_end


def test_acts_come_last_in_the_order_of_their_keys_and_once_each(database: Database) -> None:
    done: list[str] = []

    def note(word: str, session: Session) -> None:
        done.append(word)

    with database.transaction() as session:
        at_the_end(session, ("b",), lambda session: note("b", session))
        at_the_end(session, ("a", 2), lambda session: note("a2", session))
        at_the_end(session, ("a", 1), lambda session: note("earlier", session))
        at_the_end(session, ("a", 1), lambda session: note("a1", session))
        assert done == []
    assert done == ["a1", "a2", "b"]


def test_what_an_act_asks_for_comes_after_it(database: Database) -> None:
    done: list[str] = []
    with database.transaction() as session:
        at_the_end(session, ("z",), lambda s: at_the_end(s, ("a",), lambda _: done.append("a")))
    assert done == ["a"]


def test_a_savepoint_that_is_taken_back_takes_nothing_with_it(database: Database) -> None:
    done: list[str] = []
    with database.transaction() as session:
        at_the_end(session, ("a",), lambda _: done.append("a"))
        session.begin_nested().rollback()
    assert done == ["a"]


def test_nothing_is_left_of_a_transaction_that_failed(database: Database) -> None:
    done: list[str] = []

    def fail() -> None:
        with database.transaction() as session:
            at_the_end(session, ("a",), lambda _: done.append("a"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert done == []
