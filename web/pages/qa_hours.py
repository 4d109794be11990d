"""Ringing a home outside the calling hours: it takes a reason, which the case's timeline keeps."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session

from core.actor import Principal
from core.dated import read_calendar, read_rules
from core.errors import FieldError, InvalidError
from core.i18n import _
from core.visibility import opened_fields
from happycall.desk import hours_now, is_elderly_home
from happycall.rules import LONGEST_CALL_BACK, CallingHours
from happycall.schemas import AttemptRequest, CallInfo
from web.pages.qa_forms import LONGEST_NOTE, BadAnswersError
from workforce.access_log import open_data, openings

SHORTEST_WHY = 2
_CALL, _WHY = "happy_call_id", "why"


class ReasonNeededError(InvalidError):
    """It is not calling time and nobody said why a family is rung now."""

    code = "reason-needed"

    def __init__(self) -> None:
        message = _("지금은 전화하는 시간이 아닙니다. 왜 지금 거는지 적어 주세요.")
        super().__init__(message, errors=(FieldError("why", message),))


def open_numbers(
    session: Session, *, principal: Principal, call: CallInfo, why: str, from_address: str, now: datetime
) -> None:
    """Show whom to ring; that somebody looked, and why, is written down. Raises ReasonNeededError."""
    is_open = hours_now(session, company_id=principal.company_id, now=now, case=call.case).is_open
    why = why.strip()
    if not is_open and len(why) < SHORTEST_WHY:
        raise ReasonNeededError
    open_data(
        session,
        principal=principal,
        subject=("ticket", call.case.ticket_id),
        fields=opened_fields(principal.role),
        reason=_("해피콜 전화") if is_open else _("시간 밖 해피콜 전화: {why}").format(why=why),
        from_address=from_address,
        now=now,
        data={_CALL: call.id, _WHY: "" if is_open else why},
    )


def asks_why(session: Session, *, principal: Principal, call: CallInfo, now: datetime) -> bool:
    """Whether a call that is written down now still needs its reason."""
    is_open = hours_now(session, company_id=principal.company_id, now=now, case=call.case).is_open
    return not is_open and _said_when_dialling(session, principal, call, now) is None


def why_now(session: Session, *, principal: Principal, call: CallInfo, typed: str, now: datetime) -> str:
    """Why a family is rung outside the calling hours; empty within them, or when it was dialled in time.

    What was said when the number was opened is not asked for again. Raises ReasonNeededError.
    """
    if hours_now(session, company_id=principal.company_id, now=now, case=call.case).is_open:
        return ""
    said = _said_when_dialling(session, principal, call, now)
    why = typed.strip() or said
    if why is None or (said is None and len(why) < SHORTEST_WHY):
        raise ReasonNeededError
    return why


def agree_later(
    session: Session, *, call: CallInfo, attempt: AttemptRequest, why: str, now: datetime
) -> AttemptRequest:
    """The try with why it goes on outside the calling hours, in its note. Raises BadAnswersError without one.

    A time that has passed or is too far off is left to the keeping of the try, which says so.
    """
    back, why = attempt.call_back_at, why.strip()
    if back is None or not now < back <= now + LONGEST_CALL_BACK:
        return attempt
    hours = CallingHours.of(
        read_rules(session, company_id=call.company_id, at=back),
        read_calendar(session, company_id=call.company_id),
        elderly=is_elderly_home(call.case),
    )
    if hours.open_until(back) is not None:
        return attempt
    if len(why) < SHORTEST_WHY:
        spans = ", ".join(f"{start:%H:%M}~{end:%H:%M}" for start, end in hours.stretches)
        text = _(
            "쉬는 날이 아닌 날에 전화할 수 있는 시간은 {hours}입니다. 그때로 고르거나 까닭을 적어 주세요."
        )
        message = text.format(hours=spans)
        raise BadAnswersError(message, errors=(FieldError("call_back_at", message),))
    kept = _("시간 밖에 다시 거는 사유: {why}").format(why=why)
    note = f"{attempt.note} / {kept}" if attempt.note else kept
    return attempt.model_copy(update={"note": note[:LONGEST_NOTE]})


def _said_when_dialling(session: Session, principal: Principal, call: CallInfo, now: datetime) -> str | None:
    """What was said when this person opened the number for this call; None when it was not."""
    found = openings(session, principal=principal, subject=("ticket", call.case.ticket_id), now=now)
    return next((str(opening[_WHY]) for opening in found if opening.get(_CALL) == call.id), None)
