"""What a road engine has told is kept for everybody: read without it, bounded, and swept."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

import pytest
from sqlalchemy import text
from sqlmodel import Session, select

from core.db import Database
from core.facts import read_facts
from core.wall import Caller, work_for
from geo.models import RoadTime
from geo.osrm import Block, EngineAwayError, Times, UnusableTileError
from geo.road_cache import KEPT_FOR, RoadMemory, forget_old, read_known, store
from geo.road_engine import GuardedEngine
from geo.road_fetching import ANSWERED, BACK_SINCE, COUNTS, FAILED, RoadFetcher, state_of_engine
from geo.travel_times import NO_WAY, Cell, cell_of
from tests.roads import crossing

A, B, C, D = (cell_of(crossing(i, 2 * i)) for i in range(4))
EVERYTHING = [((A, B, C), (A, B, C))]


class Roads:
    """An engine that says 100 s for every way, but knows none to D; it can be away."""

    name = "osrm"

    def __init__(self) -> None:
        self.asked: list[Block] = []
        self.away = self.cannot_tell = False

    def tiles(self, origins: Sequence[Cell], targets: Sequence[Cell]) -> Iterable[Block]:
        return [(tuple(origins), tuple(targets))]

    def ask(self, tile: Block, *, until: float) -> Times:
        self.asked.append(tile)
        if self.away:
            raise EngineAwayError("gone")
        if self.cannot_tell:
            raise UnusableTileError("NoSegment")
        return {a: {b: NO_WAY if b == D else 100 for b in tile[1]} for a in tile[0]}

    def close(self) -> None:
        self.away = True


@pytest.fixture
def roads() -> Roads:
    return Roads()


def fetcher(roads: Roads, memory: RoadMemory | None = None) -> RoadFetcher:
    return RoadFetcher(GuardedEngine(roads, pause_s=0), memory or RoadMemory())


def counts(database: Database) -> dict[str, int]:
    with database.reading() as session:
        found = read_facts(session, names=COUNTS)
    return {name.removeprefix("road_"): int(value) for name, (value, _at) in found.items()}


def test_what_is_known_is_not_asked_again_by_anybody(database: Database, roads: Roads, now: datetime) -> None:
    first = fetcher(roads).fetch(database, EVERYTHING, budget_s=1, clock=lambda: now)
    assert (first.known, first.told, first.left, first.requests) == (0, 6, 0, len(roads.asked))
    roads.asked.clear()
    memory = RoadMemory()
    another = fetcher(roads, memory)  # another process: it reads the table, then its memory
    for _again in range(2):
        again = another.fetch(database, EVERYTHING, budget_s=1, clock=lambda: now)
        assert (again.known, again.told, again.requests, roads.asked) == (6, 0, 0, [])
    with database.transaction() as session:
        session.execute(text("TRUNCATE road_time"))
    with database.reading() as session:
        known = read_known(session, memory=memory, origins=[A], targets=[B, C])
    assert known == {A: {B: 100, C: 100}}, "remembered"


def test_a_new_home_costs_its_row_and_its_column(database: Database, roads: Roads, now: datetime) -> None:
    fetching = fetcher(roads)
    fetching.fetch(database, EVERYTHING, budget_s=1, clock=lambda: now)
    roads.asked.clear()
    new = cell_of(crossing(5, 5))
    wanted = [((A, B, C, new), (A, B, C, new))]
    assert fetching.fetch(database, wanted, budget_s=1, clock=lambda: now).told == 6
    assert sorted((len(a), len(b)) for a, b in roads.asked) == [(1, 3), (3, 1)]


def test_a_way_that_is_not_there_is_known_too(database: Database, roads: Roads, now: datetime) -> None:
    fetching = fetcher(roads)
    for _again in range(2):
        fetching.fetch(database, [((A,), (D,))], budget_s=1, clock=lambda: now)
    assert len(roads.asked) == 1
    assert counts(database) == {"requests": 1, "fall_backs": 1}, "it stays an estimate"
    with database.reading() as session:
        assert session.exec(select(RoadTime)).one().seconds is None
        assert read_known(session, memory=RoadMemory(), origins=[A], targets=[D]) == {A: {D: NO_WAY}}


def test_failures_fall_back_are_counted_and_the_return_is_noted(
    database: Database, roads: Roads, now: datetime
) -> None:
    fetching, later = fetcher(roads), now + timedelta(minutes=5)
    roads.away = True
    found = fetching.fetch(database, EVERYTHING, budget_s=1, clock=lambda: now)
    assert (found.told, found.left, found.failures) == (0, 6, 1)
    assert counts(database) == {"requests": 1, "failures": 1, "fall_backs": 6}
    assert not fetching.try_again(database, budget_s=1, clock=lambda: later), "still away"
    roads.away = False
    assert fetching.try_again(database, budget_s=1, clock=lambda: later)
    asked = len(roads.asked)
    assert not fetching.try_again(database, budget_s=1, clock=lambda: later) and len(roads.asked) == asked
    with database.reading() as session:
        facts = read_facts(session, names=[ANSWERED, FAILED, BACK_SINCE])
    assert facts[BACK_SINCE][1] == facts[ANSWERED][1] == later
    assert state_of_engine(answered=None, failed=None) == "unasked"
    assert state_of_engine(answered=later, failed=now) == "answers"
    assert state_of_engine(answered=now, failed=now) == "away"


def test_places_that_an_engine_cannot_tell_of_do_not_count_against_it(
    database: Database, roads: Roads, now: datetime
) -> None:
    roads.cannot_tell = True
    found = fetcher(roads).fetch(database, EVERYTHING, budget_s=1, clock=lambda: now)
    assert (found.told, found.left, found.failures) == (0, 6, 0)


def test_a_memory_forgets_what_was_used_longest_ago() -> None:
    memory = RoadMemory(most_pairs=4)
    memory.keep({A: {B: 1, C: 2}, B: {A: 3, C: 4}})
    assert memory.find([A], [B]) == {A: {B: 1}}
    memory.keep({C: {A: 5, B: 6}})
    assert memory.find([A, B, C], [A, B, C]) == {A: {B: 1, C: 2}, C: {A: 5, B: 6}}


def test_old_rows_go_and_the_oldest_beyond_the_bound(session: Session, now: datetime) -> None:
    for age, origin in enumerate((A, B, C)):
        times = {origin: {D: 10, cell_of(crossing(8, 8)): 20}}
        store(session, known=times, source="osrm", now=now - age * KEPT_FOR * 0.6)
    assert forget_old(session, now=now) == 2
    assert forget_old(session, now=now, most_rows=3) == 1
    assert sorted(row.origin for row in session.exec(select(RoadTime))) == sorted([A, A, B])
    assert forget_old(session, now=now, most_rows=3) == 0


def test_who_asked_later_is_right(session: Session, now: datetime) -> None:
    for seconds in (10, 20):
        store(session, known={A: {B: seconds}}, source="osrm", now=now)
    assert read_known(session, memory=RoadMemory(), origins=[A], targets=[B]) == {A: {B: 20}}


def test_the_web_reads_it_and_writes_nothing(database: Database, now: datetime) -> None:
    with database.transaction() as session:
        store(session, known={A: {B: 10}}, source="osrm", now=now)
    work_for(Caller(company_id=1, person_id=1))
    try:
        with database.walled().reading() as session:
            assert read_known(session, memory=RoadMemory(), origins=[A], targets=[B]) == {A: {B: 10}}
            allowed = "SELECT has_table_privilege('ondol_web', 'road_time', 'INSERT, UPDATE, DELETE')"
            assert session.scalar(text(allowed)) is False
    finally:
        work_for(None)
