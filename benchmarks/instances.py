"""Public instances of vehicle routing with time windows, beside the best costs known for them.

`ONDOL_BENCH_INSTANCES=FOLDER python3 run.py bench planning`: FOLDER holds instances as Solomon's and
Homberger's are given out (one `NAME.txt` each) and `best.txt` with a line `NAME COST` for each. None of them
lies in this repository.
"""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np

from scheduling import Job, PlanningProblem, Technician

SCALE = 10
"""Distances have one decimal place, the rest is cut off, as in the exact results and the DIMACS challenge."""
MANDATORY = 10**8
CUSTOMER_COLUMNS = 7


def read_instances(folder: Path) -> list[tuple[PlanningProblem, float]]:
    """Each instance of a folder that has a best known cost, by name, with that cost."""
    best = folder / "best.txt"
    known = dict(line.split() for line in best.read_text(encoding="utf-8").splitlines() if line.strip())
    paths = sorted(path for path in folder.glob("*.txt") if path.stem in known)
    return [(read_instance(path), float(known[path.stem])) for path in paths]


def read_instance(path: Path) -> PlanningProblem:
    """One file: a line with the vehicles and their capacity, then seven numbers a place, the depot first."""
    rows = [line.split() for line in path.read_text(encoding="utf-8").splitlines()]
    numbers = [[int(word) for word in row] for row in rows if row and all(word.isdigit() for word in row)]
    ((vehicles, capacity),) = [row for row in numbers if len(row) == 2]
    places = [row for row in numbers if len(row) == CUSTOMER_COLUMNS]
    closes = places[0][5] * SCALE
    jobs = tuple(
        Job(
            id=str(number),
            location=k,
            duration=service * SCALE,
            window=(ready * SCALE, due * SCALE),
            drop_cost=MANDATORY,
            demand=demand,
        )
        for k, (number, _, _, demand, ready, due, service) in enumerate(places)
        if k > 0
    )
    points = [(place[1], place[2]) for place in places]
    matrix = np.array([[int(SCALE * math.dist(a, b)) for b in points] for a in points], dtype=np.int32)
    people = tuple(Technician(f"v{k}", 0, 0, (0, closes), capacity=capacity) for k in range(vehicles))
    return PlanningProblem(people, jobs, matrix, name=path.stem)
