"""Windows of neighbouring points, where a ticket's own point comes far later than it should, or never."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import islice

from sqlmodel import Session

from core.dated import CompanyRules, read_rules
from dispatch.candidates import has_qualified, rank_points, why_not
from dispatch.models import Ticket
from dispatch.open_visits import find_open_visit, skills_of
from dispatch.places import address_of
from dispatch.planning.board import load_horizon
from dispatch.planning.board_travel import reckon_with
from dispatch.planning.insertion import candidate_visit
from dispatch.planning.slot_shapes import Slot
from dispatch.planning.slots import rank_days, rank_slots
from dispatch.travel import place_at
from workforce.schemas import PointInfo

NEIGHBOURS_ASKED = 3
NOT_PROMISED = ("UNASSIGNED", "ASSIGNED", "CONTACTED")
"""Statuses in which no point has made itself the family's by a promise or a visit."""


def rank_slots_around(session: Session, *, ticket_id: int, now: datetime) -> list[Slot]:
    """Windows at the ticket's own point as `rank_slots` has them, then those of neighbours, if need be.

    Neighbours are offered only when none of the own windows begins within the company's target for a visit of
    this urgency; theirs begin before all of the own ones. They name their point (`neighbour`).
    Raises NoPointYetError while no service point has the ticket.
    """
    own = rank_slots(session, ticket_id=ticket_id, now=now)
    ticket = session.get_one(Ticket, ticket_id)
    rules = read_rules(session, company_id=ticket.company_id, at=now)
    earliest = min((slot.start for slot in own), default=None)
    target = ticket.received_at + timedelta(seconds=rules.visit_target_s[ticket.priority])
    if (earliest is not None and earliest <= max(now, target)) or not _may_leave(session, ticket):
        return own
    found = [
        slot
        for point in islice(_neighbours(session, ticket, rules, now), NEIGHBOURS_ASKED)
        for slot in _slots_at(session, ticket, point, now)
        if earliest is None or slot.start < earliest
    ]
    sooner = {slot.start: slot for slot in sorted(found, key=lambda slot: slot.score)}
    return [*own, *sorted(sooner.values(), key=lambda slot: (-slot.score, slot.start))]


def takes_over(session: Session, *, ticket_id: int, point_id: int, now: datetime) -> bool:
    """Whether a neighbouring point may be promised to this family, by the rule of the offers."""
    ticket = session.get_one(Ticket, ticket_id)
    rules = read_rules(session, company_id=ticket.company_id, at=now)
    near = islice(_neighbours(session, ticket, rules, now), NEIGHBOURS_ASKED)
    return _may_leave(session, ticket) and any(point.id == point_id for point in near)


def _may_leave(session: Session, ticket: Ticket) -> bool:
    visit = find_open_visit(session, ticket_id=ticket.id or 0)
    held = visit is not None and (visit.window_start is not None or visit.pinned_technician)
    return ticket.status in NOT_PROMISED and not ticket.safety and not held


def _neighbours(session: Session, ticket: Ticket, rules: CompanyRules, now: datetime) -> Iterator[PointInfo]:
    """The nearest other points that take what they are given, are open and have the licences at work.

    A designated point is asked before it gets a job of others, so nobody can be promised its time at once.
    """
    address = address_of(session, ticket)
    if address.lat is None or address.lon is None:
        return
    place = place_at(address.lat, address.lon, address.area_code)
    skills = skills_of(rules, ticket.symptom)
    for each in rank_points(session, company_id=ticket.company_id, place=place, rules=rules, now=now):
        point = each.point
        if point.id == ticket.service_point_id or not point.accepts_by_itself:
            continue
        if why_not(session, point=point, rules=rules, now=now) is None and has_qualified(
            session,
            point=point,
            skills=skills,
            excluded_technician_id=ticket.excluded_technician_id,
            rules=rules,
            now=now,
        ):
            yield point


def _slots_at(session: Session, ticket: Ticket, point: PointInfo, now: datetime) -> Sequence[Slot]:
    boards = load_horizon(session, point_id=point.id, now=now)
    visit = find_open_visit(session, ticket_id=ticket.id or 0)
    seen = candidate_visit(session, ticket=ticket, point=point, rules=boards[0].rules, visit=visit)
    slots = rank_days(reckon_with(session, boards, seen.place), seen)
    return [replace(slot, neighbour=point.name) for slot in slots if not slot.overtime]
