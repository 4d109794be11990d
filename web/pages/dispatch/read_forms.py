"""What the dialog's forms say, read into dispatch's terms."""

from __future__ import annotations

from datetime import datetime

from core.clock import KST
from core.errors import FieldError, InvalidError
from core.i18n import _
from web.pages.posting import PostedForm
from web.typed_ids import read_id


class BadFieldError(InvalidError):
    """A field of a dialog's form cannot be read."""

    code = "bad-field"


def read_chosen(posted: PostedForm, name: str) -> int:
    """The id chosen in a field. Raises BadFieldError."""
    value = read_id(posted.get(name))
    if value is None:
        raise bad_field(name, _("목록에서 하나를 골라 주세요."))
    return value


def read_number(posted: PostedForm, name: str) -> int | None:
    """A number that the page itself put in, or None."""
    return read_id(posted.get(name))


def read_start(posted: PostedForm) -> datetime | None:
    """The wished start (Korean time), None for the first good place. Raises BadFieldError."""
    value = posted.get("start").strip()
    if not value:
        return None
    try:
        at = datetime.fromisoformat(value)
    except ValueError:
        raise bad_field("start", _("시각을 다시 골라 주세요.")) from None
    return at.replace(tzinfo=KST) if at.tzinfo is None else at


def read_pins(posted: PostedForm) -> frozenset[str]:
    """What planning may not change afterwards."""
    return frozenset(posted.all("pin"))


def require_words(posted: PostedForm, name: str, message: str) -> str:
    """A field that must not be empty. Raises BadFieldError."""
    value = posted.get(name).strip()
    if not value:
        raise bad_field(name, message)
    return value


def bad_field(name: str, message: str) -> BadFieldError:
    """The error for one field."""
    return BadFieldError(message, errors=(FieldError(name, message),))
