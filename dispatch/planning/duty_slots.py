"""The technician on standby, where a home without heat would wait too long for anybody's shift. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from dispatch.planning.board_shapes import BoardVisit, DayBoard
from dispatch.planning.board_travel import source_of_visit
from dispatch.planning.insertion import Insertion
from dispatch.planning.one_technician import is_called_out, keeps_limit, place_with
from dispatch.planning.slot_shapes import Slot, own_window


def duty_slots(boards: Sequence[DayBoard], seen: BoardVisit, *, earliest: datetime | None) -> Iterator[Slot]:
    """Windows of those on standby now, around when they would be there by the dispatcher's own list of them.

    None where the home may wait for its visiting hours, or where work that begins with the first of the other
    windows (`earliest`) would end within the limit.

    Args:
        seen: the visit; where it is held for a technician, nobody else is named.
    """
    today = boards[0]
    asked = replace(seen, window=None, pinned_time=False)
    in_time = earliest is not None and keeps_limit(today, seen, earliest)
    if in_time or not is_called_out(today, asked):
        return
    for duty in (s for s in today.stretches if s.standby and s.start_at <= today.now):
        who = duty.technician_id
        held_for_another = seen.pinned_technician and who != seen.technician_id
        if held_for_another or who == seen.excluded_technician_id:
            continue
        found = place_with(boards, asked, technician_id=who)
        if found is not None and found.start_at < min(duty.end_at, earliest or duty.end_at):
            yield _slot(asked, found)


def _slot(asked: BoardVisit, found: Insertion) -> Slot:
    board, who = found.draft.board, found.technician_id
    return Slot(
        *own_window(board, asked, found.start_at),
        technician_id=who,
        technician_name=found.technician_name,
        service_point_id=board.point_id,
        added_travel_s=found.added_travel_s,
        score=1.0,
        travel_source=source_of_visit(board, asked.place, who),
        own=who == asked.technician_id,
        standby_at=found.start_at,
    )
