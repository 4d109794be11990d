"""What a load run prints: each figure in its place, and whether it holds."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.load import Run
from benchmarks.load_house import RunningHouse, Shape
from benchmarks.load_plan import Load
from benchmarks.load_tables import print_growth, print_limit, print_run
from benchmarks.load_tally import Kept, Tally, judge
from benchmarks.load_watch import Backlog, Watch
from core.db import Database


@pytest.fixture
def run(database: Database) -> Run:
    """Two calls, answered in 10 and 20 ms, both planned."""
    tally = Tally(filed=["A", "B"], news=30, client_cpu_s=3.0)
    for milliseconds in (10.0, 20.0):
        tally.answered("POST /tickets", milliseconds)
    watch = Watch(RunningHouse("http://127.0.0.1:1", database, Path(), 1))
    watch.cores = {"web": 0.5, "worker": 0.25, "PostgreSQL": 0.125}
    watch.memory_mb = {"web": 200.0, "worker": 100.0}
    watch.backlogs = [Backlog(0, 0.0, 0, 0), Backlog(5, 2.0, 1, 0)]
    watch.waits = Counter({"working": 3, "IO:WalSync": 1})
    kept = [Kept("A", 1.0), Kept("B", 3.0)]
    load = Load(calls_a_second=3.0, seconds=30.0)
    return Run(Shape(1, 1), load, tally, judge(tally.filed, kept), watch, 0.5, {"delivered": 4})


def test_a_run_is_told_whole(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    run.tally.failed("search", "500")
    print_run(run)
    said = capsys.readouterr().out
    for line in (
        "| POST /tickets | 2 | 10 | 20 | 20 |",
        "| 201 / lost / doubled | 2 / 0 / 0 |",
        "| planned, a person asked, nobody yet | 2 / 0 / 0 |",
        "| most open events, oldest s | 5, 2 |",
        "| news to open pages a second | 1 |",
        "| callers' own cores | 0.10 |",
        "working 75 %, IO:WalSync 25 %",
        "- 1 x search: 500",
    ):
        assert line in said


def test_runs_stand_beside_each_other(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    more = replace(run, shape=Shape(2, 1), load=replace(run.load, calls_a_second=4.5), drained_s=None)
    print_growth([run, more])
    print_limit([run, more])
    said = [line for line in capsys.readouterr().out.splitlines() if line.startswith("| ")]
    assert [line.split(" | ")[0] for line in said] == [
        "| shape",
        "| 1 web + 1 worker",
        "| 2 web + 1 worker",
        "| calls a second",
        "| 3",
        "| 4.5",
    ]
    assert len({line.count("|") for line in said}) == 1, "as many cells as heads"
    assert said[1].endswith("| yes |") and said[2].endswith("| no |"), "what is never done does not hold"


@pytest.mark.parametrize("broken", ["lost", "error", "slow", "late"])
def test_what_breaks_it(run: Run, broken: str) -> None:
    assert run.holds
    if broken == "lost":
        run = replace(run, verdict=judge(["A", "C"], [Kept("A", 1.0)]))
    elif broken == "error":
        run.tally.failed("search", "TimeoutError")
    elif broken == "slow":
        run.tally.answered("POST /tickets", 900.0)
    else:
        run.watch.backlogs.append(Backlog(9, 61.0, 0, 0))
    assert not run.holds
