"""`ondol-region/1` in, `ondol-region-plan/1` out. Reading is strict: the wrong field is named by its path."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from scheduling.fields import (
    read_int,
    read_list,
    read_mapping,
    read_point,
    read_positive,
    read_text,
    required,
)
from scheduling.plan import Reason, plan_to_json, reason_to_json
from scheduling.preparation.rich_json import refuse_rules
from scheduling.problem_checks import ProblemError
from scheduling.problem_json import (
    job_to_json,
    parse_job,
    parse_matrix,
    parse_prefix,
    parse_technician,
    technician_to_json,
)
from scheduling.region.judge import Lent, Overflow, RegionPlan
from scheduling.region.model import (
    BorderRules,
    Kind,
    Point,
    Region,
    Travel,
    travel_by_matrix,
    travel_by_points,
)
from scheduling.region.part import build_alone

REGION_FORMAT = "ondol-region/1"
REGION_PLAN_FORMAT = "ondol-region-plan/1"
RULES = ("overflow_cost", "lending_cost", "neighbours", "farthest")


def parse_region(data: object) -> Region:
    """Read the decoded JSON of a region, each point's day included. Raises ProblemError with the path."""
    body = read_mapping("region", data)
    if body.get("format") != REGION_FORMAT:
        raise ProblemError("format", f"'{REGION_FORMAT}'이어야 합니다")
    travel, places = _travel(read_mapping("travel", required("", body, "travel")))
    points = read_list("points", required("", body, "points"))
    name = body.get("name")
    region = Region(
        points=tuple(_point(f"points[{p}]", item) for p, item in enumerate(points)),
        places=places,
        travel=travel,
        rules=_rules(body.get("rules")),
        name="" if name is None else read_text("name", name),
    )
    for p in range(len(region.points)):
        build_alone(region, p)
    return region


def region_to_json(region: Region, travel: Mapping[str, Any]) -> dict[str, Any]:
    """The region as plain JSON values; `travel` is the field of that name, for the region's places."""
    return {
        "format": REGION_FORMAT,
        "name": region.name,
        "travel": dict(travel),
        "rules": {field: getattr(region.rules, field) for field in RULES},
        "points": [_point_json(point) for point in region.points],
    }


def region_plan_to_json(plan: RegionPlan, translate: Callable[[str], str] = str) -> dict[str, Any]:
    """The plan as plain JSON values (`ondol-region-plan/1`): a plan a point, and what crossed the borders."""
    return {
        "format": REGION_PLAN_FORMAT,
        "cost": plan.cost,
        "alone_cost": plan.alone_cost,
        "border_cost": plan.border_cost,
        "served": plan.served,
        "seconds": round(plan.seconds, 3),
        "overflow": [_overflow_json(item, translate) for item in plan.overflow],
        "lent": [_lent_json(item, translate) for item in plan.lent],
        "points": [{"point": name, "plan": plan_to_json(own, translate)} for name, own in plan.plans.items()],
    }


def _travel(body: Mapping[str, Any]) -> tuple[Travel, int]:
    if "matrix" in body:
        matrix = parse_matrix(read_list("travel.matrix", body["matrix"]))
        return travel_by_matrix(matrix), len(matrix)
    items = read_list("travel.points", required("travel", body, "points"))
    places = [read_point(f"travel.points[{k}]", item) for k, item in enumerate(items)]
    detour = read_positive("travel.detour", required("travel", body, "detour"))
    speed = read_positive("travel.speed_kmh", required("travel", body, "speed_kmh"))
    return travel_by_points(places, detour=detour, speed_kmh=speed), len(places)


def _rules(data: object) -> BorderRules:
    if data is None:
        return BorderRules()
    body = read_mapping("rules", data)
    given = {field: read_int(f"rules.{field}", body[field]) for field in RULES if body.get(field) is not None}
    return BorderRules(**given)


def _point(path: str, data: object) -> Point:
    body = read_mapping(path, data)
    technicians = read_list(f"{path}.technicians", required(path, body, "technicians"))
    jobs = read_list(f"{path}.jobs", required(path, body, "jobs"))
    fixed = read_list(f"{path}.fixed", body.get("fixed") or [])
    refuse_rules(body, f"{path}.")
    company, most_lent, most_taken = body.get("company"), body.get("most_lent"), body.get("most_taken")
    found = Point(
        id=read_text(f"{path}.id", required(path, body, "id")),
        technicians=tuple(
            parse_technician(f"{path}.technicians[{k}]", item) for k, item in enumerate(technicians)
        ),
        jobs=tuple(parse_job(item, path=f"{path}.jobs[{k}]") for k, item in enumerate(jobs)),
        company="" if company is None else read_text(f"{path}.company", company),
        kind=_kind(f"{path}.kind", body.get("kind")),
        fixed=tuple(parse_prefix(f"{path}.fixed[{k}]", item) for k, item in enumerate(fixed)),
        most_lent=0 if most_lent is None else _count(f"{path}.most_lent", most_lent),
        lendable=None if body.get("lendable") is None else _names(f"{path}.lendable", body["lendable"]),
        most_taken=None if most_taken is None else _count(f"{path}.most_taken", most_taken),
        staying=_names(f"{path}.staying", body.get("staying") or []),
    )
    _check_known(
        f"{path}.lendable", found.lendable or frozenset(), {t.id for t in found.technicians}, "기사가"
    )
    _check_known(f"{path}.staying", found.staying, {job.id for job in found.jobs}, "작업이")
    return found


def _kind(path: str, value: object) -> Kind:
    if value is None:
        return Kind.DIRECT
    if value not in list(Kind):
        raise ProblemError(path, "'direct'(직영) 또는 'designated'(지정점)여야 합니다")
    return Kind(str(value))


def _count(path: str, value: object) -> int:
    count = read_int(path, value)
    if count < 0:
        raise ProblemError(path, "0 이상이어야 합니다")
    return count


def _names(path: str, value: object) -> frozenset[str]:
    return frozenset(read_text(f"{path}[{k}]", item) for k, item in enumerate(read_list(path, value)))


def _check_known(path: str, names: frozenset[str], known: set[str], what: str) -> None:
    for name in sorted(names - known):
        raise ProblemError(path, f"'{name}' {what} 없습니다")


def _point_json(point: Point) -> dict[str, Any]:
    return {
        "id": point.id,
        "company": point.company or None,
        "kind": point.kind.value,
        "most_lent": point.most_lent,
        "lendable": None if point.lendable is None else sorted(point.lendable),
        "most_taken": point.most_taken,
        "staying": sorted(point.staying),
        "technicians": [technician_to_json(person) for person in point.technicians],
        "jobs": [job_to_json(job) for job in point.jobs],
        "fixed": [{"technician": prefix.technician, "jobs": list(prefix.jobs)} for prefix in point.fixed],
    }


def _overflow_json(item: Overflow, translate: Callable[[str], str]) -> dict[str, Any]:
    return {
        "job": item.job,
        "home": item.home,
        "point": item.point,
        "technician": item.technician,
        "reason": _reason_json(item.reason, translate),
    }


def _lent_json(item: Lent, translate: Callable[[str], str]) -> dict[str, Any]:
    return {
        "technician": item.technician,
        "home": item.home,
        "point": item.point,
        "kept": item.kept,
        "start": item.start,
        "finish": item.finish,
        "jobs": list(item.jobs),
        "reason": _reason_json(item.reason, translate),
    }


def _reason_json(reason: Reason | None, translate: Callable[[str], str]) -> dict[str, Any] | None:
    return None if reason is None else reason_to_json(reason, translate)
