"""A change by hand is told as it would be: costs by the judge, rules by how much they would have to bend."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from scheduling import (
    Plan,
    PlanningProblem,
    ProblemError,
    check_sequences,
    evaluate_plan,
    insert_greedy,
    plan_to_json,
    problem_to_json,
)
from scheduling.broken_rules import Broken
from scheduling.changes import AddHours, Change, Move, Swap, TakeOff, parse_change
from scheduling.cli import main
from scheduling.generate import generate_day, with_prefixes
from scheduling.whatif import WhatIf, what_if, what_if_to_json

Tiny = Callable[..., PlanningProblem]
SCHEMAS = Path(__file__).resolve().parents[2] / "docs" / "schemas"


def schema(name: str) -> Any:
    return jsonschema_rs.validator_for(json.loads((SCHEMAS / f"ondol-{name}-1.json").read_text()))


def draw_change(rng: random.Random, problem: PlanningProblem) -> Change:
    names, people = [job.id for job in problem.jobs], [person.id for person in problem.technicians]
    kind = rng.randrange(5)
    if kind == 0:
        return TakeOff(rng.choice(names))
    if kind == 1:
        one, other = rng.sample(names, 2)
        return Swap((one, other))
    job = problem.jobs[problem.job_index[rng.choice(names)]]
    start = rng.randint(job.window[0] - 3, job.window[1]) if kind == 2 else None
    position = rng.randrange(4) if kind == 3 else None
    return Move(job.id, rng.choice(people), position, start)


def by_hand(problem: PlanningProblem, plan: Plan, change: Change, found: WhatIf) -> dict[str, list[str]]:
    """The routes after the change; where the place was left open, that of the answer."""
    routes = {name: list(jobs) for name, jobs in plan.sequences.items()}
    if isinstance(change, Swap):
        one, other = change.jobs
        names = {one: other, other: one}
        return {who: [names.get(job, job) for job in jobs] for who, jobs in routes.items()}
    assert isinstance(change, (Move, TakeOff))
    rest = {name: [job for job in jobs if job != change.job] for name, jobs in routes.items()}
    if isinstance(change, Move):
        position = change.position
        if position is None and found.places:
            position = found.places[0].position
        if position is not None:
            rest[change.technician].insert(position, change.job)
    return rest


def bent(problem: PlanningProblem, broken: tuple[Broken, ...]) -> PlanningProblem:
    """The problem with windows and shifts that give way by exactly the amounts told."""
    jobs, people = list(problem.jobs), list(problem.technicians)
    for rule in broken:
        if rule.code == "WINDOW_BENT":
            at = problem.job_index[str(rule.job)]
            work = jobs[at]
            wider = tuple(
                (a, b + (rule.amount or 0) * (b == max(w[1] for w in work.windows))) for a, b in work.windows
            )
            jobs[at] = replace(
                work, window=(work.window[0], work.window[1] + (rule.amount or 0)), windows=wider
            )
        elif rule.code == "SHIFT_OVERRUN":
            at = problem.technician_index[str(rule.technician)]
            people[at] = replace(people[at], max_overtime=people[at].max_overtime + (rule.amount or 0))
    return replace(problem, jobs=tuple(jobs), technicians=tuple(people))


def at_the_wished_time(problem: PlanningProblem, change: Change) -> PlanningProblem:
    if not isinstance(change, Move) or change.start is None:
        return problem
    asked = replace(problem.jobs[problem.job_index[change.job]], window=(change.start,) * 2, windows=())
    return replace(problem, jobs=tuple(asked if job.id == asked.id else job for job in problem.jobs))


def check_better(problem: PlanningProblem, plan: Plan, found: WhatIf) -> None:
    """Each is a plan that the judge takes, costs what is said, and is better than what was asked."""
    for spot in found.better:
        rest = {name: [job for job in jobs if job != spot.job] for name, jobs in plan.sequences.items()}
        rest[spot.technician].insert(spot.position, spot.job)
        wished = at_the_wished_time(problem, found.change)
        kept = spot.start == getattr(found.change, "start", None) and not check_sequences(wished, rest)
        cost = evaluate_plan(wished if kept else problem, rest).cost
        assert cost == plan.cost + spot.cost
        assert found.after is None or cost < found.after.total


def test_what_would_be_is_what_the_judge_says(tiny_problem: Tiny) -> None:
    codes: Counter[str] = Counter()
    validator = schema("what-if")
    for seed in range(320):
        rng = random.Random(seed)
        if seed % 5 == 0:
            problem = generate_day(technicians=3, jobs=14, seed=seed)
        else:
            problem = tiny_problem(
                seed, jobs=4 + seed % 4, technicians=3, prefix=seed % 4 == 0, rich=seed % 2 == 1
            )
        plan = insert_greedy(problem)
        change = draw_change(rng, problem)
        found = what_if(problem, plan.sequences, change)
        validator.validate(what_if_to_json(found))
        assert found.before.total == plan.cost
        check_better(problem, plan, found)
        codes["better"] += bool(found.better)
        if found.after is None:
            codes.update({rule.code for rule in found.broken})
            assert all(rule.text for rule in found.broken) and not found.places
            continue
        after = evaluate_plan(problem, by_hand(problem, plan, change, found))
        if isinstance(change, Move) and change.start is not None:
            after = evaluate_plan(at_the_wished_time(problem, change), after.sequences)
            assert found.places[0].start == change.start
        assert found.after.total == after.cost
        assert found.after.travel == after.travel
        codes["feasible"] += 1
        codes["touched"] += bool(found.touched)
        was = {stop.job: (r.technician, stop.start) for r in plan.routes for stop in r.stops}
        now = {stop.job: (r.technician, stop.start) for r in after.routes for stop in r.stops}
        asked_for = set(change.jobs) if isinstance(change, Swap) else {getattr(change, "job", "")}
        moved = {job for job in was if job in now and was[job] != now[job]} - asked_for
        assert {other.job for other in found.touched} == moved
        assert all(now[other.job][1] - was[other.job][1] == other.seconds for other in found.touched)
    for code in ("WINDOW_BENT", "SHIFT_OVERRUN", "SKILL_MISSING", "TIME_NOT_PROMISED", "MANDATORY_LEFT_OUT"):
        assert codes[code] >= 3, codes
    assert codes["feasible"] > 90 and codes["touched"] > 30 and codes["better"] > 60


def test_the_amounts_are_what_would_have_to_give_way(tiny_problem: Tiny) -> None:
    """Windows and shifts that give way by so much take the plan, and none of them by a second less."""
    told = 0
    for seed in range(160):
        problem = tiny_problem(seed, jobs=6, technicians=2, rich=seed % 2 == 1)
        plan = insert_greedy(problem)
        rng = random.Random(seed)
        job = rng.choice(problem.jobs)
        for position in (0, 9):
            change = Move(job.id, rng.choice(problem.technicians).id, position)
            found = what_if(problem, plan.sequences, change)
            if not found.broken or {rule.code for rule in found.broken} - {"WINDOW_BENT", "SHIFT_OVERRUN"}:
                continue
            after = by_hand(problem, plan, change, found)
            assert check_sequences(bent(problem, found.broken), after) == []
            if len(found.broken) == 1:
                rule = found.broken[0]
                less = replace(rule, amount=(rule.amount or 0) - 1)
                assert check_sequences(bent(problem, (less,)), after) != []
            told += 1
    assert told > 15


def test_more_hours_say_what_then_fits() -> None:
    problem = generate_day(technicians=2, jobs=26, seed=2)
    plan = insert_greedy(problem)
    assert plan.unserved
    person = problem.technicians[0]
    found = what_if(problem, plan.sequences, AddHours(person.id, until=person.shift[1] + 7200))
    assert found.feasible and found.after is not None and found.after.overtime <= found.before.overtime
    assert {spot.job for spot in found.better} <= {left.job for left in plan.unserved}
    assert found.better and all(spot.cost < 0 for spot in found.better)


def test_what_is_under_way_stays_first() -> None:
    day = generate_day(technicians=3, jobs=14, seed=2)
    plan = insert_greedy(day)
    problem = with_prefixes(day, plan.sequences)
    first = plan.routes[0].stops[0].job
    other = plan.routes[1].technician
    found = what_if(problem, plan.sequences, Move(first, other, position=0))
    assert "PREFIX_BROKEN" in {rule.code for rule in found.broken}


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({}, "format"),
        ({"format": "ondol-change/1", "kind": "paint"}, "kind"),
        ({"format": "ondol-change/1", "kind": "move", "job": "nobody", "technician": "t1"}, "job"),
        ({"format": "ondol-change/1", "kind": "move", "job": "j1", "technician": "t9"}, "technician"),
        (
            {"format": "ondol-change/1", "kind": "move", "job": "j1", "technician": "t1", "position": -1},
            "position",
        ),
        ({"format": "ondol-change/1", "kind": "swap", "jobs": ["j1", "j1"]}, "jobs"),
        ({"format": "ondol-change/1", "kind": "swap", "jobs": ["j1", "j99"]}, "jobs[1]"),
        ({"format": "ondol-change/1", "kind": "add_hours", "technician": "t1"}, "until"),
    ],
)
def test_a_change_that_cannot_be_read_is_named(change: dict[str, Any], path: str) -> None:
    with pytest.raises(ProblemError) as refused:
        parse_change(change, generate_day(technicians=2, jobs=5, seed=1))
    assert refused.value.path == path


def test_the_command_answers_by_the_schemas(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    problem = generate_day(technicians=3, jobs=14, seed=4)
    plan = insert_greedy(problem)
    one, other = [route.stops[0].job for route in plan.routes if route.stops][:2]
    changes: list[dict[str, Any]] = [
        {"kind": "move", "job": one, "technician": "t2", "position": None, "start": 36000},
        {"kind": "pin", "job": one, "technician": "t2"},
        {"kind": "take_off", "job": one},
        {"kind": "swap", "jobs": [one, other]},
        {"kind": "add_hours", "technician": "t1", "until": 80000},
    ]
    files = {"problem": problem_to_json(problem), "plan": plan_to_json(plan)}
    for name, body in files.items():
        (tmp_path / f"{name}.json").write_text(json.dumps(body))
    answers = []
    for change in changes:
        body = {"format": "ondol-change/1", **change}
        schema("change").validate(body)
        (tmp_path / "change.json").write_text(json.dumps(body))
        assert main(["what-if", *(str(tmp_path / f"{name}.json") for name in (*files, "change"))]) == 0
        answers.append(json.loads(capsys.readouterr().out))
        schema("what-if").validate(answers[-1])
    assert answers[2]["after"]["dropped"] > answers[2]["before"]["dropped"]
    broken = {
        **files["plan"],
        "routes": [{"technician": "t1", "stops": [{"job": job.id} for job in problem.jobs]}],
    }
    (tmp_path / "plan.json").write_text(json.dumps(broken))
    assert main(["what-if", *(str(tmp_path / f"{name}.json") for name in (*files, "change"))]) == 2
    assert "plan.json" in capsys.readouterr().err
