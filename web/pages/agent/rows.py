"""A ticket as a row of the intake desk."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from dispatch.list_queries import TicketItem
from dispatch.words import symptom_words
from web.pages.agent.words import age_words
from web.presenters.masks import MASKED


def ticket_row(item: TicketItem, now: datetime) -> dict[str, Any]:
    """A ticket in a list: people masked, whoever looks."""
    return {
        "number": item.number,
        "status": item.status,
        "priority": item.priority,
        "safety": item.safety,
        "care": item.priority_care,
        "escalated": item.escalated,
        "talk_pending": item.talk_pending,
        "symptom": symptom_words(item.symptom),
        "text": " · ".join(
            part
            for part in (
                symptom_words(item.symptom),
                MASKED.name(item.resident),
                MASKED.address(item.address.normalised),
            )
            if part
        ),
        "who": " · ".join(
            part for part in (MASKED.name(item.resident), MASKED.address(item.address.normalised)) if part
        ),
        "clock": item.clock("contact"),
        "owner": item.owner.name if item.owner else "",
        "why": item.owner.why if item.owner else "",
        "age": age_words(item.received_at, now),
        "received_at": item.received_at,
        "window": item.window,
        "technician": item.technician.name if item.technician else "",
        "act": "fix",
    }
