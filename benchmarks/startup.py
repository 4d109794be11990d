"""How long until the demo answers, first and second time, and what its process tree holds in memory."""

from __future__ import annotations

import shutil
import tempfile
import time
from pathlib import Path

from benchmarks.running_demo import RunningDemo, running_demo

FIRST_MUST_S = 60.0
SECOND_MUST_S = 5.0
MEMORY_MUST_MB = 1200.0
LOOKS = 30
"""Seconds of a demo at work, its solver too, of which the fullest counts."""


def bench_startup() -> int:
    """Print the table; 1 when a limit was missed."""
    place = Path(tempfile.mkdtemp(prefix="ondol-bench-"))
    try:
        with running_demo(place) as first:
            first_s, memory = first.ready_s, _most_memory_mb(first)
        with running_demo(place) as second:
            second_s = second.ready_s
    finally:
        shutil.rmtree(place, ignore_errors=True)
    print("The demo: from the command to the first 200 of /health\n")
    print("| what | measured | must |")
    print("|---|---|---|")
    print(f"| first start, world seeded and planned | {first_s:.1f} s | < {FIRST_MUST_S:.0f} s |")
    print(f"| second start | {second_s:.1f} s | < {SECOND_MUST_S:.0f} s |")
    print(f"| second / first | {second_s / first_s:.2f} | |")
    print(
        f"| memory of the process tree, most in {LOOKS} s of solving | {memory:.0f} MB"
        f" | < {MEMORY_MUST_MB:.0f} MB |"
    )
    return int(first_s > FIRST_MUST_S or second_s > SECOND_MUST_S or memory > MEMORY_MUST_MB)


def _most_memory_mb(demo: RunningDemo) -> float:
    looks = []
    for _look in range(LOOKS):
        looks.append(demo.memory_mb())
        time.sleep(1)
    return max(looks)
