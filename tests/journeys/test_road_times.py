"""Tickets are planned by the roads of a real engine, and by estimates, in time, when it is gone."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import pytest
from sqlmodel import col, select

from core.clock import operating_day
from core.dated import read_rules
from core.db import Database
from core.facts import read_facts
from core.settings import Settings
from dispatch.planning.plan_models import Plan, PointDay
from dispatch.planning.road_ahead import RoadAhead
from dispatch.travel import place_at, travel_model
from geo.osrm import Osrm
from geo.road_cache import ROADS, RoadMemory
from geo.road_engine import FAILURES_IN_A_ROW, GuardedEngine
from geo.road_fetching import COUNTS, RoadFetcher
from geo.schemas import AreaClass, Point, TravelSource
from geo.travel_times import KnownTimes, cell_of
from tests.dispatch.planning.solves import InlineSolver
from tests.journeys.house import House, open_house
from tests.journeys.steps import file
from tests.journeys.test_whole_journey import CALL, open_gangnam
from tests.roads import Engine, RoadMap, running_engine
from workforce.queries import list_points


@dataclass
class Town:
    """A house with a road engine. `seconds` is the engine's guard's watch."""

    house: House
    engine: Engine
    roads: RoadAhead
    seconds: float = 0.0

    def counts(self) -> dict[str, int]:
        """What /metrics counts, by its short name."""
        with self.house.database.reading() as session:
            found = read_facts(session, names=COUNTS)
        return {name.removeprefix("road_"): int(found[name][0]) if name in found else 0 for name in COUNTS}

    def plans(self) -> list[Plan]:
        """The published plans that anybody drives by."""
        with self.house.database.reading() as session:
            query = select(Plan).join(PointDay, col(PointDay.plan_id) == col(Plan.id)).order_by(col(Plan.day))
            return [plan for plan in session.exec(query) if any(route["stops"] for route in plan.routes)]


@pytest.fixture
def town(road_map: RoadMap, database: Database, database_url: str, now: datetime) -> Iterator[Town]:
    memory = RoadMemory()
    knowing = Database(database.engine, info={ROADS: memory})
    with (
        running_engine(road_map) as engine,
        open_house(knowing, database_url, now=now, solves=False) as house,
    ):
        osrm = Osrm(engine.url, table_size=100, monotonic=lambda: built.seconds)
        guarded = GuardedEngine(osrm, pause_s=30, monotonic=lambda: built.seconds)
        roads = RoadAhead(RoadFetcher(guarded, memory), house.clock, budget_s=5, solve_budget_s=5)
        house.worker = replace(house.worker, roads=roads, solver=InlineSolver())
        built = Town(house, engine, roads)
        yield built
        roads.close()


def test_a_ticket_is_placed_and_planned_by_the_roads(town: Town, now: datetime) -> None:
    house = town.house
    open_gangnam(house)
    number = file(house)
    ticket = house.api("dispatcher").get(f"/tickets/{number}").json()
    point = ticket["service_point"]
    assert point["travel_source"] == "road"
    assert point["travel_s"] == _by_engine(town, ticket, now)
    (plan,) = town.plans()
    assert plan.travel_source == "road"
    assert [stop["travel"] for route in plan.routes for stop in route["stops"]] == ["road"]
    shown = house.api("dispatcher").get(f"/plans/gangnam/{plan.day}").json()
    assert shown["travel_source"] == "road"
    assert {stop["travel_source"] for stop in shown["stops"]} == {"road"}
    slots = house.api("dispatcher").get("/slots", params={"ticket": number}).json()
    assert {slot["travel_source"] for slot in slots} == {"road"}

    before = town.counts()
    assert before["requests"] > 0 and before["failures"] == before["fall_backs"] == 0
    file(house, resident={**CALL["resident"], "name": "김영호", "phone": "010-9333-0102"})
    after = town.counts()
    assert after["requests"] == before["requests"], "the same homes: nothing is asked again"


def _by_engine(town: Town, ticket: dict[str, Any], now: datetime) -> int:
    """What the engine itself says of the way from the home to the point, with the traffic of this hour."""
    with town.house.database.reading() as session:
        company_id = session.exec(select(Plan.company_id)).first() or 0
        (point,) = list_points(session, company_id=company_id, day=operating_day(now))
        rules = read_rules(session, company_id=company_id, at=now)
    shop = place_at(point.lat, point.lon, point.area_code)
    home = Point(ticket["location"]["lat"], ticket["location"]["lon"], AreaClass.METRO)
    with closing(Osrm(town.engine.url, table_size=2)) as osrm:
        tile = ((cell_of(home),), (cell_of(shop),))
        times = KnownTimes(travel_model(rules), osrm.ask(tile, until=time.monotonic() + 5))
    leg = times.between(home, shop, now)
    assert leg.source is TravelSource.ROAD
    assert leg.seconds != KnownTimes(travel_model(rules)).between(home, shop, now).seconds
    return leg.seconds


def test_killed_while_twenty_tickets_come_in_none_is_late(town: Town) -> None:
    house = town.house
    open_gangnam(house, technicians=6)
    file(house)
    town.engine.kill()
    killed = time.monotonic()
    agent = house.api("agent")
    numbers = []
    for n in range(20):
        person = {"name": f"이순{n}", "phone": f"010-9444-{n:04d}", "address": f"서울 강남구 논현동 {n + 1}"}
        answer = agent.post("/tickets", json={**CALL, "resident": person})
        assert answer.status_code == 201, answer.text
        numbers.append(answer.json()["number"])
    began = time.monotonic()
    house.work()
    took = time.monotonic() - began
    dispatcher = house.api("dispatcher")
    tickets = [dispatcher.get(f"/tickets/{number}").json() for number in numbers]
    assert {ticket["status"] for ticket in tickets} == {"ASSIGNED"}
    assert {ticket["service_point"]["travel_source"] for ticket in tickets} == {"model"}
    counts = town.counts()
    asked_again = int((time.monotonic() - killed) / Settings.model_fields["osrm_pause_s"].default)
    alone = range(FAILURES_IN_A_ROW, FAILURES_IN_A_ROW + asked_again + 1)
    assert counts["failures"] in alone, "then it is left alone, and asked once after each pause"
    assert counts["fall_backs"] > 0
    assert took < 60

    town.engine.start()
    town.seconds += 31
    assert town.roads.look_again(house.database)
    for _day in range(4):
        house.clock.forward(seconds=31)
        house.work()
    assert {plan.travel_source for plan in town.plans()} == {"road"}, "estimates gave way"
