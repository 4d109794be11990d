"""A seeded case that the happy call took up again: placed, promised, and repaired by somebody else."""

from __future__ import annotations

from dispatch.models import Placement
from dispatch.placement_rules import reason_taken
from geo.schemas import TravelSource
from simulation.bulk import Row
from simulation.casefile import CaseFile
from simulation.clock_rows import add_clocks
from simulation.contact_rows import add_attempt, agree_window, technician_of
from simulation.result_rows import add_result
from simulation.story_shapes import Leg
from simulation.visit_rows import complete, drive_there, keep_visit, plan_visit

CONTACT_AFTER_S = 900
"""From the re-opening to the second technician's call."""


def add_second_go(case: CaseFile) -> None:
    """What followed on the happy call that said the repair did not hold; nothing when there was none."""
    leg = case.story.second
    if case.reopened is None or leg is None or case.story.leg is None:
        return
    at, why = case.reopened
    add_clocks(case, started=case.moments.received)
    case.clock_stops.clear()
    _reopen(case, at, why, excluded=case.story.leg.technician_id)
    _place(case, leg, at + 2)
    visit = plan_visit(case, leg, at=at + 3, sequence=2)
    _agree(case, visit, leg, at + CONTACT_AFTER_S + case.story.salt % 600)
    drive_there(case, visit, leg)
    _finish(case, visit, leg)
    keep_visit(case, visit)
    add_clocks(case, started=at, generation=2)


def _reopen(case: CaseFile, at: int, why: str, *, excluded: int) -> None:
    caller = case.office.world.qa[case.maker.id][case.story.salt % 4]
    data = {"from": "COMPLETED", "excluded_technician_id": excluded, "within_free_time": None}
    case.note(at, "TicketReopened", caller, reason=f"해피콜: {why}", data=data)
    case.ticket.update(
        status="REOPENED",
        reopened_at=case.at(at),
        excluded_technician_id=excluded,
        contacted_at=None,
        completed_at=None,
        closed_at=None,
    )


def _place(case: CaseFile, leg: Leg, at: int) -> None:
    """The same point again; a designated one has said yes within the minute."""
    point = case.office.world.points[leg.point_id]
    drive = case.office.drive_s(point.company_id, point.place, case.home.place, case.at(at))
    reason = reason_taken(travel_s=drive, passed=[], safety=False)
    asked = point.kind == "designated"
    answered = at + 40 if asked else at
    desk = case.office.desk(point.id, seconds=answered)
    limit = case.office.rules[point.company_id].accept_limit_s
    case.batch.add(
        Placement,
        ticket_id=case.ticket_id,
        service_point_id=point.id,
        rank=0,
        travel_s=drive,
        travel_source=TravelSource.MODEL,
        state="ACCEPTED",
        reason_code=reason.code,
        reason_text=reason.text,
        at=case.at(at),
        answer_due_at=case.at(at + limit) if asked else None,
        answered_at=case.at(answered),
        answered_by_id=desk.id if asked else None,
    )
    data = {"service_point_id": point.id, "travel_s": drive, "code": reason.code, "accepted": not asked}
    case.note(at, "TicketPlaced", None, reason=reason.text, data=data)
    if asked:
        case.note(answered, "PlacementAccepted", desk, data={"service_point_id": point.id})


def _agree(case: CaseFile, visit: Row, leg: Leg, at: int) -> None:
    person, evidence = technician_of(case, leg).person, case.story.evidence
    add_attempt(case, visit, person, at, outcome="CONNECTED", window=case.story.second_window)
    agree_window(case, visit, leg, case.story.second_window, at=at)
    case.ticket["contacted_at"] = case.at(at)
    case.clock_stops.update(contact=(at, evidence), promise=(at, evidence))


def _finish(case: CaseFile, visit: Row, leg: Leg) -> None:
    """Done, and free: the same fault soon after a repair is the maker's."""
    complete(case, visit, ended=leg.ended)
    add_result(case, visit, leg, technician_of(case, leg), ended=leg.ended, again=True)
