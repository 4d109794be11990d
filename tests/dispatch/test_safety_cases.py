"""Gas and CO are given at once to the nearest qualified technician on duty."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlmodel import Session, col, select

from core.clock import kst, operating_day
from core.dated import read_rules
from dispatch import assignment, notices
from dispatch.models import Ticket, Visit
from dispatch.planning.board import load_horizon
from dispatch.planning.insertion import candidate_visit
from dispatch.planning.new_capacity import plan_anew
from dispatch.planning.safety_pin import somebody_reaches
from notifications.models import Notice
from tests import world
from tests.dispatch.plan_world import DISPATCHER, Shop, plan, visit_of
from workforce.events import CapacityChanged
from workforce.models import Qualification, Technician
from workforce.queries import get_point


class TestSafety:
    """Gas and CO are given at once to the nearest qualified technician on duty."""

    def test_the_nearest_on_duty_gets_it_first(self, session: Session, now: datetime) -> None:
        shop = Shop(session)
        shop.technician(name="먼", home=world.north_of(world.GANGNAM, 25))
        near = shop.technician(name="가까운")
        shop.technician(name="무자격", qualifications=(), home=world.north_of(world.GANGNAM, 1))
        for _ in range(3):
            plan(session, shop.ticket(), now)
        ticket = shop.ticket(symptom="GAS_SMELL", priority=0, safety=True)

        assert assignment.pin_safety(session, ticket_id=ticket.id or 0, now=now)

        visit = visit_of(session, ticket)
        assert visit.technician_id == near and visit.pinned_technician
        assert visit.planned_start is not None and visit.planned_start < now + timedelta(minutes=30)
        others = session.exec(
            select(Visit).where(col(Visit.technician_id) == near, col(Visit.id) != visit.id)
        ).all()
        ends = visit.planned_end
        assert ends is not None and all(o.planned_start and o.planned_start >= ends for o in others)

    @pytest.mark.parametrize("booked", [False, True], ids=["free", "with a visit at 06:00"])
    def test_before_the_day_turns_the_night_shift_goes_at_once(
        self, session: Session, now: datetime, booked: bool
    ) -> None:
        """04:36: the shift goes on past 05:00, where the day's plan ends; nobody waits for the morning."""
        shop = Shop(session)
        shop.technician(name="낮", days=(0, 1), home=world.north_of(world.GANGNAM, 1))
        night = shop.technician(name="밤", days=(), home=world.north_of(world.GANGNAM, 1))
        technician = session.get_one(Technician, night)
        world.make_shift(session, technician=technician, point=shop.point, day=0, hours=(19, 32), now=now)
        late = kst(operating_day(now), 28, 36)
        if booked:
            other = shop.ticket(received_at=late)
            by_hand = {"start": kst(operating_day(now), 30), "reason": "부탁", "pin": (), "by": DISPATCHER}
            assignment.assign_by_hand(
                session, ticket_id=other.id or 0, technician_id=night, now=late, **by_hand
            )
        ticket = shop.ticket(symptom="GAS_SMELL", priority=0, safety=True, received_at=late)
        boards = load_horizon(session, point_id=shop.point.id or 0, now=late)
        point = get_point(session, point_id=shop.point.id or 0)
        rules = read_rules(session, company_id=point.company_id, at=late)
        assert somebody_reaches(boards, candidate_visit(session, ticket=ticket, point=point, rules=rules))

        given = plan(session, ticket, late)

        assert given.technician_id == night and given.pinned_technician
        assert given.planned_start is not None and given.planned_start < late + timedelta(minutes=30)

    def test_who_is_on_duty_goes_home_late(self, session: Session, now: datetime) -> None:
        """06:30, on call until 07:00: he is there in minutes; that he is back at 07:20 rules out nobody."""
        shop = Shop(session)
        shop.technician(name="낮", home=world.north_of(world.GANGNAM, 1))
        night = shop.technician(name="밤", days=(), home=world.north_of(world.GANGNAM, 1))
        world.make_duty(
            session,
            company_id=shop.company.id or 0,
            point_id=shop.point.id,
            technician_id=night,
            start=kst(operating_day(now), 5),
            end=kst(operating_day(now), 7),
        )
        early = kst(operating_day(now), 6, 30)
        ticket = shop.ticket(symptom="GAS_SMELL", priority=0, safety=True, received_at=early)

        given = plan(session, ticket, early)

        assert given.technician_id == night
        assert given.planned_start is not None and given.planned_start < early + timedelta(minutes=20)

    def test_whom_a_person_chose_keeps_it(self, session: Session, now: datetime) -> None:
        """A danger is pinned to whoever a dispatcher gives it to, asked for or not."""
        shop = Shop(session)
        shop.technician(name="가까운", home=world.north_of(world.GANGNAM, 1))
        chosen = shop.technician(name="먼", home=world.north_of(world.GANGNAM, 25))
        ticket = shop.ticket(symptom="GAS_SMELL", priority=0, safety=True)
        assert assignment.pin_safety(session, ticket_id=ticket.id or 0, now=now)
        fields = {"start": None, "reason": "전화로 부탁", "pin": (), "by": DISPATCHER, "now": now}
        assignment.assign_by_hand(session, ticket_id=ticket.id or 0, technician_id=chosen, **fields)
        visit = visit_of(session, ticket)
        assert visit.technician_id == chosen and visit.pinned_technician

    def test_who_loses_the_licence_loses_the_case_to_the_next(self, session: Session, now: datetime) -> None:
        """He comes to work all the same, so no absence says that he cannot go."""
        shop = Shop(session)
        first = shop.technician(name="첫째", home=world.north_of(world.GANGNAM, 1))
        second = shop.technician(name="둘째", home=world.north_of(world.GANGNAM, 25))
        ticket = shop.ticket(symptom="GAS_SMELL", priority=0, safety=True)
        assert assignment.pin_safety(session, ticket_id=ticket.id or 0, now=now)
        assert visit_of(session, ticket).technician_id == first
        for held in session.exec(select(Qualification).where(col(Qualification.technician_id) == first)):
            session.delete(held)
        session.flush()
        day = operating_day(now).isoformat()
        event = CapacityChanged(
            company_id=shop.company.id or 0,
            at=now,
            service_point_id=shop.point.id or 0,
            first_day=day,
            last_day=day,
        )
        plan_anew(session=session, event=event, now=now)
        assert visit_of(session, ticket).technician_id == second

    def test_nobody_qualified_is_said_so(self, session: Session, now: datetime) -> None:
        shop = Shop(session)
        shop.technician(qualifications=())
        ticket = shop.ticket(symptom="GAS_SMELL", priority=0, safety=True)
        assert not assignment.pin_safety(session, ticket_id=ticket.id or 0, now=now)

    def test_at_night_the_duty_technician_gets_it(self, session: Session, now: datetime) -> None:
        """03:00, no shift: he is called from home; an ordinary fault waits for the morning."""
        shop = Shop(session)
        who = shop.technician()
        night = kst(operating_day(now), 27)
        world.make_duty(
            session,
            company_id=shop.company.id or 0,
            point_id=shop.point.id,
            technician_id=who,
            start=kst(operating_day(now), 18),
            end=kst(operating_day(now), 33),
        )
        ordinary = plan(session, shop.ticket(received_at=night), night)
        assert ordinary.planned_start is not None and ordinary.planned_start >= kst(operating_day(now), 33)
        ticket = shop.ticket(symptom="CO", priority=0, safety=True, received_at=night)

        visit = plan(session, ticket, night)

        assert visit.technician_id == who and visit.pinned_technician
        assert visit.planned_start is not None and visit.planned_start < night + timedelta(minutes=30)
        assert "지금 바로 출발" in _told(session, ticket)

    def test_who_would_come_hours_later_is_not_sent_at_once(self, session: Session, now: datetime) -> None:
        shop = Shop(session)
        night = kst(operating_day(now), 27)
        ticket = shop.ticket(symptom="CO", priority=0, safety=True, received_at=night)
        visit = world.make_visit(
            session,
            ticket=ticket,
            point=shop.point,
            technician=world.make_technician(session, point=shop.point),
            start=night + timedelta(hours=6),
        )
        notices.tell_job_assigned(session, visit_id=visit.id or 0, now=night)
        told = _told(session, ticket)
        assert "바로 출발" not in told and "지금은 근무 시간이 아닙니다" in told


def _told(session: Session, ticket: Ticket) -> str:
    query = select(Notice.text).where(Notice.event == "JOB_ASSIGNED", Notice.ticket_id == ticket.id)
    return session.exec(query).all()[-1]
