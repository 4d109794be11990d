"""`ondol-problem/1` in and out. Reading is strict: the first wrong field is named by its path."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from scheduling.fields import (
    read_flag,
    read_int,
    read_list,
    read_mapping,
    read_names,
    read_point,
    read_positive,
    read_text,
    read_window,
    required,
)
from scheduling.problem import FixedPrefix, Job, Lunch, PlanningProblem, Published, Technician, Window
from scheduling.problem_checks import TIME_LIMIT, ProblemError

PROBLEM_FORMAT = "ondol-problem/1"
EARTH_RADIUS_M = 6_371_000.0


def parse_problem(data: object) -> PlanningProblem:
    """Read the decoded JSON of a problem. Raises ProblemError with the field's path."""
    body = read_mapping("", data)
    if body.get("format") != PROBLEM_FORMAT:
        raise ProblemError("format", f"'{PROBLEM_FORMAT}'이어야 합니다")
    technicians = read_list("technicians", required("", body, "technicians"))
    jobs = read_list("jobs", required("", body, "jobs"))
    fixed = read_list("fixed", body.get("fixed") or [])
    name = body.get("name")
    return PlanningProblem(
        technicians=tuple(parse_technician(f"technicians[{i}]", item) for i, item in enumerate(technicians)),
        jobs=tuple(parse_job(item, path=f"jobs[{i}]") for i, item in enumerate(jobs)),
        matrix=_travel(read_mapping("travel", required("", body, "travel"))),
        fixed=tuple(parse_prefix(f"fixed[{i}]", item) for i, item in enumerate(fixed)),
        name="" if name is None else read_text("name", name),
    )


def parse_job(data: object, *, path: str = "job") -> Job:
    """Read one job. Raises ProblemError; references are checked when it joins a problem."""
    body = read_mapping(path, data)
    due, technician, demand = body.get("due"), body.get("technician"), body.get("demand")
    after = body.get("after")
    job = Job(
        id=read_text(f"{path}.id", required(path, body, "id")),
        location=read_int(f"{path}.location", required(path, body, "location")),
        duration=read_int(f"{path}.duration", required(path, body, "duration")),
        window=read_window(f"{path}.window", required(path, body, "window")),
        drop_cost=read_int(f"{path}.drop_cost", required(path, body, "drop_cost")),
        due=None if due is None else read_int(f"{path}.due", due),
        lateness_cost=read_int(f"{path}.lateness_cost", required(path, body, "lateness_cost")),
        mandatory=read_flag(f"{path}.mandatory", body.get("mandatory")),
        skills=read_names(f"{path}.skills", body.get("skills")),
        technician=None if technician is None else read_text(f"{path}.technician", technician),
        demand=0 if demand is None else read_int(f"{path}.demand", demand),
        windows=_windows(f"{path}.windows", body.get("windows")),
        published=_published(f"{path}.published", body.get("published")),
        after=None if after is None else read_text(f"{path}.after", after),
    )
    return job if body.get("start") is None else _pinned(path, job, body["start"])


