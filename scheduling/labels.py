"""Exact cost of a route, step by step.

A partial route is a `State`: the label of the day without lunch so far, and the labels of the days whose
lunch lies behind, each (earliest ready time, lateness cost). Being earlier is never worse, but a later lunch
may cost less lateness than an earlier one, so the second part keeps every pair that no other beats in both.
"""

from __future__ import annotations

from scheduling.problem import LunchNumbers, ShiftNumbers, StopNumbers

Label = tuple[int, int]
State = tuple[Label | None, tuple[Label, ...]]


def leave(shift: ShiftNumbers, lunch: LunchNumbers | None) -> State:
    """The state at the shift's start. Without a lunch to take, lunch counts as behind."""
    first = (shift[0], 0)
    return (None, (first,)) if lunch is None else (first, ())


def visit(state: State, leg: int, stop: StopNumbers, lunch: LunchNumbers | None) -> State | None:
    """The state after `leg` travel seconds and this stop, or None when its window cannot be met."""
    opens, closes, duration, due, rate = stop
    hungry, fed = state
    after: list[Label] = []
    for ready, cost in fed:
        start = ready + leg
        if start <= closes:
            start = max(start, opens)
            after.append((start + duration, cost + (start - due) * rate if start > due else cost))
    still: Label | None = None
    if hungry is not None and lunch is not None:
        ready, cost = hungry
        arrival = ready + leg
        if arrival <= closes:
            start = max(arrival, opens)
            still = (start + duration, cost + (start - due) * rate if start > due else cost)
            if ready <= lunch[1]:
                start = max(arrival, lunch[0]) + lunch[2]
                if start <= closes:
                    start = max(start, opens)
                    after.append((start + duration, cost + (start - due) * rate if start > due else cost))
    if not after:
        return None if still is None else (still, ())
    return still, tuple(after) if len(after) == 1 else _undominated(after)


def finish(state: State, leg: int, shift: ShiftNumbers, lunch: LunchNumbers | None) -> int | None:
    """Lateness and overtime cost of the cheapest day that ends `leg` seconds from here, or None."""
    hungry, fed = state
    best: int | None = None
    for ready, cost in fed:
        best = _cheaper(best, ready + leg, cost, shift)
    if hungry is not None and lunch is not None:
        ready, cost = hungry
        arrival = ready + leg
        if arrival <= lunch[1]:
            best = _cheaper(best, arrival, cost, shift)
        if ready <= lunch[1]:
            best = _cheaper(best, max(arrival, lunch[0]) + lunch[2], cost, shift)
    return best


def earliest_ready(state: State) -> int:
    """The earliest time at which the next leg can begin, lunch taken or not."""
    hungry, fed = state
    if hungry is not None:
        return hungry[0]
    return min(ready for ready, _ in fed)


def _cheaper(best: int | None, arrival: int, cost: int, shift: ShiftNumbers) -> int | None:
    _, normal_end, limit, rate = shift
    if arrival > limit:
        return best
    total = cost + (arrival - normal_end) * rate if arrival > normal_end else cost
    return total if best is None or total < best else best


def _undominated(labels: list[Label]) -> tuple[Label, ...]:
    labels.sort()
    kept = [labels[0]]
    for label in labels[1:]:
        if label[1] < kept[-1][1]:
            kept.append(label)
    return tuple(kept)
