"""A bill that turned out wrong: reckoned again with other lines, written beside the old one, and told."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from sqlmodel import Session, col, select

from billing import queries as billing_queries
from billing import service as billing
from billing.schemas import ChargeInfo, LineRequest, PricedVisit
from core.actor import Actor
from core.errors import ConflictError
from core.i18n import N_, _
from dispatch import bill_notices
from dispatch.cases import Case, lock_case
from dispatch.completion_checks import look_at_unasked, require_reason
from dispatch.models import Ticket, Visit
from dispatch.pricing import work_of


class NothingCorrectedError(ConflictError):
    """The bill would be the same: nobody is told of a correction that is none."""

    code = "nothing-corrected"


class OtherBillError(ConflictError):
    """Somebody corrected the bill after it was opened: what was typed rests on another one."""

    code = "bill-changed"


@dataclass(frozen=True)
class BilledVisit:
    """A visit that has a bill, and the point that made it and answers for it."""

    id: int
    ticket_id: int
    service_point_id: int
    technician_id: int | None
    ended_at: datetime | None


def billed_visits(
    session: Session, *, company_id: int, number: str, point_id: int | None = None
) -> list[BilledVisit]:
    """The billed visits of a ticket in their order, or only those of a point, whoever has the ticket now."""
    query = (
        select(Visit)
        .join(Ticket, col(Ticket.id) == col(Visit.ticket_id))
        .where(col(Ticket.company_id) == company_id, col(Ticket.number) == number)
        .order_by(col(Visit.sequence))
    )
    if point_id is not None:
        query = query.where(col(Visit.service_point_id) == point_id)
    visits = list(session.exec(query))
    if not visits:
        return []
    charges = billing_queries.charges_of_ticket(session, ticket_id=visits[0].ticket_id)
    billed = {charge.visit_id for charge in charges}
    return [
        BilledVisit(
            visit.id or 0, visit.ticket_id, visit.service_point_id, visit.technician_id, visit.ended_at
        )
        for visit in visits
        if visit.id in billed
    ]


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
    seen: int | None = None,
    paid_because: str | None = None,
) -> ChargeInfo:
    """Replace the bill of a visit; the old one stays on record and the family hears the new one.

    A dearer one than anybody agreed to is looked at by a desk.

    Args:
        seen: the bill that lay before whoever corrects; None: not said.
        paid_because: for the family's eyes, why misuse is paid within a warranty; None: as it was.

    Raises:
        billing.service.NoChargeError: the visit has no bill, or is another ticket's (404).
        OtherBillError: the bill was corrected since it was seen (409).
        NothingCorrectedError: the new bill is the old one (409).
        InvalidError: no reason, none for the family against its warranty, or a line that cannot be (422).
    """
    ticket = lock_case(session, ticket_id=ticket_id).ticket
    visit = _billed(session, ticket_id=ticket_id, visit_id=visit_id)
    before = billing_queries.charge_of_visit(session, visit_id=visit_id)
    if before is not None and seen not in (None, before.id):
        text = _(
            "그사이 다른 사람이 이 청구서를 고쳤습니다. 수량을 지금 청구대로 다시 채웠으니, "
            "더 고칠 것이 있으면 고쳐서 저장해 주세요."
        )
        raise OtherBillError(text)
    facts = {"misuse_before": visit.misuse, "misuse": misuse}
    visit.misuse = misuse
    session.add(visit)
    work = work_of(session, Case(ticket, visit), visit, lines=lines, at=visit.ended_at or now)
    if misuse:
        kept = before.paid_because if before is not None and paid_because is None else paid_because or ""
        work = replace(work, paid_because=kept.strip())
        require_reason(session, work)
    charge = billing.correct_charge(session, work=work, reason=reason, by=by, now=now, facts=facts)
    if before is not None and (before.lines, before.total) == (charge.lines, charge.total):
        raise NothingCorrectedError(_("고친 것이 없습니다. 항목이나 수량을 바꾼 뒤에 저장해 주세요."))
    if before is not None and charge.total > before.total:
        look_at_unasked(session, work=work, lines=charge.lines, now=now)
    times = len(billing_queries.history_of_visit(session, visit_id=visit_id)) - 1
    why = N_("비용을 고쳐 새로 알립니다.")
    bill_notices.tell_corrected_bill(session, visit_id=visit_id, charge=charge, times=times, why=why, now=now)
    return charge


def _billed(session: Session, *, ticket_id: int, visit_id: int) -> Visit:
    visit = session.get(Visit, visit_id, populate_existing=True)
    found = billing_queries.charge_of_visit(session, visit_id=visit_id)
    if visit is None or visit.ticket_id != ticket_id or found is None:
        raise billing.NoChargeError(_("고칠 청구서가 없습니다. 방문을 먼저 완료해 주세요."))
    return visit
