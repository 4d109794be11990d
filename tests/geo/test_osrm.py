"""A real `osrm-routed` on a town of ten streets: tiles, ways that are not there, an engine that goes away."""

from __future__ import annotations

import socketserver
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from threading import Event, Thread
from typing import Any

import pytest

from geo.osrm import EngineAwayError, Osrm
from geo.road_engine import FAILURES_IN_A_ROW, GuardedEngine, cover
from geo.travel_times import NO_WAY, Cell, cell_of
from tests.roads import ISLAND, SEA, Engine, RoadMap, crossing, running_engine

PLACES = [cell_of(crossing(i * 1.3, (i * 7 % 9) + 0.2)) for i in range(7)]
HOME, SHOP = PLACES[0], PLACES[3]


@pytest.fixture(scope="module")
def engine(road_map: RoadMap) -> Iterator[Engine]:
    with running_engine(road_map, table_size=20) as running:
        yield running


@contextmanager
def osrm(url: str, size: int, **options: Any) -> Iterator[Osrm]:
    """A client of an engine, closed afterwards."""
    with closing(Osrm(url, table_size=size, **options)) as client:
        yield client


def everything(url: str, size: int, places: list[Cell]) -> tuple[dict[tuple[Cell, Cell], int], int]:
    """Every pair's seconds, and how many tables that took."""
    with osrm(url, size) as client:
        tiles = list(client.tiles(places, places))
        answers = [client.ask(tile, until=time.monotonic() + 10) for tile in tiles]
    found = {(a, b): s for answer in answers for a, row in answer.items() for b, s in row.items()}
    return found, len(tiles)


def test_tiles_give_the_same_as_one_table(engine: Engine) -> None:
    whole, one = everything(engine.url, 20, PLACES)
    for size in (2, 3, 5):
        parts, many = everything(engine.url, size, PLACES)
        assert parts == whole and many > one == 1
    assert len(whole) == len(PLACES) ** 2
    assert all(whole[a, b] > 0 for a in PLACES for b in PLACES if a != b)


def test_a_tile_never_holds_more_places_than_the_engine_takes() -> None:
    for rows, columns in ((1, 250), (250, 1), (120, 130), (3, 4), (99, 1), (100, 1)):
        with osrm("http://127.0.0.1:1", 100) as client:
            tiles = list(client.tiles(range(rows), range(columns)))
        assert all(len(a) + len(b) <= 100 for a, b in tiles)
        assert sum(len(a) * len(b) for a, b in tiles) == rows * columns


def test_no_road_leads_to_an_island_and_the_sea_is_not_on_the_map(engine: Engine) -> None:
    island, sea = cell_of(ISLAND), cell_of(SEA)
    found, _tiles = everything(engine.url, 20, [HOME, SHOP, island, sea])
    assert found[HOME, island] == found[island, HOME] == NO_WAY
    assert found[HOME, sea] == found[sea, SHOP] == NO_WAY
    assert found[HOME, SHOP] > 0


def test_a_table_too_big_for_the_engine_is_its_failure_and_says_so(engine: Engine) -> None:
    many = [cell_of(crossing(i / 10, 2)) for i in range(30)]
    with osrm(engine.url, 100) as client, pytest.raises(EngineAwayError, match="TooBig"):
        client.ask((tuple(many), tuple(many)), until=time.monotonic() + 10)


def test_only_what_is_missing_is_asked() -> None:
    """A new home among known ones: its row and its column, and nothing of what is known."""
    old, new = PLACES[:5], PLACES[5]
    pairs = [(new, each) for each in old] + [(each, new) for each in old]
    tables = cover(pairs)
    assert {(a, b) for rows, columns in tables for a in rows for b in columns} == set(pairs)
    every = [(a, b) for a in PLACES for b in PLACES if a != b]
    asked = {(a, b) for rows, columns in cover(every) for a in rows for b in columns}
    assert set(every) <= asked
    assert cover([]) == []


def test_killed_it_is_left_alone_and_found_again(road_map: RoadMap) -> None:
    seconds = [0.0]
    pairs = [(HOME, SHOP)]
    with (
        running_engine(road_map) as engine,
        osrm(engine.url, 100, monotonic=lambda: seconds[0]) as client,
    ):
        guarded = GuardedEngine(client, pause_s=30, monotonic=lambda: seconds[0])
        assert guarded.ask(pairs, budget_s=5).times[HOME][SHOP] > 0
        engine.kill()
        for _again in range(FAILURES_IN_A_ROW):
            answer = guarded.ask(pairs, budget_s=5)
            assert (answer.times, answer.requests, answer.failures) == ({}, 1, 1)
        assert guarded.ask(pairs, budget_s=5).requests == 0, "left alone, so nobody waits"
        engine.start()
        assert guarded.ask(pairs, budget_s=5).requests == 0
        seconds[0] += 31
        assert guarded.ask(pairs, budget_s=5).times[HOME][SHOP] > 0
        assert guarded.ask(pairs, budget_s=5).requests == 1, "asked as before"


@contextmanager
def answering(*pieces: bytes, pause_s: float) -> Iterator[str]:
    """A server that sends an answer piece by piece, and waits before each; the last piece never comes."""
    ended = Event()

    class Slow(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.request.recv(65536)
            for piece in pieces:
                if ended.wait(pause_s):
                    return
                try:
                    self.request.sendall(piece)
                except OSError:
                    return
            ended.wait(10)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Slow) as server:
        server.daemon_threads = True
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            ended.set()
            server.shutdown()


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n"


@pytest.mark.parametrize(
    ("pieces", "pause_s"), [((), 5.0), ((HEAD, *[b" "] * 400), 0.02)], ids=["silent", "drop by drop"]
)
def test_a_slow_engine_costs_the_budget_and_no_more(pieces: tuple[bytes, ...], pause_s: float) -> None:
    with answering(*pieces, pause_s=pause_s) as url, osrm(url, 4) as client:
        guarded = GuardedEngine(client, pause_s=30)
        began = time.monotonic()
        answer = guarded.ask([(a, b) for a in PLACES for b in PLACES if a != b], budget_s=0.3)
        took = time.monotonic() - began
    assert answer.times == {} and answer.failures == 1
    assert 0.25 < took < 2.0, "many tables, one budget"


def test_what_is_no_engine_is_a_failure_and_not_an_answer() -> None:
    wrong = (
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
        b'HTTP/1.1 404 X\r\nContent-Length: 17\r\n\r\n{"detail": "none"',
        b'HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\n{"code":"Ok"}',
    )
    for answer in wrong:
        with (
            answering(answer, pause_s=0) as url,
            osrm(url, 100) as client,
            pytest.raises(EngineAwayError),
        ):
            client.ask(((HOME,), (SHOP,)), until=time.monotonic() + 1)
