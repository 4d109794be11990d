"""The language that somebody is written to in: said in a call, at a desk or on the family's page."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlmodel import Session, col, select

from core import audit
from core.actor import Actor
from core.errors import NotFoundError
from core.i18n import _
from customers.languages import choose_languages
from customers.queries import household_detail
from dispatch.models import Ticket, TicketParty
from dispatch.states import ENDED_STATUSES
from dispatch.tickets import ticket_key


def keep_languages(
    session: Session,
    *,
    company_id: int,
    household_id: int,
    wanted: Mapping[int, str],
    by: Actor,
    now: datetime,
) -> bool:
    """Write to these people (by contact) in these languages from now on; what waits to be sent stays.

    The home's timeline and those of their open cases say so. Returns whether anything changed.

    Raises:
        Also as `customers.languages.choose_languages`.
    """
    changed = choose_languages(session, company_id=company_id, wanted=wanted) if wanted else {}
    if not changed:
        return False
    for subject in [("household", household_id), *_open_cases(session, company_id, changed)]:
        audit.record(
            session,
            by=by,
            at=now,
            what="LanguageChosen",
            subject=subject,
            company_id=company_id,
            data={"languages": {str(each): language for each, language in sorted(changed.items())}},
        )
    return True


def take_language(
    session: Session,
    *,
    company_id: int,
    household_id: int,
    contact_id: int,
    language: str,
    by: Actor,
    now: datetime,
) -> bool:
    """Keep what somebody of a home said at a desk. Returns and raises as `keep_languages`.

    Raises:
        NotFoundError: no such home, or he is not of it (404).
    """
    detail = household_detail(session, company_id=company_id, household_id=household_id)
    if contact_id not in {member.contact.id for member in detail.members}:
        raise NotFoundError(_("이 댁의 사람이 아닙니다."))
    return keep_languages(
        session,
        company_id=company_id,
        household_id=household_id,
        wanted={contact_id: language},
        by=by,
        now=now,
    )


def _open_cases(session: Session, company_id: int, contact_ids: Collection[int]) -> list[tuple[str, int]]:
    query = (
        select(Ticket)
        .join(TicketParty, col(TicketParty.ticket_id) == col(Ticket.id))
        .where(
            col(Ticket.company_id) == company_id,
            col(TicketParty.contact_id).in_(contact_ids),
            col(Ticket.status).not_in(ENDED_STATUSES),
            col(Ticket.destroyed_at).is_(None),
        )
        .order_by(col(Ticket.id))
    )
    return [("ticket", key) for key in dict.fromkeys(ticket_key(row) for row in session.exec(query))]
