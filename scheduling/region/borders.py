"""Boundary work: jobs left out go next door, two points are planned together, technicians are lent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from scheduling.board import board_sequences, open_board
from scheduling.evaluator import evaluate_plan, plan_rank
from scheduling.region.lending import Trial, find_trials
from scheduling.region.part import build_part
from scheduling.region.quotes import quote_place
from scheduling.region.rules import may_leave
from scheduling.region.run import Proposal, Run, rank_of

LEAST_SECONDS, MOST_SECONDS = 0.1, 3.0
"""Of one re-solve of two points."""
JOINT_SHARE = 0.6
"""Of the time that is left, for one round over all pairs."""
BATCH = 16
"""Disjoint pairs at most that are planned from the same state: the same plan whatever the workers."""
ROUNDS = 2
"""With a limit of iterations; else as many as there is time for."""

Pair = tuple[int, int]


@dataclass
class Borders:
    """Who borders on whom, and what was tried since either side last changed."""

    run: Run
    neighbours: list[list[int]]
    pairs: list[Pair] = field(init=False)
    tried: dict[Pair, tuple[int, int, int]] = field(default_factory=dict)
    trials: set[tuple[object, ...]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.pairs = [(p, q) for p, near in enumerate(self.neighbours) for q in near if p < q]

    def version(self, pair: Pair) -> Pair:
        """How often either side has changed."""
        changes = self.run.state.changes
        return changes[pair[0]], changes[pair[1]]


def work_borders(run: Run, neighbours: list[list[int]]) -> None:
    """Rounds of boundary work until the deadline; `neighbours` by `find_neighbours`."""
    run.phase = "borders"
    borders = Borders(run, neighbours)
    turn = 0
    while borders.pairs and not run.over():
        if run.options.iterations is not None and turn >= ROUNDS:
            return
        place_left_out(borders)
        lend_technicians(borders, turn)
        plan_pairs(borders, turn)
        turn += 1


def place_left_out(borders: Borders) -> None:
    """Each job that its point leaves out goes to the neighbour who can serve it at the least cost."""
    run = borders.run
    state, region = run.state, run.region
    short = [p for p in range(len(region.points)) if state.unserved(p)]
    for p in sorted(short, key=lambda p: (-state.left_out(p), p)):
        if run.over():
            return
        names = sorted(
            (name for name in state.unserved(p) if may_leave(region, name)),
            key=lambda name: (not region.jobs[name].mandatory, -region.jobs[name].drop_cost, name),
        )
        near = [p, *borders.neighbours[p]]
        if not names or len(near) == 1:
            continue
        part = build_part(state, near, left_out_of=[p])
        board = open_board(part, {t.id: state.routes[t.id] for t in part.technicians})
        placed = False
        for name in names:
            quote = quote_place(part, board, name)
            job = region.jobs[name]
            if quote is None or not (job.mandatory or quote.cost < job.drop_cost):
                continue
            route = quote.route
            number = part.job_index[name]
            route.set_jobs([*route.jobs[: quote.position], number, *route.jobs[quote.position :]])
            placed = True
        if placed:
            plan = evaluate_plan(part, board_sequences(board))
            lent = {t.id: state.lendings[t.id] for t in part.technicians if t.id in state.lendings}
            cost = plan_rank(part, plan) + len(lent) * region.rules.lending_cost
            run.take(Proposal(plan, lent, rank_of(state, near, left_out_of=[p]) - cost, 0))


def plan_pairs(borders: Borders, turn: int) -> None:
    """Two neighbours planned together, those who leave most out first; disjoint pairs at the same time."""
    run = borders.run
    fresh = [pair for pair in borders.pairs if borders.tried.get(pair, ())[:2] != borders.version(pair)]
    if not fresh:
        # Nothing has changed: the same pairs again, with other seeds.
        borders.tried.clear()
        fresh = list(borders.pairs)
    seconds = run.left() * JOINT_SHARE * run.options.workers / len(fresh)
    seconds = min(MOST_SECONDS, max(LEAST_SECONDS, seconds))
    if run.options.iterations is not None:
        seconds = max(seconds, run.left())

    def plan(pair: Pair) -> Proposal | None:
        return run.resolve(pair, seconds=seconds, steps=run.steps(0.5), seed=run.seed(*pair, turn))

    waiting = fresh
    while waiting and not run.over():
        waiting.sort(key=lambda pair: (-_left_out(run, pair), pair))
        batch = disjoint(waiting, BATCH)
        for pair, proposal in zip(batch, run.together(batch, plan), strict=True):
            run.take(proposal)
            borders.tried[pair] = (*borders.version(pair), turn)
        waiting = [pair for pair in waiting if pair not in set(batch)]


def lend_technicians(borders: Borders, turn: int) -> None:
    """A point in need borrows somebody from a neighbour where that costs little; kept where it gains."""
    run = borders.run
    trials = [trial for trial in find_trials(run.state, borders.neighbours) if _is_new(borders, trial)]
    seconds = run.left() * (1 - JOINT_SHARE) / 2 * run.options.workers / max(1, len(trials))
    seconds = min(MOST_SECONDS, max(LEAST_SECONDS, seconds))
    if run.options.iterations is not None:
        seconds = max(seconds, run.left())

    def attempt(trial: Trial) -> Proposal | None:
        lendings = {**run.state.lendings, trial.lending.technician: trial.lending}
        pair, seed = trial.pair, run.seed(*trial.pair, turn, 7)
        quick = run.resolve(pair, seconds=0.0, steps=None, seed=seed, lendings=lendings)
        # What greedy insertion loses by far, a search does not win back.
        if quick is None or quick.gain < -2 * run.region.rules.lending_cost:
            return quick
        return run.resolve(pair, seconds=seconds, steps=run.steps(0.5), seed=seed, lendings=lendings)

    while trials and not run.over():
        pairs = disjoint([trial.pair for trial in trials], BATCH)
        batch = [next(trial for trial in trials if trial.pair == pair) for pair in pairs]
        done: set[int] = set()
        for trial, proposal in zip(batch, run.together(batch, attempt), strict=True):
            borders.trials.add((trial.lending, *borders.version(trial.pair)))
            if run.take(proposal):
                done.update(trial.pair)
        # Who has changed is looked at anew in the next round.
        trials = [trial for trial in trials if trial not in batch and not done.intersection(trial.pair)]


def disjoint(pairs: Sequence[Pair], most: int) -> list[Pair]:
    """The first pairs, in order, that have no point in common."""
    taken: set[int] = set()
    found: list[Pair] = []
    for pair in pairs:
        if len(found) == most:
            break
        if not taken.intersection(pair):
            taken.update(pair)
            found.append(pair)
    return found


def _is_new(borders: Borders, trial: Trial) -> bool:
    return (trial.lending, *borders.version(trial.pair)) not in borders.trials


def _left_out(run: Run, pair: Pair) -> int:
    return run.state.left_out(pair[0]) + run.state.left_out(pair[1])
