"""Where a seeded ticket went: the point that has it, those that said no, and what a person must do."""

from __future__ import annotations

from dispatch.models import Placement
from dispatch.placement_rules import Reason, drive_words, reason_taken
from dispatch.tasks import MAP_PICK
from geo.schemas import TravelSource
from simulation.casefile import CaseFile
from simulation.shapes import PointSpec

_PLACED = ("visit", "unplanned", "by_phone", "cancelled")


def add_placing(case: CaseFile) -> None:
    """Placements with their reasons; a home that nobody can find waits for the map instead."""
    m, story = case.moments, case.story
    if story.kind == "map_pick":
        _ask_map_pick(case)
        return
    if story.kind not in _PLACED or story.point_id is None or not case.past(m.placed):
        return
    point = case.office.world.points[story.point_id]
    passed = _add_refusal(case)
    drive = _drive_s(case, point)
    reason = reason_taken(travel_s=drive, passed=passed, safety=m.safety)
    asked = point.kind == "designated" and not m.safety
    accepted = case.past(m.accepted)
    desk = case.office.desk(point.id, seconds=m.accepted)
    limit = case.office.rules[point.company_id].accept_limit_s
    case.batch.add(
        Placement,
        ticket_id=case.ticket_id,
        service_point_id=point.id,
        rank=len(passed),
        travel_s=drive,
        travel_source=TravelSource.MODEL,
        state="ACCEPTED" if accepted else "OFFERED",
        reason_code=reason.code,
        reason_text=reason.text,
        at=case.at(m.placed),
        answer_due_at=case.at(m.placed + limit) if asked else None,
        answered_at=case.at(m.accepted) if accepted else None,
        answered_by_id=desk.id if asked and accepted else None,
    )
    case.ticket.update(service_point_id=point.id, status="UNASSIGNED")
    data = {"service_point_id": point.id, "travel_s": drive, "code": reason.code, "accepted": not asked}
    case.note(m.placed, "TicketPlaced", None, reason=reason.text, data=data)
    if asked and accepted:
        case.note(m.accepted, "PlacementAccepted", desk, data={"service_point_id": point.id})


def _add_refusal(case: CaseFile) -> list[tuple[str, Reason]]:
    """The nearer point that declined, or kept silent until its limit."""
    story, m = case.story, case.moments
    if story.declined_by is None or m.safety:
        return []
    point = case.office.world.points[story.declined_by]
    silent = not story.decline_words
    reason = Reason(
        "EXPIRED" if silent else "DECLINED",
        "정해진 시간 안에 답이 없었음" if silent else story.decline_words,
    )
    desk = case.office.desk(point.id, seconds=m.placed)
    case.batch.add(
        Placement,
        ticket_id=case.ticket_id,
        service_point_id=point.id,
        rank=0,
        travel_s=_drive_s(case, point),
        travel_source=TravelSource.MODEL,
        state=reason.code,
        reason_code=reason.code,
        reason_text=reason.text,
        at=case.at(m.triaged),
        answer_due_at=case.at(m.triaged + 300),
        answered_at=case.at(m.placed),
        answered_by_id=None if silent else desk.id,
    )
    by = None if silent else desk
    data = {"service_point_id": point.id, "code": reason.code}
    case.note(m.triaged + 1, "PlacementRefused", by, reason=reason.text, data=data)
    return [(point.name, reason)]


def _ask_map_pick(case: CaseFile) -> None:
    m = case.moments
    if not case.past(m.triaged):
        return
    case.ticket["status"] = "UNASSIGNED"
    case.task(
        MAP_PICK,
        seconds=m.triaged,
        detail="주소만으로는 위치를 알 수 없습니다. 고객과 통화하며 지도에서 집을 골라 주세요.",
        owner=case.office.agent(case.story.company_id, seconds=m.now),
    )
    case.note(m.triaged, "TaskOpened", None, data={"kind": MAP_PICK})


def _drive_s(case: CaseFile, point: PointSpec) -> int:
    return case.office.drive_s(point.company_id, point.place, case.home.place, case.at(case.moments.placed))


__all__ = ["add_placing", "drive_words"]
