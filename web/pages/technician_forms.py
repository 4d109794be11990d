"""What the technician's forms say, read into dispatch's requests."""

from __future__ import annotations

from datetime import datetime, timedelta

from billing.payment_schemas import PartSerials
from billing.schemas import MAX_QUANTITY, LineRequest
from core.clock import kst, today_kst
from core.errors import FieldError, InvalidError
from core.i18n import _
from dispatch.detail_shapes import TicketDetail, WindowFacts
from dispatch.visit_schemas import AgreedWindow, AskedBy, AttemptRequest, CompletionRequest, Outcome
from web.display import window_text
from web.pages.posting import PostedForm
from web.presenters.offers import read_offer

DIAL_COUNTS_FOR = timedelta(minutes=5)
"""A call is dated at its dialling when it is written down this soon after; later it is dated now."""
CALL_BACK_AT_MOST_S = 24 * 3600
DAYS_AT_MOST = 60
REASON_CHARS = 300
HOLD_ENDS_AT_HOUR = 9


class BadFormError(InvalidError):
    """A field of the phone's form cannot be read."""

    code = "bad-form"


def read_attempt(posted: PostedForm, *, detail: TicketDetail, now: datetime) -> AttemptRequest:
    """A call about this ticket and what came of it. Raises BadFormError."""
    try:
        outcome = Outcome(posted.get("outcome"))
    except ValueError:
        raise _bad("outcome", _("통화가 어떻게 되었는지 눌러 주세요.")) from None
    if outcome is Outcome.SOLVED_BY_PHONE and not posted.get("reason"):
        raise _bad("reason", _("전화로 어떻게 해결했는지 적어 주세요."))
    minutes = _number(posted, "call_back")
    window = read_window(posted) if outcome is Outcome.CONNECTED else None
    agreed = detail.visit.promised if detail.visit else None
    asked_by, why = read_change(posted, agreed=agreed, window=window, now=now)
    return AttemptRequest(
        outcome=outcome,
        with_role=posted.get("with") or None,
        at=_dialled_at(posted, received_at=detail.received_at, now=now),
        window=window,
        reason=why or posted.get("reason"),
        asked_by=asked_by,
        call_back_at=now + timedelta(minutes=min(minutes, CALL_BACK_AT_MOST_S // 60)) if minutes else None,
        note=posted.get("note"),
    )


def read_change(
    posted: PostedForm, *, agreed: WindowFacts | None, window: AgreedWindow | None, now: datetime
) -> tuple[AskedBy, str]:
    """Who wanted an agreed window changed, and why: the family's text confirms or apologises by it.

    Raises BadFormError when a window changes and that was not said; it names what is agreed, which may have
    been agreed in another window since this form was shown.
    """
    why = posted.get("change_reason").strip()
    if agreed is None or window is None or (agreed.start, agreed.end) == (window.start, window.end):
        return "company", ""
    asked = posted.get("asked_by")
    if asked == "family":
        return "family", why
    if asked != "company":
        text = _(
            "이미 {window}로 약속되어 있습니다. 바꾸시려면 누가 시간을 바꾸자고 했는지 골라 주세요. "
            "문자에 적는 말이 달라집니다."
        )
        raise _bad("asked_by", text.format(window=window_text(agreed.start, agreed.end, now)))
    if not why:
        raise _bad("change_reason", _("왜 바꾸는지 적어 주세요. 사과하는 문자에 그대로 적힙니다."))
    return "company", why


def read_window(posted: PostedForm) -> AgreedWindow | None:
    """`window` is an offer's value (`read_offer`); None when only a talk is recorded. Raises BadFormError."""
    chosen = posted.get("window")
    if not chosen:
        if posted.get("agrees"):
            raise _bad("window", _("약속할 시간을 하나 골라 주세요."))
        return None
    try:
        return read_offer(chosen)
    except ValueError:
        raise _bad("window", _("방문 시간을 다시 골라 주세요.")) from None


def read_completion(posted: PostedForm) -> CompletionRequest:
    """Everything that the form of the end of the work says. Raises BadFormError."""
    return CompletionRequest(
        checklist=dict.fromkeys(posted.all("tick"), True),
        lines=read_lines(posted),
        misuse=posted.get("misuse") == "1",
        misuse_reason=posted.get("misuse_reason")[:REASON_CHARS],
        note=posted.get("note"),
        agreed_by_phone=posted.get("agreed_by_phone") == "1",
        parts=read_parts(posted),
    )


def read_parts(posted: PostedForm) -> tuple[PartSerials, ...]:
    """Old and new serials from `serial_old.CODE` and `serial_new.CODE`; what is all empty is left out."""
    old = dict(posted.below("serial_old."))
    new = dict(posted.below("serial_new."))
    codes = [code for code in {**new, **old} if old.get(code, "").strip() or new.get(code, "").strip()]
    return tuple(PartSerials(code[:60], "", old.get(code, ""), new.get(code, "")) for code in codes)


def read_won(posted: PostedForm, name: str, *, signed: bool = False) -> int:
    """An amount as people write it (`32,000원`); 0 for nothing. Raises BadFormError."""
    written = posted.get(name).replace(",", "").replace("원", "").strip()
    digits = written.removeprefix("-") if signed else written
    if not written:
        return 0
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 10):
        raise _bad(name, _("금액을 숫자로 적어 주세요."))
    return int(written)


def read_lines(posted: PostedForm) -> tuple[LineRequest, ...]:
    """Cost lines from fields `quantity.CODE`; empty and 0 are left out. Raises BadFormError."""
    lines = []
    for code, value in posted.below("quantity."):
        if value in ("", "0"):
            continue
        if not (value.isascii() and value.isdigit()) or int(value[:4]) > MAX_QUANTITY:
            text = _("수량은 0에서 {limit}까지의 숫자로 적어 주세요.").format(limit=MAX_QUANTITY)
            raise _bad(f"quantity.{code[:60]}", text)
        lines.append(LineRequest(code=code[:60], quantity=int(value)))
    return tuple(lines)


def read_hold_day(posted: PostedForm) -> int | None:
    """In how many days it goes on; None when that is not known yet. Raises BadFormError."""
    days = _number(posted, "days")
    if days is not None and days > DAYS_AT_MOST:
        raise _bad("days", _("다시 갈 날을 다시 골라 주세요."))
    return days or None


def hold_until(days: int, now: datetime) -> datetime:
    """When a held visit goes on: by the calendar, whose today is the day on which this visit ends."""
    return kst(today_kst(now) + timedelta(days=days), HOLD_ENDS_AT_HOUR)


def _dialled_at(posted: PostedForm, *, received_at: datetime, now: datetime) -> datetime | None:
    """When the number was dialled, by the phone's own clock as far as that can be believed."""
    try:
        at = datetime.fromisoformat(posted.get("dialled_at"))
    except ValueError:
        return None
    if at.tzinfo is None or not max(received_at, now - DIAL_COUNTS_FOR) <= at <= now:
        return None
    return at


def _number(posted: PostedForm, name: str) -> int | None:
    value = posted.get(name)
    if not value:
        return None
    if not (value.isascii() and value.isdigit() and len(value) <= 5):
        raise _bad(name, _("숫자를 다시 골라 주세요."))
    return int(value)


def _bad(field: str, message: str) -> BadFormError:
    return BadFormError(message, errors=(FieldError(field, message),))
