"""The first talk with a seeded ticket's family: tries, the agreed window, and what being late led to."""

from __future__ import annotations

from dispatch.models import ContactAttempt, WishedWindow
from dispatch.tasks import CONTACT_CALL, ESCALATION
from notifications.messages import VisitScheduled
from simulation.bulk import Row
from simulation.casefile import CaseFile
from simulation.shapes import StaffMember, TechnicianSpec
from simulation.story_shapes import Leg
from simulation.telling import window_of, worker_of


def add_contact(case: CaseFile, visit: Row) -> None:
    """The window, agreed at intake or in the first talk, and the talk itself."""
    m, story = case.moments, case.story
    if case.past(m.agreed):
        if m.agreed < m.contacted:
            case.batch.add(
                WishedWindow,
                ticket_id=case.ticket_id,
                start_at=case.at(story.window[0]),
                end_at=case.at(story.window[1]),
            )
        agree_window(case, visit, story.leg, story.window, at=m.agreed)
        case.clock_stops["promise"] = (m.agreed, None if m.agreed < m.contacted else story.evidence)
    _missed_calls(case, visit)
    if not case.past(m.contacted):
        return
    technician = technician_of(case, story.leg)
    add_attempt(case, visit, technician.person, m.contacted, outcome="CONNECTED", window=story.window)
    case.ticket["contacted_at"] = case.at(m.contacted)
    case.clock_stops["contact"] = (m.contacted, story.evidence)
    _settle_breach(case)


def agree_window(case: CaseFile, visit: Row, leg: Leg | None, window: tuple[int, int], *, at: int) -> None:
    """A window is agreed: the ticket is appointed and the family is told."""
    span = case.at(window[0]), case.at(window[1])
    visit.update(
        state="agreed",
        window_start=span[0],
        window_end=span[1],
        window_agreed_at=case.at(at),
        window_generation=1,
    )
    case.ticket["status"] = "APPOINTED"
    fee = case.office.till(case.maker.id).visit_fee(case.home, symptom=case.symptom, start=span[0])
    worker = worker_of(technician_of(case, leg), case.maker.id)
    context = VisitScheduled(case.letters.case, worker, window_of(span), fee)
    case.letters.tell_family(context, case.at(at))


def _missed_calls(case: CaseFile, visit: Row) -> None:
    """Tries before the talk, spread over the time since the technician knew of the job."""
    m, story = case.moments, case.story
    if m.safety or story.leg is None:
        return
    first = max(m.planned, m.accepted) + 45
    for k in range(story.missed_calls):
        at = first + (m.contacted - first) * (k + 1) // (story.missed_calls + 2)
        if case.past(at) and at < m.contacted and case.past(m.accepted):
            outcome = "NO_ANSWER" if k == 0 else "BUSY"
            add_attempt(case, visit, technician_of(case, story.leg).person, at, outcome=outcome)


def add_attempt(
    case: CaseFile,
    visit: Row,
    by: StaffMember,
    at: int,
    *,
    outcome: str,
    window: tuple[int, int] | None = None,
) -> None:
    """A try to talk with the family."""
    story = case.story
    reached = outcome == "CONNECTED"
    role = "requester" if "requester" in case.parties and story.salt % 3 else "resident"
    evidence = story.evidence if reached else "SELF_REPORT"
    case.batch.add(
        ContactAttempt,
        ticket_id=case.ticket_id,
        visit_id=visit["id"],
        outcome=outcome,
        with_role=role,
        evidence=evidence,
        at=case.at(at),
        recorded_at=case.at(at + 5),
        window_start=case.at(window[0]) if window else None,
        window_end=case.at(window[1]) if window else None,
        account_id=by.account_id,
        technician_id=visit["technician_id"],
    )
    data = {"outcome": outcome, "with": role, "evidence": evidence, "reached": reached}
    case.note(at, "ContactAttempted", by, data=data)


def _settle_breach(case: CaseFile) -> None:
    """Who was reached too late was handed to the desk first, then to the person who answers for it."""
    m = case.moments
    rules = case.office.rules[case.story.company_id]
    desk = case.office.desk(case.story.point_id or 0, seconds=m.contacted)
    for kind, after, owner, words in (
        (CONTACT_CALL, rules.contact_hand_over_after_s, desk, "아직 고객과 통화하지 못했습니다."),
        (
            ESCALATION,
            rules.contact_limit_s,
            case.office.world.chiefs[case.maker.id],
            "1시간 안에 통화하지 못했습니다.",
        ),
    ):
        opened = m.received + after
        if m.contacted > opened:
            task = case.task(kind, seconds=opened, detail=words, owner=owner)
            case.close(task, seconds=m.contacted, outcome="방문 시간을 약속했습니다.")
            data = {"kind": "contact", "stage": "handed_over" if kind == CONTACT_CALL else "escalated"}
            case.note(opened, "ClockAdvanced", None, data=data)


def technician_of(case: CaseFile, leg: Leg | None) -> TechnicianSpec:
    """Who makes this visit."""
    assert leg is not None
    return case.office.world.technicians[leg.technician_id]
