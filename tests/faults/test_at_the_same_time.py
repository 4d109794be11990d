"""Two people, two presses, a plan that comes late: one of them wins and nobody's work is lost."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier, Event, Thread

import httpx
import pytest
from sqlmodel import col, select

from core.actor import SYSTEM, Role
from core.clock import operating_day
from dispatch.models import Ticket
from dispatch.planning.plan_models import SolveRequest
from dispatch.planning.solve_requests import request_solve
from dispatch.planning.solving import SolverPool, run_solve
from scheduling.plan import Plan
from scheduling.problem import PlanningProblem
from tests.dispatch.planning.test_publishing import assert_sound
from tests.faults.days import put_zigzag
from tests.journeys.house import House
from tests.journeys.steps import file, see
from tests.journeys.test_whole_journey import CALL, company_of, open_gangnam
from workforce.queries import get_point_by_code
from workforce.staff import add_person, grant_membership

Press = Callable[[], httpx.Response]


def together(*presses: Press) -> list[httpx.Response]:
    """Everybody at the same moment."""
    ready = Barrier(len(presses))

    def wait_and_press(press: Press) -> httpx.Response:
        ready.wait(timeout=10)
        return press()

    with ThreadPoolExecutor(len(presses)) as pool:
        return list(pool.map(wait_and_press, presses))


def dispatcher_named(house: House, name: str, login: str) -> httpx.Client:
    """One more dispatcher of the company."""
    with house.database.transaction() as session:
        company_id = company_of(session).id or 0
        person = add_person(
            session,
            name=name,
            phone="010-9000-0002",
            login=login,
            password=None,
            company_id=company_id,
            by=SYSTEM,
            now=house.clock(),
        )
        grant_membership(
            session,
            person_id=person,
            company_id=company_id,
            role=Role.DISPATCHER,
            point_id=None,
            by=SYSTEM,
            now=house.clock(),
        )
    return house.api("dispatcher", user=login)


def technicians(house: House) -> list[int]:
    return [item["id"] for item in house.api("dispatcher").get("/technicians").json()["items"]]


def plan_version(house: House) -> int:
    day = operating_day(house.clock()).isoformat()
    return int(house.api("dispatcher").get(f"/plans/gangnam/{day}").json()["version"])


def test_two_dispatchers_on_one_ticket(house: House) -> None:
    open_gangnam(house)
    number = file(house)
    version = plan_version(house)
    people = {name: dispatcher_named(house, name, f"desk-{n}") for n, name in enumerate(("오배차", "남배차"))}
    wishes = dict(zip(people, technicians(house), strict=True))

    def assign(name: str) -> Press:
        body = {"technician_id": wishes[name], "reason": "가까워서", "base_version": version}
        return lambda: people[name].post(f"/tickets/{number}/assignment", json=body)

    answers = dict(zip(people, together(*(assign(name) for name in people)), strict=True))
    assert sorted(answer.status_code for answer in answers.values()) == [200, 409], answers
    winner = next(name for name, answer in answers.items() if answer.status_code == 200)
    loser = next(answer for answer in answers.values() if answer.status_code == 409)
    assert winner in loser.json()["detail"]
    assert loser.headers["content-type"] == "application/problem+json"
    ticket = see(house, number)
    assert ticket["visit"]["technician"]["id"] == wishes[winner]
    assert [entry["by"] for entry in ticket["timeline"] if entry["what"] == "VisitAssignedByHand"] == [winner]
    with house.database.reading() as session:
        assert_sound(session)


@pytest.mark.parametrize("key", ["click", None])
def test_one_press_many_times_at_once(house: House, key: str | None) -> None:
    """With its key a call that arrives four times is one ticket; each of four calls without is its own."""
    open_gangnam(house)
    agents = [house.api("agent", user="onnuri-agent") for _ in range(4)]
    headers = {"Idempotency-Key": key} if key else {}
    presses = [lambda a=agent: a.post("/tickets", json=CALL, headers=headers) for agent in agents]
    answers = together(*presses)
    assert {answer.status_code for answer in answers} == {201}
    with house.database.reading() as session:
        filed = session.exec(select(Ticket.number)).all()
    numbers = {answer.json()["number"] for answer in answers}
    assert numbers == set(filed)
    assert len(filed) == (1 if key else 4)
    if key:
        assert all(answer.json() == answers[0].json() for answer in answers)


def test_a_step_pressed_twice_at_once_happens_once(house: House) -> None:
    open_gangnam(house)
    number = file(house)
    phones = [house.api("technician") for _ in range(2)]
    headers = {"Idempotency-Key": "leave"}
    presses = [lambda p=p: p.post(f"/tickets/{number}/visit/en-route", headers=headers) for p in phones]
    answers = together(*presses)
    assert {answer.status_code for answer in answers} == {200}
    house.work()
    ticket = see(house, number)
    left = [entry for entry in ticket["timeline"] if entry["what"] == "TechnicianLeft"]
    assert ticket["status"] == "EN_ROUTE"
    assert len(left) <= 1
    told = [m for m in ticket["messages"] if m["event"] == "EN_ROUTE"]
    assert len(told) == len({m["recipient"] for m in told}) == 2


class LateSolver(SolverPool):
    """Solves in the real child; `meanwhile` happens before the result is handed over."""

    def __init__(self, inner: SolverPool, meanwhile: Callable[[], None]) -> None:
        super().__init__()
        self._inner = inner
        self._meanwhile = meanwhile

    def solve(
        self, problem: PlanningProblem, initial: dict[str, list[str]], *, seconds: float, seed: int = 1
    ) -> Plan:
        plan = self._inner.solve(problem, initial, seconds=seconds, seed=seed)
        self._meanwhile()
        return plan


def improvable_day(house: House) -> list[str]:
    """An afternoon that a solve makes better; the tickets in it."""
    now = house.clock()
    return put_zigzag(house.database, day=operating_day(now), now=now, visits=4, first=(13, 0))


def ask_solve(house: House) -> None:
    with house.database.transaction() as session:
        point = get_point_by_code(session, company_id=company_of(session).id or 0, code="gangnam")
        day = operating_day(house.clock())
        request_solve(session, point_id=point.id, day=day, now=house.clock(), urgent=True)


def test_a_decision_under_a_running_solve_survives(house: House) -> None:
    open_gangnam(house)
    numbers = improvable_day(house)
    first = see(house, numbers[0])
    other = next(who for who in technicians(house) if who != first["visit"]["technician"]["id"])
    solver = house.worker.solver
    assert solver is not None

    def decide() -> None:
        answer = house.api("dispatcher").post(
            f"/tickets/{numbers[0]}/assignment",
            json={"technician_id": other, "reason": "단골", "pin": ["technician"]},
        )
        assert answer.status_code == 200, answer.text

    ask_solve(house)
    late = LateSolver(solver, decide)
    outcome = run_solve(house.database, solver=late, clock=house.clock, seconds=0.5)
    assert outcome is not None and outcome.result == "stale"
    assert see(house, numbers[0])["visit"]["technician"]["id"] == other
    with house.database.reading() as session:
        assert_sound(session)
        wish = session.exec(select(SolveRequest)).one()
        assert wish.running_since is None and wish.not_before > house.clock(), "asked for again"

    house.clock.forward(seconds=31)
    again = run_solve(house.database, solver=solver, clock=house.clock, seconds=0.5)
    assert again is not None and again.result != "stale"
    assert see(house, numbers[0])["visit"]["technician"]["id"] == other
    with house.database.reading() as session:
        assert_sound(session)


def test_a_call_under_a_running_solve_is_planned_at_once(house: House) -> None:
    """The solve works on yesterday's truth; the new ticket does not wait for it, and is not swept away."""
    open_gangnam(house)
    numbers = improvable_day(house)
    solver = house.worker.solver
    assert solver is not None
    ask_solve(house)
    solving, filed = Event(), Event()

    def wait() -> None:
        solving.set()
        assert filed.wait(20)

    late = LateSolver(solver, wait)
    results: list[object] = []

    def solve() -> None:
        results.append(run_solve(house.database, solver=late, clock=house.clock, seconds=0.2))

    thread = Thread(target=solve)
    thread.start()
    assert solving.wait(30)
    house.worker = replace(house.worker, solver=None)
    try:
        numbers.append(file(house))
        assert see(house, numbers[-1])["status"] == "ASSIGNED"
    finally:
        filed.set()
        thread.join(30)
    assert [getattr(outcome, "result", None) for outcome in results] == ["stale"]
    assert see(house, numbers[-1])["status"] == "ASSIGNED"
    with house.database.reading() as session:
        assert_sound(session)
        statuses = session.exec(select(Ticket.status).where(col(Ticket.number).in_(numbers))).all()
        assert set(statuses) == {"ASSIGNED"}
