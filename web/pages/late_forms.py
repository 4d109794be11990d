"""The fields by which a form says that it was filled in on paper earlier: when, why, in a few words."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from core.clock import KST
from core.dated import CompanyRules
from core.errors import FieldError
from core.i18n import N_, _
from dispatch.words import LATE_REASONS
from web.pages.posting import PostedForm

LATE_PLACES = {
    "received_at": N_("접수를 받은 때"),
    "late_entry_reason": N_("늦게 입력하는 까닭"),
    "late_entry_note": N_("늦게 입력하는 사정"),
}
"""The fields and their labels, as the form has them from the top down."""


def is_paper(posted: PostedForm) -> bool:
    """The form says something of an earlier receipt."""
    return any(posted.get(name).strip() for name in LATE_PLACES)


def late_missing(posted: PostedForm) -> tuple[FieldError, ...]:
    """What a form that was opened for paper does not say: since when it counts, and why."""
    if posted.get("paper") != "1":
        return ()
    asked = {
        "received_at": _("언제 접수를 받았는지 날짜와 시각을 적어 주세요."),
        "late_entry_reason": _("왜 늦게 입력하는지 골라 주세요."),
    }
    return tuple(FieldError(name, text) for name, text in asked.items() if not posted.get(name).strip())


def late_body(posted: PostedForm) -> dict[str, str | None]:
    """What of it `dispatch.schemas.TicketRequest` takes; Korean time, as it is written by hand."""
    return {
        "received_at": written_in_kst(posted.get("received_at")),
        "late_entry_reason": posted.get("late_entry_reason") or None,
        "late_entry_note": posted.get("late_entry_note") or None,
    }


def written_in_kst(text: str) -> str | None:
    """A browser's `2026-12-01T07:10` as RFC 3339; what cannot be read stays as it is, to be refused."""
    if not text.strip():
        return None
    try:
        at = datetime.fromisoformat(text.strip())
    except ValueError:
        return text
    return (at.replace(tzinfo=KST) if at.tzinfo is None else at).isoformat()


def late_values(posted: PostedForm, rules: CompanyRules, now: datetime) -> dict[str, Any]:
    """What the fields' template needs: the reasons, and the first and last moment that may be written.

    `paper`: whether the form was opened for paper.
    """
    first = now - timedelta(seconds=rules.late_entry_limit_s)
    return {
        "paper": posted.get("paper") == "1" or is_paper(posted),
        "late_reasons": [(code, _(words)) for code, words in LATE_REASONS.items()],
        "late_first": first.astimezone(KST).strftime("%Y-%m-%dT%H:%M"),
        "late_last": now.astimezone(KST).strftime("%Y-%m-%dT%H:%M"),
        "late_days": rules.late_entry_limit_s // 86400,
    }
