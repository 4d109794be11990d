"""Dear work at the door: priced as its bill would be, and whoever pays is asked, or has agreed already."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session

from billing.schemas import LineRequest
from core.actor import Actor
from core.errors import NotFoundError
from core.i18n import _
from dispatch.approvals import ApprovalFacts, agree_by_phone, ask_approval
from dispatch.cases import current_visit
from dispatch.pricing import preview_bill


def ask_for_work(
    session: Session,
    *,
    ticket_id: int,
    lines: tuple[LineRequest, ...],
    misuse: bool,
    agreed_by_phone: bool,
    by: Actor,
    now: datetime,
) -> ApprovalFacts:
    """Ask whoever pays whether this work may be done at the current visit, at the price of its bill.

    Args:
        agreed_by_phone: he said yes on the phone or at the door, so nobody tells him.

    Raises:
        NotFoundError: no visit yet (404).
        BadLinesError: a cost line that is not in the list (422).
        Otherwise as `approvals.ask_approval`.
    """
    bill = preview_bill(session, ticket_id=ticket_id, lines=lines, misuse=misuse, now=now)
    visit = current_visit(session, ticket_id=ticket_id)
    if visit is None:
        raise NotFoundError(_("아직 방문이 없는 접수입니다."))
    door = agree_by_phone if agreed_by_phone else ask_approval
    return door(session, visit_id=visit.id or 0, lines=bill.lines, by=by, now=now)
