"""A board as a planning problem, and a plan of it back as times. Pure.

Time 0 of the problem is 05:00 of the operating day. Three rules become private skills, so that they hold
for every stretch of a technician: `@7` is had by technician 7 alone (a pin), `!7` by everybody but him,
`#shift` by whoever has a shift and is not merely on standby.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from dispatch.planning.board_shapes import BoardVisit, DayBoard, Stretch
from dispatch.planning.phone_gaps import gaps_wished, with_gaps
from dispatch.planning.relaxing import relax
from dispatch.planning.standing import published_place
from dispatch.planning.stretches import rest_of, under_way_order
from dispatch.planning.visiting_hours import stands_outside, visiting_hours
from dispatch.travel import planning_moment
from geo.schemas import Point
from geo.travel_times import Mask
from scheduling.problem import FixedPrefix, Job, Lunch, PlanningProblem, Technician

OPEN_END_S = 200_000
"""Later than any operating day: a bound that binds nothing."""
LAST_START_S = 86_399
"""What begins later is the next operating day's, also where a night shift goes on."""
ON_SHIFT = "#shift"
NEXT_STOP_SLACK_S = 600
"""How much later an automatic plan may let a technician's next stop begin."""


class Freedom(StrEnum):
    """How much of the published plan may move."""

    INSERT = "insert"
    """A job is added; what begins within the freeze and each next stop stay."""
    IMPROVE = "improve"
    """The same, and who has spoken with a family keeps the job: what a plan may publish by itself."""
    FREE = "free"
    """A person decides about the result: everything may move that is not under way or pinned."""


@dataclass(frozen=True)
class BoardProblem:
    """A problem with the way back to the board. Job ids are visit ids, technician ids are stretch keys."""

    board: DayBoard
    problem: PlanningProblem
    sequences: dict[str, list[str]]
    """The published plan of the day; every route of it has a schedule in `problem`."""
    late: frozenset[str]
    """Jobs whose agreed time can no longer be kept: their window has become a costly wish."""
    untouched: tuple[BoardVisit, ...]
    """Under way with a technician who has no working time left: no plan can say more about them."""
    visits: dict[str, BoardVisit]
    """The visit behind each job."""
    on_road: Mask
    """Of each way in `problem.matrix`: whether the road engine told it."""
    calls: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    """Whose family each gap of a technician is for, as visit ids in the order of his breaks."""

    def stretch_of(self, key: str) -> Stretch:
        """The stretch behind a technician of the problem."""
        return next(stretch for stretch in self.board.stretches if stretch.key == key)


def to_problem(
    board: DayBoard,
    *,
    freedom: Freedom,
    waiting: Sequence[BoardVisit] = (),
    anew: BoardVisit | None = None,
    gaps: bool = True,
) -> BoardProblem:
    """The planning problem of a board, with these waiting visits among its jobs.

    `anew` is a visit to be planned afresh: it has no place in `sequences`, whatever the published plan says.
    Without `gaps` nobody stands still for his calls; nor does anybody while a danger has no place yet.
    """
    skip = anew.visit_id if anew is not None else None
    one_more = anew is not None or freedom is Freedom.INSERT
    routes, untouched = present_routes(board, skip=skip, keep_all=one_more)
    left_out = {visit.visit_id for visit in untouched}
    others = [v for v in (*board.visits, *waiting) if v.visit_id != skip and v.visit_id not in left_out]
    visits = [*others, *([anew] if anew is not None else [])]
    places = _Places()
    excluded = {v.excluded_technician_id for v in visits if v.excluded_technician_id is not None}
    people = tuple(_technician(board, stretch, places, excluded) for stretch in board.stretches)
    kept = _next_stops(board, routes) if freedom is not Freedom.FREE else frozenset()
    rules = _Rules(board, freedom, kept, skip, yielding=sum(visit.yields for visit in visits))
    jobs = tuple(rules.job(visit, places) for visit in visits)
    sequences = {key: [v.job_id for v in route] for key, route in routes.items()}
    legs = board.times.matrix(places.points, planning_moment(board.day))
    problem = PlanningProblem(
        technicians=people,
        jobs=jobs,
        matrix=legs.seconds,
        fixed=tuple(_prefixes(board, routes, freedom)),
        name=f"{board.point_id}/{board.day}",
    )
    yielding = {visit.job_id for visit in visits if visit.yields and visit.window is not None}
    hard_ends = frozenset(stretch.key for stretch in board.stretches if stretch.hard_end)
    relaxed = relax(problem, sequences, hard_ends=hard_ends)
    danger = any(visit.safety for visit in (*waiting, *([anew] if anew is not None else [])))
    # None before a visit that stays where it is, whatever comes before it.
    owed = gaps_wished(board, anew=skip, untouched=untouched) if gaps and not danger else {}
    calling = with_gaps(relaxed.problem, relaxed.sequences, owed, board.rules) if owed else None
    return BoardProblem(
        board=board,
        problem=calling.problem if calling else relaxed.problem,
        sequences=relaxed.sequences,
        late=relaxed.late | _gave_way(problem, relaxed.problem, yielding),
        untouched=tuple(untouched),
        visits={visit.job_id: visit for visit in visits},
        on_road=legs.on_road,
        calls=calling.calls if calling else {},
    )


