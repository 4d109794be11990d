"""Reading one cell: dates, moments, won, words for yes and no, in the writings that old lists have."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import UTC, date, datetime, time

from core.clock import KST
from core.errors import InvalidError
from core.i18n import DEFAULT_LANGUAGE, _, get_language

FIRST_YEAR, LAST_YEAR = 1970, 2100
YES = frozenset({"y", "yes", "예", "네", "o", "○", "true", "1", "유", "있음", "해당"})
NO = frozenset({"n", "no", "아니오", "아니요", "x", "×", "false", "0", "무", "없음", "비해당"})

_DAY = re.compile(r"(\d{4})\s*[-./년]\s*(\d{1,2})\s*[-./월]\s*(\d{1,2})\s*[.일]?")
_EIGHT = re.compile(r"(\d{4})(\d{2})(\d{2})")
_SHORT_YEAR = re.compile(r"\d{1,2}\s*[-./]\s*\d{1,2}\s*[-./]\s*\d{1,4}\.?|\d{6}")
_TIME = re.compile(
    r"(오전|오후|am|pm)?\s*(\d{1,2})\s*(?::|시)\s*(?:(\d{1,2})\s*분?)?(?::\d{1,2}(?:\.\d+)?|\s*\d{1,2}초)?\s*(am|pm)?"
)
_WEEKDAY = re.compile(r"\(?[월화수목금토일](?:요일)?\)|[월화수목금토일]요일")


class BadCellError(InvalidError):
    """A cell that cannot be read; the detail says how to write it."""

    code = "bad-cell"


def read_day(text: str) -> date:
    """A date in any usual writing with a four-digit year: 2019-11-02, 2019.11.2, 20191102, 2019년 11월 2일.

    Raises BadCellError, also for 19/11/02: nobody can know which of the three is the year.
    """
    day, rest = _split_day(_plain(text))
    if rest and not re.fullmatch(r"[T\s]*0{1,2}:00(:00(\.0+)?)?", rest):
        raise BadCellError(_("날짜만 2019-11-02처럼 적어 주세요."))
    return day


def read_moment(text: str) -> datetime:
    """A date with a time of day in Korea, or with an offset of its own; UTC. Raises BadCellError.

    `2019-11-02 14:30`, `2019.11.2 오후 2:30`, `2019-11-02T14:30:00+09:00`; seconds are taken and left away.
    """
    plain = _plain(text)
    try:
        exact = datetime.fromisoformat(plain)
    except ValueError:
        exact = None
    if exact is not None and exact.tzinfo is not None:
        _within_years(exact.year)
        return exact.astimezone(UTC)
    day, rest = _split_day(plain)
    return datetime.combine(day, _time_of(_WEEKDAY.sub(" ", rest).strip(" T,t")), KST).astimezone(UTC)


def has_time(text: str) -> bool:
    """Whether a cell that holds a date tells a time of day too."""
    plain = _plain(text)
    found = _DAY.match(plain) or _EIGHT.match(plain)
    return bool(found and _WEEKDAY.sub(" ", plain[found.end() :]).strip(" T,t"))


def read_won(text: str) -> int:
    """Whole won: `18,000원`, `￦18,000`, full-width digits. Raises BadCellError."""
    plain = re.sub(r"[\s,₩\\]|원$|KRW", "", _plain(text).replace("￦", ""), flags=re.IGNORECASE)
    plain = plain.removesuffix(".0").removesuffix(".00")
    if not plain.isascii() or not plain.isdigit() or len(plain) > 12:
        raise BadCellError(_("금액을 18000처럼 숫자로 적어 주세요."))
    return int(plain)


def read_count(text: str) -> int:
    """A whole number. Raises BadCellError."""
    plain = re.sub(r"[\s,]|[건개명]$", "", _plain(text)).removesuffix(".0")
    if not plain.isascii() or not plain.isdigit() or len(plain) > 9:
        raise BadCellError(_("숫자로 적어 주세요."))
    return int(plain)


def read_degrees(text: str) -> float:
    """Degrees of latitude or longitude. Raises BadCellError."""
    try:
        return float(_plain(text))
    except ValueError:
        raise BadCellError(_("위도와 경도는 37.5013, 127.0396처럼 숫자로 적어 주세요.")) from None


def read_yes(text: str) -> bool:
    """Yes or no in the usual words. Raises BadCellError."""
    plain = _plain(text).casefold()
    if plain in YES:
        return True
    if plain in NO:
        return False
    raise BadCellError(_("예 또는 아니오로 적어 주세요."))


def read_word(text: str, words: Mapping[str, str]) -> str:
    """The code that a word stands for. Raises BadCellError, which lists the words."""
    plain = plain_word(text)
    found = {plain_word(word): code for word, code in words.items()}.get(plain)
    if found is None:
        listed = dict.fromkeys(words.values())
        if get_language() == DEFAULT_LANGUAGE:
            listed = {code: word for word, code in reversed(list(words.items()))}
        message = _("‘{given}’은(는) 모르는 말입니다. 이 가운데 하나로 적어 주세요: {words}")
        shown = [listed[code] or code for code in dict.fromkeys(words.values())]
        raise BadCellError(message.format(given=text[:30], words=", ".join(shown)))
    return found


def plain_word(text: str) -> str:
    """A word as it is compared: half-width, without case, blanks and marks."""
    return "".join(c for c in _plain(text).casefold() if c.isalnum())


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip()


def _split_day(plain: str) -> tuple[date, str]:
    found = _DAY.match(plain) or _EIGHT.match(plain)
    if found is None:
        if _SHORT_YEAR.match(plain):
            raise BadCellError(_("연도를 네 자리로 적어 주세요. 예: 2019-11-02"))
        raise BadCellError(_("날짜를 2019-11-02처럼 적어 주세요."))
    try:
        day = date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        raise BadCellError(_("달력에 없는 날짜입니다. 2019-11-02처럼 적어 주세요.")) from None
    _within_years(day.year)
    return day, plain[found.end() :].strip()


def _within_years(year: int) -> None:
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise BadCellError(
            _("{first}년에서 {last}년 사이의 날짜를 적어 주세요.").format(first=FIRST_YEAR, last=LAST_YEAR)
        )


def _time_of(plain: str) -> time:
    if not plain:
        return time(0, 0)
    found = _TIME.fullmatch(plain.casefold())
    if found is None and re.fullmatch(r"\d{4}|\d{6}", plain):
        hour, minute, half = int(plain[:2]), int(plain[2:4]), ""
    elif found is not None:
        hour, minute = int(found[2]), int(found[3] or 0)
        half = {"오전": "am", "오후": "pm"}.get(found[1] or "", found[1] or found[4] or "")
    else:
        raise BadCellError(_("시각을 14:30처럼 적어 주세요."))
    if half:
        if not 1 <= hour <= 12:
            raise BadCellError(_("오전·오후를 쓸 때는 1시에서 12시까지입니다. 14:30처럼 적어 주세요."))
        hour = hour % 12 + (12 if half == "pm" else 0)
    if hour > 23 or minute > 59:
        raise BadCellError(_("시각을 14:30처럼 적어 주세요."))
    return time(hour, minute)
