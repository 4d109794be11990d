"""`run.py plan`, `quote` and `what-if`: files in, files out; no database, no web.

Exit 0: planned (Ctrl-C ends the search and keeps the best plan so far). 2: the problem, the plan or an
argument cannot be read; one line on stderr says which field. 3: the engine cannot be compiled here.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from threading import Event
from typing import Any

from scheduling.changes import parse_change
from scheduling.engine import Progress
from scheduling.evaluator import InfeasibleError
from scheduling.explain import explain_unserved
from scheduling.kernel.build import KernelMissingError
from scheduling.plan import Plan, parse_sequences, plan_to_json
from scheduling.planner import Engine, SearchOptions, solve
from scheduling.problem import PlanningProblem
from scheduling.problem_checks import ProblemError
from scheduling.problem_json import parse_job, parse_problem
from scheduling.ranking import insertions_to_json, rank_insertions
from scheduling.whatif import what_if, what_if_to_json

MALFORMED, NO_ENGINE = 2, 3
MOST_SECONDS = 86_400.0
MOST_WORKERS = 64
MOST_ITERATIONS = 10**12


def main(arguments: Sequence[str]) -> int:
    """Run one command; returns the exit code."""
    given = _parser().parse_args(arguments)
    try:
        code: int = given.run(given)
    except ProblemError as error:
        _say(f"온돌: {error}")
        return MALFORMED
    except KernelMissingError as error:
        _say(f"온돌: {error}")
        return NO_ENGINE
    except KeyboardInterrupt:
        _say("온돌: 멈췄습니다.")
        return 130
    return code


def plan(given: argparse.Namespace) -> int:
    """Plan one problem."""
    body = _read_json(given.problem)
    problem = parse_problem(body)
    _check_writable(given.out)
    if given.html is not None:
        _check_writable(given.html)
    stop = Event()
    options = SearchOptions(
        cancelled=stop.is_set,
        seed=given.seed,
        iterations=given.iterations,
        workers=given.workers,
        engine=Engine(given.engine),
        on_progress=_show_progress(problem) if sys.stderr.isatty() else None,
    )
    before = signal.signal(signal.SIGINT, lambda *_: stop.set())
    try:
        found = solve(problem, seconds=given.seconds, options=options)
    finally:
        signal.signal(signal.SIGINT, before)
    if stop.is_set():
        found = explain_unserved(problem, found)
        _say("온돌: 멈췄습니다. 그때까지 가장 좋은 계획을 남깁니다.")
    _write(given.out, json.dumps(plan_to_json(found), ensure_ascii=False, indent=1) + "\n")
    if given.html is not None:
        _write(given.html, _draw(problem, found, body))
    served = sum(len(route.stops) for route in found.routes)
    sys.stdout.write(
        f"비용 {found.cost:,} (이동 {found.travel:,} · 초과 근무 {found.overtime:,} · "
        f"늦음 {found.lateness:,} · 미룸 {found.dropped:,}), "
        f"작업 {served}/{len(problem.jobs)}, {found.seconds:.1f}초 → {given.out}\n"
    )
    return 0


def plan_whole_region(given: argparse.Namespace) -> int:
    """Plan the service points of a region, and what crosses their borders."""
    from scheduling.region.command import plan_file

    body = _read_json(given.region)
    _check_writable(given.out)
    found, line = plan_file(
        body,
        seconds=given.seconds,
        seed=given.seed,
        workers=given.workers,
        iterations=given.iterations,
    )
    _write(given.out, json.dumps(found, ensure_ascii=False, indent=1) + "\n")
    sys.stdout.write(f"{line} → {given.out}\n")
    return 0


def quote(given: argparse.Namespace) -> int:
    """Rank the places for one job in a plan; JSON on stdout, best first."""
    problem = parse_problem(_read_json(given.problem))
    sequences = parse_sequences(_read_json(given.plan))
    job = parse_job(_read_json(given.job))
    ranked = rank_insertions(problem, sequences, job)
    json.dump(insertions_to_json(job, ranked), sys.stdout, ensure_ascii=False, indent=1)
    sys.stdout.write("\n")
    return 0


def ask_what_if(given: argparse.Namespace) -> int:
    """What a change by hand would do to a plan; JSON on stdout."""
    problem = parse_problem(_read_json(given.problem))
    sequences = parse_sequences(_read_json(given.plan))
    change = parse_change(_read_json(given.change), problem)
    try:
        found = what_if(problem, sequences, change)
    except InfeasibleError as error:
        raise ProblemError(str(given.plan), f"이 계획은 이미 규칙에 어긋납니다({error})") from error
    json.dump(what_if_to_json(found), sys.stdout, ensure_ascii=False, indent=1)
    sys.stdout.write("\n")
    return 0


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="run.py", description="Ondol planning")
    commands = parser.add_subparsers(dest="command", required=True)

    it = commands.add_parser("plan", help=plan.__doc__)
    it.add_argument("problem", type=Path, metavar="PROBLEM.json")
    _add_effort(it, "PLAN.json")
    it.add_argument("--engine", choices=[engine.value for engine in Engine], default=Engine.ONDOL.value)
    it.add_argument("--html", type=Path, default=None, metavar="PAGE.html", help="the plan as a page, too")
    it.set_defaults(run=plan)

    it = commands.add_parser("plan-region", help=plan_whole_region.__doc__)
    it.add_argument("region", type=Path, metavar="REGION.json")
    _add_effort(it, "REGION-PLAN.json")
    it.set_defaults(run=plan_whole_region)

    it = commands.add_parser("quote", help=quote.__doc__)
    it.add_argument("problem", type=Path, metavar="PROBLEM.json")
    it.add_argument("plan", type=Path, metavar="PLAN.json")
    it.add_argument("job", type=Path, metavar="JOB.json")
    it.set_defaults(run=quote)

    it = commands.add_parser("what-if", help=ask_what_if.__doc__)
    it.add_argument("problem", type=Path, metavar="PROBLEM.json")
    it.add_argument("plan", type=Path, metavar="PLAN.json")
    it.add_argument("change", type=Path, metavar="CHANGE.json")
    it.set_defaults(run=ask_what_if)
    return parser


def _add_effort(it: argparse.ArgumentParser, out: str) -> None:
    """How long to search, and where the plan goes."""
    it.add_argument("--seconds", type=_seconds, required=True, help="wall seconds of the search")
    it.add_argument("--seed", type=_whole(0, 2**31 - 1), default=1)
    it.add_argument(
        "--workers", type=_whole(1, MOST_WORKERS), default=1, help="threads; 1: one of everything"
    )
    it.add_argument(
        "--iterations",
        type=_whole(1, MOST_ITERATIONS),
        default=None,
        help="so many steps, if the seconds suffice: the same seed then gives the same plan",
    )
    it.add_argument("--out", type=Path, required=True, metavar=out)


def _seconds(text: str) -> float:
    value = float(text)
    if not math.isfinite(value) or not 0 < value <= MOST_SECONDS:
        raise argparse.ArgumentTypeError(f"0보다 크고 {MOST_SECONDS:g} 이하인 초여야 합니다")
    return value


def _whole(low: int, high: int) -> Any:
    def whole(text: str) -> int:
        value = int(text)
        if not low <= value <= high:
            raise argparse.ArgumentTypeError(f"{low} 이상 {high} 이하의 정수여야 합니다")
        return value

    return whole


def _read_json(path: Path) -> object:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ProblemError(str(path), f"파일을 읽지 못했습니다({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise ProblemError(str(path), "UTF-8로 저장된 글자 파일이어야 합니다") from error
    except (json.JSONDecodeError, RecursionError) as error:
        where = (
            f" {error.lineno}번째 줄 {error.colno}번째 글자"
            if isinstance(error, json.JSONDecodeError)
            else ""
        )
        raise ProblemError(str(path), f"JSON이 아닙니다.{where}".rstrip(".")) from error


def _check_writable(path: Path) -> None:
    """Before the search, not after it."""
    if path.is_dir() or not os.access(path.parent, os.W_OK):
        raise ProblemError(str(path), "결과를 쓸 수 없는 곳입니다. 쓸 수 있는 폴더의 파일 이름을 주세요")


def _write(path: Path, text: str) -> None:
    half = path.with_name(path.name + ".new")
    half.write_text(text, encoding="utf-8")
    half.replace(path)


def _draw(problem: PlanningProblem, found: Plan, body: object) -> str:
    # Jinja is imported only by who wants a page.
    from scheduling.picture import render_page

    travel = body["travel"] if isinstance(body, dict) else {}
    points = [(lat, lon) for lat, lon in travel["points"]] if "matrix" not in travel else None
    return render_page(problem, found, points=points)


def _show_progress(problem: PlanningProblem) -> Any:
    def show(progress: Progress) -> None:
        text = (
            f"{progress.seconds:6.1f}초  비용 {progress.cost:,}  작업 {progress.served}/{len(problem.jobs)}"
        )
        sys.stderr.write(f"\r{text}   ")
        sys.stderr.flush()

    return show