def with_and_without_gaps(
    board: DayBoard,
    *,
    freedom: Freedom,
    waiting: Sequence[BoardVisit] = (),
    anew: BoardVisit | None = None,
) -> Iterator[BoardProblem]:
    """The problem of a board; then, where somebody stands still for a call, the same without any gap.

    A home that has no place in the first may have one in the second: a call gives way, the desk makes it.
    """
    bp = to_problem(board, freedom=freedom, waiting=waiting, anew=anew)
    yield bp
    if bp.calls:
        yield to_problem(board, freedom=freedom, waiting=waiting, anew=anew, gaps=False)


def _gave_way(before: PlanningProblem, after: PlanningProblem, jobs: set[str]) -> frozenset[str]:
    """Which of these jobs have another window than asked for: they run late like every promise."""
    return frozenset(
        job.id
        for job, kept in zip(before.jobs, after.jobs, strict=True)
        if job.id in jobs and job.window != kept.window
    )


def present_routes(
    board: DayBoard, *, skip: int | None = None, keep_all: bool = False
) -> tuple[dict[str, list[BoardVisit]], list[BoardVisit]]:
    """The published plan: visits by stretch in order; and those that stay as they are, beside it.

    These are visits under way whose technician has no stretch. Other visits whose technician does not come to
    work for them, or which lie outside their visiting hours, have no place in either, so that a solve gives
    them away; with `keep_all` they stay as they are too: one more ticket on a day must not decide over them.
    """
    routes: dict[str, list[BoardVisit]] = {stretch.key: [] for stretch in board.stretches}
    untouched = []
    placed = (v for v in board.visits if (v.planned or v.under_way) and v.visit_id != skip)
    for visit in sorted(placed, key=_route_order):
        stretches = [s for s in board.stretches if s.technician_id == visit.technician_id]
        if not keep_all and stands_outside(board, visit):
            continue
        if stretches and board.expects(visit):
            routes[_stretch_for(visit, stretches).key].append(visit)
        elif visit.under_way or keep_all:
            untouched.append(visit)
    return routes, untouched


class _Places:
    """Locations of the problem, each place once."""

    def __init__(self) -> None:
        self.points: list[Point] = []
        self._index: dict[Point, int] = {}

    def add(self, point: Point) -> int:
        if point not in self._index:
            self._index[point] = len(self.points)
            self.points.append(point)
        return self._index[point]


