"""A neighbouring point is offered only where the own one comes too late, says so, and keeps its promise."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlmodel import Session, col, select

from core.actor import Actor, Role
from core.errors import ConflictError, ForbiddenError
from dispatch.first_contact import record_attempt
from dispatch.models import Placement, Ticket
from dispatch.planning.neighbour_slots import rank_slots_around
from dispatch.planning.slots import rank_slots
from dispatch.visit_schemas import AgreedWindow, AttemptRequest, Outcome
from tests import world
from tests.dispatch.plan_world import DISPATCHER, Shop, plan, visit_of


def shop_with_neighbour(session: Session, *, kind: str = "direct") -> tuple[Shop, int, int]:
    """A company whose neighbouring point, 6 km away, has a technician; the point and the technician."""
    shop = Shop(session, kind=kind)
    near = world.make_point(session, company=shop.company, at=world.north_of(world.GANGNAM, 6))
    who = world.make_technician(session, point=near, home=world.north_of(world.GANGNAM, 6))
    assert near.id is not None and who.id is not None
    return shop, near.id, who.id


def choose(
    session: Session, ticket: Ticket, window: AgreedWindow, now: datetime, by: Actor = DISPATCHER
) -> None:
    asked = AttemptRequest(outcome=Outcome.CONNECTED, with_role="requester", window=window)
    record_attempt(session, ticket_id=ticket.id or 0, attempt=asked, by=by, now=now)


def test_a_neighbour_is_offered_where_nobody_of_the_own_point_comes_and_keeps_it(
    session: Session, now: datetime
) -> None:
    shop, near, who = shop_with_neighbour(session)
    ticket = shop.ticket(4)
    plan(session, ticket, now)
    assert rank_slots(session, ticket_id=ticket.id or 0, now=now) == []
    slots = rank_slots_around(session, ticket_id=ticket.id or 0, now=now)
    assert slots and {(s.service_point_id, s.technician_id) for s in slots} == {(near, who)}
    assert all(s.neighbour and s.neighbour in s.note for s in slots)
    window = AgreedWindow(slots[0].start, slots[0].end, who, near)

    stranger = Actor(kind="person", name="점", source="test", role=Role.POINT)
    with pytest.raises(ForbiddenError):
        choose(session, ticket, window, now, by=stranger)
    choose(session, ticket, window, now)

    visit = visit_of(session, ticket)
    session.refresh(ticket)
    assert (ticket.status, ticket.service_point_id) == ("APPOINTED", near)
    assert (visit.service_point_id, visit.technician_id) == (near, who)
    assert visit.planned_start is not None and slots[0].start <= visit.planned_start <= slots[0].end
    held = session.exec(select(Placement.state).where(col(Placement.service_point_id) == near)).all()
    assert held == ["ACCEPTED"]
    # What is promised stays with its point: no other one is offered any more.
    again = rank_slots_around(session, ticket_id=ticket.id or 0, now=now)
    assert not any(slot.neighbour for slot in again)
    with pytest.raises(ConflictError):
        choose(session, ticket, replace(window, service_point_id=shop.point.id), now)


def test_the_own_point_goes_first_where_it_keeps_the_target(session: Session, now: datetime) -> None:
    shop, _near, _who = shop_with_neighbour(session)
    shop.technician()
    ticket = shop.ticket(4)
    plan(session, ticket, now)
    own = rank_slots(session, ticket_id=ticket.id or 0, now=now)
    assert own and rank_slots_around(session, ticket_id=ticket.id or 0, now=now) == own


def test_far_later_windows_of_the_own_point_stand_before_the_neighbours_sooner_ones(
    session: Session, now: datetime
) -> None:
    shop, near, _who = shop_with_neighbour(session)
    shop.technician(days=(2,))
    ticket = shop.ticket(4)
    slots = rank_slots_around(session, ticket_id=ticket.id or 0, now=now)
    own = [slot for slot in slots if not slot.neighbour]
    others = slots[len(own) :]
    assert own and others and slots[: len(own)] == own
    assert {slot.service_point_id for slot in others} == {near}
    assert max(slot.start for slot in others) < min(slot.start for slot in own)
    assert min(slot.start for slot in own) > now + timedelta(hours=24)


def test_a_designated_point_is_never_promised_without_being_asked(session: Session, now: datetime) -> None:
    shop, _near, _who = shop_with_neighbour(session, kind="designated")
    ticket = shop.ticket(4)
    assert rank_slots_around(session, ticket_id=ticket.id or 0, now=now) == []
