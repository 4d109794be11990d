"""Jobs of a worker that is gone are taken up again, and none of them stands in another's way."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import procrastinate
import pytest
from procrastinate.periodic import PeriodicDeferrer
from sqlalchemy import text

import journey
from core.db import Database
from core.jobs import QUEUE_DEFAULT, QUEUE_SMS, QUEUE_SOLVE, defer, make_worker_app, retry_stalled_jobs
from core.settings import Settings
from tests.journeys.house import House
from worker import add_tasks, lanes_of, run_sweeps

Step = Callable[[procrastinate.App], Awaitable[Any]]


@pytest.fixture
def house(calm_house: House) -> House:
    """Nothing here needs a better plan."""
    return calm_house


def with_app(database_url: str, step: Step) -> Any:
    async def run() -> Any:
        app = make_worker_app(database_url)
        async with app.open_async():
            return await step(app)

    return asyncio.run(run())


def jobs(database: Database) -> list[tuple[Any, ...]]:
    with database.reading() as session:
        query = "SELECT args->>'bell', status::text FROM procrastinate_jobs ORDER BY id"
        return [tuple(row) for row in session.execute(text(query))]


def test_a_dead_workers_jobs_come_back_even_beside_the_same_wake_up(
    database: Database, database_url: str
) -> None:
    def ring(*bells: int) -> None:
        with database.transaction() as session:
            for bell in bells:
                defer(session, "ring", queueing_lock=f"bell-{bell}", bell=bell)

    async def die_at_work(app: procrastinate.App) -> None:
        worker = await app.job_manager.register_worker()
        for _ in range(3):
            assert await app.job_manager.fetch_job(queues=None, worker_id=worker)

    async def take_up(app: procrastinate.App) -> int:
        return await retry_stalled_jobs(app.job_manager, stalled_after_s=20)

    ring(1, 2, 3)
    with_app(database_url, die_at_work)
    ring(2)  # rows are the truth: the sweep has asked for this one again meanwhile
    assert with_app(database_url, take_up) == 0, "that worker may still be alive"
    with database.transaction() as session:
        session.execute(text("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '1 minute'"))
    assert with_app(database_url, take_up) == 3
    assert sorted(jobs(database)) == [("1", "todo"), ("2", "todo"), ("3", "todo")]
    assert with_app(database_url, take_up) == 0


def test_a_sweep_is_left_to_the_worker_that_runs_it(house: House, monkeypatch: Any) -> None:
    ran: list[str] = []

    def first(session: Any, *, now: Any) -> int:
        ran.append("first")
        ran.extend(f"other:{moved}" for moved in run_sweeps(house.worker).values() if ran.count("first") == 1)
        return 1

    monkeypatch.setattr(journey, "SWEEPS", (first,))
    assert list(run_sweeps(house.worker).values()) == [1]
    assert ran == ["first", "other:0"], "not twice at once"
    assert list(run_sweeps(house.worker).values()) == [1], "and again once that one has ended"


def test_a_sweep_that_fails_does_not_stop_the_others(house: House, monkeypatch: Any) -> None:
    def broken(session: Any, *, now: Any) -> int:
        raise RuntimeError("broken")

    def steady(session: Any, *, now: Any) -> int:
        return 3

    monkeypatch.setattr(journey, "SWEEPS", (broken, steady))
    assert list(run_sweeps(house.worker).values()) == [3]


def test_sweeps_are_due_every_other_second_of_every_minute(house: House) -> None:
    app = make_worker_app(house.settings.database_url)
    add_tasks(app, house.worker)
    deferrer = PeriodicDeferrer(registry=app.periodic_registry)
    start = house.clock().timestamp()
    for minute in range(3):
        at = start + 60 * minute + 1
        assert deferrer.get_next_tick(at) <= timedelta(seconds=2).total_seconds()


def test_texts_that_hang_have_a_queue_of_their_own() -> None:
    assert lanes_of(Settings(worker_events=3)) == {QUEUE_DEFAULT: 3, QUEUE_SMS: 4, QUEUE_SOLVE: 1}
    assert lanes_of(Settings(worker_queues=" solve , sms")) == {QUEUE_SOLVE: 1, QUEUE_SMS: 4}
