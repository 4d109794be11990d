"""The visits of a seeded ticket: planned, agreed, driven to, worked, billed, asked about."""

from __future__ import annotations

from datetime import datetime, timedelta

from core.clock import kst, rfc3339_kst
from dispatch.checklist import checklist_for
from dispatch.models import Booking, Visit
from dispatch.open_visits import duration_of, skills_of
from dispatch.tasks import ESCALATION, PART_CALL, REVISIT_CALL
from dispatch.words import SYMPTOMS
from notifications.messages import Absent, EnRoute, JobAssigned
from simulation.bulk import Row
from simulation.casefile import CaseFile
from simulation.contact_rows import add_attempt, add_contact, agree_window, technician_of
from simulation.result_rows import add_result
from simulation.shops import needs_of
from simulation.story_shapes import Leg
from simulation.telling import place_words, worker_of


def add_visits(case: CaseFile) -> None:
    """Every visit that exists by now, and the ticket's status with it."""
    m, story = case.moments, case.story
    if story.kind == "unplanned" and case.past(m.planned):
        _unplanned(case)
    if story.leg is None or not case.past(m.planned):
        return
    visit = plan_visit(case, story.leg, at=m.planned)
    add_contact(case, visit)
    if case.past(story.leg.depart):
        drive_there(case, visit, story.leg)
    if case.past(m.ended) and m.ended is not None:
        _finish(case, visit, story.leg, m.ended)
    keep_visit(case, visit)
    _escalate(case)


def _unplanned(case: CaseFile) -> None:
    """A job that nobody of the point may do: it waits with its reason."""
    row = _visit_row(case, point_id=case.story.point_id or 0, sequence=1, at=case.moments.planned)
    case.batch.add(Visit, **row)
    case.note(case.moments.planned, "VisitNotPlanned", None, data={"codes": ["NO_QUALIFIED_TECHNICIAN"]})


def _visit_row(case: CaseFile, *, point_id: int, sequence: int, at: int) -> Row:
    rules = case.office.rules[case.story.company_id]
    return {
        "id": case.batch.reserve(Visit),
        "ticket_id": case.ticket_id,
        "company_id": case.story.company_id,
        "sequence": sequence,
        "service_point_id": point_id,
        "state": "planned",
        "duration_s": duration_of(rules, case.symptom),
        "skills": needs_of(case.home, skills_of(rules, case.symptom)),
        "created_at": case.at(at),
    }


def plan_visit(case: CaseFile, leg: Leg, *, at: int, sequence: int = 1) -> Row:
    """Assigned: the technician is told once the point has taken the ticket."""
    m = case.moments
    visit = _visit_row(case, point_id=leg.point_id, sequence=sequence, at=at - 1)
    visit.update(
        technician_id=leg.technician_id, planned_start=case.at(leg.start), planned_end=case.at(leg.end)
    )
    if m.safety:
        visit["pinned_technician"] = True
    case.ticket["status"] = "ASSIGNED"
    _note_planned(case, visit, leg, at)
    told = max(at, m.accepted)
    if case.past(told):
        _tell_job(case, visit, leg, told)
    return visit


def _note_planned(case: CaseFile, visit: Row, leg: Leg, at: int) -> None:
    data = {
        "visit_id": visit["id"],
        "origin": "insertion",
        "technician_id": leg.technician_id,
        "start": rfc3339_kst(case.at(leg.start)),
    }
    case.note(at, "VisitPlanned", None, data=data)


def _tell_job(case: CaseFile, visit: Row, leg: Leg, at: int) -> None:
    technician = technician_of(case, leg)
    rules = case.office.rules[case.story.company_id]
    context = JobAssigned(
        maker=case.maker.brand_name,
        ticket_number=case.number,
        place=place_words(case.home),
        symptom=SYMPTOMS[case.symptom],
        contact_due_at=case.at(case.moments.received + rules.contact_limit_s),
        urgency="SAFETY" if case.moments.safety else "CARE" if case.home.priority_care else "NORMAL",
    )
    case.letters.tell_technician(context, technician, case.at(at))
    visit["told_technician_id"] = technician.id
    seen = at + 40 + case.story.salt % 240
    if case.story.acknowledges and case.past(seen):
        visit["acknowledged_at"] = case.at(seen)
        case.note(seen, "JobAcknowledged", technician.person, data={"visit_id": visit["id"]})


def drive_there(case: CaseFile, visit: Row, leg: Leg) -> None:
    """Under way, at the door, at work: as far as it has come by now."""
    technician = technician_of(case, leg)
    visit.update(state="en_route", en_route_at=case.at(leg.depart))
    case.ticket["status"] = "EN_ROUTE"
    case.note(leg.depart, "TechnicianDeparted", technician.person, data={"visit_id": visit["id"]})
    context = EnRoute(case.letters.case, worker_of(technician, case.maker.id), case.at(leg.start))
    case.letters.tell_family(context, case.at(leg.depart))
    if not case.past(leg.arrived):
        return
    visit.update(state="arrived", arrived_at=case.at(leg.arrived))
    case.ticket["status"] = "ARRIVED"
    case.note(leg.arrived, "TechnicianArrived", technician.person, data={"visit_id": visit["id"]})
    if case.story.outcome == "absent":
        for k, wait in enumerate((150, 480)):
            if case.past(leg.arrived + wait):
                outcome = "NO_ANSWER" if k == 0 else "BUSY"
                add_attempt(case, visit, technician.person, leg.arrived + wait, outcome=outcome)
    elif case.past(leg.started):
        visit.update(state="in_progress", started_at=case.at(leg.started))
        case.ticket["status"] = "IN_PROGRESS"
        case.note(leg.started, "WorkStarted", technician.person, data={"visit_id": visit["id"]})


