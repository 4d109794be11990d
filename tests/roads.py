"""A town of straight streets, and a real `osrm-routed` that drives on it."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from geo.schemas import Point
from tools.road_engine import Programs

SOUTH, WEST, STEP, STREETS = 37.480, 127.000, 0.005, 10
"""Ten streets each way, about 500 m apart, around Gangnam."""
ISLAND = Point(37.470, 127.020)
"""A street of its own, south of the town: no road leads there."""
SEA = Point(37.0, 126.0)
"""Far from every road."""
_STARTS_WITHIN_S = 20


def crossing(north: float, east: float) -> Point:
    """The crossing of two streets, counted from the south-western one."""
    return Point(SOUTH + north * STEP, WEST + east * STEP)


def write_town(path: Path) -> None:
    """The streets as OpenStreetMap writes them."""
    corners = {(i, j): i * 100 + j + 1 for i in range(STREETS) for j in range(STREETS)}
    nodes = [(number, crossing(i, j)) for (i, j), number in corners.items()]
    ways = [[corners[i, j] for j in range(STREETS)] for i in range(STREETS)]
    ways += [[corners[i, j] for i in range(STREETS)] for j in range(STREETS)]
    nodes += [(9001, ISLAND), (9002, Point(ISLAND.lat, ISLAND.lon + STEP))]
    ways.append([9001, 9002])
    lines = ['<?xml version="1.0"?>', '<osm version="0.6">']
    lines += [f'<node id="{n}" version="1" lat="{p.lat:.6f}" lon="{p.lon:.6f}"/>' for n, p in nodes]
    for number, corners_of in enumerate(ways, start=1):
        refs = "".join(f'<nd ref="{ref}"/>' for ref in corners_of)
        lines.append(f'<way id="{number}" version="1">{refs}<tag k="highway" v="residential"/></way>')
    path.write_text("\n".join([*lines, "</osm>"]), encoding="utf-8")


@dataclass(frozen=True)
class RoadMap:
    """A map that an engine can drive on."""

    programs: Programs
    file: Path


def make_map(programs: Programs, folder: Path) -> RoadMap:
    """The town, prepared by OSRM's own programs as an operator would."""
    town = folder / "town.osm"
    write_town(town)
    prepared = folder / "town.osrm"
    for command in (
        [programs.program("osrm-extract"), "--profile", programs.profile, str(town)],
        [programs.program("osrm-partition"), str(prepared)],
        [programs.program("osrm-customize"), str(prepared)],
    ):
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return RoadMap(programs, prepared)


@dataclass
class Engine:
    """An `osrm-routed`; it can be killed and started again on the same port."""

    roads: RoadMap
    port: int
    table_size: int
    running: subprocess.Popen[bytes] | None = field(default=None)

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Returns once it answers."""
        command = [self.roads.programs.program("osrm-routed"), "--algorithm", "mld", "--threads", "2"]
        command += ["--ip", "127.0.0.1", "--port", str(self.port)]
        command += ["--max-table-size", str(self.table_size), str(self.roads.file)]
        self.running = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until = time.monotonic() + _STARTS_WITHIN_S
        with httpx.Client(base_url=self.url, trust_env=False) as client:
            while time.monotonic() < until:
                try:
                    if client.get(f"/nearest/v1/driving/{WEST},{SOUTH}").status_code == 200:
                        return
                except httpx.TransportError:
                    assert self.running.poll() is None, "osrm-routed ended"
                    time.sleep(0.02)
        raise AssertionError("osrm-routed does not answer")

    def kill(self) -> None:
        """As if its machine had gone."""
        if self.running is not None:
            self.running.kill()
            self.running.wait()
            self.running = None


@contextmanager
def running_engine(roads: RoadMap, *, table_size: int = 100) -> Iterator[Engine]:
    """A road engine on a free port."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    engine = Engine(roads, port, table_size)
    engine.start()
    try:
        yield engine
    finally:
        engine.kill()
