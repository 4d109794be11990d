"""A job that was his and is not any more: what his phone says instead of finding nothing."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlmodel import Session

from core.actor import Principal
from core.errors import NotFoundError
from core.wall import across_the_company
from dispatch.queries import ticket_detail
from notifications.queries import list_notices
from web.pages.technician import Whose, frame_of
from workforce.queries import get_technicians


def lost_values(
    session: Session, *, principal: Principal, number: str, now: datetime
) -> dict[str, Any] | None:
    """What the page of a lost job needs; None when he was never told of such a job, whatever it may be."""
    if principal.technician_id is None:
        return None
    technicians = get_technicians(
        session, technician_ids=[principal.technician_id], company_id=principal.company_id
    )
    own = technicians.get(principal.technician_id)
    with across_the_company(session):  # another's by now: that it is, and nothing of it
        try:
            detail = ticket_detail(session, company_id=principal.company_id, number=number, now=now)
        except NotFoundError:
            return None
        if own is None or not _was_told(session, ticket_id=detail.id, phone=own.phone):
            return None
    return {
        **frame_of(session, Whose(own, (), is_own=True), principal, view=None),
        "number": detail.number,
        "is_others": detail.visit is not None and detail.visit.technician is not None,
    }


def _was_told(session: Session, *, ticket_id: int, phone: str) -> bool:
    notices = list_notices(session, ticket_id=ticket_id)
    return any(notice.recipient == "technician" and notice.to_phone == phone for notice in notices)
