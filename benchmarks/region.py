"""How planning a region grows with its points: `python3 run.py bench region`.

The country at its full size: `ONDOL_BENCH_POINTS=150,1000 ONDOL_BENCH_SECONDS_A_POINT=4`. Each size runs in a
process of its own, so that its memory is its own.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from pathlib import Path
from typing import Any

from scheduling.region import RegionOptions, check_region, plan_region
from scheduling.region.generate import generate_region
from scheduling.region.model import Lending

SIZES = tuple(int(size) for size in os.environ.get("ONDOL_BENCH_POINTS", "10,20").split(","))
SECONDS_A_POINT = float(os.environ.get("ONDOL_BENCH_SECONDS_A_POINT", "1"))
LEAST_SECONDS, MOST_SECONDS = 10.0, 590.0
WORKERS = 2
EQUAL_TIME_POINTS = 40
"""Up to so many points are also planned alone for the same time; beyond, it would double the run."""
TECHNICIANS, JOBS, SEED = 10, 70, 9_300
MOST_WALL, MOST_MEGABYTES = 600.0, 1_500


def bench_region() -> int:
    """Print the table; 1 when a run took longer or more memory than it may, or was worse than alone."""
    print(
        f"Points of {TECHNICIANS} technicians and about {JOBS} jobs, {WORKERS} workers. Cost beside the same"
    )
    print(
        "run before anything crossed a border; beside points alone for the whole time; load of the machine\n"
    )
    print("| points | jobs | s | MB | served | overflow | lent | cost | / before | / alone | load |")
    print("|---" * 11 + "|", flush=True)
    missed = []
    for size in SIZES:
        seconds = min(MOST_SECONDS, max(LEAST_SECONDS, size * SECONDS_A_POINT))
        found = _run(size, seconds, borders=True)
        equal = _run(size, seconds, borders=False) if size <= EQUAL_TIME_POINTS else None
        print(
            f"| {size} | {found['jobs']} | {found['seconds']:.0f} | {found['megabytes']} | {found['served']} "
            f"| {found['overflow']} | {found['lent']} | {found['cost']:,} "
            f"| {found['cost'] / found['alone_cost']:.3f} "
            f"| {'' if equal is None else format(found['cost'] / equal['cost'], '.3f')} "
            f"| {found['load']:.1f} |",
            flush=True,
        )
        limits = {"seconds": MOST_WALL, "megabytes": MOST_MEGABYTES, "cost": found["alone_cost"], "broken": 0}
        missed += [
            f"{size} points: {name} {found[name]}" for name, most in limits.items() if found[name] > most
        ]
    for line in missed:
        print(f"missed: {line}")
    return int(bool(missed))


def _run(points: int, seconds: float, *, borders: bool) -> dict[str, Any]:
    arguments = [str(points), str(seconds), str(int(borders))]
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.region", *arguments],
        cwd=Path(__file__).resolve().parents[1],
        check=True,
        capture_output=True,
        text=True,
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _measure(points: int, seconds: float, *, borders: bool) -> dict[str, Any]:
    region = generate_region(points=points, technicians=TECHNICIANS, jobs=JOBS, seed=SEED)
    plan = plan_region(region, seconds=seconds, options=RegionOptions(workers=WORKERS, borders=borders))
    lendings = {x.technician: Lending(x.technician, x.point, x.kept) for x in plan.lent}
    return {
        "jobs": len(region.jobs),
        "seconds": plan.seconds,
        "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "served": plan.served,
        "overflow": len(plan.overflow),
        "lent": len(plan.lent),
        "cost": plan.cost,
        "alone_cost": plan.alone_cost,
        "load": os.getloadavg()[0],
        "broken": len(check_region(region, plan.sequences, lendings)),
    }


if __name__ == "__main__":
    size, span, across = sys.argv[1:]
    print(json.dumps(_measure(int(size), float(span), borders=across == "1")))
