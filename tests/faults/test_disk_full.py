"""PostgreSQL's disk is full: it is said so, nothing is half saved, and work goes on once there is room."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import text

from core.db import Database
from tests.journeys.house import House
from tests.journeys.steps import see
from tests.journeys.test_whole_journey import CALL, open_gangnam

FULL = """
CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100'; END $$;
CREATE TRIGGER no_room BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION no_room()
"""


@pytest.fixture
def house(calm_house: House) -> House:
    """Nothing here needs a better plan."""
    return calm_house


@contextmanager
def full_disk(database: Database, table: str) -> Iterator[None]:
    """As PostgreSQL answers when a table's file cannot grow."""
    with database.transaction() as session:
        session.execute(text(FULL.format(table=table)))
    try:
        yield
    finally:
        with database.transaction() as session:
            session.execute(text("DROP FUNCTION no_room CASCADE"))


def test_a_call_is_refused_whole_and_taken_once_there_is_room(house: House) -> None:
    open_gangnam(house)
    agent = house.api("agent")
    key = {"Idempotency-Key": "one-call"}
    with full_disk(house.database, "timeline_entry"):
        refused = agent.post("/tickets", json=CALL, headers=key)
        assert refused.status_code == 503
        assert "저장 공간이 가득 찼습니다" in refused.json()["detail"]
        assert refused.headers["Retry-After"]
        assert agent.get("/tickets").json()["items"] == [], "reading goes on, and nothing is half there"
    assert agent.post("/tickets", json=CALL, headers=key).status_code == 201


def test_the_worker_tries_again_when_there_is_room(house: House) -> None:
    open_gangnam(house)
    number = house.api("agent").post("/tickets", json=CALL).json()["number"]
    with full_disk(house.database, "placement"):
        house.work(rounds=2)
        assert see(house, number)["status"] == "RECEIVED"
        metrics = house.api("admin", user="onnuri-admin").get("/metrics").text
        assert "ondol_events_failing 1.0" in metrics, "an operator sees it"
    house.clock.forward(minutes=1)
    house.work()
    assert see(house, number)["status"] == "ASSIGNED"
