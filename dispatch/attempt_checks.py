"""What a try to reach the family must satisfy before it is written down."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from core.clock import KST
from core.errors import FieldError, InvalidError
from core.i18n import _
from dispatch.cases import Case, WrongStateError
from dispatch.states import ENDED_STATUSES, UNDER_WAY_STATES
from dispatch.visit_rules import part_due
from dispatch.visit_schemas import AgreedWindow, AttemptRequest, Outcome


class BadAttemptError(InvalidError):
    """An attempt that does not hang together; `errors` names the fields."""

    code = "bad-attempt"


def require_sense(attempt: AttemptRequest, phones: Mapping[str, str], *, safety: bool, now: datetime) -> None:
    """What was reported hangs together; `phones` are those of the case by role. Raises BadAttemptError."""
    numbers = len(set(phones.values()))
    errors: list[FieldError] = []
    if safety and attempt.outcome is Outcome.SOLVED_BY_PHONE:
        text = _("안전이 걱정되는 접수는 전화로 끝낼 수 없습니다. 기사가 반드시 찾아가 확인해야 합니다.")
        errors.append(FieldError("outcome", text))
    if attempt.with_role is not None and attempt.with_role not in phones:
        errors.append(FieldError("with", _("이 접수에 없는 사람입니다. 통화한 사람을 다시 골라 주세요.")))
    if attempt.outcome is Outcome.WRONG_NUMBER and attempt.with_role is None and numbers > 1:
        errors.append(FieldError("with", _("누구의 번호가 잘못되었는지 골라 주세요.")))
    window = attempt.window
    if window is not None and attempt.outcome is not Outcome.CONNECTED:
        errors.append(FieldError("window", _("방문 시간은 통화가 된 경우에만 약속할 수 있습니다.")))
    elif window is not None and window.end <= window.start:
        errors.append(FieldError("window.end", _("끝 시각이 시작 시각보다 늦어야 합니다.")))
    elif window is not None and window.end <= now and not attempt.kept:
        errors.append(FieldError("window.end", _("이미 지난 시간입니다. 앞으로의 시간을 골라 주세요.")))
    if errors:
        raise BadAttemptError(errors[0].message, errors=tuple(errors))


def require_open(case: Case, attempt: AttemptRequest) -> None:
    """The case goes on, and nobody is there already for whom a time is agreed. Raises WrongStateError."""
    ticket, visit = case.ticket, case.visit
    if ticket.status in ENDED_STATUSES:
        raise WrongStateError(
            _("이미 끝난 접수입니다({status}). 다시 방문해야 하면 재접수해 주세요.").format(
                status=ticket.status
            )
        )
    under_way = visit is not None and visit.state in UNDER_WAY_STATES
    if under_way and (attempt.window is not None or attempt.outcome is Outcome.SOLVED_BY_PHONE):
        raise WrongStateError(
            _("기사가 이미 출발한 방문입니다. 방문을 마치거나 보류한 뒤에 시간을 다시 정해 주세요.")
        )


def require_part_there(case: Case, window: AgreedWindow) -> datetime | None:
    """When the part comes for which the case waits, or None. Raises BadAttemptError for a sooner time."""
    visit = case.visit
    if visit is None:
        return None
    since = part_due(status=case.ticket.status, hold_reason=visit.hold_reason, hold_due_at=visit.hold_due_at)
    if since is not None and window.start < since:
        local = since.astimezone(KST)
        message = _(
            "부품이 {month}월 {day}일 {time}에 올 예정이라 그 전에는 방문을 약속할 수 없습니다. "
            "그 뒤의 시간을 골라 주세요."
        ).format(month=local.month, day=local.day, time=f"{local:%H:%M}")
        raise BadAttemptError(message, errors=(FieldError("window", message),))
    return since
