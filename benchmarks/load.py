"""A five-fold winter day against a real installation: `run.py bench load [--seconds 60 …]`.

Five makers' worth of calls (5 x 18,000 a day), 200 open consoles and 1,000 technicians, a million homes; the
callers are a process of their own on the same machine, and their processor time is told apart.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.load_house import ROOT, Foundation, RunningHouse, Shape, open_foundation
from benchmarks.load_plan import Load, as_file, make_plan
from benchmarks.load_tables import print_growth, print_limit, print_run
from benchmarks.load_tally import BACKLOG_MUST_S, Tally, Verdict, judge, points
from benchmarks.load_watch import Watch, read_kept, read_texts, wait_until_done
from core import clock
from core.lifeline import command

CALLS_A_DAY = 5 * 18_000
BUSIEST_HOUR = 0.12
"""Share of a day's calls in its busiest hour: staffed 08-20 with peaks at 08-11 and 18-21 (domain.md)."""
BUSIEST_RATE = CALLS_A_DAY * BUSIEST_HOUR / 3600
SHAPES = (Shape(1, 1, 1), Shape(2, 1, 1), Shape(1, 2, 1), Shape(2, 1))
STEPS_UP = (1.5, 2.0, 3.0)
"""Times the busiest hour's rate, until it breaks."""
POST_MUST_MS, SEARCH_MUST_MS = 500.0, 100.0
DRAINED_WITHIN_S = 60.0
MORE_OVER_S = 300.0


@dataclass(frozen=True)
class Run:
    """One shape at one load."""

    shape: Shape
    load: Load
    tally: Tally
    verdict: Verdict
    watch: Watch
    drained_s: float | None
    """After the last caller, until nothing waited; None: not within the limit."""
    texts: dict[str, int]

    @property
    def oldest_s(self) -> float:
        """The longest that an event was seen waiting."""
        return max((each.oldest_s for each in self.watch.backlogs), default=0.0)

    @property
    def holds(self) -> bool:
        """Nothing lost, refused or late."""
        post = points(self.tally.took.get("POST /tickets", []))[1]
        on_time = self.drained_s is not None and self.oldest_s <= BACKLOG_MUST_S
        return self.verdict.is_good and on_time and post <= POST_MUST_MS and not self.tally.errors


def bench_load(arguments: Sequence[str] = ()) -> int:
    """Print the tables; 1 when anything was lost, or the first shape does not hold the rate."""
    asked = _read(arguments)
    load = Load(
        calls_a_second=asked.calls,
        seconds=asked.seconds,
        consoles=asked.consoles,
        technicians=asked.technicians,
        steps_a_second=asked.steps,
        open_s=asked.open_s,
    )
    with _folder(asked.data_dir) as folder, open_foundation(folder, homes=asked.homes) as foundation:
        _print_head(load, asked.homes)
        runs = []
        shapes = [Shape(*map(int, asked.shape.split("+")))] if asked.shape else list(SHAPES)
        for n, shape in enumerate(shapes):
            runs.append(run_once(foundation, shape, load, seed=asked.seed + n))
            print_run(runs[-1])
        if len(runs) > 1:
            print_growth(runs)
        climb = [] if asked.no_limit else list(_climb(foundation, shapes[0], load, seed=asked.seed + 100))
        if climb:
            print_limit([runs[0], *climb])
    return int(not all(run.verdict.is_good for run in (*runs, *climb)) or not runs[0].holds)


def run_once(foundation: Foundation, shape: Shape, load: Load, *, seed: int) -> Run:
    """One house of this shape, loaded once; gone afterwards."""
    with foundation.house(shape) as house:
        wait_until_done(foundation.database, within_s=DRAINED_WITHIN_S)  # what the run before left
        plan = make_plan(
            foundation.database,
            url=house.url,
            looks_url=house.looks_url,
            load=load,
            seed=seed,
            now=clock.now(),
        )
        with _people(as_file(plan), folder=foundation.folder) as people:
            people.wait_for("begin", within_s=load.open_s + MORE_OVER_S)
            with Watch(house) as watch:
                people.wait_for("end", within_s=load.seconds + MORE_OVER_S)
            drained = wait_until_done(foundation.database, within_s=DRAINED_WITHIN_S)
            tally = people.tally()
        return _told(foundation, house, shape, load, tally, watch, drained)


