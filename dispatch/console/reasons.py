"""Why tickets are not planned, for many at once: one sentence a reason, the most telling first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from core.clock import operating_day
from core.i18n import _
from dispatch.list_queries import TicketItem
from dispatch.models import Placement, Task
from dispatch.placement_rules import said_again
from dispatch.planning.plan_models import Plan, PointDay
from dispatch.planning.reason_words import told
from dispatch.states import ENDED_STATUSES
from dispatch.tasks import MAP_PICK, PLAN_BY_HAND
from dispatch.unplanned import no_reason_yet

PASSED = ("PASSED_OVER", "DECLINED", "EXPIRED")


def reasons_of(session: Session, *, items: Sequence[TicketItem], now: datetime) -> dict[int, tuple[str, ...]]:
    """Sentences by ticket id, of tickets of one company that nobody is planned to visit."""
    ended = {item.id: (no_reason_yet(item.status),) for item in items if item.status in ENDED_STATUSES}
    items = [item for item in items if item.id not in ended]
    placed = [item for item in items if item.service_point is not None]
    homeless = [item for item in items if item.service_point is None]
    deserted = _deserted(session, [item.id for item in items if PLAN_BY_HAND in item.open_tasks])
    return {**_from_plans(session, placed, now), **_before_placement(session, homeless), **deserted, **ended}


def _deserted(session: Session, ids: Sequence[int]) -> dict[int, tuple[str, ...]]:
    """Who cannot go and which promise stands, as the task for it says (`planning/deserted.py`)."""
    if not ids:
        return {}
    query = select(Task.ticket_id, Task.detail).where(
        col(Task.ticket_id).in_(ids), col(Task.kind) == PLAN_BY_HAND, col(Task.state) == "open"
    )
    return {ticket_id: (_(detail),) for ticket_id, detail in session.exec(query)}


def _from_plans(session: Session, items: Sequence[TicketItem], now: datetime) -> dict[int, tuple[str, ...]]:
    if not items:
        return {}
    query = (
        select(Plan.unplanned)
        .join(PointDay, col(PointDay.plan_id) == col(Plan.id))
        .where(
            col(PointDay.service_point_id).in_({i.service_point.id for i in items if i.service_point}),
            col(PointDay.day) >= operating_day(now),
        )
        .order_by(col(PointDay.day))
    )
    texts: dict[int, dict[str, None]] = {}
    for left_out in session.exec(query):
        for entry in left_out:
            found = texts.setdefault(entry["ticket_id"], {})
            found.update(dict.fromkeys(_said(told(reason)) for reason in entry.get("reasons", ())))
    return {i.id: tuple(texts.get(i.id) or (no_reason_yet(i.status),)) for i in items}


def _said(reason: Mapping[str, Any]) -> str:
    """Of whom it is said, where it is said of one technician."""
    who = reason.get("technician")
    return f"{who}: {reason['text']}" if who else str(reason["text"])


def _before_placement(session: Session, items: Sequence[TicketItem]) -> dict[int, tuple[str, ...]]:
    passed = _passed_points(session, [item.id for item in items])
    found = {}
    for item in items:
        if MAP_PICK in item.open_tasks:
            reasons: tuple[str, ...] = (_("주소만으로는 위치를 알 수 없습니다. 지도에서 골라 주세요."),)
        elif item.status == "RECEIVED":
            reasons = (_("직접 고쳐 보는 상담이 끝나면 서비스점을 정합니다."),)
        else:
            reasons = passed.get(item.id) or (_("서비스점을 찾고 있습니다."),)
        found[item.id] = reasons
    return found


def _passed_points(session: Session, ids: Iterable[int]) -> dict[int, tuple[str, ...]]:
    query = (
        select(Placement)
        .where(col(Placement.ticket_id).in_(list(ids)), col(Placement.state).in_(PASSED))
        .order_by(col(Placement.rank), col(Placement.id).desc())
    )
    texts: dict[int, dict[str, None]] = {}
    for row in session.exec(query):
        text = said_again(row.reason_code, row.reason_text, travel_s=row.travel_s)
        texts.setdefault(row.ticket_id, {})[text] = None
    return {ticket_id: tuple(found) for ticket_id, found in texts.items()}
