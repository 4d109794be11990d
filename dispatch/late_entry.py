"""A paper form comes in later: since when it counts, why it comes so late, and how old it may be."""

from __future__ import annotations

from datetime import datetime, timedelta

from core.clock import rfc3339_kst
from core.dated import CompanyRules
from core.errors import FieldError, InvalidError
from core.i18n import _
from dispatch.models import Ticket
from dispatch.schemas import TicketRequest
from dispatch.states import LATE_ENTRY_REASONS

DAY_S = 86400


class PaperOnlyError(InvalidError):
    """What is filed here was taken on paper; calls are the call centre's."""

    code = "paper-only"


def require_paper(request: TicketRequest) -> None:
    """A ticket that comes from paper says since when, and why so late. Raises PaperOnlyError (422)."""
    if late_reason(request) is None or request.received_at is None:
        text = _(
            "여기에는 종이로 받아 둔 접수만 넣을 수 있습니다. 받은 시각(received_at)과 늦게 넣는 "
            "까닭(late_entry_reason)을 함께 적거나, 새 전화는 접수 담당자에게 넘겨 주세요."
        )
        missing = "late_entry_reason" if request.received_at else "received_at"
        raise PaperOnlyError(text, errors=(FieldError(missing, text),))


def late_reason(request: TicketRequest) -> str | None:
    """The reason's code as it is stored; None for a ticket that is entered at once."""
    return request.late_entry_reason.upper() if request.late_entry_reason else None


def late_problems(request: TicketRequest, *, rules: CompanyRules, now: datetime) -> tuple[FieldError, ...]:
    """What is wrong with the times and the reason of a late entry; a moment ahead is told by `check_request`.

    A gap up to `late_entry_flag_s` is a slow sender, not paper: it needs no reason.
    """
    reason, at = late_reason(request), request.received_at
    problems = []
    if reason is not None and at is None:
        text = _("언제 접수를 받았는지 날짜와 시각을 적어 주세요.")
        problems.append(FieldError("received_at", text))
    if at is not None and now - at > timedelta(seconds=rules.late_entry_limit_s):
        text = _(
            "받은 지 {days}일이 넘은 접수는 여기에 넣을 수 없습니다. 날짜를 확인하고, 맞다면 관리자에게 "
            "예전 접수 가져오기를 부탁해 주세요."
        ).format(days=rules.late_entry_limit_s // DAY_S)
        problems.append(FieldError("received_at", text))
    if reason is None and at is not None and now - at > timedelta(seconds=rules.late_entry_flag_s):
        text = _("지난 시각으로 접수하려면 왜 늦게 입력하는지 골라 주세요.")
        problems.append(FieldError("late_entry_reason", text))
    if reason is not None and reason not in LATE_ENTRY_REASONS:
        known = ", ".join(LATE_ENTRY_REASONS)
        text = _("왜 늦게 입력하는지 골라 주세요: {known}").format(known=known)
        problems.append(FieldError("late_entry_reason", text))
    if reason == "OTHER" and not (request.late_entry_note or "").strip():
        problems.append(FieldError("late_entry_note", _("왜 늦게 입력하는지 한 줄로 적어 주세요.")))
    return tuple(problems)


def told_of_late(ticket: Ticket) -> dict[str, object]:
    """What the timeline keeps of it: since when it counts, and why it comes so late."""
    if ticket.late_entry_reason is None:
        return {}
    return {
        "late_entry": True,
        "late_entry_reason": ticket.late_entry_reason,
        "at": rfc3339_kst(ticket.received_at),
    }
