"""Road times that the next step will need, fetched before its transaction: a help, and never in the way.

Which ways those are is read in a transaction that ends before the engine is asked. What does not come in time
is estimated, and the solve that follows every new ticket asks again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from core.clock import operating_day
from core.dated import CompanyRules, read_rules
from core.db import Database
from core.events import Event
from dispatch.events import PlacementRefused, TicketFiled, TicketPlaced, TicketReopened
from dispatch.models import Ticket
from dispatch.places import address_of, is_plannable
from dispatch.planning.board import load_horizon
from dispatch.planning.board_shapes import DayBoard
from dispatch.planning.board_travel import places_of, reckon_with
from dispatch.travel import place_at, read_times, travel_model
from geo.road_fetching import RoadFetcher, Table
from geo.schemas import Point
from geo.travel_times import Cell, KnownTimes, cell_of
from workforce.queries import list_points
from workforce.schemas import PointInfo

NEAREST_ASKED = 60
"""So many points, nearest by the estimate, are asked about; which is the nearest by road is among them."""


@dataclass(frozen=True)
class RoadAhead:
    """Who fetches, and how long one step may wait for it."""

    fetcher: RoadFetcher
    clock: Callable[[], datetime]
    budget_s: float
    solve_budget_s: float

    def before_event(self, database: Database, event: Event) -> None:
        """Fetch what placing or planning the ticket of this event will need; nothing for other events."""
        if isinstance(event, TicketPlaced):
            self._fetch_for_plan(database, event.ticket_id, event.service_point_id, budget_s=self.budget_s)
        elif isinstance(event, TicketFiled | PlacementRefused | TicketReopened):
            self._fetch_for_placing(database, event.ticket_id)

    def before_solve(self, database: Database, board: DayBoard) -> DayBoard:
        """The board with every way of it that the engine tells."""
        cells = _cells(places_of(board))
        self._fetch(database, [(cells, cells)], budget_s=self.solve_budget_s)
        with database.reading() as session:
            return reckon_with(session, [board])[0]

    def look_again(self, database: Database) -> bool:
        """Ask an engine that failed whether it is back; whether it is. Nothing while it answers."""
        return self.fetcher.try_again(database, budget_s=self.budget_s, clock=self.clock)

    def close(self) -> None:
        """Let go of the engine's connections."""
        self.fetcher.close()

    def _fetch_for_placing(self, database: Database, ticket_id: int) -> None:
        half = self.budget_s / 2
        with database.reading() as session:
            found = _home(session, ticket_id, now=self.clock())
            if found is None:
                return
            place, rules, points = found
        nearest = _ranked(KnownTimes(travel_model(rules)), place, points, now=self.clock())[:NEAREST_ASKED]
        ends = [_place_of(point) for point in nearest]
        self._fetch(database, [(_cells([place]), _cells(ends))], budget_s=half)
        with database.reading() as session:
            times = read_times(session, rules=rules, origins=[place], targets=ends)
        if nearest:
            first = _ranked(times, place, nearest, now=self.clock())[0]
            self._fetch_for_plan(database, ticket_id, first.id, budget_s=half)

    def _fetch_for_plan(self, database: Database, ticket_id: int, point_id: int, *, budget_s: float) -> None:
        with database.reading() as session:
            found = _home(session, ticket_id, now=self.clock())
            boards = load_horizon(session, point_id=point_id, now=self.clock())
        home = [] if found is None else [found[0]]
        days = [_cells([*places_of(board), *home]) for board in boards]
        self._fetch(database, [(cells, cells) for cells in days], budget_s=budget_s)

    def _fetch(self, database: Database, tables: Sequence[Table], *, budget_s: float) -> None:
        self.fetcher.fetch(database, tables, budget_s=budget_s, clock=self.clock)


def _home(
    session: Session, ticket_id: int, *, now: datetime
) -> tuple[Point, CompanyRules, list[PointInfo]] | None:
    """Where a ticket's home is, its company's rules and points; None where nobody knows that yet."""
    ticket = session.get(Ticket, ticket_id)
    if ticket is None:
        return None
    address = address_of(session, ticket)
    if address.lat is None or address.lon is None or not is_plannable(address):
        return None
    return (
        place_at(address.lat, address.lon, address.area_code),
        read_rules(session, company_id=ticket.company_id, at=now),
        list(list_points(session, company_id=ticket.company_id, day=operating_day(now))),
    )


def _ranked(
    times: KnownTimes, place: Point, points: Sequence[PointInfo], *, now: datetime
) -> list[PointInfo]:
    ranked = times.rank(place, [_place_of(point) for point in points], now)
    return [points[each.position] for each in ranked]


def _cells(places: Sequence[Point]) -> list[Cell]:
    return [cell_of(place) for place in places]


def _place_of(point: PointInfo) -> Point:
    return place_at(point.lat, point.lon, point.area_code)
