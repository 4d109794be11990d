"""Solves behind the scenes: asked for, claimed once, never worse, never over a newer plan, safe to kill."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from itertools import pairwise

import pytest
from sqlmodel import Session, col, select

from core.clock import kst, operating_day
from core.db import Database
from dispatch import assignment
from dispatch.models import Ticket, Visit
from dispatch.planning import proposals
from dispatch.planning.plan_models import Booking, Plan, SolveRequest
from dispatch.planning.plan_queries import plan_of
from dispatch.planning.slots import rank_slots
from dispatch.planning.solve_requests import finish_claim
from dispatch.planning.solving import (
    SolverPool,
    ask_for_waiting,
    claim_due,
    defer_due_solves,
    request_solve,
    run_solve,
)
from dispatch.states import OPEN_VISIT_STATES
from dispatch.unplanned import why_unplanned
from scheduling.plan import Plan as SolvedPlan
from scheduling.planner import solve
from scheduling.problem import PlanningProblem
from tests import world
from tests.dispatch.plan_world import DISPATCHER, Shop, agree, book, plan, version_of, visit_of
from tests.dispatch.planning.test_publishing import assert_sound
from workforce.models import Absence, Qualification, Shift, Technician

SECONDS = 0.4


class InlineSolver(SolverPool):
    """Solves in this process, so that a test sees inside; `meanwhile` runs while it solves."""

    def __init__(self, meanwhile: Callable[[], None] | None = None) -> None:
        super().__init__()
        self.meanwhile = meanwhile
        self.solved = 0

    def solve(
        self, problem: PlanningProblem, initial: dict[str, list[str]], *, seconds: float, seed: int = 1
    ) -> SolvedPlan:
        self.solved += 1
        if self.meanwhile is not None:
            self.meanwhile()
        return solve(problem, seconds=seconds, seed=seed, initial=initial, iterations=200)

    @contextmanager
    def reserved(self) -> Iterator[bool]:
        yield True


def ask(database: Database, shop: Shop, now: datetime, **fields: object) -> None:
    with database.transaction() as session:
        request_solve(
            session,
            point_id=shop.point.id or 0,
            day=operating_day(now),
            now=now,
            **fields,  # type: ignore[arg-type]
        )


def zigzag(session: Session, shop: Shop, who: int, now: datetime, kms: tuple[float, ...]) -> list[Visit]:
    """A route that runs up and down the road, published as it is."""
    technician = session.get_one(Technician, who)
    visits = []
    for k, km in enumerate(kms):
        visit = world.make_visit(
            session,
            ticket=shop.ticket(km, status="ASSIGNED", priority=3),
            point=shop.point,
            technician=technician,
            start=kst(operating_day(now), 12) + timedelta(minutes=65 * k),
            duration_s=1500,
        )
        book(session, visit)
        visits.append(visit)
    return visits


@pytest.fixture
def road(database: Database, now: datetime) -> tuple[Shop, list[Visit]]:
    """One technician whose day runs 1, 9, 2, 8, 3 km from his home."""
    with database.transaction() as session:
        shop = Shop(session)
        who = shop.technician()
        visits = zigzag(session, shop, who, now, (1, 9, 2, 8, 3))
    return shop, visits


class TestClaims:
    """One at a time a point, urgent first, and nothing is lost with a worker."""

    def test_urgent_first_and_one_a_point(self, database: Database, now: datetime) -> None:
        with database.transaction() as session:
            calm, busy = Shop(session), Shop(session, code="haedam")
            for shop, day, urgent in ((calm, 0, False), (busy, 0, False), (busy, 1, True)):
                request_solve(
                    session,
                    point_id=shop.point.id or 0,
                    day=operating_day(now) + timedelta(days=day),
                    now=now,
                    urgent=urgent,
                )
        with database.transaction() as session, database.transaction() as second:
            first = claim_due(session, now=now)
            other = claim_due(second, now=now)
            assert first is not None and first.point_id == busy.point.id
            assert other is not None and other.point_id == calm.point.id, "the busy point is being solved"
            with database.transaction() as third:
                assert claim_due(third, now=now) is None

    def test_a_claim_of_a_dead_worker_is_taken_again(self, database: Database, now: datetime) -> None:
        with database.transaction() as session:
            shop = Shop(session)
        ask(database, shop, now)
        for at, taken in ((0, True), (59, False), (61, True)):
            with database.transaction() as session:
                claim = claim_due(session, now=now + timedelta(seconds=at))
            assert (claim is not None) is taken

    def test_thirty_seconds_between_two_solves_of_a_point(self, database: Database, now: datetime) -> None:
        with database.transaction() as session:
            shop = Shop(session)
        ask(database, shop, now)
        with database.transaction() as session:
            claim = claim_due(session, now=now)
            assert claim is not None
            finish_claim(session, claim=claim, now=now, again=False)
        with database.transaction() as session:
            assert session.exec(select(SolveRequest)).all() == []
        ask(database, shop, now, urgent=True)
        for at, taken in ((29, False), (30, True)):
            with database.transaction() as session:
                assert (claim_due(session, now=now + timedelta(seconds=at)) is not None) is taken
                session.rollback()

    def test_what_is_asked_during_a_solve_is_not_forgotten(self, database: Database, now: datetime) -> None:
        with database.transaction() as session:
            shop = Shop(session)
        ask(database, shop, now)
        with database.transaction() as session:
            claim = claim_due(session, now=now)
        assert claim is not None
        ask(database, shop, now + timedelta(seconds=2))
        with database.transaction() as session:
            finish_claim(session, claim=claim, now=now + timedelta(seconds=5), again=False)
        with database.transaction() as session:
            wish = session.exec(select(SolveRequest)).one()
            assert wish.running_since is None and wish.not_before == now + timedelta(seconds=35)

    def test_the_sweep_wakes_the_worker_for_due_wishes_only(self, database: Database, now: datetime) -> None:
        with database.transaction() as session:
            shop = Shop(session)
            request_solve(session, point_id=shop.point.id or 0, day=operating_day(now), now=now, delay_s=30)
        with database.transaction() as session:
            assert defer_due_solves(session, now=now + timedelta(seconds=29)) == 0
            assert defer_due_solves(session, now=now + timedelta(seconds=30)) == 1

    def test_whoever_wishes_for_several_days_waits_in_no_circle(
        self, database: Database, now: datetime
    ) -> None:
        with database.transaction() as session:
            point_id = Shop(session).point.id or 0
        days = [operating_day(now) + timedelta(days=k) for k in range(4)]

        def wish(order: list[date]) -> None:
            for _ in range(15):
                with database.transaction() as session:
                    for day in order:
                        request_solve(session, point_id=point_id, day=day, now=now)

        with ThreadPoolExecutor(2) as both:
            list(both.map(wish, (days, days[::-1])))
        with database.transaction() as session:
            assert len(session.exec(select(SolveRequest)).all()) == len(days)


def test_who_was_left_behind_is_looked_at_again(database: Database, now: datetime) -> None:
    """Nobody came yesterday and nothing was said: the sweep asks, and today has room."""
    with database.transaction() as session:
        shop = Shop(session)
        technician = session.get_one(Technician, shop.technician())
        ticket = shop.ticket(status="ASSIGNED", received_at=now - timedelta(days=1))
        world.make_visit(
            session, ticket=ticket, point=shop.point, technician=technician, start=now - timedelta(days=1)
        )
        ticket_id = ticket.id
    with database.transaction() as session:
        assert ask_for_waiting(session, now=now) == 1
    with database.transaction() as session:
        assert ask_for_waiting(session, now=now) == 0, "asked for already"
    outcome = run_solve(database, solver=InlineSolver(), clock=lambda: now, seconds=SECONDS)
    assert outcome is not None and outcome.result == "published"
    with database.transaction() as session:
        visit = visit_of(session, session.get_one(Ticket, ticket_id))
        assert visit.planned_start is not None and visit.planned_start > now
        assert ask_for_waiting(session, now=now) == 0


def test_a_solve_makes_the_day_better(
    database: Database, road: tuple[Shop, list[Visit]], now: datetime
) -> None:
    shop, _visits = road
    ask(database, shop, now)

    outcome = run_solve(database, solver=InlineSolver(), clock=lambda: now, seconds=SECONDS)

    assert outcome is not None and outcome.result == "published"
    assert outcome.cost is not None and outcome.baseline_cost is not None
    assert outcome.cost < outcome.baseline_cost
    with database.transaction() as session:
        view = plan_of(session, point_id=shop.point.id or 0, day=operating_day(now))
        assert view.version == 1 and view.origin == "solve"
        assert len(view.routes[0].stops) == 5 and view.unplanned == ()
        assert_sound(session)
        assert session.exec(select(SolveRequest)).all() == []


def test_nothing_due_is_nothing_done(database: Database, now: datetime) -> None:
    solver = InlineSolver()
    assert run_solve(database, solver=solver, clock=lambda: now, seconds=SECONDS) is None
    assert solver.solved == 0


def test_what_cannot_be_bettered_is_left_alone(database: Database, now: datetime) -> None:
    with database.transaction() as session:
        shop = Shop(session)
        shop.technician()
        plan(session, shop.ticket(), now)
    ask(database, shop, now)
    outcome = run_solve(
        database, solver=InlineSolver(), clock=lambda: now + timedelta(seconds=31), seconds=SECONDS
    )
    assert outcome is not None and outcome.result == "kept"
    with database.transaction() as session:
        assert version_of(session) == 1


def test_a_plan_that_comes_late_is_thrown_away(
    database: Database, road: tuple[Shop, list[Visit]], now: datetime
) -> None:
    """A ticket is inserted while the child solves: the newer plan stays, and the day is solved again."""
    shop, _visits = road
    ask(database, shop, now)
    with database.transaction() as session:
        late = _ticket(session, shop)

    def insert() -> None:
        with database.transaction() as session:
            plan(session, session.get_one(Ticket, late), now)

    outcome = run_solve(database, solver=InlineSolver(insert), clock=lambda: now, seconds=SECONDS)

    assert outcome is not None and outcome.result == "stale"
    with database.transaction() as session:
        view = plan_of(session, point_id=shop.point.id or 0, day=operating_day(now))
        assert (view.version, view.origin) == (1, "insertion")
        assert session.exec(select(SolveRequest)).one().running_since is None
        assert_sound(session)


def _ticket(session: Session, shop: Shop, km: float = 5, **fields: object) -> int:
    shop.session = session
    return shop.ticket(km, **fields).id or 0


def test_a_promise_survives_every_solve(
    database: Database, road: tuple[Shop, list[Visit]], now: datetime
) -> None:
    shop, visits = road
    with database.transaction() as session:
        promised = session.get_one(Visit, visits[1].id)
        assert promised.planned_start is not None
        start = promised.planned_start - timedelta(minutes=10)
        promised.window_start, promised.window_end = start, start + timedelta(minutes=20)
        promised.state = "agreed"
        session.add(promised)
        window = (promised.window_start, promised.window_end)
    ask(database, shop, now)
    outcome = run_solve(database, solver=InlineSolver(), clock=lambda: now, seconds=SECONDS)
    assert outcome is not None and outcome.result == "published"
    with database.transaction() as session:
        kept = session.get_one(Visit, visits[1].id)
        assert kept.planned_start is not None and window[0] <= kept.planned_start <= window[1]


def test_waiting_tickets_get_a_place_today_or_on_the_next_days(database: Database, now: datetime) -> None:
    """Each job is planned once or explained."""
    with database.transaction() as session:
        shop = Shop(session)
        shop.technician(hours=(9, 14))
        shop.technician(name="무자격", qualifications=(), days=())
        tickets = [shop.ticket(1 + k, priority=3) for k in range(14)]
        visits = [world.make_visit(session, ticket=t, point=shop.point) for t in tickets]
        hard = world.make_visit(session, ticket=shop.ticket(2), point=shop.point, skills=["COMMERCIAL"])
    ask(database, shop, now, urgent=True)

    outcome = run_solve(database, solver=InlineSolver(), clock=lambda: now, seconds=SECONDS)

    assert outcome is not None and outcome.result == "published"
    with database.transaction() as session:
        planned = {v.id: v.planned_start for v in session.exec(select(Visit)).all() if v.planned_start}
        today = plan_of(session, point_id=shop.point.id or 0, day=operating_day(now))
        explained = {left.ticket_id for left in today.unplanned}
        assert hard.ticket_id in explained and hard.id not in planned
        assert all(reason["text"] for left in today.unplanned for reason in left.reasons)
        for visit in visits:
            assert (visit.id in planned) != (visit.ticket_id in explained)
        days = {operating_day(start) for start in planned.values()}
        assert operating_day(now) in days and len(days) == 3, "what today cannot hold goes on"
        assert {t.status for t in session.exec(select(Ticket)).all()} == {"ASSIGNED", "UNASSIGNED"}
        assert_sound(session)


class TestWhoDecides:
    """Automatic plans keep clear of promises; what touches them waits for a named person."""

    @pytest.fixture
    def gone(self, database: Database, now: datetime) -> tuple[Shop, int, int]:
        """A technician falls ill who has spoken with a family; another one could go."""
        with database.transaction() as session:
            shop = Shop(session)
            who = shop.technician(name="아픈")
            (visit,) = zigzag(session, shop, who, now, (2,))
            session.get_one(Ticket, visit.ticket_id).status = "CONTACTED"
            other = shop.technician(name="건강한")
            world.add(
                session,
                Absence(technician_id=who, start_at=now, end_at=now + timedelta(days=3), reason="병가"),
            )
        ask(database, shop, now)
        outcome = run_solve(database, solver=InlineSolver(), clock=lambda: now, seconds=SECONDS)
        assert outcome is not None and outcome.result == "proposed"
        return shop, visit.id or 0, other

    def test_the_proposal_says_what_would_change(
        self, database: Database, gone: tuple[Shop, int, int]
    ) -> None:
        shop, visit_id, other = gone
        with database.transaction() as session:
            (proposal,) = proposals.list_proposals(session, company_id=shop.company.id or 0)
            (change,) = proposal.changes
            assert (change["visit_id"], change["to"]["technician_id"]) == (visit_id, other)
            assert "아픈 기사 → " in change["text"] and "건강한 기사" in change["text"]
            assert "통화한 기사" in proposal.reasons[0]
            assert session.get_one(Visit, visit_id).technician_id != other, "nothing has moved yet"

    def test_accepted_it_is_the_plan(
        self, database: Database, gone: tuple[Shop, int, int], now: datetime
    ) -> None:
        shop, visit_id, other = gone
        with database.transaction() as session:
            (proposal,) = proposals.list_proposals(session, company_id=shop.company.id or 0)
            proposals.accept_proposal(
                session, plan_id=proposal.id, company_id=shop.company.id or 0, by=DISPATCHER, now=now
            )
        with database.transaction() as session:
            visit = session.get_one(Visit, visit_id)
            assert visit.technician_id == other and visit.told_technician_id == other
            assert session.get_one(Plan, proposal.id).decided_by == DISPATCHER.name
            assert_sound(session)
        with database.transaction() as session, pytest.raises(proposals.ProposalClosedError):
            proposals.accept_proposal(
                session, plan_id=proposal.id, company_id=shop.company.id or 0, by=DISPATCHER, now=now
            )

    def test_overtaken_it_cannot_be_accepted(
        self, database: Database, gone: tuple[Shop, int, int], now: datetime
    ) -> None:
        shop, _visit_id, _other = gone
        with database.transaction() as session:
            (proposal,) = proposals.list_proposals(session, company_id=shop.company.id or 0)
            plan(session, session.get_one(Ticket, _ticket(session, shop)), now)
        with database.transaction() as session, pytest.raises(proposals.ProposalOutdatedError):
            proposals.accept_proposal(
                session, plan_id=proposal.id, company_id=shop.company.id or 0, by=DISPATCHER, now=now
            )

    def test_rejected_with_a_reason(
        self, database: Database, gone: tuple[Shop, int, int], now: datetime
    ) -> None:
        shop, visit_id, other = gone
        with database.transaction() as session:
            (proposal,) = proposals.list_proposals(session, company_id=shop.company.id or 0)
            proposals.reject_proposal(
                session,
                plan_id=proposal.id,
                company_id=shop.company.id or 0,
                reason="가족과 다시 통화함",
                by=DISPATCHER,
                now=now,
            )
        with database.transaction() as session:
            assert proposals.list_proposals(session, company_id=shop.company.id or 0) == []
            assert session.get_one(Visit, visit_id).technician_id != other

    def test_rejected_it_comes_back_only_when_something_has_changed(
        self, database: Database, gone: tuple[Shop, int, int], now: datetime
    ) -> None:
        shop, _visit_id, other = gone
        company_id = shop.company.id or 0

        def solve_again(at: datetime) -> str:
            ask(database, shop, at)
            outcome = run_solve(database, solver=InlineSolver(), clock=lambda: at, seconds=SECONDS)
            assert outcome is not None
            return outcome.result

        with database.transaction() as session:
            (proposal,) = proposals.list_proposals(session, company_id=company_id)
            proposals.reject_proposal(
                session, plan_id=proposal.id, company_id=company_id, reason="통화함", by=DISPATCHER, now=now
            )
        assert solve_again(now + timedelta(minutes=2)) == "kept"
        with database.transaction() as session:
            assert proposals.list_proposals(session, company_id=company_id) == []
            for shift in session.exec(select(Shift).where(col(Shift.technician_id) == other)).all():
                shift.end_at += timedelta(hours=1)
        assert solve_again(now + timedelta(minutes=5)) == "proposed", "who would go works longer now"

    def test_another_companys_proposal_does_not_exist(
        self, database: Database, gone: tuple[Shop, int, int], now: datetime
    ) -> None:
        shop, _visit_id, _other = gone
        with database.transaction() as session:
            (proposal,) = proposals.list_proposals(session, company_id=shop.company.id or 0)
            with pytest.raises(proposals.UnknownProposalError):
                proposals.accept_proposal(session, plan_id=proposal.id, company_id=0, by=DISPATCHER, now=now)

    def test_one_change_of_route_in_ten_minutes(
        self, database: Database, road: tuple[Shop, list[Visit]], now: datetime
    ) -> None:
        """The first solve may move jobs between two technicians, the next one not within the pause."""
        shop, _visits = road
        with database.transaction() as session:
            shop.session = session
            shop.technician(name="둘째", home=world.north_of(world.GANGNAM, 9))
        moved = []
        for minutes in (0, 2):
            at = now + timedelta(minutes=minutes)
            ask(database, shop, at)
            outcome = run_solve(database, solver=InlineSolver(), clock=lambda at=at: at, seconds=SECONDS)
            assert outcome is not None
            moved.append(outcome.result)
            with database.transaction() as session:
                newest = session.exec(select(Plan).order_by(col(Plan.id).desc())).first()
                assert newest is not None
                if minutes:
                    assert all(change["what"] == "retimed" for change in newest.changes) or (
                        outcome.result == "kept"
                    )
        assert moved[0] == "published" and "proposed" not in moved


def test_a_killed_child_costs_nothing_but_time(
    database: Database, road: tuple[Shop, list[Visit]], now: datetime
) -> None:
    """kill -9 of the solving child: the plan stays, the wish stays, the next solve works."""
    shop, _visits = road
    ask(database, shop, now)
    with SolverPool() as solver:

        def kill() -> None:
            deadline = time.monotonic() + 20
            while not solver.child_ids() and time.monotonic() < deadline:
                time.sleep(0.01)
            for child in solver.child_ids():
                os.kill(child, signal.SIGKILL)

        killer = threading.Timer(0.5, kill)
        killer.start()
        outcome = run_solve(database, solver=solver, clock=lambda: now, seconds=8)
        killer.join()
        assert outcome is not None and outcome.result == "died"
        with database.transaction() as session:
            assert version_of(session) == 0
            wish = session.exec(select(SolveRequest)).one()
            assert wish.running_since is None
        again = now + timedelta(seconds=31)
        outcome = run_solve(database, solver=solver, clock=lambda: again, seconds=SECONDS)
        assert outcome is not None and outcome.result == "published"
    with database.transaction() as session:
        assert len(session.exec(select(Booking)).all()) == 5
        assert visit_of(session, session.get_one(Ticket, _visits[0].ticket_id)).planned_start


def test_a_point_without_people_says_so(database: Database, now: datetime) -> None:
    with database.transaction() as session:
        shop = Shop(session)
        visit = world.make_visit(session, ticket=shop.ticket(), point=shop.point)
    ask(database, shop, now)
    outcome = run_solve(database, solver=InlineSolver(), clock=lambda: now, seconds=SECONDS)
    assert outcome is not None and outcome.result == "published"
    with database.transaction() as session:
        view = plan_of(session, point_id=shop.point.id or 0, day=operating_day(now))
        assert [left.ticket_id for left in view.unplanned] == [visit.ticket_id]
        assert view.unplanned[0].reasons[0]["code"] == "NO_TECHNICIAN"


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_day_of_insertions_facts_and_solves_stays_sound(
    database: Database, now: datetime, seed: int
) -> None:
    """Tickets, promises, work under way, finished work and solves in any order: every rule still holds."""
    draw = random.Random(seed)
    with database.transaction() as session:
        shop = Shop(session)
        for k in range(3):
            shop.technician(name=f"기사{k}", qualifications=("GAS_WORK",) if k else ())
    at = now
    for _step in range(25):
        at += timedelta(minutes=draw.randrange(1, 25))
        with database.transaction() as session:
            shop.session = session
            doing = draw.choice(["file", "file", "file", "promise", "advance", "cancel"])
            _do(session, shop, doing, draw, at)
        if draw.random() < 0.3:
            ask(database, shop, at)
            run_solve(database, solver=InlineSolver(), clock=lambda at=at: at, seconds=0.2)
        with database.transaction() as session:
            _assert_rules(session, at)


def _do(session: Session, shop: Shop, doing: str, draw: random.Random, at: datetime) -> None:
    visits = session.exec(select(Visit).order_by(col(Visit.id))).all()
    if doing == "file":
        symptom = draw.choice(["NO_HEAT", "IGNITION", "INSPECTION"])
        ticket = shop.ticket(
            draw.uniform(0.5, 9), symptom=symptom, priority=draw.randrange(5), received_at=at
        )
        plan(session, ticket, at)
    elif doing == "promise":
        ahead = [v for v in visits if v.state == "planned" and v.planned_start and v.planned_start > at]
        if ahead:
            visit = draw.choice(ahead)
            slots = rank_slots(session, ticket_id=visit.ticket_id, now=at)
            if slots:
                slot = draw.choice(slots)
                agree(session, visit, slot.start, slot.end, at)
    elif doing == "advance":
        _advance(session, [v for v in visits if v.technician_id and v.state in OPEN_VISIT_STATES], draw, at)
    elif visits:
        visit = draw.choice(visits)
        if visit.state in ("planned", "agreed"):
            visit.state, visit.ended_at = "cancelled", at
            session.get_one(Ticket, visit.ticket_id).status = "CANCELLED"
            session.flush()
            assignment.release_visit(session, visit_id=visit.id or 0, why="취소", by=DISPATCHER, now=at)


def _advance(session: Session, visits: list[Visit], draw: random.Random, at: datetime) -> None:
    """One technician reports his next step, in planned order or not."""
    today = [v for v in visits if v.planned_start and operating_day(v.planned_start) == operating_day(at)]
    if not today:
        return
    visit = draw.choice(today)
    follows = {"planned": "en_route", "agreed": "en_route", "en_route": "arrived", "arrived": "in_progress"}
    visit.state = follows.get(visit.state, "completed")
    field = {"en_route": "en_route_at", "arrived": "arrived_at", "in_progress": "started_at"}
    setattr(visit, field.get(visit.state, "ended_at"), at)
    ticket = session.get_one(Ticket, visit.ticket_id)
    ticket.status = visit.state.upper()
    session.flush()
    if visit.state == "completed":
        assignment.release_visit(session, visit_id=visit.id or 0, why="완료", by=DISPATCHER, now=at)


def _assert_rules(session: Session, at: datetime) -> None:
    visits = session.exec(select(Visit)).all()
    bookings = {b.visit_id: b for b in session.exec(select(Booking)).all()}
    qualified = {
        who: {
            q.code for q in session.exec(select(Qualification).where(col(Qualification.technician_id) == who))
        }
        for who in {v.technician_id for v in visits}
    }
    for visit in visits:
        if visit.state in ("planned", "agreed") and visit.planned_start:
            assert visit.technician_id is not None
            assert set(visit.skills) <= qualified[visit.technician_id]
            assert visit.id in bookings, "planned means booked"
        if visit.state == "agreed":
            assert visit.planned_start is not None, "a promise is never dropped"
            assert visit.window_start is not None and visit.planned_start >= visit.window_start
        ticket = session.get_one(Ticket, visit.ticket_id)
        if visit.state == "planned" and visit.planned_start is None:
            assert ticket.status == "UNASSIGNED"
            assert why_unplanned(session, ticket=ticket, visit=None, now=at)
    spans: dict[int, list[tuple[datetime, datetime]]] = {}
    for booking in bookings.values():
        spans.setdefault(booking.technician_id, []).append((booking.start_at, booking.end_at))
    for own in spans.values():
        own.sort()
        assert all(one[1] <= other[0] for one, other in pairwise(own))
