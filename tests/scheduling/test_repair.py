"""A published plan after an event: nothing lost, promises and what is under way kept, few jobs moved."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from scheduling import (
    Job,
    PlanningProblem,
    check_plan,
    check_sequences,
    evaluate_plan,
    parse_problem,
    parse_sequences,
    plan_to_json,
    problem_to_json,
    solve,
)
from scheduling.cli import main
from scheduling.engine import Effort, improve_routes
from scheduling.evaluator import plan_rank, viable_prefix
from scheduling.events import Cancelled, Emergency, Event, Overrun, TechnicianGone, event_to_json, parse_event
from scheduling.generate import generate_day, with_prefixes
from scheduling.moves import Places, places_of
from scheduling.planner import SearchOptions
from scheduling.repair import MovingCosts, Repaired, repair_plan

Tiny = Callable[..., PlanningProblem]
SCHEMAS = Path(__file__).resolve().parents[2] / "docs" / "schemas"
FREE = MovingCosts(person=0, later=0)
STEPS = SearchOptions(iterations=2_000)


def published_day(seed: int, *, people: int = 6, jobs: int = 42) -> tuple[PlanningProblem, Places]:
    """A working day, planned; each technician's first stop is under way."""
    day = generate_day(technicians=people, jobs=jobs, seed=seed)
    plan = evaluate_plan(day, improve_routes(day, [], Effort(10.0**9, steps=4_000)))
    return with_prefixes(day, plan.sequences), places_of(plan)


def busiest(published: Places) -> str:
    """Whoever has most jobs."""
    routes = [place.technician for place in published.values()]
    return max(sorted(set(routes)), key=routes.count)


def emergency(problem: PlanningProblem, name: str = "danger") -> Emergency:
    where = problem.jobs[0].location
    return Emergency(Job(name, where, 2_700, (43_200, 50_400), drop_cost=500_000, mandatory=True))


def mend(problem: PlanningProblem, published: Places, event: Event, **given: Any) -> Repaired:
    return repair_plan(problem, published, event, seconds=60.0, **({"options": STEPS} | given))


def events_of(problem: PlanningProblem, published: Places, seed: int) -> list[Event]:
    rng = random.Random(seed)
    first = problem.fixed[rng.randrange(len(problem.fixed))].jobs[0]
    duration = problem.jobs[problem.job_index[first]].duration
    other = rng.choice(sorted(published))
    return [
        TechnicianGone(busiest(published)),
        TechnicianGone(busiest(published), since=54_000),
        Overrun(first, duration + 7_200),
        emergency(problem),
        Cancelled(other),
    ]


@pytest.mark.parametrize("seed", range(3))
def test_nothing_is_lost_and_what_is_under_way_stays(seed: int) -> None:
    problem, published = published_day(seed)
    for event in events_of(problem, published, seed):
        found = mend(problem, published, event, options=SearchOptions(iterations=300))
        assert check_plan(found.problem, found.plan) == []
        assert all(left.reasons for left in found.plan.unserved)
        gone = {event.job} if isinstance(event, Cancelled) else set()
        routes = found.plan.sequences
        for prefix in problem.fixed:
            kept = [job for job in prefix.jobs if job not in gone]
            assert not kept or routes[prefix.technician][: len(kept)] == kept
        if isinstance(event, TechnicianGone) and event.since is None:
            assert len(routes[event.technician]) == 1, "what is under way, and nothing else"
            told = [r.text for left in found.plan.unserved for r in left.reasons]
            assert not any("!" in text for text in told)
        now = places_of(found.plan)
        stands = {job for job in now if now[job] == published.get(job)}
        listed = {move.job for move in found.moves}
        never = {left.job for left in found.plan.unserved} - set(published)
        under_way = {job for prefix in problem.fixed for job in prefix.jobs}
        changed = {job.id for job in found.problem.jobs} - stands - never - under_way
        assert listed == changed, "each change is told, and nothing else"
        assert all(move.text for move in found.moves)