@dataclass(frozen=True)
class _Rules:
    """What turns a visit into a job on this board."""

    board: DayBoard
    freedom: Freedom
    next_stops: frozenset[int]
    anew: int | None
    yielding: int
    """How many of the day's visits are check-ups: no plan keeps them all for one fault."""

    def job(self, visit: BoardVisit, places: _Places) -> Job:
        window = self._window(visit)
        due, rate = self._due(visit)
        coming = self._costs_of_coming(visit)
        worth = self._worth(visit) + max(coming.values(), default=0)  # nobody is left out for who could come
        if due is not None:
            # Left out today it is at least as late tomorrow: waiting must never look cheaper than lateness.
            worth += rate * max(0, self.board.last_moment - due)
        return Job(
            id=visit.job_id,
            location=places.add(visit.place),
            duration=rest_of(visit, self.board.now),
            window=window,
            drop_cost=min(worth, 900_000_000),
            due=due,
            lateness_cost=rate,
            mandatory=self._mandatory(visit),
            skills=self._skills(visit),
            visit_costs=coming,
            published=None if visit.visit_id == self.anew else published_place(self.board, visit),
        )

    def _worth(self, visit: BoardVisit) -> int:
        """What leaving it out costs. A fault outweighs all check-ups of the day together."""
        rules = self.board.rules
        if visit.yields:
            return rules.checkup_drop_cost
        own = rules.safety_drop_cost if visit.safety else rules.drop_cost[visit.priority]
        return own + self.yielding * rules.checkup_drop_cost

    def _costs_of_coming(self, visit: BoardVisit) -> dict[str, int]:
        """By stretch: that it is not whom the family would like, and that he was busier than others."""
        if visit.under_way:
            return {}
        wished = visit.preferred_technician_id
        costs = {}
        for stretch in self.board.stretches:
            who = stretch.technician_id
            costs[stretch.key] = 0 if wished in (None, who) else self.board.rules.known_face_cost
            costs[stretch.key] += 0 if visit.safety else self.board.fair.get(who, 0)
        return {key: cost for key, cost in costs.items() if cost}

    def _window(self, visit: BoardVisit) -> tuple[int, int]:
        board = self.board
        earliest = max(0, board.seconds(board.now)) if board.is_today else 0
        if visit.only_window is not None:
            opens, closes = (board.seconds(at) for at in visit.only_window)
            return max(opens, min(earliest, closes)), closes
        if visit.under_way:
            opens = board.seconds(visit.window[0]) if visit.window and not visit.started_at else earliest
            return (opens if visit.arrived_at is None else earliest), OPEN_END_S
        if visit.pinned_time and visit.planned_start is not None:
            at = board.seconds(visit.planned_start)
            return at, at
        opens, closes = earliest, OPEN_END_S
        if visit.window is not None:
            opens, closes = board.seconds(visit.window[0]), board.seconds(visit.window[1])
        elif (wish := self._wish(visit)) is not None:
            opens, closes = max(earliest, wish[0]), wish[1]
        elif (hours := visiting_hours(visit, board.rules)) is not None:
            opens, closes = min(max(earliest, hours[0]), hours[1]), hours[1]
        if visit.window is None and not visit.safety:
            closes = max(opens, min(closes, LAST_START_S))
        if visit.visit_id in self.next_stops and visit.planned_start is not None:
            closes = min(closes, max(opens, board.seconds(visit.planned_start) + NEXT_STOP_SLACK_S))
        return opens, closes

    def _wish(self, visit: BoardVisit) -> tuple[int, int] | None:
        """The wished window that a planned visit lies in, or the first that is still to come on this day."""
        board = self.board
        spans = [(board.seconds(start), board.seconds(end)) for start, end in visit.wished]
        floor = board.seconds(board.now)
        if visit.planned_start is not None:
            at = board.seconds(visit.planned_start)
            return next((span for span in spans if span[0] <= at <= span[1]), None)
        return next((s for s in spans if s[1] > floor and 0 <= s[0] < board.seconds(board.bounds[1])), None)

    def _due(self, visit: BoardVisit) -> tuple[int | None, int]:
        if visit.window is not None or visit.under_way or visit.yields:
            return None, 0
        rules = self.board.rules
        due = self.board.seconds(visit.received_at) + rules.visit_target_s[visit.priority]
        wish = self._wish(visit)
        return (due if wish is None else max(due, wish[1])), rules.lateness_cost[visit.priority]

    def _mandatory(self, visit: BoardVisit) -> bool:
        promised = visit.window is not None or visit.pinned_time or visit.only_window is not None
        return visit.under_way or (promised and not visit.yields)

    def _skills(self, visit: BoardVisit) -> frozenset[str]:
        tokens = set()
        who = visit.technician_id
        if visit.only_technician_id is not None:
            tokens.add(f"@{visit.only_technician_id}")
        elif who is not None and self._keeps_technician(visit):
            tokens.add(f"@{who}")
        if visit.excluded_technician_id is not None and f"@{visit.excluded_technician_id}" not in tokens:
            tokens.add(f"!{visit.excluded_technician_id}")
        if visit.under_way:
            return frozenset(tokens)
        if not (visit.safety or visit.pinned_technician or visit.only_technician_id or visit.contacted):
            tokens.add(ON_SHIFT)
        return visit.skills | tokens

    def _keeps_technician(self, visit: BoardVisit) -> bool:
        if not self.board.expects(visit):
            # He does not come: a promise is kept by somebody else, a person's choice waits for that person.
            return visit.pinned_technician and visit.window is None
        if visit.pinned_technician or visit.under_way:
            return True
        if self.freedom is Freedom.FREE:
            return False
        return visit.visit_id in self.next_stops or (self.freedom is Freedom.IMPROVE and visit.contacted)