def complete(case: CaseFile, visit: Row, *, ended: int) -> None:
    """The work is done, every item ticked."""
    ticked = {item.code: True for item in checklist_for(safety=case.moments.safety)}
    visit.update(state="completed", ended_at=case.at(ended), checklist=ticked, misuse=case.story.misuse)
    case.ticket.update(status="COMPLETED", completed_at=case.at(ended), safety_hold=False)
    case.clock_stops["handled"] = (ended, "SELF_REPORT")
    case.over = ended


def _finish(case: CaseFile, visit: Row, leg: Leg, ended: int) -> None:
    technician = technician_of(case, leg)
    visit["ended_at"] = case.at(ended)
    if case.story.outcome == "fixed":
        complete(case, visit, ended=ended)
        add_result(case, visit, leg, technician, ended=ended)
        return
    if case.story.outcome == "absent":
        visit.update(state="absent", note="초인종을 눌러도 답이 없음")
        case.ticket["status"] = "ABSENT"
        case.note(ended, "FamilyAbsent", technician.person, data={"visit_id": visit["id"]})
        context = Absent(case.letters.case, worker_of(technician, case.maker.id), case.at(leg.arrived), ())
        case.letters.tell_family(context, case.at(ended))
        detail = "방문했으나 아무도 없었습니다. 가족과 통화해 다시 방문할 시간을 정해 주세요."
    else:
        part_due = kst(case.office.world.base_day + timedelta(days=2 + case.story.salt % 2), 9)
        visit.update(state="completed", hold_reason="parts_wait", hold_due_at=part_due, note="부품 주문")
        case.ticket["status"] = "ON_HOLD"
        case.note(
            ended, "VisitHeld", technician.person, reason="부품 주문", data={"hold_reason": "parts_wait"}
        )
        _tell_of_part(case, part_due, ended=ended)
        detail = "부품을 기다리는 접수입니다. 부품이 오면 가족과 통화해 방문할 시간을 정해 주세요."
    _go_again(case, visit, detail=detail, ended=ended)


def _tell_of_part(case: CaseFile, part_due: datetime, *, ended: int) -> None:
    """The desk rings within the hour: the family has no appointment any more."""
    task = case.task(
        PART_CALL,
        seconds=ended,
        detail=f"부품 도착 예정일({part_due.month}월 {part_due.day}일)을 가족에게 전화로 알려 주세요.",
        owner=case.owner_now(),
        generation=1,
        due_at=case.at(ended + 3600),
    )
    told = ended + 1200
    if case.past(told):
        case.close(task, seconds=told, outcome="부품 도착 예정일을 알려 드렸습니다.")


def _go_again(case: CaseFile, visit: Row, *, detail: str, ended: int) -> None:
    """The desk rings the family; where a second visit is planned, it is agreed in that talk."""
    story, m = case.story, case.moments
    task = case.task(
        REVISIT_CALL,
        seconds=ended,
        detail=detail,
        owner=case.owner_now(),
        generation=1,
        due_at=visit.get("hold_due_at"),
    )
    again = m.asked_again
    if story.second is None or again is None or not case.past(again):
        return
    leg = story.second
    desk = case.office.desk(leg.point_id, seconds=again)
    case.close(task, seconds=again, outcome="방문 시간을 약속했습니다.")
    visit["hold_due_at"] = None
    second = _visit_row(case, point_id=leg.point_id, sequence=2, at=again)
    second.update(
        technician_id=leg.technician_id, planned_start=case.at(leg.start), planned_end=case.at(leg.end)
    )
    _note_planned(case, second, leg, again)
    _tell_job(case, second, leg, again)
    add_attempt(case, second, desk, again, outcome="CONNECTED", window=story.second_window)
    agree_window(case, second, leg, story.second_window, at=again)
    keep_visit(case, second)


def keep_visit(case: CaseFile, visit: Row) -> None:
    """Store the visit; as long as it is open it holds its technician."""
    case.batch.add(Visit, **visit)
    if visit["state"] in ("planned", "agreed", "en_route", "arrived", "in_progress"):
        case.batch.add(
            Booking,
            visit_id=visit["id"],
            technician_id=visit["technician_id"],
            service_point_id=visit["service_point_id"],
            start_at=visit["planned_start"],
            end_at=visit["planned_end"],
        )


def _escalate(case: CaseFile) -> None:
    """A complaint that the escalation person takes care of."""
    at = case.moments.received + 2_700
    if not case.story.escalated or not case.past(at):
        return
    chief = case.office.world.chiefs[case.maker.id]
    reason = "방문 시간이 너무 늦다고 하십니다"
    task = case.task(ESCALATION, seconds=at, detail=f"고객 불편: {reason}", owner=chief, generation=9)
    case.ticket.update(escalated_at=case.at(at), escalation_owner_id=chief.id)
    case.note(at, "TicketEscalated", case.agent(), reason=reason, data={"owner_person_id": chief.id})
    done = case.moments.ended
    if done is not None and case.past(done + 3_600):
        case.close(task, seconds=done + 3_600, outcome="사과드리고 마무리했습니다.")
