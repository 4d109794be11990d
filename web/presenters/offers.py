"""Offered windows on a page: their order, and what a button sends: the time and who was named."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from core.clock import rfc3339_kst
from dispatch.planning.slots import Slot
from dispatch.visit_schemas import AgreedWindow

LONGEST_ID = 18


def offers_in_order(slots: Sequence[Slot]) -> list[Slot]:
    """The window that is planned now, then the soonest first."""
    return sorted(slots, key=lambda slot: (not slot.as_planned, slot.start))


def offer_value(slot: Slot) -> str:
    """`start/end/technician`: who is named is who comes."""
    return f"{rfc3339_kst(slot.start)}/{rfc3339_kst(slot.end)}/{slot.technician_id}"


def read_offer(chosen: str) -> AgreedWindow:
    """`start/end` in RFC 3339, and the technician who was named if there was one. Raises ValueError."""
    start, end, *who = chosen.split("/")
    named = who[0] if len(who) == 1 and who[0].isascii() and who[0].isdigit() else None
    window = AgreedWindow(
        datetime.fromisoformat(start), datetime.fromisoformat(end), int(named[:LONGEST_ID]) if named else None
    )
    if window.start.tzinfo is None or window.end.tzinfo is None:
        raise ValueError(chosen)
    return window
