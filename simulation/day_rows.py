"""A story as the rows it has left in every table by a moment."""

from __future__ import annotations

from dataclasses import dataclass

from core.clock import today_kst
from dispatch.models import Ticket, TicketParty, TriageStep
from simulation import placing_rows, visit_rows
from simulation.bulk import Batch
from simulation.casefile import CaseFile, open_file
from simulation.clock_rows import add_clocks
from simulation.happy_rows import add_happy_call
from simulation.moments import moments_of
from simulation.names import domestic
from simulation.office import Office
from simulation.reopened import add_second_go
from simulation.story_shapes import Story

_CARDS = {"CONTROLLER": "CONTROLLER", "POWER": "POWER", "FREEZE": "FROZEN_PIPE"}
_TRIAGED = ("visit", "unplanned", "map_pick", "by_phone", "cancelled")


@dataclass(frozen=True)
class Numbered:
    """A ticket's identity, kept when the world rolls on."""

    ticket_id: int
    number: str


def add_story_rows(batch: Batch, office: Office, story: Story, known: Numbered | None) -> Numbered:
    """Put everything that is true of a story by now into the batch; returns the ticket's identity."""
    point = office.world.points.get(story.point_id or 0)
    designated = point is not None and point.kind == "designated"
    moments = moments_of(story, now=office.seconds, designated=designated)
    if known is None:
        ticket_id = batch.reserve(Ticket)
        day = today_kst(office.at(moments.received))
        prefix = office.world.makers[story.company_id].number_prefix
        known = Numbered(ticket_id, f"{prefix}{day:%y%m%d}-{ticket_id:05d}")
    case = open_file(batch, office, story, moments, known.ticket_id, known.number)
    _file(case)
    _triage(case)
    placing_rows.add_placing(case)
    visit_rows.add_visits(case)
    _end_without_visit(case)
    if case.reopened is None:
        add_clocks(case, started=moments.received)
    else:
        add_second_go(case)
    case.write_timeline()
    return known


def _file(case: CaseFile) -> None:
    m = case.moments
    for role, who in case.parties.items():
        case.batch.add(
            TicketParty,
            ticket_id=case.ticket_id,
            role=role,
            contact_id=who.id,
            name=who.name,
            phone=who.phone,
            phone_raw=domestic(who.phone),
            can_text=who.can_text,
            relationship="" if role == "resident" else who.relationship,
        )
    data = {
        "channel": case.story.channel,
        "symptom": case.symptom,
        "priority": case.ticket["priority"],
        "safety": m.safety,
    }
    case.note(m.received, "TicketFiled", case.agent(), data=data)


def _triage(case: CaseFile) -> None:
    """The first rung: what self-help came to, or that it was skipped because it would be dangerous."""
    m, story = case.moments, case.story
    if not case.past(m.triaged) or story.kind not in (*_TRIAGED, "self_fixed"):
        return
    result = "SAFETY" if m.safety else "SOLVED" if story.kind == "self_fixed" else "FAILED"
    if result == "FAILED" and story.salt % 10 < 3:
        result = "REFUSED" if story.salt % 2 else "NOT_APPLICABLE"
    card = None if m.safety else _CARDS.get(case.symptom, "NO_HEAT")
    case.batch.add(
        TriageStep,
        ticket_id=case.ticket_id,
        tier=1,
        card=card,
        card_version=1 if card else None,
        result=result,
        at=case.at(m.triaged),
        by_account_id=case.agent().account_id,
    )
    case.note(m.triaged, "SelfFixRecorded", case.agent(), data={"card": card, "result": result})


def _end_without_visit(case: CaseFile) -> None:
    """Solved at the desk, solved by phone, or called off."""
    m, story = case.moments, case.story
    if story.kind not in ("self_fixed", "by_phone", "cancelled"):
        return
    if story.kind == "self_fixed":
        status, reason, at = "SELF_FIXED", "안내에 따라 고객이 직접 해결했습니다.", m.triaged + 240
        case.note(at, "SelfFixed", case.agent())
    elif story.kind == "by_phone":
        status, reason, at = "CLOSED", "온도조절기를 외출에서 실내로 바꾸어 해결했습니다.", m.received + 1_500
        case.ticket.update(contacted_at=case.at(at), solved_by_phone_at=case.at(at))
        case.clock_stops.update(contact=(at, "SELF_REPORT"), promise=(at, "SELF_REPORT"))
        case.note(at, "TicketClosed", case.agent(), reason=reason)
    else:
        status, reason, at = "CANCELLED", "고객이 소리가 멈췄다고 취소했습니다.", m.received + 1_800
        case.ticket["cancelled_at"] = case.at(at)
        case.clock_stops["promise"] = (m.received + 420, None)
        case.note(at, "TicketCancelled", case.agent(), reason=reason)
    case.ticket.update(status=status, end_reason=reason)
    if status != "CANCELLED":
        case.ticket["closed_at"] = case.at(at)
        case.clock_stops["handled"] = (at, None)
    case.over = at
    add_happy_call(case, done=at, visit_id=None, withdrawn=status == "CANCELLED")
