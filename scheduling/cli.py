"""`run.py plan`, `repair`, `quote`, `why` and `what-if`: files in, files out; no database, no web.

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
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import Any

from scheduling.changes import parse_change
from scheduling.engine import Progress
from scheduling.evaluator import InfeasibleError
from scheduling.events import parse_event
from scheduling.explain import explain_unserved
from scheduling.kernel.build import KernelMissingError
from scheduling.plan import Plan, parse_sequences, plan_to_json
from scheduling.planner import Engine, SearchOptions, solve
from scheduling.preparation.model import RichProblem
from scheduling.preparation.rich_json import parse_rich, refuse_rules
from scheduling.preparation.rich_plan import rich_plan_to_json
from scheduling.preparation.solving import solve_rich
from scheduling.problem import PlanningProblem
from scheduling.problem_checks import COST_LIMIT, RATE_LIMIT, ProblemError
from scheduling.problem_json import parse_problem, problem_to_json
from scheduling.quoting import quote_each, quote_one
from scheduling.repair import MovingCosts, read_published, repair_plan, repaired_to_json
from scheduling.whatif import what_if, what_if_to_json
from scheduling.why import answer_to_json, explain_job

MALFORMED, NO_ENGINE = 2, 3
LINES = ".jsonl"
"""A file of lines: one value a line."""
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
    rich = parse_rich(body)
    problem = rich.plain
    _check_writable(given.out)
    if given.html is not None:
        _check_writable(given.html)
    with _stopped_by_hand() as stopped:
        options = replace(_options(given, stopped, problem), engine=Engine(given.engine))
        told, problem, found = _solve(rich, given.seconds, options)
    _write(given.out, json.dumps(told, ensure_ascii=False, indent=1) + "\n")
    if given.html is not None:
        _write(given.html, _draw(problem, found, body))
    sys.stdout.write(f"{_in_a_line(told, len(rich.plain.jobs))} → {given.out}\n")
    return 0


def repair(given: argparse.Namespace) -> int:
    """Mend a published plan after an event, moving as few jobs as is worth it."""
    problem = _read_plain(given.problem)
    published = read_published(_read_json(given.plan))
    event = parse_event(_read_json(given.event))
    _check_writable(given.out)
    if given.new_problem is not None:
        _check_writable(given.new_problem)
    costs = MovingCosts(person=given.person_cost, later=given.time_cost)
    with _stopped_by_hand() as stopped:
        options = _options(given, stopped, problem)
        mended = repair_plan(problem, published, event, seconds=given.seconds, costs=costs, options=options)
    if given.new_problem is not None:
        _write(given.new_problem, json.dumps(problem_to_json(mended.problem), ensure_ascii=False) + "\n")
    found = repaired_to_json(mended, event)
    _write(given.out, json.dumps(found, ensure_ascii=False, indent=1) + "\n")
    line = _in_a_line(found, len(mended.problem.jobs))
    sys.stdout.write(f"옮긴 작업 {mended.moved}건, {line} → {given.out}\n")
    return 0


def _solve(
    rich: RichProblem, seconds: float, options: SearchOptions
) -> tuple[dict[str, Any], PlanningProblem, Plan]:
    """The plan as JSON values, and the problem and plan of the engine behind it."""
    if not rich.is_plain:
        planned = solve_rich(rich, seconds=seconds, options=options)
        assert planned.source is not None, "a plan that was searched has one"
        prepared, found = planned.source
        return rich_plan_to_json(planned), prepared.problem, found
    found = solve(rich.plain, seconds=seconds, options=options)
    if options.cancelled is not None and options.cancelled():
        found = explain_unserved(rich.plain, found)
    return plan_to_json(found), rich.plain, found


def plan_whole_region(given: argparse.Namespace) -> int:
    """Plan the service points of a region, and what crosses their borders."""
    from scheduling.region.command import plan_file

    body = _read_json(given.region)
    _check_writable(given.out)
    with _stopped_by_hand() as stopped:
        found, line = plan_file(
            body,
            seconds=given.seconds,
            seed=given.seed,
            workers=given.workers,
            iterations=given.iterations,
            cancelled=stopped,
        )
    _write(given.out, json.dumps(found, ensure_ascii=False, indent=1) + "\n")
    sys.stdout.write(f"{line} → {given.out}\n")
    return 0


def quote(given: argparse.Namespace) -> int:
    """Rank the places for one job in a plan, or in each of many; JSON on stdout, best first."""
    problem, found, job = (_read_one_or_many(path) for path in (given.problem, given.plan, given.job))
    if not isinstance(problem, list):
        json.dump(quote_one(problem, found, job), sys.stdout, ensure_ascii=False, indent=1)
        sys.stdout.write("\n")
        return 0
    told = quote_each(problem, found, job)
    if given.problem.suffix == LINES:
        sys.stdout.writelines(f"{json.dumps(each, ensure_ascii=False)}\n" for each in told)
    else:
        json.dump(told, sys.stdout, ensure_ascii=False, indent=1)
        sys.stdout.write("\n")
    return 0


def why(given: argparse.Namespace) -> int:
    """Why a job is where it is, or left out: every technician, or one; JSON on stdout."""
    problem = _read_plain(given.problem)
    sequences = parse_sequences(_read_json(given.plan))
    if given.technician is not None and given.technician not in problem.technician_index:
        raise ProblemError("technician", f"'{given.technician}' 기사가 없습니다")
    answer = explain_job(problem, sequences, given.job)
    json.dump(answer_to_json(answer, technician=given.technician), sys.stdout, ensure_ascii=False, indent=1)
    sys.stdout.write("\n")
    return 0


def ask_what_if(given: argparse.Namespace) -> int:
    """What a change by hand would do to a plan; JSON on stdout."""
    problem = _read_plain(given.problem)
    sequences = parse_sequences(_read_json(given.plan))
    change = parse_change(_read_json(given.change), problem)
    try:
        found = what_if(problem, sequences, change)
    except InfeasibleError as error:
        raise ProblemError(str(given.plan), f"이 계획은 이미 규칙에 어긋납니다({error})") from error
    json.dump(what_if_to_json(found), sys.stdout, ensure_ascii=False, indent=1)
    sys.stdout.write("\n")
    return 0


@contextmanager
def _stopped_by_hand() -> Iterator[Callable[[], bool]]:
    """Ctrl-C ends the search and keeps what there is, as long as this is open."""
    stop = Event()
    before = signal.signal(signal.SIGINT, lambda *_: stop.set())
    try:
        yield stop.is_set
    finally:
        signal.signal(signal.SIGINT, before)
    if stop.is_set():
        _say("온돌: 멈췄습니다. 그때까지 가장 좋은 계획을 남깁니다.")


def _options(
    given: argparse.Namespace, stopped: Callable[[], bool], problem: PlanningProblem
) -> SearchOptions:
    return SearchOptions(
        cancelled=stopped,
        seed=given.seed,
        iterations=given.iterations,
        workers=given.workers,
        on_progress=_show_progress(problem) if sys.stderr.isatty() else None,
    )


def _in_a_line(told: dict[str, Any], jobs: int) -> str:
    """What a plan, as its file says it, costs and serves."""
    moved = f" · 옮김 {told['moved']:,}" if told.get("moved") else ""
    return (
        f"비용 {told['cost']:,} (이동 {told['travel']:,} · 초과 근무 {told['overtime']:,} · "
        f"늦음 {told['lateness']:,} · 미룸 {told['dropped']:,}{moved}), "
        f"작업 {jobs - len(told['unserved'])}/{jobs}, {told['seconds']:.1f}초"
    )


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

    it = commands.add_parser("repair", help=repair.__doc__)
    it.add_argument("problem", type=Path, metavar="PROBLEM.json")
    it.add_argument("plan", type=Path, metavar="PLAN.json", help="as published")
    it.add_argument("event", type=Path, metavar="EVENT.json", help="what has happened")
    _add_effort(it, "REPAIRED.json")
    costs = MovingCosts()
    cost, rate = _whole(0, COST_LIMIT), _whole(0, RATE_LIMIT)
    it.add_argument("--person-cost", type=cost, default=costs.person, help="that somebody else comes")
    it.add_argument("--time-cost", type=rate, default=costs.later, help="of a second later")
    it.add_argument(
        "--new-problem",
        type=Path,
        default=None,
        metavar="PROBLEM.json",
        help="the problem after the event, too",
    )
    it.set_defaults(run=repair)

    it = commands.add_parser("quote", help=quote.__doc__)
    it.add_argument("problem", type=Path, metavar="PROBLEM.json", help="one, a list, or lines in a .jsonl")
    it.add_argument("plan", type=Path, metavar="PLAN.json", help="one for each problem")
    it.add_argument("job", type=Path, metavar="JOB.json", help="one for all, or one for each problem")
    it.set_defaults(run=quote)

    it = commands.add_parser("why", help=why.__doc__)
    it.add_argument("problem", type=Path, metavar="PROBLEM.json")
    it.add_argument("plan", type=Path, metavar="PLAN.json")
    it.add_argument("job", metavar="JOB", help="the job's id in the problem")
    it.add_argument("--technician", default=None, metavar="ID", help="this one alone")
    it.set_defaults(run=why)

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
    return _decode(path, _read_text(path))


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise ProblemError(str(path), f"파일을 읽지 못했습니다({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise ProblemError(str(path), "UTF-8로 저장된 글자 파일이어야 합니다") from error


def _decode(path: Path, text: str, *, first_line: int = 1) -> object:
    try:
        return json.loads(text)
    except (json.JSONDecodeError, RecursionError) as error:
        where = (
            f" {error.lineno + first_line - 1}번째 줄 {error.colno}번째 글자"
            if isinstance(error, json.JSONDecodeError)
            else ""
        )
        raise ProblemError(str(path), f"JSON이 아닙니다.{where}".rstrip(".")) from error


def _read_one_or_many(path: Path) -> object:
    """A file of lines (`.jsonl`) is a list: one value a line, empty lines aside."""
    if path.suffix != LINES:
        return _read_json(path)
    lines = [(k, line) for k, line in enumerate(_read_text(path).split("\n"), 1) if line.strip()]
    return [_decode(path, line, first_line=k) for k, line in lines]


def _read_plain(path: Path) -> PlanningProblem:
    """A problem without rules that are prepared: here they are refused, not left out."""
    body = _read_json(path)
    refuse_rules(body)
    return parse_problem(body)


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
