"""`run.py plan-region`: a region's file in, its plan out, and one line about what cannot be read."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from scheduling import ProblemError
from scheduling.cli import main
from scheduling.plan import render_reason
from scheduling.region import RegionPlan, plan_region
from scheduling.region.alone import share_by_need
from scheduling.region.generate import generate_region
from scheduling.region.region_json import parse_region, region_plan_to_json, region_to_json
from scheduling.texts import REASON_TEXTS

SCHEMAS = Path(__file__).resolve().parents[3] / "docs" / "schemas"


def schema(name: str) -> Any:
    def retrieve(uri: str) -> Any:
        return json.loads((SCHEMAS / uri.rsplit("/", 1)[-1]).read_text(encoding="utf-8"))

    return jsonschema_rs.validator_for(retrieve(f"ondol-{name}-1.json"), retriever=retrieve)


@pytest.fixture
def body() -> dict[str, Any]:
    """Two points of two technicians as JSON."""
    region = generate_region(points=2, technicians=2, jobs=10, seed=4)
    size = region.places
    travel = {"points": [[37.4 + k / 500, 127.0] for k in range(size)], "detour": 1.3, "speed_kmh": 25}
    return region_to_json(region, travel)


def run(folder: Path, body: object, *more: str) -> int:
    (folder / "region.json").write_text(json.dumps(body), encoding="utf-8")
    out = str(folder / "plan.json")
    return main(["plan-region", str(folder / "region.json"), "--seconds", "100", "--out", out, *more])


def test_a_region_is_planned_by_the_schemas(
    tmp_path: Path, body: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    schema("region").validate(body)
    assert run(tmp_path, body, "--iterations", "100", "--workers", "2") == 0
    found = json.loads((tmp_path / "plan.json").read_text(encoding="utf-8"))
    schema("region-plan").validate(found)
    assert [item["point"] for item in found["points"]] == ["p1", "p2"]
    assert found["cost"] == sum(item["plan"]["cost"] for item in found["points"]) + found["border_cost"]
    assert f"비용 {found['cost']:,}" in capsys.readouterr().out


def test_ctrl_c_keeps_the_plans_so_far(
    tmp_path: Path, body: dict[str, Any], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*args: Any, **given: Any) -> Any:
        os.kill(os.getpid(), signal.SIGINT)
        return plan_region(*args, **given)

    monkeypatch.setattr("scheduling.region.command.plan_region", interrupted)
    assert run(tmp_path, body, "--seconds", "3600") == 0
    schema("region-plan").validate(json.loads((tmp_path / "plan.json").read_text(encoding="utf-8")))
    assert "멈췄습니다" in capsys.readouterr().err


def test_every_reason_of_a_border_goes_by_the_schema(country_plan: RegionPlan) -> None:
    found = region_plan_to_json(country_plan)
    schema("region-plan").validate(found)
    assert len(found["overflow"]) == len(country_plan.overflow)
    reason = country_plan.overflow[0].reason
    assert reason is not None
    english = {REASON_TEXTS[reason.code]: "{technician} of {point} goes for {home}"}
    said = render_reason(reason, english.__getitem__)
    assert said == f"{reason.technician} of {reason.params['point']} goes for {reason.params['home']}"


def test_a_region_reads_back_as_it_was_written(body: dict[str, Any]) -> None:
    assert region_to_json(parse_region(body), body["travel"]) == body


@pytest.mark.parametrize(
    ("path", "value", "where"),
    [
        (("format",), "ondol-problem/1", "format"),
        (("travel", "speed_kmh"), 0, "travel.speed_kmh"),
        (("travel", "points", 3), [91, 0], "travel.points[3]"),
        (("rules", "farthest"), -1, "rules.farthest"),
        (("rules", "overflow_cost"), 1.5, "rules.overflow_cost"),
        (("points", 1, "id"), "p1", "points[1].id"),
        (("points", 1, "kind"), "own", "points[1].kind"),
        (("points", 0, "most_lent"), -1, "points[0].most_lent"),
        (("points", 0, "most_taken"), True, "points[0].most_taken"),
        (("points", 0, "staying"), ["p2-j1"], "points[0].staying"),
        (("points", 0, "lendable"), ["p2-t1"], "points[0].lendable"),
        (("points", 1, "technicians", 0, "start"), 10_000, "points[1].technicians[0].start"),
        (("points", 1, "technicians", 0, "id"), "p1-t1", "points[1].technicians[0].id"),
        (("points", 1, "jobs", 2, "location"), -1, "points[1].jobs[2].location"),
        (("points", 1, "jobs", 2, "window"), [9, 3], "points[1].jobs[2].window"),
        (("points", 1, "jobs", 2, "technician"), "p1-t1", "points[1].jobs[2].technician"),
        (("points", 0, "fixed"), [{"technician": "p1-t1", "jobs": ["x"]}], "points[0].fixed[0].jobs[0]"),
        (("points", 0, "jobs"), None, "points[0].jobs"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_the_wrong_field_is_named(
    body: dict[str, Any], path: tuple[str | int, ...], value: object, where: str
) -> None:
    place: Any = body
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    with pytest.raises(ProblemError) as error:
        parse_region(body)
    assert error.value.path == where


def test_the_command_names_the_field_too(
    tmp_path: Path, body: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    body["points"][0]["jobs"][0]["duration"] = "30"
    assert run(tmp_path, body) == 2
    assert capsys.readouterr().err.startswith("온돌: points[0].jobs[0].duration")
    assert not (tmp_path / "plan.json").exists()


def test_time_goes_to_the_points_in_need() -> None:
    shares = share_by_need({0: 0, 1: 900, 2: 0, 3: 100}, {0: 0, 1: 0, 2: 80_000, 3: 1_000})
    assert set(shares) == {1, 2}
    assert share_by_need({0: 0, 1: 0}, {0: 0, 1: 0}) == {}
