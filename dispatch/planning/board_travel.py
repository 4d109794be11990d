"""Which ways a board's plan may need, and the travel times that are known of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from sqlmodel import Session

from dispatch.planning.board_shapes import DayBoard
from dispatch.travel import planning_moment, read_times
from geo.road_cache import ROADS
from geo.schemas import Point, TravelSource


def places_of(board: DayBoard) -> list[Point]:
    """Every place of a board, once: where technicians begin and end, and where homes are."""
    stretches = (p for s in board.stretches for p in (s.start_place, s.end_place))
    homes = (visit.place for visit in (*board.visits, *board.waiting))
    return list(dict.fromkeys((*stretches, *homes)))


def reckon_with(session: Session, boards: Sequence[DayBoard], *besides: Point) -> list[DayBoard]:
    """The boards with what is known of the roads between their places, and from and to places besides.

    Without a road engine they are as they were: the model knows every place.
    """
    if ROADS not in session.info:
        return list(boards)
    reckoned = []
    for board in boards:
        places = [*places_of(board), *besides]
        times = read_times(session, rules=board.rules, origins=places, targets=places)
        reckoned.append(replace(board, known_times=times))
    return reckoned


def source_of_visit(board: DayBoard, place: Point, technician_id: int) -> TravelSource:
    """Where the travel times come from by which a technician would go to a place on this board."""
    own = [s for s in board.stretches if s.technician_id == technician_id]
    around: Iterable[Point] = (
        *(p for s in own for p in (s.start_place, s.end_place)),
        *(v.place for v in board.visits if v.technician_id == technician_id),
    )
    places = list(dict.fromkeys((place, *around)))
    on_road = board.times.matrix(places, planning_moment(board.day)).on_road
    return TravelSource.of([*on_road[0, 1:].tolist(), *on_road[1:, 0].tolist()])
