"""Somebody freezes at night: every desk and the phone say one arrival of whoever could come now."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlmodel import Session

from core.clock import KST, kst, operating_day
from dispatch import assignment
from dispatch.console.candidates import list_crew, preview_assignment
from dispatch.console.why import why_this_technician
from dispatch.planning.neighbour_slots import rank_slots_around
from dispatch.travel_estimate import arrival
from tests import world
from tests.dispatch.plan_world import DISPATCHER, Shop, book, plan, visit_of
from workforce.models import Technician


@pytest.mark.parametrize("on_call", [True, False], ids=["on call at home", "on the night shift"])
def test_the_desks_and_the_phone_say_one_arrival(session: Session, now: datetime, on_call: bool) -> None:
    """03:50, an old couple without heat; the work would end after 05:00, where the day's plan ends."""
    shop = Shop(session)
    today, night = operating_day(now), kst(operating_day(now), 27, 50)
    shop.technician(name="낮", days=(1,), hours=(7, 16))
    days = (1,) if on_call else ()
    who = shop.technician(name="밤", days=days, home=world.north_of(world.GANGNAM, 12))
    technician = session.get_one(Technician, who)
    if on_call:
        span = {"start": kst(today, 18), "end": kst(today, 33)}
        company_id = shop.company.id or 0
        world.make_duty(session, company_id=company_id, point_id=shop.point.id, technician_id=who, **span)
    else:
        world.make_shift(session, technician=technician, point=shop.point, day=0, hours=(18, 33), now=now)
    # He went home from this one before his night began: it is not where he sets out.
    before = world.make_visit(
        session,
        ticket=shop.ticket(0.5, status="COMPLETED"),
        point=shop.point,
        technician=technician,
        start=kst(today, 15),
        state="completed",
    )
    before.arrived_at = before.started_at = kst(today, 15)
    before.ended_at = kst(today, 16)
    session.add(before)
    ticket = shop.ticket(symptom="FREEZE", priority=0, received_at=night)
    asked = {"ticket_id": ticket.id or 0, "now": night}

    visit = plan(session, ticket, night)

    crew = {member.technician_id: member for member in list_crew(session, **asked)}
    there = crew[who].earliest
    assert there is not None and night < there < night + timedelta(hours=1)
    offered = min(rank_slots_around(session, **asked), key=lambda slot: slot.start)
    assert offered.technician_id == who and offered.start <= there < offered.end
    if on_call:  # nobody is called out of bed by a rule
        assert visit.technician_id != who and offered.standby_at == there
        assert f"{there.astimezone(KST):%H:%M}" in offered.note
    else:
        assert (visit.technician_id, visit.planned_start) == (who, there)
        assert offered.as_planned and offered.standby_at is None
    by_hand = {"technician_id": who, "start": None, "pin": (), "by": DISPATCHER}
    assert preview_assignment(session, **asked, **by_hand).start_at == there
    agreed = {"technician_id": who, "by": DISPATCHER, "now": night}
    window = {"start": offered.start, "end": offered.end}
    planned, _end = assignment.fit_window(session, visit_id=visit.id or 0, **window, **agreed)
    visit = visit_of(session, ticket)
    assert visit.technician_id == who and planned == there
    assert arrival(session, visit=visit, departed_at=night, now=night) == there


@pytest.mark.parametrize("on_call", [True, False], ids=["on call at home", "on the night shift"])
def test_at_a_nights_end_the_soonest_is_named_beside_the_plans_choice(
    session: Session, now: datetime, on_call: bool
) -> None:
    """06:30: the plan spares the long way home and sends the morning's first, two hours later."""
    shop = Shop(session)
    today, dawn = operating_day(now), kst(operating_day(now), 30, 30)
    first = shop.technician(name="낮", days=(1,), hours=(9, 18))
    who = shop.technician(name="밤", days=(), home=world.north_of(world.GANGNAM, 12))
    technician = session.get_one(Technician, who)
    if on_call:
        span = {"start": kst(today, 18), "end": kst(today, 33)}
        company_id = shop.company.id or 0
        world.make_duty(session, company_id=company_id, point_id=shop.point.id, technician_id=who, **span)
    else:
        world.make_shift(session, technician=technician, point=shop.point, day=0, hours=(18, 33), now=now)
    ticket = shop.ticket(symptom="FREEZE", priority=0, received_at=dawn)
    asked = {"ticket_id": ticket.id or 0, "now": dawn}
    visit = plan(session, ticket, dawn)
    assert visit.technician_id == first and visit.planned_start is not None

    there = list_crew(session, **asked)[0].earliest
    assert there is not None and there < visit.planned_start - timedelta(hours=1)
    planned, named, *_rest = rank_slots_around(session, **asked)
    assert planned.as_planned and (named.technician_id, named.arrives_at) == (who, there)
    assert (named.soonest_at is None) == on_call and f"{there.astimezone(KST):%H:%M}" in named.note

    why = why_this_technician(session, **asked)
    assert why is not None and why.soonest == ("밤", there)
    day, night = why.stands
    assert (night.by_hand_at == there and "스스로" in day.text) if on_call else (night.difference or 0) > 0

    window = {"start": named.start, "end": named.end}
    agreed = {"technician_id": who, "by": DISPATCHER, "now": dawn}
    assert assignment.fit_window(session, visit_id=visit.id or 0, **window, **agreed)[0] == there
    assert visit_of(session, ticket).technician_id == who


def test_a_danger_at_night_keeps_clear_of_another_points_morning(session: Session, now: datetime) -> None:
    """The night shift goes on past 05:00, but he is booked elsewhere from then on: it ends there."""
    shop = Shop(session)
    today = operating_day(now)
    who = session.get_one(Technician, shop.technician(days=()))
    world.make_shift(session, technician=who, point=shop.point, day=0, hours=(21, 31), now=now)
    elsewhere = world.make_point(session, company=shop.company, code="P2")
    ticket = world.make_ticket(
        session,
        company=shop.company,
        household=world.make_household(session, company=shop.company, at=world.north_of(world.GANGNAM, 4)),
        point=elsewhere,
    )
    at_five = {"technician": who, "start": kst(today, 29)}
    booked = world.make_visit(session, ticket=ticket, point=elsewhere, duration_s=1800, **at_five)
    book(session, booked)
    night = kst(today, 28, 31)

    visit = plan(
        session, shop.ticket(3, symptom="GAS_SMELL", priority=0, safety=True, received_at=night), night
    )

    assert visit.technician_id == who.id and visit.planned_start is not None
    assert visit.planned_start >= kst(today, 29, 30)
