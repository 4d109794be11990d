"""OSRM's table service over httpx: seconds on empty roads between places, in tiles that it accepts.

`GET /table/v1/driving/{lon},{lat};…?sources=…&destinations=…` answers `{code, durations, sources,
destinations}`: seconds or null by source and destination, and for each place how many metres away from it
the road lies. An `osrm-routed` refuses a table beyond its `--max-table-size` (100 unless told otherwise).
A table asked twice is the same table, so a connection that broke is tried once more while there is time.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import httpx

from geo.travel_times import NO_WAY, Cell, degrees_of

SNAP_M = 1_000.0
"""A place farther than this from every road of the engine's map is not on its map: its times mean nothing."""
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_LONGEST_CONNECT_S = 2.0
_BROKEN = (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError)
"""A kept connection that the server had closed ends like this; a server that is not there does not."""

Block = tuple[tuple[Cell, ...], tuple[Cell, ...]]
Times = dict[Cell, dict[Cell, int]]


class EngineAwayError(Exception):
    """The engine did not answer in time, not at all, or not as an engine does; the text says which."""


class UnusableTileError(Exception):
    """The engine lives, and cannot answer for these places."""


class Osrm:
    """One OSRM server; thread-safe. Times are monotonic seconds."""

    name = "osrm"

    def __init__(
        self,
        url: str,
        *,
        table_size: int,
        monotonic: Callable[[], float] = time.monotonic,
        client: httpx.Client | None = None,
    ) -> None:
        self._url = url.rstrip("/")
        self._table_size = table_size
        self._monotonic = monotonic
        # A house's proxy may lead to the engine, but never back to one on this machine.
        self._client = client or httpx.Client(trust_env=httpx.URL(url).host not in _LOOPBACK)

    def close(self) -> None:
        """Let go of the connections."""
        self._client.close()

    def tiles(self, origins: Sequence[Cell], targets: Sequence[Cell]) -> Iterator[Block]:
        """Blocks of a table, each with no more places than the engine takes at once."""
        height, width = _sides(len(origins), len(targets), self._table_size)
        for top in range(0, len(origins), height):
            for left in range(0, len(targets), width):
                yield tuple(origins[top : top + height]), tuple(targets[left : left + width])

    def ask(self, tile: Block, *, until: float) -> Times:
        """Seconds by origin and target of one tile, whole and rounded up; NO_WAY where there is none.

        Raises:
            EngineAwayError: not answered, or `until` has come.
            UnusableTileError: answered, but not for these places.
        """
        try:
            return self._ask_once(tile, until=until)
        except _BROKEN:
            try:
                return self._ask_once(tile, until=until)
            except _BROKEN as error:
                raise EngineAwayError(type(error).__name__) from error

    def _ask_once(self, tile: Block, *, until: float) -> Times:
        left_s = until - self._monotonic()
        if left_s <= 0:
            raise EngineAwayError("no time left")
        wait = httpx.Timeout(left_s, connect=min(left_s, _LONGEST_CONNECT_S))
        try:
            with self._client.stream("GET", self._address(tile), timeout=wait) as response:
                body = self._body(response, until=until)
                return _read(body, response.status_code, tile)
        except _BROKEN:
            raise
        except httpx.HTTPError as error:
            raise EngineAwayError(type(error).__name__) from error

    def _body(self, response: httpx.Response, *, until: float) -> bytes:
        """The whole answer; httpx bounds the wait for each piece, and this bounds them all."""
        pieces = []
        for piece in response.iter_bytes():
            pieces.append(piece)
            if self._monotonic() > until:
                raise EngineAwayError("answers too slowly")
        return b"".join(pieces)

    def _address(self, tile: Block) -> str:
        origins, targets = tile
        # A place that is both stands there twice: the engine refuses a table of one single place.
        places = (*origins, *targets)
        written = ";".join(f"{lon:.4f},{lat:.4f}" for lat, lon in map(degrees_of, places))
        asked = {
            "sources": _numbers(range(len(origins))),
            "destinations": _numbers(range(len(origins), len(places))),
            "annotations": "duration",
            "generate_hints": "false",
        }
        query = "&".join(f"{name}={value}" for name, value in asked.items())
        return f"{self._url}/table/v1/driving/{written}?{query}"


def _sides(rows: int, columns: int, size: int) -> tuple[int, int]:
    """Height and width of a tile: together no more places than `size`, as few tiles as that allows."""
    if rows + columns <= size:
        return max(1, rows), max(1, columns)
    half = max(1, size // 2)
    if rows <= half:
        return rows, max(1, size - rows)
    if columns <= half:
        return max(1, size - columns), columns
    return half, half


def _numbers(values: Iterable[int]) -> str:
    return ";".join(map(str, values))


def _read(body: bytes, status: int, tile: Block) -> Times:
    try:
        answer = json.loads(body)
        code = answer["code"]
    except (ValueError, TypeError, KeyError) as error:
        raise EngineAwayError(f"no engine's answer, HTTP {status}") from error
    if code in ("NoSegment", "NoTable"):
        raise UnusableTileError(str(code))
    if code != "Ok":  # TooBig, InvalidUrl, …: it is set up otherwise than we think
        raise EngineAwayError(str(code))
    origins, targets = tile
    try:
        rows: Sequence[Sequence[float | None]] = answer["durations"]
        far = [not _on_map(place) for place in answer["sources"]]
        beyond = [not _on_map(place) for place in answer["destinations"]]
        return {
            origin: {
                target: NO_WAY if seconds is None or away or off else math.ceil(seconds)
                for target, seconds, off in zip(targets, row, beyond, strict=True)
            }
            for origin, row, away in zip(origins, rows, far, strict=True)
        }
    except (ValueError, TypeError, KeyError) as error:
        raise EngineAwayError("no table in its answer") from error


def _on_map(place: Mapping[str, Any] | None) -> bool:
    return place is not None and float(place["distance"]) <= SNAP_M