def _told(
    foundation: Foundation,
    house: RunningHouse,
    shape: Shape,
    load: Load,
    tally: Tally,
    watch: Watch,
    drained: float | None,
) -> Run:
    del house  # it stood until its rows were read
    verdict = judge(tally.filed, read_kept(foundation.database, tally.filed))
    return Run(shape, load, tally, verdict, watch, drained, read_texts(foundation.database, tally.filed))


def _climb(foundation: Foundation, shape: Shape, load: Load, *, seed: int) -> Iterator[Run]:
    """The same with more and more calls, up to the first that does not hold."""
    for n, times in enumerate(STEPS_UP):
        more = replace(load, calls_a_second=load.calls_a_second * times, seconds=min(load.seconds, 40.0))
        run = run_once(foundation, shape, more, seed=seed + n)
        yield run
        if not run.holds:
            return


@dataclass
class _People:
    """The callers' process."""

    process: subprocess.Popen[str]
    result: Path

    def wait_for(self, word: str, *, within_s: float) -> None:
        """Until it says so. Raises RuntimeError when it ends before, or the time is over."""
        began = time.monotonic()
        assert self.process.stdout is not None
        said = self.process.stdout.readline().strip()
        if said != word or time.monotonic() - began > within_s:
            raise RuntimeError(f"the callers said {said!r} instead of {word!r}")

    def tally(self) -> Tally:
        self.process.wait(60)
        return Tally.read(json.loads(self.result.read_text(encoding="utf-8")))


@contextmanager
def _people(plan: str, *, folder: Path) -> Iterator[_People]:
    paper, result = folder / "plan.json", folder / "result.json"
    paper.write_text(plan, encoding="utf-8")
    argv = (sys.executable, "-m", "benchmarks.load_people", str(paper), str(result))
    process = subprocess.Popen(command(argv), cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        yield _People(process, result)
    finally:
        process.kill()
        process.wait()
        paper.unlink()  # log-ins stand in it


@contextmanager
def _folder(given: Path | None) -> Iterator[Path]:
    place = given or Path(tempfile.mkdtemp(prefix="ondol-load-"))
    try:
        yield place
    finally:
        if given is None:
            shutil.rmtree(place, ignore_errors=True)


def _print_head(load: Load, homes: int) -> None:
    print(
        f"{load.calls_a_second:g} calls a second for {load.seconds:g} s ({CALLS_A_DAY:,} a day, "
        f"{BUSIEST_HOUR:.0%} of them in its busiest hour, are {BUSIEST_RATE:g}), {load.consoles} consoles, "
        f"{load.technicians:,} technicians, {homes:,} more homes; the callers on the same cores"
    )


def _read(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="run.py bench load", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0, help="that count, of each run")
    parser.add_argument("--calls", type=float, default=BUSIEST_RATE, help="a second")
    parser.add_argument("--steps", type=float, default=2.0, help="presses of technicians a second")
    parser.add_argument("--consoles", type=int, default=200)
    parser.add_argument("--technicians", type=int, default=1000)
    parser.add_argument("--homes", type=int, default=1_000_000)
    parser.add_argument("--open-s", type=float, default=30.0, help="in which everybody opens their page")
    parser.add_argument("--shape", help="WEB+WORKERS[+LOOKS], e.g. 2+1+1: this shape alone")
    parser.add_argument("--no-limit", action="store_true", help="do not look for the rate that breaks it")
    parser.add_argument("--data-dir", type=Path, help="kept, and used again")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    return parser.parse_args(arguments)
