"""Why a service point was taken or passed over, in words that are kept and shown. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from core.i18n import DEFAULT_LANGUAGE, _, get_language
from workforce.certificates import qualification_words

NEAREST = "NEAREST"
NEXT_NEAREST = "NEXT_NEAREST"
BY_HAND = "BY_HAND"
SAFETY_NEAREST = "SAFETY_NEAREST"
SAFETY_NOBODY = "SAFETY_NOBODY"

CLOSED = "CLOSED"
NO_QUALIFIED_TECHNICIAN = "NO_QUALIFIED_TECHNICIAN"
NOBODY_ON_DUTY = "NOBODY_ON_DUTY"
TOO_FAR = "TOO_FAR"
DAILY_LIMIT = "DAILY_LIMIT"
FULL = "FULL"
DECLINED = "DECLINED"
EXPIRED = "EXPIRED"


@dataclass(frozen=True)
class Reason:
    """A code for machines and a sentence for people."""

    code: str
    text: str


def drive_words(travel_s: int) -> str:
    """`차로 14분`, `차로 1시간 5분`; never less than a minute."""
    minutes = max(1, -(-travel_s // 60))
    if minutes < 60:
        return _("차로 {minutes}분").format(minutes=minutes)
    if minutes % 60 == 0:
        return _("차로 {hours}시간").format(hours=minutes // 60)
    return _("차로 {hours}시간 {minutes}분").format(hours=minutes // 60, minutes=minutes % 60)


def reason_taken(*, travel_s: int, passed: Sequence[tuple[str, Reason]], safety: bool) -> Reason:
    """Why this point: the nearest, or the next one after those passed over (name, why), nearest first."""
    drive = drive_words(travel_s)
    if safety:
        text = _("안전 접수: 지금 갈 수 있는 자격 기사가 있는 가장 가까운 서비스점, {drive}")
        return Reason(SAFETY_NEAREST, text.format(drive=drive))
    if not passed:
        return Reason(NEAREST, _("가장 가까운 서비스점, {drive}").format(drive=drive))
    name, why = passed[0]
    more = len(passed) - 1
    if more:
        text = _("다음으로 가까운 서비스점, {drive} ({name} 등 {count}곳 제외: {why})")
    else:
        text = _("다음으로 가까운 서비스점, {drive} ({name} 제외: {why})")
    return Reason(NEXT_NEAREST, text.format(drive=drive, name=name, count=more + 1, why=why.text.rstrip(".")))


def reason_responsible(*, travel_s: int) -> Reason:
    """A safety case that nobody can go to now: somebody has to answer for it all the same."""
    text = _("안전 접수: 지금 갈 수 있는 자격 기사가 없어 가장 가까운 이 서비스점이 책임집니다, {drive}")
    return Reason(SAFETY_NOBODY, text.format(drive=drive_words(travel_s)))


def reason_by_hand(*, travel_s: int, why: str) -> Reason:
    """A person chose the point."""
    text = _("사람이 정한 서비스점, {drive}: {why}")
    return Reason(BY_HAND, text.format(drive=drive_words(travel_s), why=why))


def reason_closed(why: str) -> Reason:
    """The point takes nothing new now."""
    return Reason(CLOSED, _("지금 접수를 받지 않음: {why}").format(why=why))


def reason_unqualified(skills: frozenset[str]) -> Reason:
    """Nobody there may do this work on any planned day."""
    if not skills:
        return Reason(NO_QUALIFIED_TECHNICIAN, _("계획 기간 안에 근무하는 기사가 없음"))
    listed = ", ".join(qualification_words(code) for code in sorted(skills))
    text = _("계획 기간 안에 근무하는 자격({skills}) 기사가 없음").format(skills=listed)
    return Reason(NO_QUALIFIED_TECHNICIAN, text)


def reason_nobody_on_duty() -> Reason:
    """A safety case needs somebody now."""
    return Reason(NOBODY_ON_DUTY, _("지금 근무 중인 자격 기사가 없음"))


def reason_too_far() -> Reason:
    """Who is on duty there cannot be back in time."""
    return Reason(TOO_FAR, _("자격 기사가 근무 중이지만 멀거나 바빠 근무 안에 다녀올 수 없음"))


def reason_limit(limit: int) -> Reason:
    """The point's own limit of visits a day."""
    return Reason(DAILY_LIMIT, _("하루 방문 {limit}건이 다 찼음").format(limit=limit))


def reason_full() -> Reason:
    """No feasible place in any plan of the horizon."""
    return Reason(FULL, _("계획 기간의 일정에 넣을 자리가 없음"))


def said_again(code: str, stored: str, *, travel_s: int) -> str:
    """A kept reason for a reader of another language, where code and travel time say it; else as written."""
    if get_language() == DEFAULT_LANGUAGE:
        return stored
    if code in (NEAREST, SAFETY_NEAREST):
        return reason_taken(travel_s=travel_s, passed=(), safety=code == SAFETY_NEAREST).text
    if code == SAFETY_NOBODY:
        return reason_responsible(travel_s=travel_s).text
    if code == NEXT_NEAREST:
        return _("다음으로 가까운 서비스점, {drive}").format(drive=drive_words(travel_s))
    constants = {NOBODY_ON_DUTY: reason_nobody_on_duty, TOO_FAR: reason_too_far, FULL: reason_full}
    constant = constants.get(code)
    return constant().text if constant else _(stored) if stored else ""
