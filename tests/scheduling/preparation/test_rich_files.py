"""Prepared rules in files: planned and quoted by the schemas, what is wrong named by its path."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from scheduling import ProblemError
from scheduling.cli import main
from scheduling.preparation import parse_rich
from scheduling.region.region_json import parse_region

SCHEMAS = Path(__file__).resolve().parents[3] / "docs" / "schemas"
LUNCH = {"earliest": 41400, "latest": 46800, "duration": 3600}
PROBLEM: dict[str, Any] = {
    "format": "ondol-problem/1",
    "travel": {"points": [[37.5, 127.0], [37.52, 127.03], [37.47, 126.98]], "detour": 1.35, "speed_kmh": 25},
    "technicians": [
        {
            "id": name,
            "start": k,
            "end": k,
            "max_overtime": 0,
            "overtime_cost": 1,
            "days": [{"shift": [32400, 64800], "lunch": LUNCH}, {"shift": [118800, 151200]}],
            "licences": [{"skill": "GAS", "until": 86400}],
            "parts": {"fan": 2},
        }
        for k, name in enumerate(("t1", "t2"))
    ],
    "jobs": [
        {"id": "j1", "prefer": {"t2": -900}, "call": {"by": 39600, "duration": 300, "cost": 600}},
        {"id": "j2", "avoid": ["t1"], "days": [1], "waiting_cost": 1800, "parts": {"fan": 1}},
        {"id": "j3", "crew": 2, "companion_skills": [], "skills": ["GAS"]},
        {"id": "j4", "at_once": True},
    ],
}
for number, work in enumerate(PROBLEM["jobs"]):
    work.update(location=number % 3, duration=1800, window=[32400, 151200], drop_cost=50000, lateness_cost=0)


def schema(name: str) -> Any:
    return jsonschema_rs.validator_for(json.loads((SCHEMAS / f"ondol-{name}-1.json").read_text()))


def write(folder: Path, name: str, body: object) -> str:
    path = folder / name
    path.write_text(json.dumps(body), encoding="utf-8")
    return str(path)


def test_a_rich_problem_is_planned_drawn_and_quoted_by_the_schemas(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    schema("problem").validate(PROBLEM)
    problem, out = write(tmp_path, "problem.json", PROBLEM), tmp_path / "plan.json"
    options = [
        "--seconds",
        "60",
        "--iterations",
        "300",
        "--out",
        str(out),
        "--html",
        str(tmp_path / "p.html"),
    ]
    assert main(["plan", problem, *options]) == 0
    plan = json.loads(out.read_text(encoding="utf-8"))
    schema("plan").validate(plan)
    parts = ("travel", "overtime", "lateness", "dropped", "moved", "wishes", "missed")
    assert plan["cost"] == sum(plan[part] for part in parts)
    assert plan["unserved"] == []
    pair = [stop for route in plan["routes"] for stop in route["stops"] if stop["job"] == "j3"]
    assert [stop["with"] for stop in pair] == ["t2", "t1"]
    assert pair[0]["start"] == pair[1]["start"] <= 86400
    assert "<svg" in (tmp_path / "p.html").read_text(encoding="utf-8")

    capsys.readouterr()
    job = {**PROBLEM["jobs"][1], "id": "new", "prefer": {"t2": -500}}
    assert main(["quote", problem, str(out), write(tmp_path, "job.json", job)]) == 0
    quoted = json.loads(capsys.readouterr().out)
    schema("quote").validate(quoted)
    assert {(place["technician"], place["day"]) for place in quoted["insertions"]} == {("t2", 1)}
    best = quoted["insertions"][0]
    assert best["added_cost"] == best["added_travel"] - 500 + 1800


def test_a_plan_by_two_is_not_quoted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = [write(tmp_path, "problem.json", PROBLEM), write(tmp_path, "plan.json", {})]
    assert main(["quote", *files, write(tmp_path, "job.json", PROBLEM["jobs"][2])]) == 2
    assert "job.crew" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("where", "value", "path"),
    [
        ("technicians.0.days", [None, None], "technicians[0].days"),
        ("technicians.0.days.1.shift", [60000, 70000], "technicians[0].days[1].shift"),
        ("technicians.0.days.1.lunch", {"earliest": 1}, "technicians[0].days[1].lunch.latest"),
        ("technicians.0.days.0.lunch.latest", 1, "technicians[0].days[0].lunch"),
        ("technicians.1.licences.0", {"since": 5}, "technicians[1].licences[0].skill"),
        ("technicians.1.licences.0.since", 90000, "technicians[1].licences[0]"),
        ("technicians.1.parts.fan", -1, "technicians[1].parts.fan"),
        ("jobs.0.prefer", {"t9": 5}, "jobs[0].prefer.t9"),
        ("jobs.0.prefer.t2", 1.5, "jobs[0].prefer.t2"),
        ("jobs.0.prefer.t2", -(10**9), "jobs[0].prefer.t2"),
        ("jobs.1.avoid", ["t9"], "jobs[1].avoid[0]"),
        ("jobs.1.avoid", "t1", "jobs[1].avoid"),
        ("jobs.1.days", [2], "jobs[1].days[0]"),
        ("jobs.1.waiting_cost", -1, "jobs[1].waiting_cost"),
        ("jobs.1.parts", {"fan": 0}, "jobs[1].parts.fan"),
        ("jobs.2.crew", 3, "jobs[2].crew"),
        ("jobs.2.at_once", True, "jobs[2].at_once"),
        ("jobs.3.at_once", 1, "jobs[3].at_once"),
        ("jobs.3.companion_skills", ["GAS"], "jobs[3].companion_skills"),
        ("jobs.0.call", {"by": 1, "duration": 5}, "jobs[0].call.cost"),
        ("fixed", [{"technician": "t1", "jobs": ["j3"]}], "jobs[2].crew"),
        ("jobs.2.after", "j1", "jobs[2].after"),
        ("jobs.0.after", "j3", "jobs[0].after"),
    ],
)
def test_a_wrong_rule_is_named_by_its_path(where: str, value: object, path: str) -> None:
    data: Any = copy.deepcopy(PROBLEM)
    place = data
    *parents, last = where.split(".")
    for key in parents:
        place = place[int(key) if key.isdigit() else key]
    place[int(last) if last.isdigit() else last] = value
    with pytest.raises(ProblemError) as caught:
        parse_rich(data)
    assert caught.value.path == path


def test_a_region_does_not_leave_a_rule_out_silently() -> None:
    point = {"id": "p", **{name: PROBLEM[name] for name in ("technicians", "jobs")}}
    with pytest.raises(ProblemError) as caught:
        parse_region({"format": "ondol-region/1", "travel": PROBLEM["travel"], "points": [point]})
    assert caught.value.path.startswith("points[0].technicians[0]")


@pytest.mark.parametrize("command", ["repair", "why", "what-if"])
def test_who_knows_no_prepared_rules_refuses_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    """An answer that left a rule out would be a wrong one."""
    problem, other = write(tmp_path, "problem.json", PROBLEM), write(tmp_path, "other.json", {})
    rest = {"why": ["j1"], "what-if": [other], "repair": [other, "--seconds", "1", "--out", other]}[command]
    assert main([command, problem, other, *rest]) == 2
    assert "technicians[0].days" in capsys.readouterr().err
