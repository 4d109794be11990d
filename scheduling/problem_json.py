"""`ondol-problem/1` in and out. Reading is strict: the first wrong field is named by its path."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from scheduling.problem import FixedPrefix, Job, Lunch, PlanningProblem, Published, Technician, Window
from scheduling.problem_checks import TIME_LIMIT, ProblemError

PROBLEM_FORMAT = "ondol-problem/1"
EARTH_RADIUS_M = 6_371_000.0


def parse_problem(data: object) -> PlanningProblem:
    """Read the decoded JSON of a problem. Raises ProblemError with the field's path."""
    body = _mapping("", data)
    if body.get("format") != PROBLEM_FORMAT:
        raise ProblemError("format", f"'{PROBLEM_FORMAT}'이어야 합니다")
    technicians = _list("technicians", _required("", body, "technicians"))
    jobs = _list("jobs", _required("", body, "jobs"))
    fixed = _list("fixed", body.get("fixed") or [])
    name = body.get("name")
    return PlanningProblem(
        technicians=tuple(_technician(f"technicians[{i}]", item) for i, item in enumerate(technicians)),
        jobs=tuple(parse_job(item, path=f"jobs[{i}]") for i, item in enumerate(jobs)),
        matrix=_travel(_mapping("travel", _required("", body, "travel"))),
        fixed=tuple(_fixed(f"fixed[{i}]", item) for i, item in enumerate(fixed)),
        name="" if name is None else _text("name", name),
    )


def parse_job(data: object, *, path: str = "job") -> Job:
    """Read one job. Raises ProblemError; references are checked when it joins a problem."""
    body = _mapping(path, data)
    due, technician, demand = body.get("due"), body.get("technician"), body.get("demand")
    mandatory = body.get("mandatory")
    if mandatory not in (None, True, False) or (
        isinstance(mandatory, (int, float)) and not isinstance(mandatory, bool)
    ):
        raise ProblemError(f"{path}.mandatory", "true 또는 false여야 합니다")
    return Job(
        id=_text(f"{path}.id", _required(path, body, "id")),
        location=_int(f"{path}.location", _required(path, body, "location")),
        duration=_int(f"{path}.duration", _required(path, body, "duration")),
        window=_window(f"{path}.window", _required(path, body, "window")),
        drop_cost=_int(f"{path}.drop_cost", _required(path, body, "drop_cost")),
        due=None if due is None else _int(f"{path}.due", due),
        lateness_cost=_int(f"{path}.lateness_cost", _required(path, body, "lateness_cost")),
        mandatory=bool(mandatory),
        skills=_skills(f"{path}.skills", body.get("skills")),
        technician=None if technician is None else _text(f"{path}.technician", technician),
        demand=0 if demand is None else _int(f"{path}.demand", demand),
        windows=_windows(f"{path}.windows", body.get("windows")),
        published=_published(f"{path}.published", body.get("published")),
    )


def problem_to_json(problem: PlanningProblem) -> dict[str, Any]:
    """The problem as plain JSON values; `parse_problem` reads it back unchanged."""
    return {
        "format": PROBLEM_FORMAT,
        "name": problem.name,
        "travel": {"matrix": problem.matrix.tolist()},
        "technicians": [_technician_json(technician) for technician in problem.technicians],
        "jobs": [job_to_json(job) for job in problem.jobs],
        "fixed": [{"technician": prefix.technician, "jobs": list(prefix.jobs)} for prefix in problem.fixed],
    }


def job_to_json(job: Job) -> dict[str, Any]:
    """One job as plain JSON values."""
    return {
        "id": job.id,
        "location": job.location,
        "duration": job.duration,
        "window": list(job.window),
        "due": job.due,
        "lateness_cost": job.lateness_cost,
        "drop_cost": job.drop_cost,
        "mandatory": job.mandatory,
        "skills": sorted(job.skills),
        "technician": job.technician,
        "demand": job.demand,
        "windows": [list(window) for window in job.windows],
        "published": job.published and dataclasses.asdict(job.published),
    }


def travel_from_points(
    points: list[tuple[float, float]], *, detour: float, speed_kmh: float
) -> npt.NDArray[np.int32]:
    """Travel seconds between (lat, lon) points in degrees: great circle x detour / speed, rounded."""
    if not points:
        return np.zeros((0, 0), dtype=np.int32)
    lat, lon = np.radians(np.array(points, dtype=np.float64)).T
    half = (
        np.sin((lat[:, None] - lat[None, :]) / 2) ** 2
        + np.cos(lat[:, None]) * np.cos(lat[None, :]) * np.sin((lon[:, None] - lon[None, :]) / 2) ** 2
    )
    metres = 2 * EARTH_RADIUS_M * np.arcsin(np.sqrt(np.clip(half, 0.0, 1.0)))
    seconds = np.rint(metres * detour / (speed_kmh / 3.6))
    if seconds.max() > TIME_LIMIT:
        raise ProblemError("travel", f"이동 시간이 {TIME_LIMIT}초를 넘습니다")
    matrix: npt.NDArray[np.int32] = seconds.astype(np.int32)
    return matrix


def _travel(body: Mapping[str, Any]) -> npt.NDArray[np.int32]:
    if "matrix" in body:
        return _matrix(_list("travel.matrix", body["matrix"]))
    points = [
        _point(f"travel.points[{i}]", p)
        for i, p in enumerate(_list("travel.points", _required("travel", body, "points")))
    ]
    detour = _positive("travel.detour", _required("travel", body, "detour"))
    return travel_from_points(
        points, detour=detour, speed_kmh=_positive("travel.speed_kmh", _required("travel", body, "speed_kmh"))
    )


