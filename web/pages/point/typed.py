"""What the desk's forms say: numbers, and moments as people type them in Korean time."""

from __future__ import annotations

from datetime import UTC, datetime

from core.clock import KST
from core.errors import FieldError, InvalidError
from core.i18n import _
from web.pages.posting import PostedForm

NUMBER_DIGITS = 9


class UnreadableError(InvalidError):
    """A field of the desk's form cannot be read."""

    code = "unreadable"


def read_number(posted: PostedForm, name: str) -> int | None:
    """A whole number; None when the field is empty. Raises UnreadableError."""
    value = posted.get(name)
    if not value:
        return None
    if not (value.isascii() and value.isdigit() and len(value) <= NUMBER_DIGITS):
        raise refuse(name, _("목록에서 다시 골라 주세요."))
    return int(value)


def read_moment(posted: PostedForm, name: str, *, required: bool = True) -> datetime | None:
    """`2026-12-01T14:30` in Korean time, as UTC; None when it is empty and may be. Raises UnreadableError."""
    value = posted.get(name)
    if not value:
        if required:
            raise refuse(name, _("날짜와 시각을 적어 주세요."))
        return None
    try:
        at = datetime.fromisoformat(value)
        return at.replace(tzinfo=at.tzinfo or KST).astimezone(UTC)
    except (ValueError, OverflowError):
        raise refuse(name, _("날짜와 시각을 다시 적어 주세요. 예: 2026-12-01 14:30")) from None


def require_moment(posted: PostedForm, name: str) -> datetime:
    """The same, and it must be there."""
    at = read_moment(posted, name)
    assert at is not None
    return at


def moment_text(at: datetime | None) -> str:
    """The value of such a field."""
    return at.astimezone(KST).strftime("%Y-%m-%dT%H:%M") if at else ""


def refuse(field: str, message: str) -> UnreadableError:
    """The error of one field."""
    return UnreadableError(message, errors=(FieldError(field, message),))
