"""Wishes for a solve: urgent first, one at a time a point, and nothing is lost with a worker."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta

from sqlmodel import select

from core.clock import operating_day, operating_day_bounds
from core.db import Database
from dispatch.planning.plan_models import SolveRequest
from dispatch.planning.solve_requests import finish_claim
from dispatch.planning.solving import (
    claim_due,
    defer_due_solves,
    request_solve,
)
from tests.dispatch.plan_world import Shop
from tests.dispatch.planning.solves import ask


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
        with database.transaction() as session:
            gone = operating_day_bounds(operating_day(now))[1] + timedelta(days=1)
            assert claim_due(session, now=gone) is None, "nobody is planned into a day that is over"
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
