"""What tests of solves share: a solver in this process, wishes, and a road with a poor route."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from sqlmodel import Session

from core.clock import kst, operating_day
from core.db import Database
from dispatch.models import Visit
from dispatch.planning.solving import (
    SolverPool,
    request_solve,
)
from scheduling.plan import Plan as SolvedPlan
from scheduling.planner import solve
from scheduling.problem import PlanningProblem
from tests import world
from tests.dispatch.plan_world import Shop, book
from workforce.models import Technician

SECONDS = 0.4


class InlineSolver(SolverPool):
    """Solves in this process, so that a test sees inside; `meanwhile` runs while it solves."""

    def __init__(self, meanwhile: Callable[[], None] | None = None) -> None:
        super().__init__()
        self.meanwhile = meanwhile
        self.solved = 0
        self.given: list[float] = []

    def solve(
        self, problem: PlanningProblem, initial: dict[str, list[str]], *, seconds: float, seed: int = 1
    ) -> SolvedPlan:
        self.solved += 1
        self.given.append(seconds)
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


def file_ticket(session: Session, shop: Shop, km: float = 5, **fields: object) -> int:
    shop.session = session
    return shop.ticket(km, **fields).id or 0
