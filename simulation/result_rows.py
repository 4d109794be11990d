"""The end of a seeded visit: the bill, the texts about it, and the happy call."""

from __future__ import annotations

from billing.models import Charge, ChargeLine
from billing.schemas import PricedVisit
from core.clock import today_kst
from notifications.messages import CostLine, VisitResult
from simulation.bulk import Row
from simulation.casefile import CaseFile
from simulation.happenings import SAFETY_LINES
from simulation.happy_rows import add_happy_call
from simulation.payment_rows import add_payment
from simulation.shapes import TechnicianSpec
from simulation.story_shapes import Leg
from simulation.telling import worker_of


def add_result(
    case: CaseFile, visit: Row, leg: Leg, technician: TechnicianSpec, *, ended: int, again: bool = False
) -> None:
    """Bill the visit, tell the family, owe a happy call; `again`: the repair before did not hold."""
    before = case.story.leg if again else None
    bill = case.office.till(case.maker.id).price(
        case.home,
        symptom=case.symptom,
        codes=SAFETY_LINES if case.moments.safety else case.story.lines,
        misuse=case.story.misuse,
        agreed=visit["window_start"],
        arrived=case.at(leg.arrived),
        last_repair_on=today_kst(case.at(before.ended)) if before else None,
    )
    charge_id = _add_charge(case, visit, bill, ended=ended)
    add_payment(case, visit, technician, bill, ended=ended)
    data = {"charge_id": charge_id, "visit_id": visit["id"], "total": bill.total}
    case.note(ended, "VisitCharged", technician.person, data=data)
    case.note(ended, "VisitCompleted", technician.person, data=data)
    context = VisitResult(
        case=case.letters.case,
        worker=worker_of(technician, case.maker.id),
        finished_at=case.at(ended),
        lines=tuple(CostLine(line.label, line.amount, line.warranty) for line in bill.lines),
        total=bill.total,
        vat=bill.vat or None,
    )
    case.letters.tell_family(context, case.at(ended))
    add_happy_call(case, done=ended, visit_id=visit["id"], again=again)


def _add_charge(case: CaseFile, visit: Row, bill: PricedVisit, *, ended: int) -> int:
    charge_id = case.batch.add(
        Charge,
        company_id=case.maker.id,
        ticket_id=case.ticket_id,
        visit_id=visit["id"],
        total=bill.total,
        fee_tier=bill.fee_tier.value,
        warranty=bill.warranty.covered,
        warranty_reason=bill.warranty.reason.value,
        paid_because="",
        vat=bill.vat,
        tracks_payment=True,
        made_at=case.at(ended),
    )
    for line in bill.lines:
        case.batch.add(
            ChargeLine,
            charge_id=charge_id,
            price_item_id=line.item_id,
            code=line.code,
            label=line.label,
            quantity=line.quantity,
            unit_amount=line.unit_amount,
            amount=line.amount,
            warranty=line.warranty,
        )
    return charge_id
