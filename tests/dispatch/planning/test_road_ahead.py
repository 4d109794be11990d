"""The road engine is asked before a step, while no transaction is open, for what the step will need."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

import pytest
from sqlalchemy import text
from sqlmodel import col, select

from core.db import Database
from dispatch.events import TicketEnded, TicketFiled, TicketPlaced
from dispatch.models import Visit
from dispatch.planning.plan_models import Plan
from dispatch.planning.road_ahead import RoadAhead
from dispatch.planning.solving import run_solve
from geo.osrm import Block, EngineAwayError, Times
from geo.road_cache import ROADS, RoadMemory
from geo.road_engine import GuardedEngine
from geo.road_fetching import RoadFetcher
from geo.schemas import Point
from geo.travel_times import Cell, cell_of
from tests.dispatch.plan_world import Shop
from tests.dispatch.planning.solves import SECONDS, InlineSolver, ask
from tests.world import GANGNAM, make_point, north_of

_OPEN = """
SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
AND state LIKE 'idle in transaction%'
"""


class Watching:
    """An engine that looks, each time it is asked, whether anybody holds a transaction open meanwhile."""

    name = "osrm"

    def __init__(self, database: Database) -> None:
        self.database = database
        self.open_meanwhile: list[int] = []
        self.asked: set[tuple[Cell, Cell]] = set()
        self.away = False

    def tiles(self, origins: Sequence[Cell], targets: Sequence[Cell]) -> Iterable[Block]:
        return [(tuple(origins), tuple(targets))]

    def ask(self, tile: Block, *, until: float) -> Times:
        with self.database.reading() as session:
            self.open_meanwhile.append(session.execute(text(_OPEN)).scalar_one())
        if self.away:
            raise EngineAwayError("gone")
        self.asked |= {(a, b) for a in tile[0] for b in tile[1]}
        return {a: dict.fromkeys(tile[1], 400) for a in tile[0]}

    def close(self) -> None:
        self.away = True


@pytest.fixture
def memory() -> RoadMemory:
    return RoadMemory()


@pytest.fixture
def knowing(database: Database, memory: RoadMemory) -> Database:
    return Database(database.engine, info={ROADS: memory})


@pytest.fixture
def engine(database: Database) -> Watching:
    return Watching(database)


@pytest.fixture
def roads(engine: Watching, memory: RoadMemory, now: datetime) -> RoadAhead:
    fetcher = RoadFetcher(GuardedEngine(engine, pause_s=30), memory)
    return RoadAhead(fetcher, lambda: now, budget_s=2, solve_budget_s=2)


def at(km: float) -> Cell:
    return cell_of(Point(*north_of(GANGNAM, km)))


def test_placing_knows_the_way_to_every_point_and_planning_the_ways_of_the_nearest(
    knowing: Database, engine: Watching, roads: RoadAhead, now: datetime
) -> None:
    with knowing.transaction() as session:
        shop = Shop(session)
        shop.technician()
        make_point(session, company=shop.company, at=north_of(GANGNAM, 9), code="far")
        ticket = shop.ticket(2.0, status="RECEIVED")
        company_id, ticket_id, point_id = shop.company.id or 0, ticket.id or 0, shop.point.id or 0
    roads.before_event(knowing, TicketEnded(company_id=company_id, at=now, ticket_id=ticket_id, how="X"))
    assert not engine.asked, "nothing will be driven for it"
    roads.before_event(knowing, TicketFiled(company_id=company_id, at=now, ticket_id=ticket_id))
    home, shop_at, far = at(2.0), at(0.0), at(9.0)
    assert {(home, shop_at), (home, far), (shop_at, home)} <= engine.asked
    assert (far, home) not in engine.asked, "nobody drives from there yet"
    engine.asked.clear()
    placed = TicketPlaced(company_id=company_id, at=now, ticket_id=ticket_id, service_point_id=point_id)
    roads.before_event(knowing, placed)
    assert not engine.asked, "all of it is known"
    assert engine.open_meanwhile and set(engine.open_meanwhile) == {0}, "no transaction waits for the network"


def test_a_solve_asks_between_reading_and_solving_and_turns_estimates_into_roads(
    knowing: Database,
    engine: Watching,
    roads: RoadAhead,
    road: tuple[Shop, list[Visit]],
    now: datetime,
) -> None:
    shop, _visits = road
    sources = []
    for away in (True, False):
        engine.away = away
        ask(knowing, shop, now)
        outcome = run_solve(knowing, solver=InlineSolver(), clock=lambda: now, seconds=SECONDS, roads=roads)
        assert outcome is not None and outcome.result in ("published", "kept")
        with knowing.transaction() as session:
            session.execute(text("UPDATE point_day SET last_solved_at = NULL"))
            query = select(Plan.travel_source).where(col(Plan.state) == "published").order_by(col(Plan.id))
            sources = list(session.exec(query))
    assert sources == ["model", "road"], "planned in time by estimates, and anew when the roads are known"
    assert set(engine.open_meanwhile) == {0}
