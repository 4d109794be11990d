"""The embedded table of Korean places: 시도, 시군구, 읍면동, 리 and 행정동. Read once, on first use."""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
import sys
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from geo.schemas import AreaClass, Point

DATA = Path(__file__).resolve().parent / "data"
METRO_SIDO = frozenset({"11", "26", "27", "28", "29", "30", "31"})
"""서울 and the six 광역시."""


class Area(NamedTuple):
    """One place. `level` is sido, sgg, emd, ri or hdong; `own_point` is False for a borrowed point."""

    code: str
    level: str
    sido: str
    sgg: str
    emd: str
    ri: str
    lat: float
    lon: float
    radius_m: int
    own_point: bool

    @property
    def full_name(self) -> str:
        """서울특별시 강남구 역삼동."""
        return " ".join(dict.fromkeys(part for part in (self.sido, self.sgg, self.emd, self.ri) if part))

    @property
    def area_class(self) -> AreaClass:
        """Traffic: 구 of the seven metropolises, 군 anywhere, the rest."""
        if self.sgg.endswith("군"):
            return AreaClass.RURAL
        return AreaClass.METRO if self.code[:2] in METRO_SIDO else AreaClass.CITY

    @property
    def point(self) -> Point:
        """For travel times."""
        return Point(self.lat, self.lon, self.area_class)


class Gazetteer:
    """The places by code, and by name for reading addresses (dongs without 제 and dots)."""

    def __init__(self, areas: list[Area]) -> None:
        self.by_code = {area.code: area for area in areas}
        self.sido: dict[str, Area] = {}
        self.sgg: dict[str, tuple[Area, ...]] = {}
        self.dongs: dict[str, tuple[Area, ...]] = {}
        for area in areas:
            if area.level == "sido":
                self.sido[area.sido] = area
            elif area.level == "sgg":
                for name in {area.sgg, area.sgg.replace(" ", ""), area.sgg.split(" ")[-1]}:
                    self.sgg[name] = (*self.sgg.get(name, ()), area)
            else:
                name = plain_name(area.ri or area.emd)
                known = self.dongs.get(name, ())
                if area.level != "hdong" or all(a.code[:5] != area.code[:5] for a in known):
                    self.dongs[name] = (*known, area)

    def find(self, code: str) -> Area | None:
        """By 2, 5, 8 or 10 digits; None when unknown."""
        return self.by_code.get(code.ljust(10, "0"))

    def sgg_list(self) -> list[Area]:
        """Every 시군구 that holds land of its own, by code: 구 instead of the city above them (255 rows)."""
        sgg = [area for area in self.by_code.values() if area.level == "sgg"]
        with_gu = {area.code[:4] for area in sgg if " " in area.sgg}
        return sorted(a for a in sgg if " " in a.sgg or a.code[:4] not in with_gu or a.code[4] != "0")


@cache
def load_gazetteer() -> Gazetteer:
    """The table, shared by the process: about 0.1 s the first time."""
    text = gzip.decompress((DATA / "gazetteer.csv.gz").read_bytes()).decode()
    rows = csv.reader(io.StringIO(text))
    next(rows)
    by_code: dict[str, Area] = {}
    for row in rows:
        area = _area(row, by_code)
        by_code[area.code] = area
    return Gazetteer(list(by_code.values()))


def find_area(code: str) -> Area | None:
    """A place by its code of 2, 5, 8 or 10 digits; None when unknown."""
    return load_gazetteer().find(code)


def sgg_list() -> list[Area]:
    """The 255 시군구 that hold land of their own, ordered by code."""
    return load_gazetteer().sgg_list()


@cache
def sgg_weights() -> dict[str, float]:
    """5-digit 시군구 code -> thousands of people, roughly; for invented worlds only."""
    with (DATA / "sgg_weight.csv").open(encoding="utf-8", newline="") as lines:
        return {row["code"]: float(row["weight"]) for row in csv.DictReader(lines)}


@cache
def base_map() -> dict[str, Any]:
    """{"sgg": [{"code", "sido", "sgg", "rings": [[[lon, lat], ...]]}]}, see geo/data/NOTICE.md."""
    loaded: dict[str, Any] = json.loads((DATA / "basemap.json").read_text(encoding="utf-8"))
    return loaded


_ORDINAL = re.compile(r"제(?=\d)|[.·,\s]")


def plain_name(name: str) -> str:
    """면목제3.8동 -> 면목38동: ordinal marks and dots vary from writer to writer."""
    return _ORDINAL.sub("", name)


def _area(row: list[str], above: dict[str, Area]) -> Area:
    """Rows come top down, so the place above is already there to lend its point."""
    code, level = row[0], row[1]
    sido, sgg, emd, ri = map(sys.intern, row[2:6])
    if row[6]:
        return Area(code, level, sido, sgg, emd, ri, float(row[6]), float(row[7]), int(row[8]), True)
    parent = above.get(f"{code[:8]}00" if level == "ri" else f"{code[:5]}00000") or above[f"{code[:5]}00000"]
    return Area(code, level, sido, sgg, emd, ri, parent.lat, parent.lon, parent.radius_m, False)
