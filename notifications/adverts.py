"""Advertisements on their way out: well-formed, in their hours, and to nobody who has said no meanwhile.

Who agrees is the customers' room's to say: whoever starts the sending hands that question in. Without it no
advertisement goes out.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol

from sqlmodel import Session

from core.actor import SYSTEM
from core.dated import read_rules
from core.errors import InvalidError
from core.i18n import N_, _
from core.phones import parse_phone, search_digits
from notifications import advert
from notifications.catalogue import CATALOGUE, Event
from notifications.models import Notice
from notifications.settling import take_back

NO_LONGER_AGREES = N_("광고 문자를 받겠다는 동의가 없어 보내지 않았습니다.")
NO_FREE_NUMBER = N_("무료 수신 거부 번호가 없어 광고를 보내지 않았습니다.")
"""Why an advertisement was withdrawn."""


class Agreeing(Protocol):
    """Which of these numbers (E.164) an advertisement may go to (`customers.standings.agreeing_numbers`)."""

    def __call__(
        self, session: Session, *, company_id: int, phones: Collection[str], now: datetime
    ) -> set[str]:
        """Those of `phones`."""
        ...


class BadAdvertError(InvalidError):
    """An advertisement that the law lets nobody send: no free number, or its text lacks something (422)."""

    code = "bad-advert"


# What it is called with is `Agreeing`'s to say.
def nobody(session: Session, *, company_id: int, phones: Collection[str], now: datetime) -> set[str]:  # noqa: ARG001
    """Where nobody was asked, nobody agrees."""
    return set()


def is_advert(notice: Notice) -> bool:
    """Whether a text is an advertisement: by its event, or by the mark that it was given."""
    return are_adverts(Event(notice.event)) or notice.text.startswith(advert.MARK)


def are_adverts(event: Event) -> bool:
    """Whether all texts of an event are advertisements."""
    return CATALOGUE[event].advert


def refusal_number(session: Session, *, company_id: int, at: datetime) -> str | None:
    """The company's free number to refuse by (E.164), if it has one."""
    typed = read_rules(session, company_id=company_id, at=at).advert_refusal_number
    return parse_phone(typed).e164 if typed else None


def require_free_number(session: Session, *, company_id: int, at: datetime) -> str:
    """The same where there must be one. Raises BadAdvertError."""
    number = refusal_number(session, company_id=company_id, at=at)
    if number is None:
        raise BadAdvertError(_("광고를 보내려면 먼저 설정에서 무료 수신 거부 번호(080)를 넣어 주세요."))
    return number


def require_lawful(text: str, *, maker: str, free_number: str) -> None:
    """A finished advertisement has all that the law asks of it, with the company's own number to refuse by.

    Args:
        maker: whose it is; its name stands in the text.
        free_number: the company's, E.164; the last line has it.

    Raises:
        BadAdvertError: what it lacks.
    """
    verdict = advert.check(text, maker=maker)
    lacking = [*verdict.faults]
    if not verdict.is_ad:
        lacking.append("mark")
    if parse_phone(free_number).digits not in search_digits(text.strip().splitlines()[-1]):
        lacking.append("opt_out")
    if lacking:
        raise BadAdvertError(" ".join(_(advert.FAULTS[code]) for code in dict.fromkeys(lacking)))


def let_go(session: Session, notices: Sequence[Notice], *, agreeing: Agreeing, now: datetime) -> list[Notice]:
    """Those of the locked notices that may be sent now; other advertisements wait or are withdrawn."""
    adverts: dict[int, list[Notice]] = defaultdict(list)
    for notice in notices:
        if is_advert(notice):
            adverts[notice.company_id].append(notice)
    kept_back: set[int | None] = set()
    for company_id, theirs in adverts.items():
        kept_back |= {
            notice.id for notice in _keep_back(session, company_id, theirs, agreeing=agreeing, now=now)
        }
    return [notice for notice in notices if notice.id not in kept_back]


def _keep_back(
    session: Session, company_id: int, theirs: Sequence[Notice], *, agreeing: Agreeing, now: datetime
) -> list[Notice]:
    rules = read_rules(session, company_id=company_id, at=now)
    phones = {notice.to_phone for notice in theirs}
    agreed = agreeing(session, company_id=company_id, phones=phones, now=now)
    hours = {"day_from": rules.advert_from, "day_until": rules.advert_until}
    opens = advert.next_hour(now, **hours)
    kept_back = []
    for notice in theirs:
        reason = NO_LONGER_AGREES if notice.to_phone not in agreed else NO_FREE_NUMBER
        if notice.to_phone not in agreed or not rules.advert_refusal_number:
            notice.withdrawn_reason = reason
            take_back(session, notice=notice, by=SYSTEM, now=now)
        elif opens > now:
            notice.held_until = notice.next_try_at = opens
            session.add(notice)
        else:
            continue
        kept_back.append(notice)
    return kept_back
