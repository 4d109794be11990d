"""Why a job crossed a border, why a technician was lent, why a job is left out in spite of the neighbours.

Each `saves` is the exact difference to the same plan without that one step; a step that saves nothing is
taken back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from scheduling.board import WorkingRoute, board_sequences, open_board
from scheduling.evaluator import evaluate_plan
from scheduling.explain import explain_unserved
from scheduling.plan import Reason, Unserved
from scheduling.problem import PlanningProblem
from scheduling.region.lending import find_loan
from scheduling.region.part import build_part
from scheduling.region.quotes import Quote, quote_place
from scheduling.region.rules import may_leave
from scheduling.region.run import Run

NOT_EXAMINED = Reason("NOT_EXAMINED", "best_guess")


@dataclass
class _Two:
    """Two points as they are, opened once for all the jobs that crossed between them."""

    run: Run
    home: int
    host: int

    def __post_init__(self) -> None:
        state = self.run.state
        self.part = build_part(state, [self.home, self.host], left_out_of=[])
        self.board = open_board(self.part, {t.id: state.routes[t.id] for t in self.part.technicians})
        self.own = [r for r in self.board if self._employer(r) == self.home]

    def _employer(self, route: WorkingRoute) -> int:
        return self.run.region.employer[self.part.technicians[route.technician].id]

    def take_back(self, quote: Quote | None, job: int) -> None:
        """The job has left its route: home it goes, or it is left out."""
        if quote is not None:
            jobs = quote.route.jobs
            quote.route.set_jobs([*jobs[: quote.position], job, *jobs[quote.position :]])
        plan = evaluate_plan(self.part, board_sequences(self.board))
        lendings = self.run.state.lendings
        lent = {t.id: lendings[t.id] for t in self.part.technicians if t.id in lendings}
        self.run.state.apply(plan, lent)


def justify_overflow(run: Run) -> dict[str, Reason]:
    """The reason of each job that another point serves; what would cost no more at home is taken back."""
    region = run.region
    reasons: dict[str, Reason] = {}
    two: _Two | None = None
    crossed = [
        (region.home[job], region.employer[name], name, job) for job, name in sorted(run.state.overflow())
    ]
    for home, host, technician, job in sorted(crossed):
        if run.stopped():
            break
        if two is None or (two.home, two.host) != (home, host):
            two = _Two(run, home, host)
        reason = _justify(two, job, technician)
        if reason is None:
            two = None
        else:
            reasons[job] = reason
    return reasons


def _justify(two: _Two, job: str, technician: str) -> Reason | None:
    """The reason, or None when the job was taken back."""
    part, work = two.part, two.run.region.jobs[job]
    number = part.job_index[job]
    route = next(r for r in two.board if part.technicians[r.technician].id == technician)
    whole, dear = list(route.jobs), route.cost
    names = _names(two.run, two.home, two.host)
    if not route.set_jobs([other for other in whole if other != number]):
        # Without the triangle inequality a route may need the detour; nothing can be taken back alone.
        route.set_jobs(whole)
        return Reason("OVERFLOW_HOLDS_ROUTE", "best_guess", technician, names)
    spared = dear - route.cost
    quote = quote_place(part, two.own, job)
    served = quote if quote is not None and (work.mandatory or quote.cost < work.drop_cost) else None
    instead = work.drop_cost if served is None else served.cost
    must = served is None and work.mandatory
    if instead <= spared and not must:  # equal costs too: nothing crosses for nothing
        two.take_back(served, number)
        return None
    route.set_jobs(whole)
    if must:
        return Reason("OVERFLOW_MANDATORY", "best_guess", technician, names)
    code = "OVERFLOW_CHEAPER"
    if served is None:
        code = "OVERFLOW_NO_ROOM" if quote is None else "OVERFLOW_DEAR_AT_HOME"
    return Reason(code, "best_guess", technician, {**names, "saves": instead - spared})


def _names(run: Run, home: int, point: int) -> dict[str, str | int]:
    return {"home": run.region.points[home].id, "point": run.region.points[point].id}


def justify_lending(run: Run) -> dict[str, Reason]:
    """The reason of each lending; where a plan without it costs no more, that one is taken."""
    reasons: dict[str, Reason] = {}
    state, region = run.state, run.region
    for name in list(state.lendings):
        lending = state.lendings.get(name)
        if lending is None or run.stopped():
            continue
        pair = [region.employer[name], region.point_index[lending.to]]
        without = {other: lent for other, lent in state.lendings.items() if other != name}
        found = run.resolve(pair, seconds=0.0, steps=None, seed=run.seed(*pair), lendings=without)
        if found is None:
            continue
        if found.gain >= 0:
            state.apply(found.plan, found.lendings)
            continue
        jobs = len(state.routes[name]) - lending.kept
        params = {**_names(run, pair[0], pair[1]), "jobs": jobs, "saves": -found.gain}
        reasons[name] = Reason("LENT", "best_guess", name, params)
    return reasons


def explain_left_out(run: Run, point: int, neighbours: Sequence[int]) -> tuple[Unserved, ...]:
    """The jobs that a point leaves out: why none of its own takes each, and why no neighbour does."""
    state, region = run.state, run.region
    left = state.unserved(point)
    if not left:
        return ()
    part = build_part(state, [point])
    present = {t.id: state.routes[t.id] for t in part.technicians}
    own = {item.job: item for item in explain_unserved(part, evaluate_plan(part, present)).unserved}
    movable = [name for name in left if may_leave(region, name)]
    around: PlanningProblem | None = None
    board: list[WorkingRoute] = []
    if neighbours:
        around = build_part(state, [*neighbours, point], left_out_of=[point])
        strangers = {t.id: state.routes[t.id] for t in around.technicians}
        board = [
            route
            for route in open_board(around, strangers)
            if region.employer[around.technicians[route.technician].id] != point
        ]
    found = []
    for name in left:
        reasons = [_unless_away(run, reason) for reason in own[name].reasons]
        if name not in movable:
            reasons.append(Reason("STAYS_AT_POINT", "proof"))
        elif around is None:
            reasons.append(Reason("NO_NEIGHBOUR_TAKES", "best_guess"))
        else:
            reasons.append(_neighbour_reason(run, around, board, name))
        loan = None if around is None else find_loan(state, around, board, point, name)
        found.append(Unserved(name, tuple(reasons), (*own[name].repairs, *([] if loan is None else [loan]))))
    return tuple(found)


def _unless_away(run: Run, reason: Reason) -> Reason:
    lending = run.state.lendings.get(reason.technician or "")
    if lending is None or reason.kind == "proof":
        return reason
    return Reason("LENT_AWAY", "best_guess", reason.technician, {"point": lending.to})


def _neighbour_reason(run: Run, part: PlanningProblem, board: Sequence[WorkingRoute], name: str) -> Reason:
    job = part.job_index[name]
    able = [route for route in board if part.may_serve(route.technician, job)]
    if not able:
        return Reason("NO_NEIGHBOUR_TAKES", "best_guess")
    quote = quote_place(part, able, name)
    if quote is None:
        return Reason("NEIGHBOURS_FULL", "best_guess")
    person = part.technicians[quote.route.technician].id
    work = part.jobs[job]
    if work.mandatory or quote.cost < work.drop_cost:
        return Reason("NOT_YET_INSERTED", "best_guess", person)
    params: dict[str, str | int] = {
        "point": run.region.points[run.region.employer[person]].id,
        "cost": quote.cost,
        "drop_cost": work.drop_cost,
    }
    return Reason("NEIGHBOUR_TOO_EXPENSIVE", "best_guess", person, params)