def _matrix(rows: list[Any]) -> npt.NDArray[np.int32]:
    for i, row in enumerate(rows):
        if len(_list(f"travel.matrix[{i}]", row)) != len(rows):
            raise ProblemError(f"travel.matrix[{i}]", f"값이 {len(rows)}개여야 합니다")
        for j, value in enumerate(row):
            if type(value) is not int or not 0 <= value <= TIME_LIMIT:
                raise ProblemError(
                    f"travel.matrix[{i}][{j}]", f"0 이상 {TIME_LIMIT} 이하의 정수(초)여야 합니다"
                )
    return np.array(rows, dtype=np.int32).reshape(len(rows), len(rows))


def _technician(path: str, data: object) -> Technician:
    body = _mapping(path, data)
    capacity, lunch = body.get("capacity"), body.get("lunch")
    return Technician(
        id=_text(f"{path}.id", _required(path, body, "id")),
        start=_int(f"{path}.start", _required(path, body, "start")),
        end=_int(f"{path}.end", _required(path, body, "end")),
        shift=_window(f"{path}.shift", _required(path, body, "shift")),
        max_overtime=_int(f"{path}.max_overtime", _required(path, body, "max_overtime")),
        overtime_cost=_int(f"{path}.overtime_cost", _required(path, body, "overtime_cost")),
        lunch=None if lunch is None else _lunch(f"{path}.lunch", lunch),
        skills=_skills(f"{path}.skills", body.get("skills")),
        capacity=None if capacity is None else _int(f"{path}.capacity", capacity),
        breaks=tuple(
            _lunch(f"{path}.breaks[{k}]", item)
            for k, item in enumerate(_list(f"{path}.breaks", body.get("breaks") or []))
        ),
    )


def _lunch(path: str, data: object) -> Lunch:
    body = _mapping(path, data)
    earliest, latest, duration = (
        _int(f"{path}.{field}", _required(path, body, field)) for field in ("earliest", "latest", "duration")
    )
    return Lunch(earliest=earliest, latest=latest, duration=duration)


def _fixed(path: str, data: object) -> FixedPrefix:
    body = _mapping(path, data)
    jobs = _list(f"{path}.jobs", _required(path, body, "jobs"))
    return FixedPrefix(
        technician=_text(f"{path}.technician", _required(path, body, "technician")),
        jobs=tuple(_text(f"{path}.jobs[{k}]", job) for k, job in enumerate(jobs)),
    )


def _technician_json(technician: Technician) -> dict[str, Any]:
    lunch = technician.lunch
    return {
        "id": technician.id,
        "start": technician.start,
        "end": technician.end,
        "shift": list(technician.shift),
        "max_overtime": technician.max_overtime,
        "overtime_cost": technician.overtime_cost,
        "lunch": lunch and dataclasses.asdict(lunch),
        "breaks": [dataclasses.asdict(pause) for pause in technician.breaks],
        "skills": sorted(technician.skills),
        "capacity": technician.capacity,
    }


def _required(path: str, body: Mapping[str, Any], field: str) -> Any:
    if body.get(field) is None:
        raise ProblemError(f"{path}.{field}" if path else field, "반드시 있어야 합니다")
    return body[field]


def _mapping(path: str, data: object) -> Mapping[str, Any]:
    if not isinstance(data, Mapping):
        raise ProblemError(path or "problem", "이름과 값의 묶음({…})이어야 합니다")
    return data


def _list(path: str, data: object) -> list[Any]:
    if not isinstance(data, list):
        raise ProblemError(path, "목록([…])이어야 합니다")
    return data


def _int(path: str, value: object) -> int:
    if type(value) is not int:
        raise ProblemError(path, "정수여야 합니다")
    return value


def _text(path: str, value: object) -> str:
    if not isinstance(value, str) or (not value and path != "name"):
        raise ProblemError(path, "비어 있지 않은 글자여야 합니다")
    return value


def _window(path: str, value: object) -> Window:
    items = _list(path, value)
    if len(items) != 2:
        raise ProblemError(path, "[시작, 끝] 두 값이어야 합니다")
    return _int(f"{path}[0]", items[0]), _int(f"{path}[1]", items[1])


def _windows(path: str, value: object) -> tuple[Window, ...]:
    items = _list(path, [] if value is None else value)
    return tuple(_window(f"{path}[{k}]", item) for k, item in enumerate(items))


def _published(path: str, value: object) -> Published | None:
    if value is None:
        return None
    body = _mapping(path, value)
    return Published(
        technician=_text(f"{path}.technician", _required(path, body, "technician")),
        start=_int(f"{path}.start", _required(path, body, "start")),
        person_cost=_int(f"{path}.person_cost", body.get("person_cost") or 0),
        time_cost=_int(f"{path}.time_cost", body.get("time_cost") or 0),
    )


def _skills(path: str, value: object) -> frozenset[str]:
    return frozenset(
        _text(f"{path}[{i}]", skill) for i, skill in enumerate(_list(path, [] if value is None else value))
    )


def _point(path: str, value: object) -> tuple[float, float]:
    items = _list(path, value)
    if len(items) != 2:
        raise ProblemError(path, "[위도, 경도] 두 값이어야 합니다")
    lat, lon = (_real(path, item) for item in items)
    if abs(lat) > 90 or abs(lon) > 180:
        raise ProblemError(path, "위도는 ±90, 경도는 ±180 안이어야 합니다")
    return lat, lon


def _positive(path: str, value: object) -> float:
    number = _real(path, value)
    if number <= 0:
        raise ProblemError(path, "0보다 커야 합니다")
    return number


def _real(path: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise ProblemError(path, "수여야 합니다")
    return float(value)
