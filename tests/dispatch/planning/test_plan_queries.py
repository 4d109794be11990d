"""What the timeline, the map and the API read."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlmodel import Session

from core.clock import kst, operating_day
from dispatch.planning.plan_queries import Lane, day_lanes, map_points, map_tickets, plan_of
from tests import world
from tests.dispatch.plan_world import Shop, agree, plan


def test_the_plan_of_a_day(session: Session, now: datetime) -> None:
    shop = Shop(session)
    who = shop.technician(name="박기사", qualifications=())
    ticket, stuck = shop.ticket(), shop.ticket(symptom="IGNITION")
    visit = plan(session, ticket, now)
    plan(session, stuck, now)

    view = plan_of(session, point_id=shop.point.id or 0, day=operating_day(now))

    assert view.version == 2 and view.proposal_id is None
    (route,) = view.routes
    assert (route.technician_id, route.technician_name) == (who, "박기사")
    (stop,) = route.stops
    assert (stop.number, stop.state, stop.start) == (ticket.number, "planned", visit.planned_start)
    (left,) = view.unplanned
    assert left.number == stuck.number and left.reasons[0]["text"]


def test_a_day_that_was_never_planned(session: Session, now: datetime) -> None:
    shop = Shop(session)
    view = plan_of(session, point_id=shop.point.id or 0, day=operating_day(now))
    assert (view.version, view.routes, view.unplanned) == (0, (), ())


def lanes_of(session: Session, shop: Shop, now: datetime) -> dict[int, Lane]:
    lanes = day_lanes(
        session,
        company_id=shop.company.id or 0,
        point_ids=[shop.point.id or 0],
        day=operating_day(now),
        now=now,
    )
    return {lane.technician_id: lane for lane in lanes}


def test_lanes_show_who_works_what_was_agreed_and_what_is_late(session: Session, now: datetime) -> None:
    shop = Shop(session)
    who = shop.technician()
    idle = shop.technician(name="한가한", home=world.north_of(world.GANGNAM, 30))
    ticket = shop.ticket()
    visit = plan(session, ticket, now)
    start = kst(operating_day(now), 12)
    agree(session, visit, start, start + timedelta(hours=2), now)
    wanted = {
        "company_id": shop.company.id or 0,
        "point_ids": [shop.point.id or 0],
        "day": operating_day(now),
    }

    lanes = {lane.technician_id: lane for lane in day_lanes(session, now=now, **wanted)}  # type: ignore[arg-type]

    assert set(lanes) == {who, idle} and lanes[idle].jobs == ()
    (job,) = lanes[who].jobs
    assert (job.number, job.state, job.window) == (
        ticket.number,
        "agreed",
        (start, start + timedelta(hours=2)),
    )
    assert not job.late and job.lat is not None
    assert lanes[who].shifts == ((kst(operating_day(now), 9), kst(operating_day(now), 18)),)
    assert lanes[who].lunch is not None and lanes[who].lunch[1] - lanes[who].lunch[0] == timedelta(hours=1)

    later = {
        lane.technician_id: lane for lane in day_lanes(session, now=start + timedelta(hours=3), **wanted)
    }  # type: ignore[arg-type]
    assert later[who].jobs[0].late


def test_the_map_counts_what_is_open(session: Session, now: datetime) -> None:
    shop = Shop(session)
    shop.technician()
    plan(session, shop.ticket(), now)
    shop.ticket(4)
    other = Shop(session, code="haedam")
    other.ticket()
    company_id = shop.company.id or 0
    (point,) = map_points(session, company_id=company_id, day=operating_day(now))
    assert (point.open_tickets, point.unplanned_tickets) == (2, 1)
    assert len(map_tickets(session, company_id=company_id)) == 2
    assert map_tickets(session, company_id=company_id, point_ids=[]) == []
