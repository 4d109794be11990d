"""`kill -9` of the worker: in a solve, and with texts on their way to the provider."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import psutil
from sqlmodel import select

from core import clock
from core.clock import operating_day
from dispatch.planning.plan_models import Booking
from dispatch.planning.solve_requests import request_solve
from tests.core.processes import is_alive
from tests.dispatch.planning.test_publishing import assert_sound
from tests.faults.days import put_zigzag
from tests.faults.installation import Installation, Program, open_point, wait_until
from tests.journeys.test_whole_journey import CALL
from workforce.models import ServicePoint


def bookings(installation: Installation) -> dict[int, tuple[object, ...]]:
    with installation.house.database.reading() as session:
        assert_sound(session)
        rows = session.exec(select(Booking)).all()
        return {row.visit_id: (row.technician_id, row.start_at, row.end_at) for row in rows}


def solving_child(worker: Program) -> psutil.Process | None:
    """The child that is at work, once it has spent some time on it."""
    busy = [child for child in worker.below() if child.cpu_times().user > 0.3]
    return busy[0] if busy else None


def test_killed_in_a_solve(installation: Installation) -> None:
    open_point(installation)
    now = clock.now()
    tomorrow = operating_day(now) + timedelta(days=1)
    put_zigzag(installation.house.database, day=tomorrow, now=now, visits=7)
    with installation.house.database.transaction() as session:
        point_id = session.exec(select(ServicePoint.id)).one() or 0
        request_solve(session, point_id=point_id, day=tomorrow, now=now, urgent=True)
    before = bookings(installation)
    worker = installation.start_worker(SOLVE_SECONDS="5")
    claimed = "SELECT 1 FROM solve_request WHERE running_since IS NOT NULL"
    wait_until(lambda: installation.ask(claimed), else_say=worker.said)
    wait_until(lambda: solving_child(worker), else_say=worker.said)
    below = {child.pid: child.cmdline() for child in worker.below()}
    worker.kill()

    def survivors() -> list[list[str]]:
        return [command for pid, command in below.items() if is_alive(pid)]

    wait_until(lambda: not survivors(), within_s=10, else_say=survivors)
    assert bookings(installation) == before
    assert installation.ask(claimed), "the wish is still there"
    abandoned = installation.ask("SELECT id FROM procrastinate_jobs WHERE status = 'doing'")
    assert abandoned, "the worker died at work"

    installation.change("UPDATE solve_request SET running_since = running_since - interval '61 seconds'")
    second = installation.start_worker(SOLVE_SECONDS="1")
    solved = "SELECT 1 FROM point_day WHERE last_solved_at IS NOT NULL AND version > 0"
    wait_until(lambda: installation.ask(solved), else_say=second.said)
    after = bookings(installation)
    assert after.keys() == before.keys()
    assert after != before, "the day became better"
    assert not installation.ask("SELECT 1 FROM solve_request WHERE running_since IS NOT NULL")
    left = f"SELECT 1 FROM procrastinate_jobs WHERE status = 'doing' AND id = {abandoned[0][0]}"
    wait_until(lambda: not installation.ask(left), else_say=second.said)
    assert second.stop() == 0


def test_killed_with_texts_on_their_way(installation: Installation) -> None:
    open_point(installation)
    house = installation.house
    installation.start_web()
    worker = installation.start_worker()
    agent, dispatcher = house.api("agent"), house.api("dispatcher")
    numbers = [agent.post("/tickets", json=CALL).json()["number"] for _ in range(2)]

    def messages_of(number: str) -> dict[tuple[str, str], str]:
        messages = dispatcher.get(f"/tickets/{number}").json()["messages"]
        return {(m["event"], m["recipient"]): m["state"] for m in messages}

    unsettled = "SELECT event, recipient, state, problem FROM notice WHERE state <> 'delivered'"
    assigned = "SELECT 1 FROM notice WHERE event = 'JOB_ASSIGNED' AND state = 'delivered'"
    to_do = "SELECT 1 FROM procrastinate_jobs WHERE task_name IN ('deliver_event', 'send_notice')"
    wait_until(
        lambda: (
            len(installation.ask(assigned)) >= 2
            and not installation.ask(to_do)
            and not installation.ask(unsettled)
        ),
        else_say=worker.said,
    )
    on_the_way = "SELECT id FROM notice WHERE sending_since IS NOT NULL AND event = 'VISIT_SCHEDULED'"
    # Every answer is late: of one ticket's texts the provider keeps a copy, the other's are lost.
    for number, fault in zip(numbers, ({"stored": True}, {"status": 503, "stored": False}), strict=True):
        # Reports wait, too: one of a kept text would settle it before its sender is killed.
        house.control_provider(next_faults=[{"stall_s": 30, **fault}] * 2, delay_s=None)
        slot = dispatcher.get("/slots", params={"ticket": number}).json()[0]
        agreed = {
            "outcome": "CONNECTED",
            "with": "resident",
            "window": {k: slot[k] for k in ("start", "end")},
        }
        answer = dispatcher.post(f"/tickets/{number}/contact-attempts", json=agreed)
        assert answer.status_code == 201, answer.text
        wait_until(lambda: len(installation.ask(on_the_way)) == 2, else_say=worker.said)
        worker.kill()
        assert len(installation.ask(on_the_way)) == 2
        house.control_provider(next_faults=[], delay_s=0)
        house.flush_reports()
        installation.change(
            "UPDATE notice SET sending_since = sending_since - interval '40 seconds',"
            " next_try_at = next_try_at - interval '40 seconds' WHERE sending_since IS NOT NULL"
        )
        worker = installation.start_worker()
        wait_until(lambda: not installation.ask(unsettled), else_say=lambda: installation.ask(unsettled))
    told = Counter((text["to"], text["text"]) for text in house.texts())
    assert set(told.values()) == {1}, told
    assert len(told) == installation.ask("SELECT count(*) FROM notice")[0][0]
    for number in numbers:
        scheduled = {
            who: state for (event, who), state in messages_of(number).items() if event == "VISIT_SCHEDULED"
        }
        assert scheduled == {"resident": "delivered", "requester": "delivered"}
