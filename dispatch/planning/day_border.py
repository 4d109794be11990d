"""05:00, where one operating day's plan ends and the next begins: nobody's night shift ends there. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from operator import itemgetter

from dispatch.planning.board_shapes import DayBoard, Stretch
from geo.schemas import Point


def past_the_border(boards: Sequence[DayBoard], *, anew: int | None) -> list[DayBoard]:
    """Boards whose running day has its night shifts as long as they are: who is needed at 04:40 does not wait
    for 05:00, nor does work that ends after it.

    Whoever works on is there until what the next day has planned for him, `anew` apart: then he is at that
    home. After the border nothing begins on the running day's board but a danger, a call-out from standby and
    what an agreed window allows (`board_problem`).
    """
    if len(boards) < 2 or not boards[0].is_today or boards[1].bounds[0] != boards[0].bounds[1]:
        return list(boards)
    today, border = boards[0], boards[0].bounds[1]
    # What begins before the border and ends after it takes of the next day's plan alone.
    over = {(v.technician_id, v.planned_end) for v in today.visits}
    after = {
        s.technician_id: s
        for s in reversed(boards[1].stretches)
        if s.start_at == border or (s.technician_id, s.start_at) in over
    }
    first: dict[int, tuple[datetime, Point]] = {}
    for visit in boards[1].visits:
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

    return [replace(today, stretches=tuple(whole(stretch) for stretch in today.stretches)), *boards[1:]]
