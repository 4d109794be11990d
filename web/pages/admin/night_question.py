"""Shifts that cross midnight are asked about once, before a month of them is entered."""

from __future__ import annotations

from core.errors import ConflictError, FieldError
from core.i18n import _
from web.pages.admin.fields import Entry
from web.pages.admin.typed import Typed
from workforce.shift_patterns import ShiftPattern


class NightsAskedError(ConflictError):
    """Shifts that cross midnight are asked about once."""

    code = "nights-asked"


def ask_about_nights(typed: Typed, pattern: ShiftPattern, *, people: int) -> None:
    """A mistyped end makes a month of nights: whoever means them says so. Raises NightsAskedError."""
    if pattern.ends > pattern.starts or typed.raw("nights") == "yes":
        return
    if typed.raw("nights") == "no":
        typed.refuse("ends", _("끝나는 시각을 시작보다 늦게 고쳐 주세요."))
        typed.check()
    message = _(
        "자정을 넘는 근무 {n}건({starts}~다음 날 {ends})을 넣게 됩니다. 야간 근무가 맞는지 골라 주세요."
    ).format(n=len(pattern.days()) * people, starts=f"{pattern.starts:%H:%M}", ends=f"{pattern.ends:%H:%M}")
    raise NightsAskedError(message, errors=(FieldError("nights", message),))


def are_nights(typed: Typed) -> bool:
    """Whether the form as typed crosses midnight."""
    starts, ends = typed.raw("starts"), typed.raw("ends")
    return bool(starts and ends) and ends <= starts


def nights_entry() -> Entry:
    """The question in the form."""
    return Entry(
        "nights",
        _("자정을 넘는 근무인가요?"),
        "choices",
        options=[
            ("yes", _("야간 근무가 맞습니다"), _("다음 날 끝나는 근무로 넣습니다.")),
            ("no", _("아닙니다"), _("시각을 고칩니다.")),
        ],
        wide=True,
    )
