"""A ticket that came from paper, as its readers see it: since when, why, who entered it and when."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from core.clock import rfc3339_kst
from core.i18n import _
from dispatch.detail_shapes import TicketDetail
from dispatch.words import late_reason_words
from web.display import when_text

Show = Callable[[str], str]
"""Free text as this reader may see it."""


def late_entry_json(detail: TicketDetail, show: Show) -> dict[str, Any] | None:
    """Why it came from paper, who entered it and when; None when it was entered at once."""
    if detail.late_entry_reason is None:
        return None
    return {
        "reason": detail.late_entry_reason,
        "text": late_reason_words(detail.late_entry_reason),
        "note": show(detail.late_entry_note or ""),
        "entered_at": rfc3339_kst(detail.recorded_at),
        "entered_by": detail.entered_by,
    }


def late_entry_line(detail: TicketDetail, show: Show, now: datetime) -> str:
    """The same in one sentence for a page; empty when it was entered at once."""
    if detail.late_entry_reason is None:
        return ""
    why = late_reason_words(detail.late_entry_reason)
    if detail.late_entry_note:
        why += f": {show(detail.late_entry_note)}"
    text = _("종이 접수입니다. 받은 때 {received}, 입력한 때 {entered}, 입력한 사람 {who} ({why})")
    return text.format(
        received=when_text(detail.received_at, now),
        entered=when_text(detail.recorded_at, now),
        who=detail.entered_by or _("모름"),
        why=why,
    )