def problem_to_json(problem: PlanningProblem) -> dict[str, Any]:
    """The problem as plain JSON values; `parse_problem` reads it back unchanged."""
    return {
        "format": PROBLEM_FORMAT,
        "name": problem.name,
        "travel": {"matrix": problem.matrix.tolist()},
        "technicians": [technician_to_json(technician) for technician in problem.technicians],
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
        "after": job.after,
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
        return parse_matrix(read_list("travel.matrix", body["matrix"]))
    points = [
        read_point(f"travel.points[{i}]", p)
        for i, p in enumerate(read_list("travel.points", required("travel", body, "points")))
    ]
    detour = read_positive("travel.detour", required("travel", body, "detour"))
    return travel_from_points(
        points,
        detour=detour,
        speed_kmh=read_positive("travel.speed_kmh", required("travel", body, "speed_kmh")),
    )


def parse_matrix(rows: list[Any]) -> npt.NDArray[np.int32]:
    """Read `travel.matrix`: square, whole seconds. Raises ProblemError."""
    for i, row in enumerate(rows):
        if len(read_list(f"travel.matrix[{i}]", row)) != len(rows):
            raise ProblemError(f"travel.matrix[{i}]", f"값이 {len(rows)}개여야 합니다")
        for j, value in enumerate(row):
            if type(value) is not int or not 0 <= value <= TIME_LIMIT:
                raise ProblemError(
                    f"travel.matrix[{i}][{j}]", f"0 이상 {TIME_LIMIT} 이하의 정수(초)여야 합니다"
                )
    return np.array(rows, dtype=np.int32).reshape(len(rows), len(rows))


def parse_technician(path: str, data: object) -> Technician:
    """Read one technician. Raises ProblemError; places are checked when he joins a problem."""
    body = read_mapping(path, data)
    capacity, lunch, person = body.get("capacity"), body.get("lunch"), body.get("person")
    return Technician(
        id=read_text(f"{path}.id", required(path, body, "id")),
        start=read_int(f"{path}.start", required(path, body, "start")),
        end=read_int(f"{path}.end", required(path, body, "end")),
        shift=read_window(f"{path}.shift", required(path, body, "shift")),
        max_overtime=read_int(f"{path}.max_overtime", required(path, body, "max_overtime")),
        overtime_cost=read_int(f"{path}.overtime_cost", required(path, body, "overtime_cost")),
        lunch=None if lunch is None else read_break(f"{path}.lunch", lunch),
        skills=read_names(f"{path}.skills", body.get("skills")),
        capacity=None if capacity is None else read_int(f"{path}.capacity", capacity),
        breaks=tuple(
            read_break(f"{path}.breaks[{k}]", item)
            for k, item in enumerate(read_list(f"{path}.breaks", body.get("breaks") or []))
        ),
        person=None if person is None else read_text(f"{path}.person", person),
    )


def read_break(path: str, data: object) -> Lunch:
    """Read lunch or another break. Raises ProblemError."""
    body = read_mapping(path, data)
    earliest, latest, duration = (
        read_int(f"{path}.{field}", required(path, body, field))
        for field in ("earliest", "latest", "duration")
    )
    return Lunch(earliest=earliest, latest=latest, duration=duration)


def parse_prefix(path: str, data: object) -> FixedPrefix:
    """Read what is under way with one technician. Raises ProblemError."""
    body = read_mapping(path, data)
    jobs = read_list(f"{path}.jobs", required(path, body, "jobs"))
    return FixedPrefix(
        technician=read_text(f"{path}.technician", required(path, body, "technician")),
        jobs=tuple(read_text(f"{path}.jobs[{k}]", job) for k, job in enumerate(jobs)),
    )


def technician_to_json(technician: Technician) -> dict[str, Any]:
    """One technician as plain JSON values."""
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
        "person": technician.person,
    }


def _pinned(path: str, job: Job, value: object) -> Job:
    """A pinned `start` is a window that opens and closes at that second."""
    start = read_int(f"{path}.start", value)
    if not all(any(a <= start <= b for a, b in spans) for spans in ((job.window,), job.windows) if spans):
        raise ProblemError(f"{path}.start", "작업을 시작할 수 있는 시간(window, windows) 안이어야 합니다")
    return dataclasses.replace(job, window=(start, start), windows=())


def _windows(path: str, value: object) -> tuple[Window, ...]:
    items = read_list(path, [] if value is None else value)
    return tuple(read_window(f"{path}[{k}]", item) for k, item in enumerate(items))


def _published(path: str, value: object) -> Published | None:
    if value is None:
        return None
    body = read_mapping(path, value)
    return Published(
        technician=read_text(f"{path}.technician", required(path, body, "technician")),
        start=read_int(f"{path}.start", required(path, body, "start")),
        person_cost=read_int(f"{path}.person_cost", body.get("person_cost") or 0),
        time_cost=read_int(f"{path}.time_cost", body.get("time_cost") or 0),
    )
