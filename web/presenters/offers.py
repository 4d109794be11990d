"""Offered windows on a page: their order, and what a button sends: the time and who was named."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import datetime

from core.clock import rfc3339_kst
from core.i18n import _
from dispatch.console.limits import limits_passed
from dispatch.detail_shapes import ClockFacts
from dispatch.planning.slot_shapes import Slot
from dispatch.visit_schemas import AgreedWindow
from web.display import date_text, when_text
from web.typed_ids import read_id


@dataclass(frozen=True)
class Offered(Slot):
    """A window as a page offers it. `late` says which limit it passes, empty while it keeps it."""

    late: str = ""

    @property
    def note(self) -> str:
        """What whoever offers it should know; empty when there is nothing to say."""
        return " · ".join(part for part in (self.late, super().note) if part)


@dataclass(frozen=True)
class Offers:
    """Windows as they are offered. `warning` says once what is true of every one of them."""

    slots: tuple[Offered, ...] = ()
    warning: str = ""

    @property
    def best(self) -> Offered | None:
        """What may be put first: none that passes the limit while another keeps it."""
        return next((slot for slot in self.slots if not slot.late), None)

    @property
    def soonest(self) -> Offered | None:
        """Who would be there before anybody a plan sends, if anybody would."""
        named = (slot for slot in self.slots if slot.arrives_at is not None)
        return min(named, key=lambda slot: slot.arrives_at or slot.start, default=None)


def weigh_offers(slots: Sequence[Slot], *, clocks: Iterable[ClockFacts], now: datetime) -> Offers:
    """Windows with the limit for the work that they pass, what is planned first, then what keeps the limit.

    A talk stops the other limits at once, whichever window is agreed in it. Who is called out comes at once:
    his arrival counts, not the end of his window.
    """
    own = [clock for clock in clocks if clock.kind == "handled"]
    passed = [
        limits_passed(own, start=slot.start, end=slot.arrives_at or slot.end, now=now) for slot in slots
    ]
    due = next((limits[0].due_at for limits in passed if limits), None)
    until = when_text(due, now)
    if due is not None and all(passed) and all(slot.start >= due for slot in slots):
        text = _("지금 갈 수 있는 시간은 모두 처리 시한({until})이 지난 뒤입니다. 먼저 양해를 구해 주세요.")
        return Offers(tuple(_offered(slot, "") for slot in slots), text.format(until=until))
    if due is not None and all(passed):
        text = _(
            "지금 갈 수 있는 시간은 모두 처리 시한({until})을 넘길 수 있습니다. 먼저 양해를 구해 주세요."
        )
        return Offers(tuple(_offered(slot, "") for slot in slots), text.format(until=until))
    may, will = _("처리 시한({until})을 넘길 수 있습니다"), _("처리 시한({until})이 지난 뒤입니다")
    marked = [
        _offered(slot, (may if slot.start < limits[0].due_at else will).format(until=until) if limits else "")
        for slot, limits in zip(slots, passed, strict=True)
    ]
    return Offers(tuple(sorted(marked, key=lambda slot: (not slot.as_planned, bool(slot.late)))))


def _offered(slot: Slot, late: str) -> Offered:
    return Offered(**{field.name: getattr(slot, field.name) for field in fields(Slot)}, late=late)


def offers_in_order(slots: Sequence[Offered]) -> list[Offered]:
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
    """`start/end/technician`, and `/point` for a neighbour's: who is named is who comes."""
    own = f"{rfc3339_kst(slot.start)}/{rfc3339_kst(slot.end)}/{slot.technician_id}"
    return f"{own}/{slot.service_point_id}" if slot.neighbour else own


def read_offer(chosen: str) -> AgreedWindow:
    """`start/end` in RFC 3339, the technician who was named and the neighbouring point, if there was one of
    each. Raises ValueError."""
    start, end, *who = chosen.split("/")
    named = read_id(who[0]) if 1 <= len(who) <= 2 else None
    point = read_id(who[1]) if len(who) == 2 else None
    window = AgreedWindow(datetime.fromisoformat(start), datetime.fromisoformat(end), named, point)
    if window.start.tzinfo is None or window.end.tzinfo is None:
        raise ValueError(chosen)
    return window
