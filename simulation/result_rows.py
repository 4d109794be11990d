"""The end of a seeded visit: the bill, the texts about it, and the happy call."""

from __future__ import annotations

from datetime import timedelta

from billing.models import Charge, ChargeLine
from billing.schemas import PricedVisit
from core.clock import rfc3339_kst
from happycall.models import HappyCall, HappyCallAttempt
from happycall.rules import is_elderly
from notifications.messages import CostLine, VisitResult
from simulation.bulk import Row
from simulation.casefile import CaseFile
from simulation.happenings import SAFETY_LINES
from simulation.shapes import TechnicianSpec
from simulation.story_shapes import Leg
from simulation.telling import worker_of

_WORDS = ("친절하셨어요", "금방 따뜻해졌어요", "설명을 잘해 주셨어요", "", "", "")


def add_result(case: CaseFile, visit: Row, leg: Leg, technician: TechnicianSpec, *, ended: int) -> None:
    """Bill the visit, tell the family, owe a happy call."""
    bill = case.office.till(case.maker.id).price(
        case.home,
        symptom=case.symptom,
        codes=SAFETY_LINES if case.moments.safety else case.story.lines,
        misuse=case.story.misuse,
        agreed=visit["window_start"],
        arrived=case.at(leg.arrived),
    )
    charge_id = _add_charge(case, visit, bill, ended=ended)
    data = {"charge_id": charge_id, "visit_id": visit["id"], "total": bill.total}
    case.note(ended, "VisitCharged", technician.person, data=data)
    case.note(ended, "VisitCompleted", technician.person, data=data)
    context = VisitResult(
        case=case.letters.case,
        worker=worker_of(technician, case.maker.id),
        finished_at=case.at(ended),
        lines=tuple(CostLine(line.label, line.amount, line.warranty) for line in bill.lines),
        total=bill.total,
    )
    case.letters.tell_family(context, case.at(ended))
    add_happy_call(case, done=ended, visit_id=visit["id"])


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


def add_happy_call(case: CaseFile, *, done: int, visit_id: int | None, withdrawn: bool = False) -> None:
    """The call that is owed, with what came of it by now."""
    home = case.home
    elderly = is_elderly(priority_care=home.priority_care, age_band=home.age_band)
    due, until = case.office.happy_window(case.maker.id, done_at=case.at(done), elderly=elderly)
    row: Row = {
        "id": case.batch.reserve(HappyCall),
        "company_id": case.maker.id,
        "ticket_id": case.ticket_id,
        "visit_id": visit_id,
        "state": "scheduled",
        "due_at": due,
        "until_at": until,
        "created_at": case.at(done),
    }
    if withdrawn:
        row.update(state="withdrawn", reason="방문 전에 취소된 접수입니다.", closed_at=case.at(done))
        case.note(done, "HappyCallWithdrawn", None, reason=row["reason"])
    else:
        data = {"due_at": rfc3339_kst(due), "until_at": rfc3339_kst(until)}
        case.note(done, "HappyCallScheduled", None, data=data)
        _ring(case, row)
    case.batch.add(HappyCall, **row)


def _ring(case: CaseFile, row: Row) -> None:
    """Of the calls that are due, most have been made; some did not answer."""
    story = case.story
    rung = row["due_at"] + timedelta(seconds=story.salt)
    if story.happy == "open" or rung > case.office.now:
        return
    caller = case.office.world.qa[case.maker.id][story.salt % 4]
    seconds = int((rung - case.office.zero).total_seconds())
    answered = story.happy == "good"
    answers = {}
    if answered:
        answers = {
            "fixed": True,
            "overall": 5 + story.salt % 3,
            "nps": 7 + story.salt % 4,
            "cost_matches": True,
            "came_on_time": True,
            "told_before": True,
            "contacted_in_time": True,
            "verbatim": _WORDS[story.salt % len(_WORDS)] or None,
        }
    case.batch.add(
        HappyCallAttempt,
        happy_call_id=row["id"],
        at=rung,
        outcome="CONNECTED" if answered else "NO_ANSWER",
        with_role="resident",
        answers=answers,
        account_id=caller.account_id,
    )
    case.note(seconds, "HappyCallAttempted", caller, data={"happy_call_id": row["id"]})
    if answered:
        row.update(state="done", closed_at=rung)
        case.note(seconds, "HappyCallDone", caller, data={"happy_call_id": row["id"]})
        if case.ticket["status"] == "COMPLETED":
            case.ticket.update(status="CLOSED", closed_at=rung)
    else:
        row["due_at"] = min(rung + timedelta(hours=4), row["until_at"])
