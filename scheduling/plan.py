"""What was planned (`ondol-plan/1`): routes with times, what is left out, and why."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from scheduling.problem_checks import ProblemError
from scheduling.texts import REASON_TEXTS, REPAIR_TEXTS

PLAN_FORMAT = "ondol-plan/1"
TOLD_S = 300

Kind = Literal["proof", "best_guess"]
Params = Mapping[str, str | int]
Sequences = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Stop:
    """One job on a route, in seconds: arrival, start of work, end of work."""

    job: str
    arrive: int
    start: int
    end: int


@dataclass(frozen=True)
class Route:
    """One technician's horizon. An idle one has no stops, no lunch, and `finish` at the shift's start.

    `travel` is seconds, `overtime`, `lateness` and `moved` are costs; `finish` is the arrival at the end
    location; `breaks` are the beginnings of the breaks beside lunch.
    """

    technician: str
    stops: tuple[Stop, ...]
    lunch_start: int | None
    travel: int
    overtime: int
    lateness: int
    finish: int
    moved: int = 0
    breaks: tuple[int, ...] = ()

    @property
    def cost(self) -> int:
        """The sum of its four parts."""
        return self.travel + self.overtime + self.lateness + self.moved


@dataclass(frozen=True)
class Repair:
    """What would help: a code with its numbers, rendered by `render_repair`.

    `tried`: applied to the problem it lets the job in at `params["position"]` (from 1) of `technician`'s
    route, and adds `params["cost"]`; `params["seconds"]` is the least that does. Otherwise it is advice.
    """

    code: str
    params: Params
    technician: str | None = None
    tried: bool = False


@dataclass(frozen=True)
class Reason:
    """Why a job is left out. `proof`: the rule excludes this technician in every plan; else `best_guess`.

    `technician` None speaks about all of them. `text` is Korean; `render_reason` translates.
    """

    code: str
    kind: Kind
    technician: str | None = None
    params: Params = field(default_factory=dict)
    repair: Repair | None = None

    @property
    def text(self) -> str:
        """The Korean sentence."""
        return render_reason(self)


@dataclass(frozen=True)
class Unserved:
    """A job left out, and why. `repairs`: of each kind the smallest that would let it in, all tried."""

    job: str
    reasons: tuple[Reason, ...] = ()
    repairs: tuple[Repair, ...] = ()


@dataclass(frozen=True)
class Plan:
    """Every job is on one route or unserved. `cost` = travel + overtime + lateness + dropped + moved.

    `moved` is what it costs to depart from the published plan; 0 where the problem names none.
    """

    travel: int
    overtime: int
    lateness: int
    dropped: int
    routes: tuple[Route, ...]
    unserved: tuple[Unserved, ...]
    seconds: float = 0.0
    moved: int = 0

    @property
    def cost(self) -> int:
        """The sum of its parts."""
        return self.travel + self.overtime + self.lateness + self.dropped + self.moved

    @property
    def sequences(self) -> dict[str, list[str]]:
        """Job ids in order, for each technician: what every door of this package takes back."""
        return {route.technician: [stop.job for stop in route.stops] for route in self.routes}


def render_reason(reason: Reason, translate: Callable[[str], str] = str) -> str:
    """The sentence for a reason; `translate` maps the Korean message id to the reader's language."""
    return translate(REASON_TEXTS[reason.code]).format(
        **{"technician": reason.technician or "", **reason.params}
    )


def render_repair(repair: Repair, translate: Callable[[str], str] = str) -> str:
    """The sentence for a repair; its seconds are told as minutes, rounded up to five."""
    params = {"technician": repair.technician or "", **repair.params}
    if isinstance(seconds := params.get("seconds"), int):
        params["minutes"] = told_minutes(seconds)
    return translate(REPAIR_TEXTS[repair.code]).format(**params)


def told_minutes(seconds: int) -> int:
    """A stretch of time as people say it: minutes, rounded up to five."""
    return -(-seconds // TOLD_S) * (TOLD_S // 60)


def plan_to_json(plan: Plan, translate: Callable[[str], str] = str) -> dict[str, Any]:
    """The plan as plain JSON values (`ondol-plan/1`)."""
    return {
        "format": PLAN_FORMAT,
        "cost": plan.cost,
        "travel": plan.travel,
        "overtime": plan.overtime,
        "lateness": plan.lateness,
        "dropped": plan.dropped,
        "moved": plan.moved,
        "seconds": round(plan.seconds, 3),
        "routes": [_route_json(route) for route in plan.routes],
        "unserved": [
            {
                "job": left.job,
                "reasons": [reason_to_json(reason, translate) for reason in left.reasons],
                "repairs": [repair_to_json(repair, translate) for repair in left.repairs],
            }
            for left in plan.unserved
        ],
    }


def reason_to_json(reason: Reason, translate: Callable[[str], str] = str) -> dict[str, Any]:
    """One reason as plain JSON values, with its sentence."""
    return {
        "code": reason.code,
        "kind": reason.kind,
        "technician": reason.technician,
        "text": render_reason(reason, translate),
        "params": dict(reason.params),
        "repair": reason.repair and repair_to_json(reason.repair, translate),
    }


def repair_to_json(repair: Repair, translate: Callable[[str], str] = str) -> dict[str, Any]:
    """One repair as plain JSON values, with its sentence."""
    return {
        "code": repair.code,
        "technician": repair.technician,
        "params": dict(repair.params),
        "tried": repair.tried,
        "text": render_repair(repair, translate),
    }


def parse_sequences(data: object) -> dict[str, list[str]]:
    """The job order in a plan's JSON; its times are not trusted. Raises ProblemError with the path."""
    if not isinstance(data, Mapping) or data.get("format") != PLAN_FORMAT:
        raise ProblemError("format", f"'{PLAN_FORMAT}'이어야 합니다")
    routes = data.get("routes")
    if not isinstance(routes, list):
        raise ProblemError("routes", "목록([…])이어야 합니다")
    sequences: dict[str, list[str]] = {}
    for i, route in enumerate(routes):
        try:
            sequences[str(route["technician"])] = [str(stop["job"]) for stop in route["stops"]]
        except (KeyError, TypeError) as error:
            raise ProblemError(f"routes[{i}]", "technician과 stops[].job이 있어야 합니다") from error
    return sequences


def _route_json(route: Route) -> dict[str, Any]:
    return {
        "technician": route.technician,
        "stops": [
            {"job": stop.job, "arrive": stop.arrive, "start": stop.start, "end": stop.end}
            for stop in route.stops
        ],
        "lunch_start": route.lunch_start,
        "breaks": list(route.breaks),
    }
