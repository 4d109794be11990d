"""Whether a text is an advertisement, and what the law then asks of it (정보통신망법 제50조).

One promotional line makes the whole an advertisement: `(광고)` first, whose it is and how to reach him,
a free number to refuse by last, nothing at night without consent of its own. Which hours are night is
dated configuration (`advert_from`, `advert_until`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Literal

from core.clock import KST, kst
from core.i18n import N_
from core.phones import PhoneError, parse_phone
from notifications import texts
from notifications.word_lists import promotional_words

MARK = "(광고)"

FaultCode = Literal["mark", "maker", "contact", "opt_out"]
FAULTS: dict[FaultCode, str] = {
    "mark": N_("광고는 맨 앞에 (광고)라고 적어야 합니다."),
    "maker": N_("광고에는 회사 이름이 있어야 합니다."),
    "contact": N_("광고에는 연락할 전화번호가 있어야 합니다."),
    "opt_out": N_("광고는 맨 끝에 돈이 들지 않는 수신 거부 번호(080)가 있어야 합니다."),
}
"""What an advertisement lacks, as message ids."""

_NUMBER = re.compile(r"(?<!\d)(?:\d{2,4}[-. ]?)?\d{3,4}[-. ]?\d{4}(?!\d)")
_LAST = re.compile(r"거부.*080[-. ]?\d{3,4}[-. ]?\d{4}[)\]. ]*\Z")


@dataclass(frozen=True)
class AdVerdict:
    """`words`: what makes it an advertisement. `faults`: what it lacks to be sent as one."""

    words: tuple[str, ...] = ()
    faults: tuple[FaultCode, ...] = ()

    @property
    def is_ad(self) -> bool:
        """Whether the whole text counts as an advertisement."""
        return bool(self.words)

    @property
    def may_go(self) -> bool:
        """Whether it is no advertisement, or one that has all it needs. Hours and consent are asked apart."""
        return not self.faults


def check(text: str, *, maker: str | None = None) -> AdVerdict:
    """Judge a finished text. With `maker` it must name exactly him; else any words after the mark may do."""
    plain = texts.normalise(text).strip()
    words = promoting(plain)
    if not words:
        return AdVerdict()
    faults: list[FaultCode] = []
    if not plain.startswith(MARK):
        faults.append("mark")
    if maker is not None and maker not in plain:
        faults.append("maker")
    if not any(_is_contact(number) for number in _NUMBER.findall(_without_refusal(plain))):
        faults.append("contact")
    if not _LAST.search(plain.splitlines()[-1]):
        faults.append("opt_out")
    return AdVerdict(words, tuple(faults))


def promoting(text: str) -> tuple[str, ...]:
    """The promotional words of a text in their order, each once; the mark of an advertisement is one."""
    said = text.lower()
    found = {word: at for word in promotional_words() if (at := said.find(word)) >= 0}
    whole = [word for word in found if not any(word in other and word != other for other in found)]
    marked = [MARK] if MARK in text else []
    return tuple(marked + sorted(whole, key=lambda word: found[word]))


def may_go_at(at: datetime, *, day_from: str, day_until: str) -> bool:
    """Whether an advertisement may go out at a moment: from `day_from`, before `day_until` (`HH:MM` KST)."""
    return time.fromisoformat(day_from) <= at.astimezone(KST).time() < time.fromisoformat(day_until)


def next_hour(at: datetime, *, day_from: str, day_until: str) -> datetime:
    """The moment itself when an advertisement may go out then, else the next morning's first."""
    if may_go_at(at, day_from=day_from, day_until=day_until):
        return at
    opens = time.fromisoformat(day_from)
    local = at.astimezone(KST)
    day = local.date() if local.time() < opens else local.date() + timedelta(days=1)
    return kst(day, opens.hour, opens.minute)


def _without_refusal(plain: str) -> str:
    """The number to refuse by is no contact; a company may be reached by another free number of its own."""
    *lines, last = plain.splitlines()
    return "\n".join([*lines, _LAST.sub("", last)])


def _is_contact(number: str) -> bool:
    try:
        parse_phone(number)
    except PhoneError:
        return False
    return True
