"""Cases with every kind of word in them, and what is left of those words."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session, col, select

from billing.models import Charge
from core import audit
from core.dated import read_rules
from core.models import TimelineEntry
from customers.models import Household
from dispatch.models import ContactAttempt, Ticket, TicketParty, Visit
from happycall.models import HappyCall, HappyCallAttempt
from notifications.models import Notice
from privacy.kinds import KINDS
from tests import world
from workforce.models import Company

SAID = "딸 010-7731-4492, 현관 58213#"

BY_CODE = {kind.code: kind for kind in KINDS}


def days_of(session: Session, company: Company, code: str, now: datetime) -> int:
    rules = read_rules(session, company_id=company.id or 0, at=now)
    return int(getattr(rules, BY_CODE[code].setting))


def case(
    session: Session,
    company: Company,
    *,
    ended: datetime | None,
    household: Household | None = None,
    **fields: Any,
) -> Ticket:
    """A case with every kind of word in it, that ended then or goes on."""
    point = world.make_point(session, company=company)
    received = (ended or world.NOW) - timedelta(days=2)
    ticket = world.make_ticket(
        session,
        company=company,
        household=household,
        point=point,
        received_at=received,
        completed_at=ended,
        note=SAID,
        **{"status": "COMPLETED" if ended else "ASSIGNED", **fields},
    )
    visit = world.make_visit(
        session, ticket=ticket, point=point, state="completed" if ended else "planned", note=SAID
    )
    key = ticket.id or 0
    at = ended or received
    call = world.add(
        session,
        HappyCall(
            company_id=ticket.company_id,
            ticket_id=key,
            visit_id=visit.id,
            state="done",
            due_at=at,
            until_at=at,
            reason=SAID,
            created_at=at,
        ),
    )
    session.add_all(
        [
            ContactAttempt(
                ticket_id=key, outcome="NO_ANSWER", evidence="SELF_REPORT", at=at, recorded_at=at, note=SAID
            ),
            Charge(
                company_id=ticket.company_id,
                ticket_id=key,
                visit_id=visit.id or 0,
                total=43000,
                fee_tier="day",
                warranty=False,
                warranty_reason="OUT_OF_WARRANTY",
                made_at=at,
            ),
            HappyCallAttempt(
                happy_call_id=call.id or 0,
                at=at,
                outcome="CONNECTED",
                answers={"fixed": True, "overall": 6, "verbatim": SAID},
                note=SAID,
            ),
            notice(ticket, at),
        ]
    )
    audit.record(
        session,
        by=world.AGENT,
        at=at,
        what="TicketFiled",
        subject=("ticket", key),
        company_id=ticket.company_id,
        reason=SAID,
    )
    session.flush()
    return ticket


def notice(ticket: Ticket, at: datetime) -> Notice:
    return Notice(
        company_id=ticket.company_id,
        ticket_id=ticket.id or 0,
        event="VISIT_RESULT",
        generation=1,
        recipient="resident",
        channel="LMS",
        to_phone="+821077314492",
        from_phone="+8215880000",
        text=SAID,
        bytes=40,
        template_version="1",
        state="delivered",
        created_at=at,
        next_try_at=at,
    )


def words_of(session: Session, ticket_id: int) -> dict[str, list[Any]]:
    """Everything a family said or was told in a case, and who they are."""
    calls = select(HappyCall.id).where(col(HappyCall.ticket_id) == ticket_id)
    return {
        "note": list(session.exec(select(Ticket.note).where(col(Ticket.id) == ticket_id))),
        "people": list(
            session.exec(
                select(TicketParty.name, TicketParty.phone).where(TicketParty.ticket_id == ticket_id)
            )
        ),
        "texts": list(
            session.exec(select(Notice.text, Notice.to_phone).where(Notice.ticket_id == ticket_id))
        ),
        "attempts": list(
            session.exec(select(ContactAttempt.note).where(ContactAttempt.ticket_id == ticket_id))
        ),
        "visit": list(session.exec(select(Visit.note).where(Visit.ticket_id == ticket_id))),
        "calls": list(
            session.exec(
                select(HappyCallAttempt.answers).where(col(HappyCallAttempt.happy_call_id).in_(calls))
            )
        ),
        "timeline": list(
            session.exec(select(TimelineEntry.reason).where(TimelineEntry.subject_id == ticket_id))
        ),
    }
