"""The queue as the console shows it: people masked, codes in words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from fastapi import Request
from sqlmodel import Session

from core.actor import Principal
from core.clock import today_kst
from core.i18n import N_, _
from dispatch.console.queue import LATE_ENTRY, SECTIONS, SHOWN, Queue, QueueEntry, QueueWish, list_queue
from dispatch.detail_shapes import ClockFacts
from dispatch.list_queries import TicketItem
from dispatch.states import OPEN_VISIT_STATES, TICKET_STATUSES
from dispatch.words import symptom_words
from web.display import time_text, when_text
from web.pages.dispatch.reach import Reach
from web.pages.dispatch.words import SECTIONS as SECTION_WORDS
from web.pages.dispatch.words import STATUSES, section_words, task_words
from web.presenters.masks import MASKED, known_of_item

MORE = 60
MOST = 600


def read_wish(request: Request, reach: Reach) -> QueueWish:
    """The filters in an address; what cannot be read is no filter."""
    params = request.query_params
    section, status, priority = params.get("show", ""), params.get("status", ""), params.get("priority", "")
    shown = params.get("shown", "")
    return QueueWish(
        point_ids=reach.narrowed_ids,
        section=section if section in SECTIONS else "",
        priority=int(priority) if priority in ("0", "1", "2", "3", "4") else None,
        status=status if status in (*TICKET_STATUSES, LATE_ENTRY) else "",
        q=params.get("q", "").replace("\x00", "")[:80].strip(),
        opened=params.get("ticket", "").replace("\x00", "")[:40],
        shown=min(int(shown[:4]), MOST) if shown.isascii() and shown.isdigit() else SHOWN,
    )


def queue_values(
    session: Session, *, principal: Principal, reach: Reach, wish: QueueWish, now: datetime
) -> dict[str, Any]:
    """What the queue's template shows."""
    queue = list_queue(session, company_id=principal.company_id, wish=wish, now=now)
    return {
        "wish": wish,
        "queue": queue,
        "entries": _entries(queue, reach, now),
        "live_topics": _topics(queue, reach),
        "left": max(0, queue.total - len(queue.entries)),
        "more_url": _address(reach, wish, shown=wish.shown + MORE),
        "clear_url": reach.address("/dispatch"),
        "src": _address(reach, wish, shown=wish.shown if wish.shown != SHOWN else None, ticket=wish.opened),
        "chips": _chips(queue, reach, wish),
        "statuses": [(code, _(name)) for code, name in STATUSES.items()],
        "priorities": [(str(level), _("{level}순위").format(level=level)) for level in range(5)],
    }


def _topics(queue: Queue, reach: Reach) -> str:
    """Everything of the company; of chosen points theirs, and each shown ticket: it may leave them."""
    if reach.narrowed_ids is None:
        return "ticket task queue"
    points = (f"point:{point_id}" for point_id in reach.narrowed_ids)
    return " ".join(("queue", *points, *(f"ticket:{entry.item.number}" for entry in queue.entries)))


def _address(
    reach: Reach,
    wish: QueueWish,
    *,
    path: str = "/dispatch/queue",
    show: str | None = None,
    shown: int | None,
    ticket: str = "",
) -> str:
    return reach.address(
        path,
        show=wish.section if show is None else show,
        priority=wish.priority,
        status=wish.status,
        q=wish.q,
        shown=shown,
        ticket=ticket,
    )


def _chips(queue: Queue, reach: Reach, wish: QueueWish) -> list[dict[str, Any]]:
    shown = [
        (code, name, tone)
        for code, name, tone in SECTION_WORDS
        if code != "other" or wish.q or wish.status == LATE_ENTRY
    ]
    everything = sum(queue.counts.values())
    chips = [("", _("전체"), "mute", everything)]
    chips += [(code, _(name), tone, queue.counts.get(code, 0)) for code, name, tone in shown]
    return [
        {
            "code": code,
            "name": name,
            "tone": tone,
            "count": count,
            "active": wish.section == code,
            "href": _address(reach, wish, path="/dispatch", show=code, shown=None),
        }
        for code, name, tone, count in chips
        if count or not code or wish.section == code
    ]


def _entries(queue: Queue, reach: Reach, now: datetime) -> list[dict[str, Any]]:
    shown, last = [], ""
    for entry in queue.entries:
        head = section_words(entry.section) if entry.section != last else ""
        shown.append(_entry(entry, head, reach, now))
        last = entry.section
    return shown


def _entry(entry: QueueEntry, head: str, reach: Reach, now: datetime) -> dict[str, Any]:
    item = entry.item
    reasons = [MASKED.words(why, known=known_of_item(item)) for why in entry.reasons]
    return {
        "item": item,
        "section": entry.section,
        "head": head,
        "text": " · ".join(
            (symptom_words(item.symptom), MASKED.place(item.address), MASKED.name(item.resident))
        ),
        "where": _where(item, now),
        "owner": item.owner.name if item.owner else "",
        "owner_why": item.owner.why if item.owner else "",
        "clock": pressing_clock(item.clocks),
        "passed": [LIMIT_PASSED[kind] for kind in passed_beside(item.clocks)],
        "why": reasons[0] if reasons else "",
        "why_more": max(0, len(reasons) - 1),
        "why_all": " · ".join(reasons),
        "tasks": [task_words(kind) for kind in dict.fromkeys(item.open_tasks)],
        "href": reach.address("/dispatch", ticket=item.number),
        "is_late": _misses_window(item, now),
    }


def _where(item: TicketItem, now: datetime) -> str:
    """The point, and who goes when."""
    parts = []
    if item.service_point is not None:
        asked = _("{point} (답을 기다림)") if item.placement_state == "OFFERED" else "{point}"
        parts.append(asked.format(point=item.service_point.name))
    going = item.visit_state in OPEN_VISIT_STATES
    if going and item.technician is not None and item.planned_start is not None:
        at = item.window.start if item.window else item.planned_start
        when = time_text(at) if today_kst(at) == today_kst(now) else when_text(at, now)
        parts.append(f"{item.technician.name} {when}")
    return " · ".join(parts)


def _misses_window(item: TicketItem, now: datetime) -> bool:
    return (
        item.window is not None
        and item.visit_state in ("planned", "agreed", "en_route")
        and item.window.end < now
    )


LIMIT_PASSED = {
    "contact": N_("연락 기한 지남"),
    "promise": N_("약속 기한 지남"),
    "handled": N_("처리 기한 지남"),
}
CLOCK_ORDER = ("breached", "running", "paused")


def pressing_clock(clocks: Sequence[ClockFacts]) -> ClockFacts | None:
    """Of the clocks that go on, the one that is steered by: the hour to the first talk until it is held.

    Then the one passed longest ago, else the next to pass, else one that pauses.
    """
    going = _going(clocks)
    return min(
        going,
        key=lambda clock: (clock.kind != "contact", CLOCK_ORDER.index(clock.state), clock.due_at),
        default=None,
    )


def passed_beside(clocks: Sequence[ClockFacts]) -> list[str]:
    """Other limits that have passed meanwhile, by kind."""
    shown = pressing_clock(clocks)
    return [clock.kind for clock in _going(clocks) if clock.state == "breached" and clock is not shown]


def _going(clocks: Sequence[ClockFacts]) -> list[ClockFacts]:
    return [clock for clock in clocks if clock.stopped_at is None and clock.state in CLOCK_ORDER]
