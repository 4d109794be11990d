"""Turns the polygons of each 시군구 into a small base map for screens without a tile server."""

from __future__ import annotations

import json
from pathlib import Path

import shapely
from shapely.geometry.base import BaseGeometry

from tools.gazetteer_sources import Place

TOLERANCE_DEG = 0.0075
"""Visvalingam tolerance: the side of a triangle that may be dropped, about 700 m."""
SMALLEST_ISLAND_DEG2 = 0.0006
"""About 6 km2. The largest part of a 시군구 always stays."""
GRID_DEG = 0.0005
LARGEST_GAP_DEG2 = 0.0002
DECIMALS = 3


def write_basemap(path: Path, sgg: list[Place], shapes: dict[str, BaseGeometry]) -> int:
    """Writes {"sgg": [{code, sido, sgg, rings: [[[lon, lat], ...], ...]}]}; returns the size in bytes.

    Neighbours are simplified together, so that they keep sharing one border line.
    """
    drawn = [place for place in sgg if place.code[:5] in shapes]
    simple = shapely.coverage_simplify(_shared([shapes[p.code[:5]] for p in drawn]), TOLERANCE_DEG)
    areas = [
        {"code": place.code[:5], "sido": place.sido, "sgg": place.sgg, "rings": _rings(shape)}
        for place, shape in zip(drawn, map(_mainland, simple), strict=True)
    ]
    text = json.dumps({"sgg": areas}, ensure_ascii=False, separators=(",", ":"))
    path.write_text(text + "\n", encoding="utf-8")
    return len(text.encode())


def _shared(shapes: list[BaseGeometry]) -> list[BaseGeometry]:
    """The same areas cut along one net of lines: in the source, neighbours do not quite meet."""
    snapped = shapely.set_precision([shapely.boundary(s) for s in shapes], GRID_DEG)
    faces = shapely.get_parts(shapely.polygonize([shapely.union_all(snapped)]))
    tree = shapely.STRtree(shapes)
    inside: list[list[BaseGeometry]] = [[] for _ in shapes]
    for face in faces:
        point = shapely.point_on_surface(face)
        owners = tree.query(point, predicate="within")
        if len(owners):
            inside[owners.min()].append(face)
        elif face.area < LARGEST_GAP_DEG2:  # a crack between neighbours, not a bay
            inside[tree.nearest(point)].append(face)
    return [shapely.union_all(parts) for parts in inside]


def _mainland(shape: BaseGeometry) -> BaseGeometry:
    parts = _polygons(shape)
    largest = max(parts, key=lambda part: part.area)
    return shapely.MultiPolygon([p for p in parts if p is largest or p.area > SMALLEST_ISLAND_DEG2])


def _polygons(shape: BaseGeometry) -> list[shapely.Polygon]:
    return [part for part in shapely.get_parts(shape) if isinstance(part, shapely.Polygon)]


def _rings(shape: BaseGeometry) -> list[list[list[float]]]:
    """Outer rings only: the holes (대구 in 경북 and the like) are drawn by the areas that fill them."""
    rings = []
    for part in _polygons(shape):
        ring: list[list[float]] = []
        for lon, lat in part.exterior.coords:
            point = [round(lon, DECIMALS), round(lat, DECIMALS)]
            if not ring or ring[-1] != point:
                ring.append(point)
        if len(ring) >= 4:
            rings.append(ring)
    return rings
