"""The page itself: figures, lanes, map and what was left out, in one file without scripts from elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from typing import Any

from jinja2 import Environment, PackageLoader

from scheduling.picture.lanes import Lane, Span, choose_hours, draw_lanes
from scheduling.picture.places import place_on_map
from scheduling.plan import Plan, Reason, Unserved, render_reason, render_repair
from scheduling.problem import PlanningProblem

LANE_WIDTH = 1000
MAP_SIZE = 520
MAP_EDGE = 16
GOLDEN_ANGLE = 137.508
"""Neighbours in the list get colours far from each other, however many there are."""

Translate = Callable[[str], str]


@dataclass(frozen=True)
class Shade:
    """Part of a plan's cost. `share` is of 1."""

    name: str
    cost: int
    share: float


@dataclass(frozen=True)
class ReasonGroup:
    """Technicians who are ruled out by the same rule, and advice; what was tried stands apart."""

    code: str
    kind: str
    text: str
    repair: str | None
    technicians: tuple[str, ...]


def render_page(
    problem: PlanningProblem,
    plan: Plan,
    *,
    points: Sequence[tuple[float, float]] | None = None,
    translate: Translate = str,
    language: str = "ko",
) -> str:
    """The plan as HTML that needs nothing beside it.

    Args:
        points: (lat, lon) of the locations where the problem has them; else the map is drawn from travel
            times alone, and says so.
        translate: maps a Korean message id to the reader's language.
        language: of the page, for the browser.
    """
    lanes = draw_lanes(problem, plan)
    hours = choose_hours(lanes)
    spots = place_on_map(problem.matrix, points, size=MAP_SIZE - 2 * MAP_EDGE) + MAP_EDGE
    return (
        _environment()
        .get_template("page.html")
        .render(
            _=translate,
            language=language,
            problem=problem,
            plan=plan,
            lanes=lanes,
            hours=hours,
            spots=spots.round(1).tolist(),
            is_surveyed=bool(points),
            shades=_shades(plan, translate),
            late=sum(lane.late for lane in lanes),
            at_work=sum(bool(lane.work) for lane in lanes),
            left_out=[
                (left.job, _grouped(left, translate), _helping(left, translate)) for left in plan.unserved
            ],
            x=partial(_x, hours.span),
            width=LANE_WIDTH,
            map_size=MAP_SIZE,
        )
    )


def _environment() -> Environment:
    made = Environment(
        loader=PackageLoader("scheduling.picture", "."),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {"hour": clock_words, "minutes": lambda seconds: -(-seconds // 60), "hue": _hue}
    made.globals["route_points"] = _route_points
    return made


def clock_words(second: int) -> str:
    """09:05 of a second of the horizon; +1 is the day after."""
    day, rest = divmod(second, 86_400)
    return f"{rest // 3600:02}:{rest % 3600 // 60:02}" + (f" {day:+}" if day else "")


def _x(span: Span, second: int) -> float:
    return round((second - span.start) / (span.end - span.start) * LANE_WIDTH, 1)


def _hue(number: int) -> int:
    return round(number * GOLDEN_ANGLE) % 360


def _route_points(problem: PlanningProblem, lane: Lane, spots: list[Any]) -> str:
    """Corners of a route on the map, as SVG writes them."""
    person = lane.technician
    stops = [problem.jobs[problem.job_index[stop.job]].location for stop in lane.route.stops]
    return " ".join("{},{}".format(*spots[place]) for place in (person.start, *stops, person.end))


def _shades(plan: Plan, translate: Translate) -> list[Shade]:
    parts = (
        (translate("이동"), plan.travel),
        (translate("초과 근무"), plan.overtime),
        (translate("늦음"), plan.lateness),
        (translate("미룬 일"), plan.dropped),
        *([(translate("알린 계획에서 옮긴 일"), plan.moved)] if plan.moved else []),
    )
    return [Shade(name, cost, cost / plan.cost if plan.cost else 0.0) for name, cost in parts]


def _helping(left: Unserved, translate: Translate) -> list[tuple[str, str]]:
    """(technician, sentence) of each small change that would let the job in."""
    return [(repair.technician or "", render_repair(repair, translate)) for repair in left.repairs]


def _grouped(left: Unserved, translate: Translate) -> list[ReasonGroup]:
    """Reasons of one rule together, proofs first."""

    def rule(reason: Reason) -> tuple[bool, str]:
        return reason.kind != "proof", reason.code

    return [
        ReasonGroup(
            code=code,
            kind="best_guess" if guessed else "proof",
            text=render_reason(first, translate),
            repair=render_repair(first.repair, translate)
            if first.repair and not first.repair.tried
            else None,
            technicians=tuple(each.technician for each in (first, *others) if each.technician),
        )
        for (guessed, code), (first, *others) in (
            (key, list(group)) for key, group in groupby(sorted(left.reasons, key=rule), key=rule)
        )
    ]
