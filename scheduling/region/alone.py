"""The points by themselves: something everywhere at once, then time for all, then more for those in need."""

from __future__ import annotations

from time import perf_counter

from scheduling.region.run import Proposal, Run

FIRST_SHARE = 0.7
NEEDY_SHARE = 0.5
"""Of the points, those who get the time that is left."""
GREEDY_BATCH = 8


def plan_points(run: Run, until: float) -> None:
    """Plan every point alone until `until` (a perf_counter moment)."""
    points = list(range(len(run.region.points)))
    _insert_everywhere(run, points)
    span = max(0.0, until - perf_counter())
    late = _improve_all(run, dict.fromkeys(points, 1.0), span * FIRST_SHARE, turn=1)
    if run.over():
        return
    weights = share_by_need(late, {p: run.state.left_out(p) for p in points})
    _improve_all(run, weights, max(0.0, until - perf_counter()), turn=2)


def share_by_need(late_gain: dict[int, int], left_out: dict[int, int]) -> dict[int, float]:
    """Weights of the second turn: the half of the points whose search still gained most, or left most out.

    Both are counted beside their means, so that neither drowns the other; a point in no need gets nothing.
    """
    count = max(1, len(late_gain))
    gained, left = max(1.0, sum(late_gain.values()) / count), max(1.0, sum(left_out.values()) / count)
    need = {p: late_gain[p] / gained + left_out[p] / left for p in late_gain}
    needy = sorted(need, key=lambda p: (-need[p], p))[: max(1, round(count * NEEDY_SHARE))]
    return {p: min(need[p], 4.0) for p in needy if need[p] > 0}


def _insert_everywhere(run: Run, points: list[int]) -> None:
    """A whole plan from the beginning, for who stops early."""
    for first in range(0, len(points), GREEDY_BATCH):
        if run.stopped():
            return
        batch = points[first : first + GREEDY_BATCH]
        found = run.together(batch, lambda p: run.resolve([p], seconds=0.0, steps=None, seed=run.seed(p)))
        for proposal in found:
            run.take(proposal)


def _improve_all(run: Run, weights: dict[int, float], span: float, *, turn: int) -> dict[int, int]:
    """Each point for its share of `span` wall seconds; what each search gained late."""
    workers = run.options.workers
    total = sum(weights.values()) or 1.0
    late: dict[int, int] = dict.fromkeys(weights, 0)
    points = sorted(weights, key=lambda p: (-weights[p], p))

    def improve(p: int) -> Proposal | None:
        seconds = span * workers * weights[p] / total
        if run.options.iterations is not None:
            seconds = run.left()
        return run.resolve([p], seconds=seconds, steps=run.steps(1.0), seed=run.seed(p, turn))

    for first in range(0, len(points), workers):
        if run.over():
            break
        batch = points[first : first + workers]
        for p, proposal in zip(batch, run.together(batch, improve), strict=True):
            if proposal is not None:
                late[p] = proposal.late_gain
                run.take(proposal)
    return late
