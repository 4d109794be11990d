"""What the caller says at the end to a family whose boiler still does not work.

Korean source text like the script's own sentences: it is spoken, whatever language the screen has.
"""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session

from core.dated import read_rules
from happycall.schemas import CallInfo
from workforce.queries import get_company

HOUR_S = 3600


def closing_if_not_fixed(session: Session, *, call: CallInfo, now: datetime) -> str:
    """An apology, and within what time (the maker's limit of a first contact) a technician rings."""
    brand = get_company(session, company_id=call.company_id).brand_name
    limit = _spoken(read_rules(session, company_id=call.company_id, at=now).contact_limit_s)
    who = "다른 기사가" if call.case.was_visited else "기사가"
    return (
        f"아직 불편하시다니 정말 죄송합니다. 바로 다시 접수해서 {who} {limit} 안에 전화드리고 "
        f"방문 시간을 잡겠습니다. {brand}였습니다."
    )


def _spoken(seconds: int) -> str:
    if seconds == HOUR_S:
        return "한 시간"
    return f"{seconds // HOUR_S}시간" if seconds % HOUR_S == 0 else f"{-(-seconds // 60)}분"
