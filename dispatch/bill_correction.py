"""A bill that turned out wrong: reckoned again with other lines, written beside the old one, and told."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlmodel import Session

from billing import queries as billing_queries
from billing import service as billing
from billing.schemas import ChargeInfo, LineRequest, PricedVisit
from core.actor import Actor
from core.errors import ConflictError
from core.i18n import N_, _
from dispatch import notices
from dispatch.cases import Case, lock_case
from dispatch.models import Ticket, Visit
from dispatch.pricing import work_of


class NothingCorrectedError(ConflictError):
    """The bill would be the same: nobody is told of a correction that is none."""

    code = "nothing-corrected"


def preview_correction(
    session: Session,
    *,
    ticket_id: int,
    visit_id: int,
    lines: tuple[LineRequest, ...],
    misuse: bool,
    now: datetime,
) -> PricedVisit:
    """What the bill would be, by the list of the day of the visit. Raises as `correct_bill`."""
    visit = _billed(session, ticket_id=ticket_id, visit_id=visit_id)
    case = Case(session.get_one(Ticket, ticket_id), visit)
    work = work_of(session, case, visit, lines=lines, at=visit.ended_at or now)
    return billing.price_visit(session, work=replace(work, misuse=misuse))


def correct_bill(
    session: Session,
    *,
    ticket_id: int,
    visit_id: int,
    lines: tuple[LineRequest, ...],
    misuse: bool,
    reason: str,
    by: Actor,
    now: datetime,
) -> ChargeInfo:
    """Replace the bill of a visit; the old one stays on record and the family hears the new one.

    Raises:
        billing.service.NoChargeError: the visit has no bill, or is another ticket's (404).
        NothingCorrectedError: the new bill is the old one (409).
        InvalidError: no reason, or a line that cannot be (422).
    """
    ticket = lock_case(session, ticket_id=ticket_id).ticket
    visit = _billed(session, ticket_id=ticket_id, visit_id=visit_id)
    before = billing_queries.charge_of_visit(session, visit_id=visit_id)
    visit.misuse = misuse
    session.add(visit)
    work = work_of(session, Case(ticket, visit), visit, lines=lines, at=visit.ended_at or now)
    charge = billing.correct_charge(session, work=work, reason=reason, by=by, now=now)
    if before is not None and (before.lines, before.total) == (charge.lines, charge.total):
        raise NothingCorrectedError(_("고친 것이 없습니다. 항목이나 수량을 바꾼 뒤에 저장해 주세요."))
    times = len(billing_queries.history_of_visit(session, visit_id=visit_id)) - 1
    why = N_("비용을 고쳐 새로 알립니다.")
    notices.tell_corrected_bill(session, visit_id=visit_id, charge=charge, times=times, why=why, now=now)
    return charge


def _billed(session: Session, *, ticket_id: int, visit_id: int) -> Visit:
    visit = session.get(Visit, visit_id, populate_existing=True)
    found = billing_queries.charge_of_visit(session, visit_id=visit_id)
    if visit is None or visit.ticket_id != ticket_id or found is None:
        raise billing.NoChargeError(_("고칠 청구서가 없습니다. 방문을 먼저 완료해 주세요."))
    return visit
