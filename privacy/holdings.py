"""Everything that is held on a person (개인정보보호법 제35조): from every room, without other people."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from sqlmodel import Session

from billing.payments import payments_of_ticket
from billing.queries import charges_of_ticket
from campaigns.holdings import invitations_held
from core.clock import rfc3339_kst
from core.masking import mask_name, mask_phone
from core.phones import parse_phone
from customers.holdings import HeldPerson, held_on_people
from dispatch.holdings import HeldCase, cases_of_people
from happycall.holdings import calls_held
from notifications.queries import list_notices
from workforce.access_queries import MOST_LINES, AccessFilter, list_access

_GAP = r"[\s.\-)]{0,2}"


def held_on(
    session: Session, *, company_id: int, people: Collection[HeldPerson], now: datetime
) -> dict[str, Any]:
    """What is held on these people (one person's several entries), ready for JSON; times in Korea.

    Of other people in the same cases nothing is given away: their names and numbers are masked in every text,
    texts sent to them and happy calls with them are left out.
    """
    cases = cases_of_people(session, company_id=company_id, contact_ids=[person.id for person in people])
    numbers = {person.phone for person in people}
    found: dict[str, Any] = {
        "made_at": rfc3339_kst(now),
        **held_on_people(session, company_id=company_id, people=people),
        "tickets": [_case(session, case) for case in cases],
        "texts": [each for case in cases for each in _texts(session, case, numbers)],
        "invitations": invitations_held(session, contact_ids=[person.id for person in people]),
        "access_log": _seen(session, company_id, people, cases),
    }
    own = {person.name for person in people}
    others = {("" if name in own else name, phone) for case in cases for name, phone in case.others}
    return dict(_without(found, others))


def hide_others(text: str, others: Iterable[tuple[str, str]]) -> str:
    """A text with these people's names and numbers masked, however the numbers are written."""
    for name, phone in sorted(others, key=lambda other: -len(other[0])):
        if len(name) > 1:
            text = text.replace(name, mask_name(name))
        digits = parse_phone(phone).digits
        written = re.compile(r"(?:\+?82" + _GAP + r")?" + _GAP.join(f"{d}" for d in digits))
        abroad = re.compile(r"\+?82" + _GAP + _GAP.join(digits[1:]))
        for pattern in (abroad, written):
            text = pattern.sub(mask_phone(phone), text)
    return text


def _without(value: Any, others: Collection[tuple[str, str]]) -> Any:
    if isinstance(value, str):
        return hide_others(value, others)
    if isinstance(value, dict):
        return {key: _without(each, others) for key, each in value.items()}
    if isinstance(value, list):
        return [_without(each, others) for each in value]
    return value


def _case(session: Session, case: HeldCase) -> dict[str, Any]:
    return {
        **case.facts,
        "charges": [
            {"total": charge.total, "lines": [{"label": x.label, "amount": x.amount} for x in charge.lines]}
            for charge in charges_of_ticket(session, ticket_id=case.id)
        ],
        "payments": [
            {
                "at": rfc3339_kst(row.taken_at),
                "kind": row.kind,
                "method": row.method,
                "amount": row.amount,
                "receipt_number": row.receipt_number,
                "reason": row.reason,
            }
            for row in payments_of_ticket(session, ticket_id=case.id)
        ],
        "happy_calls": calls_held(session, ticket_id=case.id, roles=case.roles),
    }


def _texts(session: Session, case: HeldCase, numbers: Collection[str]) -> list[dict[str, Any]]:
    return [
        {
            "number": case.number,
            "at": rfc3339_kst(notice.created_at),
            "event": notice.event,
            "state": notice.state,
            "text": notice.text,
        }
        for notice in list_notices(session, ticket_id=case.id)
        if notice.to_phone in numbers
    ]


def _seen(
    session: Session, company_id: int, people: Collection[HeldPerson], cases: Iterable[HeldCase]
) -> list[dict[str, Any]]:
    """Who looked at his data. Of a home that others live in, only what concerns his own cases."""
    subjects = {("ticket", case.id) for case in cases} | {("contact", person.id) for person in people}
    subjects |= {("household", home) for person in people for home in person.lives_in}
    wanted = AccessFilter(company_id=company_id, subjects=subjects)
    return [
        {
            "at": rfc3339_kst(line.at),
            "by": line.who,
            "act": line.act,
            "fields": list(line.fields),
            "reason": line.reason,
        }
        for line in list_access(session, wanted=wanted, limit=MOST_LINES)
    ]
