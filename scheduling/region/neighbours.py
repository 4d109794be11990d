"""Who is whose neighbour, by travel between the middles of the points."""

from __future__ import annotations

import numpy as np

from scheduling.region.model import Region

SAMPLE = 40
"""Places of a point that are looked at for its middle: a large point's matrix is not needed for that."""


def find_neighbours(region: Region) -> list[list[int]]:
    """For each point the nearest others within reach, nearest first; a neighbour's neighbour is mutual."""
    with_work = [p for p, point in enumerate(region.points) if point.jobs or point.technicians]
    middles = [find_middle(region, p) for p in with_work]
    found: list[set[int]] = [set() for _ in region.points]
    if len(middles) < 2:
        return [[] for _ in region.points]
    travel = region.travel(middles).astype(np.int64)
    travel = np.minimum(travel, travel.T)
    for row, p in enumerate(with_work):
        order = [k for k in np.argsort(travel[row], kind="stable").tolist() if k != row]
        for k in order[: region.rules.neighbours]:
            if travel[row, k] <= region.rules.farthest:
                found[p].add(with_work[k])
                found[with_work[k]].add(p)
    place = {p: row for row, p in enumerate(with_work)}

    def by_travel(p: int) -> list[int]:
        return sorted(found[p], key=lambda q: (int(travel[place[p], place[q]]), q))

    return [by_travel(p) for p in range(len(found))]


def find_middle(region: Region, point: int) -> int:
    """The place of a point from which its places (every so-manieth) are nearest, there and back."""
    own = region.points[point]
    places = list(dict.fromkeys([t.start for t in own.technicians] + [job.location for job in own.jobs]))
    places = places[:: -(-len(places) // SAMPLE)]
    matrix = region.travel(places).astype(np.int64)
    return places[int((matrix.sum(axis=0) + matrix.sum(axis=1)).argmin())]