def test_a_promise_is_kept_where_any_plan_can(
    tiny_problem: Tiny, brute_best: Callable[[PlanningProblem], tuple[int, int]]
) -> None:
    """Against every plan there is: the least promises broken, and then the least cost."""
    for seed in range(16):
        problem = tiny_problem(seed, jobs=4, technicians=3)
        problem = replace(problem, jobs=tuple(replace(j, mandatory=j.demand == 1) for j in problem.jobs))
        published = places_of(solve(problem, seconds=60.0, iterations=300))
        costs = MovingCosts(person=5, later=1)
        event = TechnicianGone("t2") if seed % 2 else Cancelled("j3")
        found = mend(problem, published, event, costs=costs, options=SearchOptions(iterations=400))
        left = sum(found.problem.jobs[found.problem.job_index[u.job]].mandatory for u in found.plan.unserved)
        assert (left, found.plan.cost) == brute_best(found.problem)


def test_what_would_help_the_left_out_is_kept_and_nobody_lacks_a_private_licence() -> None:
    problem, published = published_day(3, people=4, jobs=40)
    found = mend(problem, published, TechnicianGone(busiest(published)))
    left = [unserved for unserved in found.plan.unserved if unserved.reasons]
    assert any(unserved.repairs for unserved in left)
    assert "TECHNICIAN_GONE" in {reason.code for unserved in left for reason in unserved.reasons}
    assert "!t" not in json.dumps(plan_to_json(found.plan))


def test_few_jobs_move_on_the_average_no_more_than_eight() -> None:
    """The price of moving is what keeps the others where they were promised."""
    near = far = 0
    for seed in range(4):
        problem, published = published_day(seed)
        gone = TechnicianGone(busiest(published))
        near += mend(problem, published, gone).moved
        far += mend(problem, published, gone, costs=FREE).moved
    assert near <= 4 * 8
    assert near * 2 < far


def test_a_short_search_comes_close_to_a_long_one() -> None:
    problem, published = published_day(5, people=8, jobs=60)
    gone = TechnicianGone(busiest(published))
    short, long = (
        mend(problem, published, gone, options=SearchOptions(iterations=steps)) for steps in (8_000, 30_000)
    )
    assert plan_rank(short.problem, short.plan) <= 1.02 * plan_rank(long.problem, long.plan)


def test_cancelled_it_has_a_plan_all_the_same() -> None:
    problem, published = published_day(1)
    options = SearchOptions(cancelled=lambda: True)
    found = mend(problem, published, TechnicianGone(busiest(published)), options=options)
    assert check_plan(found.problem, found.plan) == []
    assert all(left.reasons for left in found.plan.unserved)


def test_an_overrun_past_every_limit_keeps_its_technician() -> None:
    """What is being done is a fact: the day grows, and what came behind goes to others or is left out."""
    problem, published = published_day(2)
    who, (job,) = problem.fixed[0].technician, problem.fixed[0].jobs
    found = mend(problem, published, Overrun(job, 14 * 3_600))
    t = found.problem.technician_index[who]
    assert [found.problem.jobs[j].id for j in viable_prefix(found.problem, t)] == [job]
    assert found.plan.sequences[who] == [job]
    why = {move.why for move in found.moves if move.before and move.before.technician == who}
    assert why and why <= {"OVERRUN_BEFORE", "NO_PLACE"}


def test_moves_say_why() -> None:
    problem, published = published_day(3)
    found = mend(problem, published, emergency(problem))
    why = {move.job: move for move in found.moves}
    assert why["danger"].why == "TAKEN_IN" and why["danger"].before is None
    assert found.moved == sum(m.notable for m in found.moves) - 1
    pushed = [move for move in found.moves if move.why in ("PUSHED", "MAKES_ROOM")]
    assert all("danger" in move.because for move in pushed if move.before == why["danger"].after)
    gone = mend(problem, published, TechnicianGone(busiest(published)))
    theirs = [m for m in gone.moves if m.before and m.before.technician == busiest(published)]
    assert {m.why for m in theirs} <= {"TECHNICIAN_GONE", "GONE_NO_PLACE"}
    assert len(theirs) == sum(p.technician == busiest(published) for p in published.values()) - 1