def _technician(board: DayBoard, stretch: Stretch, places: _Places, excluded: set[int]) -> Technician:
    who = stretch.technician_id
    lunch = stretch.lunch
    tokens = {f"@{who}"} | {f"!{other}" for other in excluded if other != who}
    if not stretch.standby:
        tokens.add(ON_SHIFT)
    return Technician(
        id=stretch.key,
        start=places.add(stretch.start_place),
        end=places.add(stretch.end_place),
        shift=(board.seconds(stretch.start_at), board.seconds(stretch.end_at)),
        max_overtime=stretch.overtime_s,
        overtime_cost=board.rules.overtime_cost,
        lunch=None
        if lunch is None
        else Lunch(board.seconds(lunch.earliest), board.seconds(lunch.latest), lunch.seconds),
        skills=stretch.skills | tokens,
        person=str(who),
    )


def _prefixes(
    board: DayBoard, routes: dict[str, list[BoardVisit]], freedom: Freedom
) -> Iterable[FixedPrefix]:
    frozen_until = board.seconds(board.now) + board.rules.freeze_s
    whose = {stretch.key: stretch.technician_id for stretch in board.stretches}
    for key, route in routes.items():
        settled = freedom is Freedom.IMPROVE and whose[key] in board.settled
        names: list[str] = []
        for visit in route:
            at = board.seconds(visit.planned_start) if visit.planned_start else 0
            soon = board.is_today and freedom is not Freedom.FREE and at < frozen_until
            if not (visit.under_way or settled or soon):
                break
            names.append(visit.job_id)
        if names:
            yield FixedPrefix(key, tuple(names))


def _next_stops(board: DayBoard, routes: dict[str, list[BoardVisit]]) -> frozenset[int]:
    """Each technician's next stop today."""
    if not board.is_today:
        return frozenset()
    first: dict[int | None, BoardVisit] = {}
    for visit in sorted((v for route in routes.values() for v in route if not v.under_way), key=_route_order):
        first.setdefault(visit.technician_id, visit)
    return frozenset(visit.visit_id for visit in first.values())


def _route_order(visit: BoardVisit) -> tuple[object, ...]:
    if visit.under_way:
        return 0, *under_way_order(visit)
    return 1, False, False, visit.planned_start


def _stretch_for(visit: BoardVisit, stretches: list[Stretch]) -> Stretch:
    if visit.under_way or visit.planned_start is None:
        return stretches[0]
    begun = [s for s in stretches if s.start_at <= visit.planned_start]
    return begun[-1] if begun else stretches[0]
