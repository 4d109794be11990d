"""05:00, where one operating day's plan ends and the next begins: nobody's night shift ends there. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from operator import itemgetter

from core.clock import operating_day
from dispatch.planning.board_shapes import DayBoard, Stretch
from geo.schemas import Point

Done = tuple[datetime, Point]
"""When and where a piece of work ends."""


def with_their_nights(days: Sequence[date], now: datetime) -> list[date]:
    """The days to read for these, in order: the running night is one for today's board and for tomorrow's."""
    night = {operating_day(now), operating_day(now) + timedelta(days=1)}
    return sorted({*days, *night} if night & {*days} else {*days})


def past_the_border(boards: Sequence[DayBoard], *, anew: int | None) -> list[DayBoard]:
    """Boards whose running day has its night shifts as long as they are: who is needed at 04:40 does not wait
    for 05:00, nor does work that ends after it.

    Whoever works on is there until what the next day has planned for him, `anew` apart: then he is at that
    home. After the border nothing begins on the running day's board but a danger, a call-out from standby and
    what an agreed window allows (`board_problem`); publishing gives it to the next day (`night_work.py`). The
    next day's board has him set out from where the night's plan leaves him.
    """
    k = next((k for k, board in enumerate(boards) if board.is_today), None)
    if k is None or len(boards) < k + 2 or boards[k + 1].bounds[0] != boards[k].bounds[1]:
        return list(boards)
    night, morning = boards[k], boards[k + 1]
    longer, later = _into_the_morning(night, morning, anew), _from_the_night(night, morning, anew)
    return [*boards[:k], longer, later, *boards[k + 2 :]]


def _into_the_morning(today: DayBoard, tomorrow: DayBoard, anew: int | None) -> DayBoard:
    border = today.bounds[1]
    # What begins before the border and ends after it takes of the next day's plan alone.
    over = {(v.technician_id, v.planned_end) for v in today.visits}
    after = {
        s.technician_id: s
        for s in reversed(tomorrow.stretches)
        if s.start_at == border or (s.technician_id, s.start_at) in over
    }
    first: dict[int, tuple[datetime, Point]] = {}
    for visit in tomorrow.visits:
        if visit.technician_id is not None and visit.planned_start is not None and visit.visit_id != anew:
            who, begins = visit.technician_id, (visit.planned_start, visit.place)
            first[who] = min(first.get(who, begins), begins, key=itemgetter(0))

    def whole(stretch: Stretch) -> Stretch:
        rest = after.get(stretch.technician_id)
        if rest is None or stretch.end_at != border:
            return stretch
        begins, place = first.get(stretch.technician_id, (rest.end_at, rest.end_place))
        if begins < rest.end_at:
            return replace(stretch, end_at=max(border, begins), end_place=place, hard_end=True)
        return replace(
            stretch,
            end_at=rest.end_at,
            end_place=rest.end_place,
            overtime_s=rest.overtime_s,
            hard_end=rest.hard_end,
            left_early=rest.left_early,
        )

    return replace(today, stretches=tuple(whole(stretch) for stretch in today.stretches))


def _from_the_night(today: DayBoard, tomorrow: DayBoard, anew: int | None) -> DayBoard:
    ends = (
        (visit.technician_id, (visit.planned_end, visit.place))
        for visit in today.visits
        if visit.technician_id is not None and visit.planned_end is not None and visit.visit_id != anew
    )
    return behind_the_night(today, tomorrow, last_ends(ends))


def last_ends(ends: Iterable[tuple[int, Done]]) -> dict[int, Done]:
    """Of each technician the last of these."""
    found: dict[int, Done] = {}
    for who, end in ends:
        found[who] = max(found.get(who, end), end, key=itemgetter(0))
    return found


def behind_the_night(today: DayBoard, tomorrow: DayBoard, done: Mapping[int, Done]) -> DayBoard:
    """The next day's board with everybody setting out when and from where the night is done with him.

    Args:
        today: the running day as it is published: `tomorrow` was read behind it.
        done: by technician, his last work of the night, be it before or after the border.
    """
    border = today.bounds[1]
    # On standby he is at home between two call-outs.
    at_work = {s.technician_id for s in today.stretches if s.end_at >= border and not s.standby}
    published = {(v.technician_id, v.planned_end) for v in today.visits}

    def behind(stretch: Stretch) -> Stretch:
        who, start = stretch.technician_id, stretch.start_at
        if who not in done:
            return stretch
        end, place = done[who]
        opens = start == border or (start > border and (who, start) in published)
        if end > start or (opens and end > border):
            start = end
        elif opens and who in at_work and not stretch.standby:
            start = border
        else:
            return stretch
        last = stretch.end_at + timedelta(seconds=stretch.overtime_s)
        ends = max(stretch.end_at, start)
        overtime = max(0, int((last - ends).total_seconds()))
        return replace(stretch, start_at=start, end_at=ends, start_place=place, overtime_s=overtime)

    return replace(tomorrow, stretches=tuple(behind(stretch) for stretch in tomorrow.stretches))
