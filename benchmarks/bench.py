"""`run.py bench [NAME]`: every measurement, or one. Tables for docs/benchmarks.md go to stdout."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence

from benchmarks.console import bench_console
from benchmarks.importing import bench_import
from benchmarks.intake import bench_intake
from benchmarks.kills import bench_kills
from benchmarks.load import bench_load
from benchmarks.notices import bench_notices
from benchmarks.planning import bench_plan
from benchmarks.region import bench_region
from benchmarks.repair import bench_repair
from benchmarks.startup import bench_startup

BENCHES: dict[str, Callable[[], int]] = {
    "planning": bench_plan,
    "region": bench_region,
    "repair": bench_repair,
    "startup": bench_startup,
    "intake": bench_intake,
    "console": bench_console,
    "kills": bench_kills,
    "import": bench_import,
    "notices": bench_notices,
    "load": bench_load,
}


def run_bench(name: str | None, options: Sequence[str] = ()) -> int:
    """Run one measurement or all. Returns 1 when one of them missed what it must reach.

    Args:
        options: of `load` alone.
    """
    if name is not None and name not in BENCHES:
        sys.stderr.write(f"No such bench: {name}. There are: {', '.join(BENCHES)}\n")
        return 2
    if name == "load":
        return bench_load(options)
    worst = 0
    for bench in [BENCHES[name]] if name else BENCHES.values():
        worst = max(worst, bench())
        print()
    return worst
