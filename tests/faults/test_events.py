"""A step that fails: tried again, never lost, seen by whoever looks, and in nobody's way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from sqlmodel import Session, col, select

import journey
from core.actor import SYSTEM
from core.db import Database
from core.events import MAX_TRIES, RETRY_PAUSES_S, Event, deliver
from core.faults import drop_step, retry_step
from core.models import EventHandled, StoredEvent
from dispatch.events import TicketFiled
from dispatch.models import Placement, Ticket
from tests.journeys.house import House
from tests.journeys.steps import see
from tests.journeys.test_whole_journey import CALL, open_gangnam


@pytest.fixture
def house(calm_house: House) -> House:
    """Nothing here needs a better plan."""
    return calm_house


class Flaky:
    """A handler that fails `times` times, after it has written something."""

    def __init__(self, name: str, *, times: int, only: int | None = None) -> None:
        self.__qualname__ = name
        self.left = times
        self.only = only
        self.done: list[int] = []

    def __call__(self, *, session: Session, event: Any, now: Any) -> None:
        if self.only in (None, event.ticket_id) and self.left:
            self.left -= 1
            session.get_one(Ticket, event.ticket_id).note = "half done"
            session.flush()
            raise RuntimeError("the disk is full")
        self.done.append(event.ticket_id)


def file_only(house: House) -> str:
    answer = house.api("agent").post("/tickets", json=CALL)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["number"])


def follow(monkeypatch: pytest.MonkeyPatch, event: type[Any], *handlers: Any) -> None:
    monkeypatch.setattr(journey, "JOURNEY", {**journey.JOURNEY, event: handlers})


def event_of(house: House, name: str) -> StoredEvent:
    with house.database.reading() as session:
        query = select(StoredEvent).where(col(StoredEvent.name) == name).order_by(col(StoredEvent.id))
        return session.exec(query).first() or pytest.fail(f"no {name}")


def test_a_step_that_fails_once_is_done_again_alone(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    open_gangnam(house)
    flaky, steady = Flaky("flaky", times=1), Flaky("steady", times=0)
    follow(monkeypatch, TicketFiled, steady, flaky, *journey.JOURNEY[TicketFiled])
    number = file_only(house)
    house.work(rounds=2)

    stored = event_of(house, "TicketFiled")
    assert (stored.attempts, stored.handled_at) == (1, None)
    assert "the disk is full" in (stored.last_error or "")
    assert see(house, number)["status"] == "ASSIGNED", "the handlers beside it have run"
    with house.database.reading() as session:
        assert session.exec(select(Ticket.note)).one() == CALL["note"], "half a step leaves nothing"

    house.clock.forward(seconds=RETRY_PAUSES_S[1] + 1)
    house.work()
    stored = event_of(house, "TicketFiled")
    assert stored.handled_at is not None and stored.last_error is None
    assert (len(flaky.done), len(steady.done)) == (1, 1), "what was done is not done again"


def test_a_step_that_always_fails_is_seen_and_holds_up_nobody(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_gangnam(house)
    first = file_only(house)
    with house.database.reading() as session:
        poisoned = session.exec(select(Ticket.id)).one()
    poison = Flaky("poison", times=1000, only=poisoned)
    follow(monkeypatch, TicketFiled, poison, *journey.JOURNEY[TicketFiled])
    others = [file_only(house) for _ in range(3)]
    tries = []
    for _ in range(5):
        house.work(rounds=3)
        tries.append(event_of(house, "TicketFiled").attempts)
        house.clock.forward(seconds=RETRY_PAUSES_S[-1] + 1)
    assert {see(house, number)["status"] for number in (first, *others)} == {"ASSIGNED"}
    assert tries == sorted(set(tries)), "tried again each time, with pauses"
    stored = event_of(house, "TicketFiled")
    assert stored.handled_at is None and "RuntimeError" in (stored.last_error or "")
    metrics = house.api("admin", user="onnuri-admin").get("/metrics").text
    assert "ondol_events_failing 1.0" in metrics

    poison.left = 0  # somebody has mended the cause
    house.clock.forward(seconds=RETRY_PAUSES_S[-1] + 1)
    house.work()
    assert event_of(house, "TicketFiled").handled_at is not None
    with house.database.reading() as session:
        placed = session.exec(select(Placement.ticket_id).where(col(Placement.state) == "ACCEPTED")).all()
        assert len(placed) == len(set(placed)) == 4


def test_after_many_tries_it_waits_for_a_person(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    open_gangnam(house)
    poison = Flaky("poison", times=1000)
    follow(monkeypatch, TicketFiled, poison, *journey.JOURNEY[TicketFiled])
    number = file_only(house)
    for _ in range(MAX_TRIES + 3):
        house.work(rounds=1)
        house.clock.forward(seconds=RETRY_PAUSES_S[-1] + 1)
    stored = event_of(house, "TicketFiled")
    assert (stored.attempts, 1000 - poison.left) == (MAX_TRIES, MAX_TRIES)
    assert stored.parked_at is not None and stored.handled_at is None
    metrics = house.api("admin", user="onnuri-admin").get("/metrics").text
    assert "ondol_events_parked 1.0" in metrics and "ondol_events_oldest_seconds 0.0" in metrics

    poison.left = 0  # somebody has mended the cause, and presses "다시 시도"
    with house.database.transaction() as session:
        company_id = session.get_one(StoredEvent, stored.id).payload["company_id"]
        retry_step(session, event_id=stored.id or 0, company_id=company_id, by=SYSTEM, now=house.clock())
    house.work()
    assert event_of(house, "TicketFiled").handled_at is not None
    assert see(house, number)["status"] == "ASSIGNED"
    assert "StepRetried" in [entry["what"] for entry in see(house, number)["timeline"]]


def test_what_is_laid_aside_between_two_handlers_stays_undone(house: House) -> None:
    open_gangnam(house)
    first, second = Flaky("first", times=2), Flaky("second", times=1)
    file_only(house)
    stored = event_of(house, "TicketFiled")
    key, company_id = stored.id or 0, stored.payload["company_id"]

    class Between(tuple[Any, ...]):
        """The two handlers; somebody lays the step aside while neither holds it."""

        def __iter__(self) -> Iterator[Any]:
            yield self[0]
            with house.database.transaction() as session:
                drop_step(
                    session, event_id=key, company_id=company_id, reason="x", by=SYSTEM, now=house.clock()
                )
            yield self[1]

    deliver(house.database, event_id=key, journey={TicketFiled: (first, second)}, now=house.clock())
    deliver(house.database, event_id=key, journey={TicketFiled: Between((first, second))}, now=house.clock())
    assert (first.left, second.left, second.done) == (0, 0, [])
    dropped = event_of(house, "TicketFiled")
    assert dropped.handled_at is not None and dropped.attempts == 1


class _NoRoads:
    """A preparation that breaks."""

    def before_event(self, database: Database, event: Event) -> None:
        raise OSError(f"no way for {type(event).__name__}")


def test_what_is_prepared_before_a_step_never_stands_in_its_way(house: House) -> None:
    open_gangnam(house)
    house.worker = replace(house.worker, roads=_NoRoads())  # type: ignore[arg-type]
    number = file_only(house)
    house.work(rounds=2)
    assert see(house, number)["status"] == "ASSIGNED"
    assert event_of(house, "TicketFiled").attempts == 0


def test_an_event_that_nobody_can_read_is_seen(house: House) -> None:
    """A worker of an older version meets a newer one's event: it stays, with the reason."""
    open_gangnam(house)
    with house.database.transaction() as session:
        for name, payload in (("FromTomorrow", {"at": house.clock().isoformat()}), ("TicketFiled", {})):
            session.add(StoredEvent(name=name, payload=payload, at=house.clock(), next_try_at=house.clock()))
    number = file_only(house)
    house.work(rounds=3)
    assert see(house, number)["status"] == "ASSIGNED"
    with house.database.reading() as session:
        unreadable = session.exec(select(StoredEvent).where(col(StoredEvent.handled_at).is_(None))).all()
        assert {event.name for event in unreadable} == {"FromTomorrow", "TicketFiled"}
        assert all(event.attempts and "unreadable" in (event.last_error or "") for event in unreadable)
        assert session.exec(select(EventHandled.handler)).all()
