"""The facts that dispatch announces. `journey.py` says what follows each."""

from __future__ import annotations

from dataclasses import dataclass

from core.events import Event


@dataclass(frozen=True)
class TicketFiled(Event):
    """A ticket was stored and may go on: self-help failed or does not apply, or it is a safety case."""

    ticket_id: int


@dataclass(frozen=True)
class CallTaken(Event):
    """A call was written down just now, and its case is open: the family gets its number.

    `agreed`: the caller said that the resident agrees to be told.
    """

    ticket_id: int
    agreed: bool = False


@dataclass(frozen=True)
class TicketPlaced(Event):
    """A service point has the ticket (for a designated point: is asked, and planned tentatively)."""

    ticket_id: int
    service_point_id: int


@dataclass(frozen=True)
class PlacementRefused(Event):
    """The point declined or kept silent; the next one is to be asked."""

    ticket_id: int
    service_point_id: int


@dataclass(frozen=True)
class VisitCompleted(Event):
    """The work is done and billed; both parties' texts are in the outbox."""

    ticket_id: int
    visit_id: int


@dataclass(frozen=True)
class TicketEnded(Event):
    """Solved by phone or at self-help, or cancelled: no visit follows, a happy call may."""

    ticket_id: int
    how: str


@dataclass(frozen=True)
class NumberNews(Event):
    """A person's number was found wrong, put right, or right after all: so it is in his other cases.

    `contact_id`: who he was before it; `role`: his part in this case.
    """

    ticket_id: int
    contact_id: int
    role: str


@dataclass(frozen=True)
class NumberNewsElsewhere(NumberNews):
    """The same for one other case, `elsewhere_id`."""

    elsewhere_id: int


@dataclass(frozen=True)
class CheckupDisplaced(Event):
    """A check-up lost its agreed time to a fault: nobody comes, and the family does not know it yet."""

    ticket_id: int
    visit_id: int


@dataclass(frozen=True)
class TicketReopened(Event):
    """The family was not served: a new visit, clocks run anew."""

    ticket_id: int
