"""What the caller says at the end to a family that is not content, before it is saved.

Korean source text like the script's own sentences: it is spoken, whatever language the screen has.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from core.dated import read_rules
from happycall.schemas import CallInfo
from workforce.queries import get_company

HOUR_S = 3600


@dataclass(frozen=True)
class Closing:
    """The last words by what was answered, and the scores (this or fewer) that open the case again."""

    not_fixed: str
    unhappy: str
    """It works, but a score is low: somebody comes again all the same."""
    bill_differs: str
    """Said before the last words."""
    low: dict[str, int]


def closing_words(session: Session, *, call: CallInfo, now: datetime) -> Closing:
    """An apology, and within what time (the maker's limit of a first contact) somebody rings.

    Who rings is not said: it may be the technician or the desk.
    """
    brand = get_company(session, company_id=call.company_id).brand_name
    rules = read_rules(session, company_id=call.company_id, at=now)
    limit = _spoken(rules.contact_limit_s)
    who = "다른 기사가" if call.case.was_visited else "기사가"
    again = f"바로 다시 접수해서 {limit} 안에 전화드려 {who} 찾아갈 시간을 잡겠습니다. {brand}였습니다."
    return Closing(
        not_fixed=f"아직 불편하시다니 정말 죄송합니다. {again}",
        unhappy=f"만족을 드리지 못해 정말 죄송합니다. {again}",
        bill_differs="비용이 달랐던 점은 죄송합니다. 책임자가 확인해 따로 전화드리겠습니다.",
        low={"overall": rules.happy_call_low_score, "nps": rules.happy_call_low_nps},
    )


def _spoken(seconds: int) -> str:
    if seconds == HOUR_S:
        return "한 시간"
    return f"{seconds // HOUR_S}시간" if seconds % HOUR_S == 0 else f"{-(-seconds // 60)}분"