def test_from_files_to_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    problem, published = published_day(4)
    plan = evaluate_plan(problem, parse_sequences(_plan_json(problem, published)))
    event = TechnicianGone(busiest(published))
    files = {
        "problem": problem_to_json(problem),
        "plan": plan_to_json(plan),
        "event": event_to_json(event),
    }
    for name, body in files.items():
        (tmp_path / f"{name}.json").write_text(json.dumps(body), encoding="utf-8")
    names = [str(tmp_path / f"{name}.json") for name in files]
    out, new = tmp_path / "out.json", tmp_path / "new.json"
    more = ["--seconds", "60", "--iterations", "500", "--out", str(out), "--new-problem", str(new)]
    assert main(["repair", *names, *more]) == 0
    assert "옮긴 작업" in capsys.readouterr().out
    body = json.loads(out.read_text(encoding="utf-8"))
    for name, value in (("plan", body), ("event", body["repair"]["event"])):
        schema = json.loads((SCHEMAS / f"ondol-{name}-1.json").read_text(encoding="utf-8"))
        jsonschema_rs.validator_for(schema).validate(value)
    after = parse_problem(json.loads(new.read_text(encoding="utf-8")))
    assert check_sequences(after, parse_sequences(body)) == []
    assert evaluate_plan(after, parse_sequences(body)).cost == body["cost"]
    again = repair_plan(problem, published, event, seconds=60.0, options=SearchOptions(iterations=500))
    assert body["repair"]["moved"] == again.moved, "the same steps, the same moves"


@pytest.mark.parametrize(
    ("event", "named"),
    [
        ({"format": "ondol-event/1", "kind": "flood"}, "kind"),
        ({"format": "ondol-event/1", "kind": "technician_gone", "technician": "nobody"}, "technician"),
        ({"format": "ondol-event/1", "kind": "overrun", "job": "j1", "duration": -1}, "duration"),
        ({"format": "ondol-event/1", "kind": "emergency", "job": {"id": "x"}}, "job.location"),
        ({"format": "ondol-event/1", "kind": "cancelled", "job": "nothing"}, "job"),
        ({"kind": "cancelled", "job": "j1"}, "format"),
    ],
)
def test_an_event_that_cannot_be_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], event: dict[str, Any], named: str
) -> None:
    problem = generate_day(technicians=2, jobs=4, seed=1)
    bodies = {"p": problem_to_json(problem), "q": plan_to_json(evaluate_plan(problem, {})), "e": event}
    for name, body in bodies.items():
        (tmp_path / name).write_text(json.dumps(body), encoding="utf-8")
    files = [str(tmp_path / name) for name in bodies]
    assert main(["repair", *files, "--seconds", "1", "--out", str(tmp_path / "out")]) == 2
    told = capsys.readouterr().err
    assert f"{named}:" in told and told.count("\n") == 1


def test_events_come_back_from_json_unchanged() -> None:
    problem, published = published_day(1)
    for event in events_of(problem, published, 1):
        assert parse_event(json.loads(json.dumps(event_to_json(event)))) == event


def _plan_json(problem: PlanningProblem, published: Places) -> dict[str, Any]:
    routes: dict[str, list[tuple[int, str]]] = {}
    for job, place in published.items():
        routes.setdefault(place.technician, []).append((place.start, job))
    return {
        "format": "ondol-plan/1",
        "routes": [
            {"technician": who, "stops": [{"job": job} for _, job in sorted(stops)]}
            for who, stops in routes.items()
        ],
    }
