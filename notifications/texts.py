"""What a Korean text message can carry, how long it is, and how dates, money and phones are written.

Limits are those of the Korean carriers as their resellers publish them: SMS 90 bytes, LMS 2,000 bytes,
LMS subject 40 bytes, counted in cp949 (not UTF-8, and not Python's `euc_kr`, which spells `뷁` in 8 bytes).
"""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime, timedelta
from typing import Literal

from core.clock import KST
from core.errors import InvalidError
from core.i18n import _
from core.phones import displayed

SMS_BYTES = 90
LMS_BYTES = 2000
SUBJECT_BYTES = 40
NAME_BYTES = 30
LABEL_BYTES = 40
NOTE_BYTES = 80
ELLIPSIS = "…"
NAMELESS = "고객"
"""Stands for a name in which nothing can be sent: the text then says 고객님."""

TextChannel = Literal["SMS", "LMS"]

_DASHES = dict.fromkeys("—–‒―−‑‐", "-")
_QUOTES = {"“": '"', "”": '"', "„": '"', "‘": "'", "’": "'", "‚": "'", "′": "'", "″": '"'}
_INVISIBLE = dict.fromkeys("\u00ad\u200b\u200c\u200d\u2060\ufeff\ufe0e\ufe0f", "")
_OTHERS = {
    "•": "·",
    "‧": "·",
    "∙": "·",
    "⋯": "…",
    "〜": "~",
    "～": "~",
    "\t": " ",
    "\u2028": "\n",
    "\u2029": "\n",
}
_REPLACEMENTS = str.maketrans({**_DASHES, **_QUOTES, **_INVISIBLE, **_OTHERS})
_ADDRESS = re.compile(r"https?://\S+")
_WON_BEFORE_NUMBER = re.compile(r"₩\s*(\d[\d,]*)")
_KEPT_CHARACTERS = 4096
_WEEKDAYS = "월화수목금토일"


class TextError(InvalidError):
    """The text cannot go out as it stands; `characters` names what no phone could show (empty: too long)."""

    code = "text-not-sendable"

    def __init__(self, detail: str, *, characters: tuple[str, ...] = ()) -> None:
        super().__init__(detail)
        self.characters = characters


def normalise(text: str) -> str:
    """Write the same words with characters that carriers know; what has no such writing stays as it is.

    Decomposed Hangul is composed, `₩32,000` becomes `32,000원`, long dashes and typographic quotes become
    plain ones, odd spaces become spaces, invisible marks vanish, accents come off letters (José -> Jose).
    Emoji are left in, for `require_sendable` to name.
    """
    composed = unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\r", "\n")
    won = _WON_BEFORE_NUMBER.sub(r"\1원", composed).replace("₩", "원")
    return won.translate(_PLAIN)


def one_line(text: str) -> str:
    """`normalise` for a substituted value: line breaks and runs of spaces become one space."""
    return " ".join(normalise(text).split())


def unsendable(text: str) -> tuple[str, ...]:
    """The characters that carriers do not know, each once, in order. Empty means the text may go."""
    if _encodes(text) and text.replace("\n", "").isprintable():  # nearly always so
        return ()
    return tuple(dict.fromkeys(c for c in text if not _encodes(c) or (c != "\n" and not c.isprintable())))


def require_sendable(text: str) -> None:
    """Refuse a template or a finished text with characters outside cp949 (`TextError` names them)."""
    characters = unsendable(text)
    if characters:
        shown = ", ".join(
            f"{c}(U+{ord(c):04X})" if c.isprintable() else f"U+{ord(c):04X}" for c in characters
        )
        message = _("문자로 보낼 수 없는 글자가 있습니다: {characters}. 지우거나 다른 글자로 바꿔 주세요.")
        raise TextError(message.format(characters=shown), characters=characters)


def sms_bytes(text: str) -> int:
    """Length in bytes as carriers count it (cp949). Raises `TextError` for characters outside it."""
    require_sendable(text)
    return len(text.encode("cp949"))


def fit_channel(text: str) -> TextChannel:
    """The cheapest channel that carries the whole text. Nothing is ever cut: too long is a `TextError`."""
    length = sms_bytes(text)
    if length <= SMS_BYTES:
        return "SMS"
    if length <= LMS_BYTES:
        return "LMS"
    raise TextError(
        _("문자가 너무 깁니다({length}바이트, 최대 {limit}바이트). 내용을 줄여 주세요.").format(
            length=length, limit=LMS_BYTES
        )
    )


def require_subject(subject: str) -> str:
    """An LMS subject that fits its 40 bytes, given back; otherwise a `TextError`."""
    length = sms_bytes(subject)
    if length > SUBJECT_BYTES or not subject.strip():
        raise TextError(
            _("문자 제목은 1~{limit}바이트여야 합니다(지금 {length}바이트).").format(
                limit=SUBJECT_BYTES, length=length
            )
        )
    return subject


def spoken(text: str) -> str:
    """A text as a voice reads it out: without addresses of pages, which nobody can write down."""
    lines = (_ADDRESS.sub("", line).strip() for line in text.splitlines())
    return "\n".join(line for line in lines if line)


