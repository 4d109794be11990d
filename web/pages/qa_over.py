"""A call that was written down while somebody had it open: by whom, and that it may have been oneself."""

from __future__ import annotations

from sqlmodel import Session

from core import audit
from core.actor import Principal
from core.i18n import _
from core.models import TimelineEntry
from happycall.schemas import CallInfo

WRITTEN = ("HappyCallAttempted", "HappyCallDone", "HappyCallClosed")
RECENT = 50
ENDED = ("HappyCallWithdrawn", "HappyCallExpired", "HappyCallMerged")
"""Ended by the house, because of something else that happened to the family's tickets."""


def over_words(session: Session, *, principal: Principal, call: CallInfo) -> str:
    """Why a form about a call that is over was not stored, and who had written it down before."""
    last = _last_written(session, call)
    kept = _("여기 적으신 것은 저장하지 않았고, 아래가 저장된 내용입니다.")
    if last is None or last.account_id is None:
        return _("이미 끝난 해피콜입니다.") + " " + kept
    if last.account_id == principal.account_id:
        return _("이 창이 아닌 다른 창에서 이미 적으신 해피콜입니다.") + " " + kept
    return _("{name}님이 이미 적은 해피콜입니다.").format(name=last.actor_name) + " " + kept


def is_by_me(session: Session, *, principal: Principal, call: CallInfo) -> bool:
    """Whether the newest try was written by this reader, in another window."""
    last = _last_written(session, call)
    return last is not None and last.account_id == principal.account_id


def _last_written(session: Session, call: CallInfo) -> TimelineEntry | None:
    """The newest word about this call; the ticket may have had others before."""
    found = audit.list_changes(
        session,
        company_id=call.company_id,
        what=(*WRITTEN, *ENDED),
        subject=("ticket", call.case.ticket_id),
        limit=RECENT,
    )
    return next((entry for entry in found if entry.data.get("happy_call_id") == call.id), None)
