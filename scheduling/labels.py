"""Exact cost of a route, step by step.

A partial route is a `State`: labels (earliest ready time, cost so far, breaks taken). Being earlier is never
worse, nor is having a break behind oneself, but a later break may cost less lateness than an earlier one: the
state keeps every label that no other beats in all three.
"""

from __future__ import annotations

from scheduling.problem import BreakNumbers, ShiftNumbers, StopNumbers

Label = tuple[int, int, int]
State = tuple[Label, ...]


def leave(shift: ShiftNumbers) -> State:
    """The state at the shift's start."""
    return ((shift[0], 0, 0),)


def start_of_work(stop: StopNumbers, arrival: int) -> int:
    """When work begins on this arrival; after the stop's last window there is none (compare `stop[1]`)."""
    start = max(arrival, stop[0])
    for closes, reopens in stop[7]:
        if closes < start < reopens:
            start = reopens
    return start


def late_cost(stop: StopNumbers, start: int) -> int:
    """What beginning at this moment costs: after the due time, and after the published start."""
    cost = (start - stop[3]) * stop[4] if start > stop[3] else 0
    return cost + (start - stop[5]) * stop[6] if start > stop[5] else cost


def visit(state: State, leg: int, stop: StopNumbers, pauses: tuple[BreakNumbers, ...]) -> State | None:
    """The state after `leg` travel seconds and this stop, or None when its windows cannot be met."""
    closes, duration, count = stop[1], stop[2], len(pauses)
    after: list[Label] = []
    for ready, cost, before in state:
        free, arrival, taken = ready, ready + leg, before
        while arrival <= closes:
            start = start_of_work(stop, arrival)
            if start > closes:
                break
            after.append((start + duration, cost + late_cost(stop, start), taken))
            if taken == count or free > pauses[taken][1]:
                break
            free, arrival = take_break(pauses[taken], free, arrival)
            taken += 1
    if len(after) > 1:
        return _undominated(after)
    return tuple(after) or None


def take_break(pause: BreakNumbers, free: int, arrival: int) -> tuple[int, int]:
    """(end of the break, arrival) when it is taken on the way, from the moment `free` on."""
    earliest, _, duration = pause
    return max(free, earliest) + duration, max(arrival, earliest) + duration


def finish(state: State, leg: int, shift: ShiftNumbers, pauses: tuple[BreakNumbers, ...]) -> int | None:
    """Lateness and overtime cost of the cheapest day that ends `leg` seconds from here, or None."""
    _, normal_end, limit, rate = shift
    best: int | None = None
    for ready, cost, before in state:
        free, arrival, taken = ready, ready + leg, before
        while arrival <= limit:
            if _fits_after(pauses[taken:], arrival):
                total = cost + (arrival - normal_end) * rate if arrival > normal_end else cost
                best = total if best is None or total < best else best
            if taken == len(pauses) or free > pauses[taken][1]:
                break
            free, arrival = take_break(pauses[taken], free, arrival)
            taken += 1
    return best


def earliest_ready(state: State) -> int:
    """The earliest time at which the next leg can begin, whatever breaks were taken."""
    return min(label[0] for label in state)


def _fits_after(pauses: tuple[BreakNumbers, ...], arrival: int) -> bool:
    """Whether these breaks may follow the arrival at the end, where they cost nothing."""
    for earliest, latest, duration in pauses:
        if arrival > latest:
            return False
        arrival = max(arrival, earliest) + duration
    return True


def _undominated(labels: list[Label]) -> State:
    # More breaks first: whoever comes later in this order can be beaten by those before, never beat them.
    labels.sort(key=lambda label: (label[0], label[1], -label[2]))
    kept: list[Label] = []
    for label in labels:
        if not any(other[1] <= label[1] and other[2] >= label[2] for other in kept):
            kept.append(label)
    return tuple(kept)
