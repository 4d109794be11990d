"""The texts that a campaign will send, to be read before anything is sent: with an invented home's facts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import cast

from sqlmodel import Session

from campaigns.schemas import OpinionInfo, PickedHome
from core.dated import CompanyRules
from core.errors import DomainError
from dispatch.checkups import checkup_fee
from dispatch.family_links import LINKS_AT, url_of
from notifications.catalogue import Event
from notifications.invitations import Frame, advert_frame, write_invitation
from notifications.languages import language_of, reader_of
from notifications.messages import CheckupInvited
from notifications.samples import Brand, samples
from workforce.schemas import CompanyInfo

ANY_LINK = "…"
"""Stands for the end of a home's own link, which no page shows."""
USUAL = "resident"
"""Whose text is shown while nobody may be invited."""


@dataclass(frozen=True)
class TextAhead:
    """One text in one form. `fault`: why it cannot be written; then it has no words.

    `reader` is `resident` or `requester`, `homes` how many of those who may be invited now read it.
    """

    reader: str
    language: str
    homes: int
    as_advert: bool
    text: str
    subject: str
    channel: str
    bytes: int
    fault: str = ""


def texts_ahead(
    session: Session,
    *,
    maker: CompanyInfo,
    company: CompanyRules,
    opinion: OpinionInfo | None,
    homes: Sequence[PickedHome],
    years: int,
    now: datetime,
) -> tuple[list[TextAhead], list[TextAhead]]:
    """(as they would go now, in the other form), for every reader among `homes`, the most read first.

    Args:
        years: how old the boiler of the invented home is.
    """
    brand = Brand(maker.brand_name, maker.main_phone)
    usual = cast(CheckupInvited, samples(Event.CHECKUP_INVITED, brand)[0].context)
    base = session.info.get(LINKS_AT)
    facts = replace(
        usual,
        case=replace(usual.case, link=url_of(base, ANY_LINK) if base else None),
        years=years,
        fee=checkup_fee(session, company_id=maker.id, now=now),
    )
    read_by = Counter(home.variant for home in homes) or Counter({USUAL: 0})

    def written(frame: Frame) -> list[TextAhead]:
        return [
            _written(session, maker, facts, variant=variant, homes=count, frame=frame)
            for variant, count in read_by.most_common()
        ]

    advert, information = advert_frame(company, now=now), Frame(None, None, None)
    forms = [written(advert) if advert.refuse_by else [], written(information)]
    return (forms[0], forms[1]) if opinion is None else (forms[1], forms[0])


def _written(
    session: Session, maker: CompanyInfo, facts: CheckupInvited, *, variant: str, homes: int, frame: Frame
) -> TextAhead:
    known = (reader_of(variant), language_of(variant), homes, frame.refuse_by is not None)
    try:
        text = write_invitation(session, company_id=maker.id, facts=facts, variant=variant, frame=frame)
    except DomainError as error:
        return TextAhead(*known, "", "", "", 0, fault=error.detail)
    return TextAhead(*known, text.text, text.subject, text.channel, text.bytes)
