"""Offered windows on a page: their order, and what a button sends: the time and who was named."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from core.clock import rfc3339_kst
from core.i18n import _
from dispatch.planning.slots import Slot
from dispatch.visit_schemas import AgreedWindow
from web.display import date_text

LONGEST_ID = 18


def offers_in_order(slots: Sequence[Slot]) -> list[Slot]:
    """The window that is planned now, then the soonest first."""
    return sorted(slots, key=lambda slot: (not slot.as_planned, slot.start))


def waiting_words(part_due_at: datetime | None) -> str:
    """Why no window is offered while a part is awaited; empty when none is."""
    if part_due_at is None:
        return ""
    text = _(
        "부품이 {date}에 올 예정이라 그 뒤의 시간만 약속할 수 있습니다. "
        "가족에게는 부품 도착 예정일을 알려 주시고, 그날이 가까워지면 다시 열어 주세요."
    )
    return text.format(date=date_text(part_due_at))


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
