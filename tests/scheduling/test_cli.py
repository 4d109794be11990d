"""`run.py plan`, `quote` and `why`: files in, files out, and one line about what cannot be read."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from scheduling import check_sequences, evaluate_plan, parse_problem, parse_sequences, problem_to_json, solve
from scheduling.cli import main
from scheduling.generate import generate_day
from scheduling.ranking import rank_insertions

ROOT = Path(__file__).resolve().parents[2]
SCHEMAS = ROOT / "docs" / "schemas"


def schema(name: str) -> Any:
    return jsonschema_rs.validator_for(json.loads((SCHEMAS / f"ondol-{name}-1.json").read_text()))


@pytest.fixture
def day() -> dict[str, Any]:
    """A small day as JSON."""
    return problem_to_json(generate_day(technicians=3, jobs=15, seed=3))


def write(folder: Path, name: str, body: object) -> str:
    path = folder / name
    path.write_text(json.dumps(body), encoding="utf-8")
    return str(path)


def write_many(folder: Path, name: str, bodies: list[object], lines: bool) -> str:
    """A list in one file, or a file of lines with an empty one among them."""
    if not lines:
        return write(folder, f"many-{name}.json", bodies)
    path = folder / f"many-{name}.jsonl"
    path.write_text("\n\n".join(json.dumps(each, ensure_ascii=False) for each in bodies), encoding="utf-8")
    return str(path)


def plan_day(folder: Path, day: dict[str, Any], *more: str) -> dict[str, Any]:
    problem, out = write(folder, "problem.json", day), folder / "plan.json"
    assert main(["plan", problem, "--seconds", "60", "--iterations", "500", "--out", str(out), *more]) == 0
    body: dict[str, Any] = json.loads(out.read_text(encoding="utf-8"))
    return body


@pytest.mark.parametrize("engine", ["ondol", "ortools"])
def test_a_day_is_planned_by_the_schema(tmp_path: Path, day: dict[str, Any], engine: str) -> None:
    more = ["--engine", engine] + (["--iterations", "20"] if engine == "ortools" else [])
    body = plan_day(tmp_path, day, *more)
    schema("problem").validate(day)
    schema("plan").validate(body)
    problem = parse_problem(day)
    sequences = parse_sequences(body)
    assert check_sequences(problem, sequences) == []
    assert evaluate_plan(problem, sequences).cost == body["cost"]
    assert body["cost"] == sum(body[part] for part in ("travel", "overtime", "lateness", "dropped"))
    served = [job for jobs in sequences.values() for job in jobs]
    assert sorted(served + [left["job"] for left in body["unserved"]]) == sorted(j["id"] for j in day["jobs"])
    assert list(tmp_path.glob("*.new")) == []


def test_the_same_seed_and_iterations_give_the_same_plan(tmp_path: Path, day: dict[str, Any]) -> None:
    first, second = (plan_day(tmp_path, day, "--seed", "7") for _ in range(2))
    assert first["routes"] == second["routes"]


@pytest.mark.parametrize("surveyed", [False, True])
def test_a_plan_is_drawn_as_a_page(tmp_path: Path, day: dict[str, Any], surveyed: bool) -> None:
    if surveyed:
        points = [[37.4 + k / 100, 127.0] for k in range(len(day["travel"]["matrix"]))]
        day["travel"] = {"points": points, "detour": 1.3, "speed_kmh": 25}
    plan_day(tmp_path, day, "--html", str(tmp_path / "plan.html"))
    page = (tmp_path / "plan.html").read_text(encoding="utf-8")
    assert page.lstrip().startswith("<!doctype html>")
    assert "<svg" in page


def test_it_runs_from_anywhere_without_the_house(tmp_path: Path, day: dict[str, Any]) -> None:
    """As run.py starts it: another folder, and nothing but scheduling/ imported."""
    write(tmp_path, "problem.json", day)
    code = (
        "import runpy, sys\n"
        "sys.argv = ['x', 'plan', 'problem.json', '--seconds', '0.3', '--out', 'plan.json']\n"
        "try: runpy.run_module('scheduling', run_name='__main__')\n"
        "except SystemExit as end: assert end.code == 0, end.code\n"
        "assert not {'fastapi', 'sqlalchemy', 'pandas', 'core'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env={"PYTHONPATH": str(ROOT)}, check=True)
    schema("plan").validate(json.loads((tmp_path / "plan.json").read_text(encoding="utf-8")))


def test_ctrl_c_keeps_the_best_plan_so_far(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*args: Any, **given: Any) -> Any:
        os.kill(os.getpid(), signal.SIGINT)
        return solve(*args, **given)

    monkeypatch.setattr("scheduling.cli.solve", interrupted)
    day = problem_to_json(generate_day(technicians=8, jobs=60, seed=3))
    problem, out = write(tmp_path, "problem.json", day), tmp_path / "plan.json"
    assert main(["plan", problem, "--seconds", "3600", "--out", str(out)]) == 0
    schema("plan").validate(json.loads(out.read_text(encoding="utf-8")))
    assert "멈췄습니다" in capsys.readouterr().err


def test_a_new_job_is_quoted_best_first(
    tmp_path: Path, day: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    plan_day(tmp_path, day)
    job = {**day["jobs"][0], "id": "new", "window": [28800, 68400], "skills": None, "technician": None}
    files = [str(tmp_path / "problem.json"), str(tmp_path / "plan.json"), write(tmp_path, "job.json", job)]
    capsys.readouterr()
    assert main(["quote", *files]) == 0
    body = json.loads(capsys.readouterr().out)
    schema("quote").validate(body)
    places = body["insertions"]
    assert places
    assert places == sorted(places, key=lambda place: place["added_cost"])
    problem = parse_problem({**day, "jobs": [*day["jobs"], job]})
    sequences = parse_sequences(json.loads((tmp_path / "plan.json").read_text()))
    before = evaluate_plan(problem, sequences).cost - job["drop_cost"]
    for place in places:
        after = {name: list(jobs) for name, jobs in sequences.items()}
        after[place["technician"]].insert(place["position"], "new")
        assert evaluate_plan(problem, after).cost - before == place["added_cost"]


@pytest.mark.parametrize("lines", [False, True], ids=["a list", "lines"])
def test_many_problems_get_an_answer_each_or_none_is_given(
    tmp_path: Path, day: dict[str, Any], capsys: pytest.CaptureFixture[str], lines: bool
) -> None:
    """As asked one by one; a wrong field is named with the number of its problem, plan or job."""
    plan_day(tmp_path, day)
    body = json.loads((tmp_path / "plan.json").read_text())
    job = {**day["jobs"][0], "id": "new", "window": [28800, 68400], "skills": None, "technician": None}
    idle = {**body, "routes": [{**route, "stops": []} for route in body["routes"]]}
    rich = {**day, "technicians": [{**day["technicians"][0], "parts": {}}, *day["technicians"][1:]]}
    asked = [
        (day, body, job),
        (day, idle, {**job, "id": "other"}),
        (rich, body, {**job, "parts": {"fan": 1}}),
    ]

    asked[0][0]["name"] = "한 줄\u2028또 한 줄"  # a break that is none of a file of lines

    def ask(*cases: tuple[Any, Any, Any]) -> tuple[int, str, str]:
        many = [
            write_many(tmp_path, name, list(each), lines)
            for name, each in zip(("problem", "plan", "job"), zip(*cases, strict=True), strict=True)
        ]
        capsys.readouterr()
        return main(["quote", *many]), *capsys.readouterr()

    alone = []
    for case in asked:
        files = [write(tmp_path, f"{k}.json", each) for k, each in enumerate(case)]
        capsys.readouterr()
        assert main(["quote", *files]) == 0
        alone.append(json.loads(capsys.readouterr().out))
    code, out, _ = ask(*asked)
    found = [json.loads(line) for line in out.splitlines()] if lines else json.loads(out)
    assert code == 0 and found == alone and len({json.dumps(each) for each in alone}) == 3
    schema("quote").validate(found)

    wrong = {**day, "technicians": [{**day["technicians"][0], "shift": [9, 8]}, *day["technicians"][1:]]}
    refused: list[tuple[tuple[Any, Any, Any], str]] = [
        ((wrong, body, job), "problems[3].technicians[0].shift"),
        (([], body, job), "problems[3]: "),
        ((day, {**body, "routes": [{}]}, job), "plans[3].routes[0]"),
        ((rich, {**body, "routes": 1}, job), "plans[3].routes"),
        ((day, body, {**job, "location": 10**6}), "jobs[3].location"),
        ((rich, body, {**job, "crew": 2}), "jobs[3].crew"),
    ]
    for one_more, path in refused:
        code, out, error = ask(*asked, one_more)
        assert (code, out) == (2, "") and f"온돌: {path}" in error


def test_a_job_without_a_place_says_why(
    tmp_path: Path, day: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    plan_day(tmp_path, day)
    job = {**day["jobs"][0], "id": "new", "skills": ["NOBODY"]}
    files = [str(tmp_path / "problem.json"), str(tmp_path / "plan.json"), write(tmp_path, "job.json", job)]
    capsys.readouterr()
    assert main(["quote", *files]) == 0
    body = json.loads(capsys.readouterr().out)
    schema("quote").validate(body)
    assert body["insertions"] == []
    assert [reason["code"] for reason in body["reasons"]] == ["NO_QUALIFIED_TECHNICIAN"]


def test_any_job_may_be_asked_about(
    tmp_path: Path, day: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    """The difference of each technician is that of the two plans; what would help is a sentence too."""
    body = plan_day(tmp_path, {**day, "technicians": day["technicians"][:2]})
    problem = parse_problem(json.loads((tmp_path / "problem.json").read_text()))
    sequences = parse_sequences(body)
    files = [str(tmp_path / name) for name in ("problem.json", "plan.json")]
    present = evaluate_plan(problem, sequences).cost
    places = 0
    for job in problem.jobs:
        capsys.readouterr()
        assert main(["why", *files, job.id]) == 0
        answer = json.loads(capsys.readouterr().out)
        schema("why").validate(answer)
        holder = next((name for name, jobs in sequences.items() if job.id in jobs), None)
        assert answer["technician"] == holder
        assert len(answer["technicians"]) == 2
        for standing in answer["technicians"]:
            if standing["difference"] is None:
                assert standing["technician"] != holder
                continue
            places += standing["technician"] != holder
            ranked = rank_insertions(problem, sequences, job).insertions
            mine = [place for place in ranked if place.technician == standing["technician"]]
            if standing["technician"] == holder:
                assert standing["difference"] == 0
                assert standing["reason"]["code"] in (
                    "CHEAPEST",
                    "ONLY_ONE_ABLE",
                    "ONLY_ONE_FREE",
                    "CHEAPER_ELSEWHERE",
                )
                continue
            after = {name: [j for j in jobs if j != job.id] for name, jobs in sequences.items()}
            after[standing["technician"]].insert(mine[0].position, job.id)
            assert evaluate_plan(problem, after).cost - present == standing["difference"]
    assert places
    assert main(["why", *files, problem.jobs[0].id, "--technician", problem.technicians[1].id]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert [standing["technician"] for standing in answer["technicians"]] == [problem.technicians[1].id]


def test_who_asks_about_nobody_is_told(
    tmp_path: Path, day: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    plan_day(tmp_path, day)
    files = [str(tmp_path / name) for name in ("problem.json", "plan.json")]
    assert main(["why", *files, "nothing"]) == 2
    assert main(["why", *files, day["jobs"][0]["id"], "--technician", "nobody"]) == 2
    told = capsys.readouterr().err.splitlines()
    assert [("nothing" in line, "nobody" in line) for line in told] == [(True, False), (False, True)]


@pytest.mark.parametrize(
    ("path", "value", "named"),
    [
        (("format",), "ondol-problem/9", "format"),
        (("jobs", 3, "window"), [10, 5], "jobs[3].window"),
        (("jobs", 3, "window"), "morning", "jobs[3].window"),
        (("jobs", 0, "duration"), None, "jobs[0].duration"),
        (("jobs", 0, "duration"), 1.5, "jobs[0].duration"),
        (("jobs", 0, "location"), 999, "jobs[0].location"),
        (("jobs", 1, "id"), "j1", "jobs[1].id"),
        (("technicians", 2, "shift"), [0], "technicians[2].shift"),
        (("technicians", 0, "lunch"), {"earliest": 1}, "technicians[0].lunch.latest"),
        (("travel",), {"matrix": [[0, 1]]}, "travel.matrix[0]"),
        (("travel", "matrix", 1, 2), -1, "travel.matrix[1][2]"),
        (("fixed",), [{"technician": "t1", "jobs": ["nobody"]}], "fixed[0].jobs[0]"),
    ],
)
def test_a_wrong_field_is_named(
    tmp_path: Path,
    day: dict[str, Any],
    capsys: pytest.CaptureFixture[str],
    path: tuple[str | int, ...],
    value: object,
    named: str,
) -> None:
    place: Any = day
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    problem, out = write(tmp_path, "problem.json", day), tmp_path / "plan.json"
    assert main(["plan", problem, "--seconds", "1", "--out", str(out)]) == 2
    told = capsys.readouterr().err
    assert named in told
    assert told.count("\n") == 1
    assert not out.exists()


def test_files_that_are_none_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "broken.json").write_text('{"format": ', encoding="utf-8")
    (tmp_path / "bytes.json").write_bytes(b"\xff\xfe\x00")
    for name in ("nowhere.json", "broken.json", "bytes.json"):
        wanted = str(tmp_path / name)
        assert main(["plan", wanted, "--seconds", "1", "--out", str(tmp_path / "plan.json")]) == 2
        told = capsys.readouterr().err
        assert name in told
        assert told.count("\n") == 1


def test_a_place_that_cannot_be_written_is_told_before_the_search(
    tmp_path: Path, day: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    problem = write(tmp_path, "problem.json", day)
    assert main(["plan", problem, "--seconds", "3600", "--out", str(tmp_path / "no" / "plan.json")]) == 2
    assert "plan.json" in capsys.readouterr().err


@pytest.mark.parametrize(
    "wrong", [["--seconds", "0"], ["--seconds", "nan"], ["--workers", "0"], ["--seed", "x"]]
)
def test_a_wrong_argument_is_refused(tmp_path: Path, wrong: list[str]) -> None:
    with pytest.raises(SystemExit) as refused:
        main(["plan", "problem.json", "--seconds", "1", "--out", "plan.json", *wrong])
    assert refused.value.code == 2
