"""What somebody must do for a ticket.

Whoever owns a call reads the names in it; its number opens with a press that is logged.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlmodel import Session

from core.actor import Principal
from core.i18n import _
from core.visibility import Datum, Relation
from dispatch.detail_shapes import TicketDetail
from dispatch.notice_tasks import NOTICE_FAILED
from dispatch.tasks import (
    ARRIVAL_CHECK,
    CALL_LANDLINE,
    CORRECTION_CHECK,
    ESCALATION,
    PART_CALL,
    RIGHT_NUMBER,
    SAFETY_UNMOVED,
    TaskInfo,
)
from notifications.queries import list_notices
from web.pages.agent.words import PARTY_ROLES, TASKS, age_words
from web.presenters.masks import Masks, known_of

CALLS = (CALL_LANDLINE, NOTICE_FAILED)
CLOSED_BY_HAND = (
    *CALLS,
    ARRIVAL_CHECK,
    CORRECTION_CHECK,
    ESCALATION,
    PART_CALL,
    RIGHT_NUMBER,
    SAFETY_UNMOVED,
)


def task_lines(
    session: Session, detail: TicketDetail, masks: Masks, *, principal: Principal, now: datetime
) -> list[dict[str, Any]]:
    """The open tasks of a ticket as one reader sees them."""
    waiting = [task for task in detail.tasks if task.state == "open"]
    texts: dict[int, str] = {}
    if any(task.kind == NOTICE_FAILED for task in waiting):
        texts = {notice.id: notice.text for notice in list_notices(session, ticket_id=detail.id)}
    own = masks.with_relation(principal.role, Relation.OWN_TASK)
    return [
        _line(task, detail, own if task.owner.id == principal.person_id else masks, texts, now=now)
        for task in waiting
    ]


def _line(
    task: TaskInfo,
    detail: TicketDetail,
    masks: Masks,
    texts: Mapping[int, str],
    *,
    now: datetime,
) -> dict[str, Any]:
    label, mark = TASKS.get(task.kind, (task.kind, "list"))
    party = detail.party(task.recipient)
    failed = texts.get(task.data.get("notice_id", 0), "") if task.kind == NOTICE_FAILED else ""

    def shown(text: str) -> str:
        return masks.sent(text, known=known_of(detail))

    return {
        "id": task.id,
        "kind": task.kind,
        "label": _(label),
        "mark": mark,
        "detail": "" if task.kind == CALL_LANDLINE else shown(task.detail),
        "to_say": shown(task.detail if task.kind == CALL_LANDLINE else failed),
        "is_call": task.kind in CALLS,
        "can_close": task.kind in CLOSED_BY_HAND,
        "whom": _(PARTY_ROLES.get(task.recipient, "")) if task.recipient else "",
        "name": masks.name(party.name) if party else "",
        "phone": masks.phone(party.phone) if party else "",
        "tel": party.phone if party and masks.sees(Datum.PHONE) else None,
        "owner": task.owner.name,
        "age": age_words(task.created_at, now),
    }