def drop_unsendable(value: str) -> str:
    """A typed value without the characters that no phone shows (emoji, control characters)."""
    line = normalise(value)
    hidden = set(unsendable(line))
    return "".join(c for c in line if c not in hidden) if hidden else line


def shorten(value: str, limit: int, *, instead: str = "") -> str:
    """A substituted name, label or note on one line, in at most `limit` bytes.

    For values that people typed, so that a heart in a name or one very long note cannot make a whole notice
    unsendable: what no phone shows is left out, and `instead` stands where nothing remains. The only place
    where words are dropped, and never silently: a cut value ends with `…` (2 bytes).
    """
    line = one_line(drop_unsendable(value)) or instead
    if sms_bytes(line) <= limit:
        return line
    room = limit - sms_bytes(ELLIPSIS)
    kept = line
    while sms_bytes(kept) > room:
        kept = kept[:-1]
    return kept.rstrip() + ELLIPSIS


def day_words(at: datetime) -> str:
    """`12월 1일(화)`, the Korean date of a moment."""
    local = at.astimezone(KST)
    return f"{local.month}월 {local.day}일({_WEEKDAYS[local.weekday()]})"


def date_words(at: datetime) -> str:
    """`2026년 12월 1일`: of what lies years away."""
    local = at.astimezone(KST)
    return f"{local.year}년 {local.month}월 {local.day}일"


def clock_words(at: datetime) -> str:
    """`오후 2시 30분`; noon is `낮 12시` and midnight `오전 0시`, which nobody reads as the other."""
    local = at.astimezone(KST)
    return f"{_half(local)} {_hour(local)}"


def moment_words(at: datetime) -> str:
    """`12월 1일(화) 오후 2시 30분`."""
    return f"{day_words(at)} {clock_words(at)}"


def window_words(start: datetime, end: datetime) -> str:
    """`12월 1일(화) 오후 2시~4시`; the half of the day is repeated only where it changes."""
    first, last = start.astimezone(KST), end.astimezone(KST)
    days = (last.date() - first.date()).days
    if days == 1 and last.hour == 0 and last.minute == 0:
        closing = "밤 12시"
    elif days == 1:
        closing = f"다음 날 {clock_words(end)}"
    elif days > 1:
        closing = moment_words(end)
    elif _half(first) == _half(last):
        closing = _hour(last)
    else:
        closing = clock_words(end)
    return f"{moment_words(start)}~{closing}"


def won_words(amount: int) -> str:
    """Money as it is spoken, with the digits behind it: `3만 2천원(32,000원)`."""
    spoken, digits = _spoken(abs(amount)), won_digits(amount)
    if amount < 0:
        spoken = "-" + spoken
    return digits if spoken == digits else f"{spoken}({digits})"


def won_digits(amount: int) -> str:
    """`32,000원`, for itemised lists."""
    return f"{amount:,}원"


def phone_words(e164: str) -> str:
    """A stored number as Koreans write it: `010-1234-5678`, `1588-1234`. Raises `core.phones.PhoneError`."""
    return displayed(e164)


def _encodes(character: str) -> bool:
    try:
        character.encode("cp949")
    except UnicodeEncodeError:
        return False
    return True


class _Plain(dict[int, str]):
    """Code point -> how carriers write it, worked out when it is first met."""

    def __missing__(self, code: int) -> str:
        plain = "".join(_plain(character) for character in chr(code).translate(_REPLACEMENTS))
        if len(self) < _KEPT_CHARACTERS:
            self[code] = plain
        return plain


_PLAIN = _Plain()


def _plain(character: str) -> str:
    if unicodedata.category(character) == "Zs":
        return " "
    if _encodes(character) or not unicodedata.category(character).startswith("L"):
        return character
    bare = "".join(c for c in unicodedata.normalize("NFKD", character) if not unicodedata.combining(c))
    return bare if bare and all(_encodes(c) for c in bare) else character


def _half(local: datetime) -> str:
    if local.hour < 12:
        return "오전"
    return "낮" if local.hour == 12 else "오후"


def _hour(local: datetime) -> str:
    hour = local.hour if local.hour <= 12 else local.hour - 12
    return f"{hour}시 {local.minute}분" if local.minute else f"{hour}시"


def _spoken(amount: int) -> str:
    parts = []
    for size, word in ((100_000_000, "억"), (10_000, "만")):
        if amount >= size:
            parts.append(f"{amount // size:,}{word}")
            amount %= size
    if amount % 100:
        parts.append(f"{amount:,}")
    else:
        parts += [
            f"{amount // size % 10}{word}"
            for size, word in ((1000, "천"), (100, "백"))
            if amount // size % 10
        ]
    return " ".join(parts or ["0"]) + "원"


def round_up_minutes(at: datetime, step: int) -> datetime:
    """A moment moved up to the next `step` minutes: an arrival at 14:07 is told as 14:10, never earlier."""
    late = timedelta(minutes=at.minute % step, seconds=at.second, microseconds=at.microsecond)
    return at if not late else at - late + timedelta(minutes=step)
