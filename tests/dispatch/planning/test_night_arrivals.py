"""Somebody freezes at night: every desk and the phone say one arrival of whoever could come now."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlmodel import Session

from core.clock import KST, kst, operating_day
from dispatch import assignment
from dispatch.console.candidates import list_crew, preview_assignment
from dispatch.planning.neighbour_slots import rank_slots_around
from dispatch.travel_estimate import arrival
from tests import world
from tests.dispatch.plan_world import DISPATCHER, Shop, plan, visit_of
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
