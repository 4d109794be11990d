"""How firmly a planned visit stands, and so what a plan pays for moving it. Pure."""

from __future__ import annotations

from enum import StrEnum

from dispatch.planning.board_shapes import BoardVisit, DayBoard
from scheduling.problem import Published


class Standing(StrEnum):
    """Who counts on a planned visit; the names of the dated costs."""

    TENTATIVE = "tentative"
    """Nobody has been told."""
    TOLD = "told"
    """Its technician has."""
    PROMISED = "promised"
    """Somebody has spoken with the family, or a person has decided."""


def standing_of(visit: BoardVisit) -> Standing:
    """The firmest that holds."""
    if visit.contacted or visit.pinned_technician or visit.pinned_time:
        return Standing.PROMISED
    told = visit.told_technician_id is not None and visit.told_technician_id == visit.technician_id
    return Standing.TOLD if told else Standing.TENTATIVE


def published_place(board: DayBoard, visit: BoardVisit) -> Published | None:
    """Where a visit stands in the published plan of its board, and what moving it costs.

    It is free to give away what its technician cannot go to, and to send whom the family wishes for, as long
    as nobody has agreed with it about the one who comes.
    """
    if visit.technician_id is None or visit.planned_start is None or visit.under_way:
        return None
    standing = standing_of(visit)
    wished = visit.preferred_technician_id not in (None, visit.technician_id)
    free = not board.can_go(visit) or (wished and standing is not Standing.PROMISED)
    return Published(
        technician=str(visit.technician_id),
        start=board.seconds(visit.planned_start),
        person_cost=0 if free else board.rules.move_person_cost[standing],
        time_cost=board.rules.move_later_cost[standing],
    )
