"""Who comes sooner than any plan sends somebody, where a home without heat would wait too long. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from dispatch.planning.board_shapes import BoardVisit, DayBoard, Stretch
from dispatch.planning.board_travel import source_of_visit
from dispatch.planning.insertion import Insertion
from dispatch.planning.one_technician import is_called_out, keeps_limit, place_with
from dispatch.planning.slot_shapes import Slot, own_window


def duty_slots(boards: Sequence[DayBoard], seen: BoardVisit, *, earliest: datetime | None) -> Iterator[Slot]:
    """Windows around when those on standby now, and the soonest of those at work, would be there.

    When that is says the dispatcher's own list of them. No plan calls the first; the other is named where the
    plan, which weighs the driving too, sends somebody later. None where the home may wait for its visiting
    hours, or where work that begins with the first of the other windows (`earliest`) would end in time.

    Args:
        seen: the visit; where it is held for a technician, nobody else is named.
    """
    today = boards[0]
    asked = replace(seen, window=None, pinned_time=False)
    in_time = earliest is not None and keeps_limit(today, seen, earliest)
    if in_time or not is_called_out(today, asked):
        return
    at_work: list[Insertion] = []
    for stretch in _first_stretches(today):
        who = stretch.technician_id
        held_for_another = seen.pinned_technician and who != seen.technician_id
        is_sent_later = seen.planned_start is not None and seen.planned_start > today.now
        if held_for_another or who == seen.excluded_technician_id or not (stretch.standby or is_sent_later):
            continue
        found = place_with(boards, asked, technician_id=who)
        if found is None or (earliest is not None and found.start_at >= earliest):
            continue
        if not stretch.standby:
            at_work.append(found)
        elif found.start_at < stretch.end_at:
            yield replace(_slot(asked, found), standby_at=found.start_at)
    soonest = min(at_work, key=lambda found: (found.start_at, found.added_cost), default=None)
    if soonest is not None and seen.planned_start is not None and soonest.start_at < seen.planned_start:
        yield replace(_slot(asked, soonest), soonest_at=soonest.start_at)


def _first_stretches(today: DayBoard) -> list[Stretch]:
    """How each begins who is on standby now or works today."""
    first: dict[int, Stretch] = {}
    for stretch in sorted(today.stretches, key=lambda each: each.start_at):
        if not stretch.standby or stretch.start_at <= today.now:
            first.setdefault(stretch.technician_id, stretch)
    return list(first.values())


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
    )
