"""What the caller's form says, read into a try of a happy call."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from core.clock import KST
from core.errors import FieldError, InvalidError
from core.i18n import _
from happycall.schemas import Answers, AttemptRequest, Outcome
from web.pages.posting import PostedForm

YES_NO = ("fixed", "contacted_in_time", "came_on_time", "told_before", "cost_matches")
SCALES = {"overall": (1, 7), "nps": (0, 10)}
UNANSWERED = "unknown"
ENTERED = (*YES_NO, *SCALES, "rest", "verbatim", "with", "note", "why", "back", "back_other", "back_why")
"""Fields that are shown again when something was wrong."""
LONGEST_WORDS = 2000
LONGEST_NOTE = 500


class BadAnswersError(InvalidError):
    """Some answers cannot be taken; `errors` names the questions."""

    code = "bad-answers"


def read_attempt(posted: PostedForm, *, asked: Collection[str]) -> AttemptRequest:
    """A try and its answers. Raises BadAnswersError with every field that is wrong.

    Args:
        asked: the questions of this call's script; each is answered, or said not to be.
    """
    try:
        outcome = Outcome(posted.get("outcome"))
    except ValueError:
        message = _("통화가 어떻게 되었는지 눌러 주세요.")
        raise BadAnswersError(message, errors=(FieldError("outcome", message),)) from None
    errors: list[FieldError] = []
    answers = _answers(posted, asked, errors) if outcome is Outcome.CONNECTED else None
    back = _call_back(posted, errors) if outcome is Outcome.CALL_BACK else None
    if errors:
        raise BadAnswersError(errors[0].message, errors=tuple(errors))
    try:
        return AttemptRequest.model_validate(
            {
                "outcome": outcome,
                "with": posted.get("with") or None,
                "answers": answers,
                "call_back_at": back,
                "note": posted.get("note")[:LONGEST_NOTE],
            }
        )
    except ValidationError:
        message = _("통화한 사람을 다시 골라 주세요.")
        raise BadAnswersError(message, errors=(FieldError("with", message),)) from None


def entered(posted: PostedForm) -> dict[str, str]:
    """What was typed and chosen, to show it again."""
    return {name: posted.get(name) for name in ENTERED}


def _answers(posted: PostedForm, asked: Collection[str], errors: list[FieldError]) -> Answers | None:
    found: dict[str, Any] = {"verbatim": posted.get("verbatim")[:LONGEST_WORDS] or None}
    for name in YES_NO:
        found[name] = _yes_no(posted, name, errors)
    for name, (low, high) in SCALES.items():
        found[name] = _points(posted, name, low=low, high=high, errors=errors)
    open_ones = [name for name in asked if found[name] is None]
    refused = {name for name in open_ones if posted.get("rest") or posted.get(name) == UNANSWERED} - {"fixed"}
    wrong = {error.field for error in errors}
    errors += [_missing(name) for name in open_ones if name not in refused and name not in wrong]
    unanswered = [name for name in open_ones if name in refused] or None
    return None if errors else Answers(**found, unanswered=unanswered)


def _missing(name: str) -> FieldError:
    if name == "fixed":
        return FieldError(name, _("보일러가 잘 되는지는 꼭 여쭤보고 눌러 주세요."))
    if name in YES_NO:
        return FieldError(name, _("답을 눌러 주세요. 모른다고 하시면 ‘모르심’을 누릅니다."))
    return FieldError(name, _("답을 눌러 주세요. 말씀하지 않으시면 ‘대답하지 않으심’을 누릅니다."))


def _yes_no(posted: PostedForm, name: str, errors: list[FieldError]) -> bool | None:
    value = posted.get(name)
    if value not in ("", "yes", "no", UNANSWERED):
        errors.append(FieldError(name, _("예나 아니요를 다시 눌러 주세요.")))
    return {"yes": True, "no": False}.get(value)


def _points(posted: PostedForm, name: str, *, low: int, high: int, errors: list[FieldError]) -> int | None:
    value = posted.get(name)
    if value in ("", UNANSWERED):
        return None
    if value in {str(n) for n in range(low, high + 1)}:
        return int(value)
    text = _("{low}점에서 {high}점까지 가운데서 다시 눌러 주세요.").format(low=low, high=high)
    errors.append(FieldError(name, text))
    return None


def _call_back(posted: PostedForm, errors: list[FieldError]) -> datetime | None:
    """An offered time (RFC 3339), or one typed in Korean time."""
    chosen = posted.get("back")
    value = posted.get("back_other") if chosen in ("", "other") else chosen
    if not value:
        errors.append(FieldError("call_back_at", _("다시 전화하기로 한 시각을 고르거나 적어 주세요.")))
        return None
    try:
        at = datetime.fromisoformat(value)
        return at.replace(tzinfo=KST) if at.tzinfo is None else at
    except ValueError:
        errors.append(FieldError("call_back_at", _("시각을 다시 골라 주세요.")))
        return None
