"""The technician on standby, where a home without heat would wait too long for anybody's shift. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from dispatch.planning.board_shapes import BoardVisit, DayBoard
from dispatch.planning.board_travel import source_of_visit
from dispatch.planning.insertion import Insertion, soonest_by
from dispatch.planning.slot_shapes import Slot, own_window
from dispatch.planning.visiting_hours import visiting_hours


def duty_slots(boards: Sequence[DayBoard], seen: BoardVisit, *, earliest: datetime | None) -> Iterator[Slot]:
    """Windows of those on standby now, around when they would be there by the dispatcher's own list of them.

    None where the home may wait for its visiting hours, or where the first of the other windows (`earliest`)
    begins within the company's target for a visit of this urgency.

    Args:
        seen: the visit; where it is held for a technician, nobody else is named.
    """
    today = boards[0]
    asked = replace(seen, window=None, pinned_time=False, wished=(), planned_start=None)
    target = seen.received_at + timedelta(seconds=today.rules.visit_target_s[seen.priority])
    in_time = earliest is not None and earliest <= max(today.now, target)
    if in_time or seen.safety or seen.yields or visiting_hours(asked, today.rules) is not None:
        return
    for who in dict.fromkeys(
        s.technician_id for s in today.stretches if s.standby and s.start_at <= today.now
    ):
        held_for_another = seen.pinned_technician and who != seen.technician_id
        if held_for_another or who == seen.excluded_technician_id:
            continue
        found = soonest_by([today], asked, technician_id=who)
        if found is not None and (earliest is None or found.start_at < earliest):
            yield _slot(seen, found)


def _slot(seen: BoardVisit, found: Insertion) -> Slot:
    board, who = found.draft.board, found.technician_id
    return Slot(
        *own_window(board, replace(seen, window=None, pinned_time=False), found.start_at),
        technician_id=who,
        technician_name=found.technician_name,
        service_point_id=board.point_id,
        added_travel_s=found.added_travel_s,
        score=1.0,
        travel_source=source_of_visit(board, seen.place, who),
        own=who == seen.technician_id,
        standby_at=found.start_at,
    )
