"""Only windows that somebody can keep are offered, the best first, none of them past."""

from __future__ import annotations

import itertools
from datetime import datetime, timedelta

import pytest
from sqlmodel import Session

from core.clock import KST, kst, operating_day
from core.errors import InvalidError
from dispatch import assignment
from dispatch.planning.slots import NoPointYetError, SlotQuestion, rank_slots, rank_slots_for
from tests import world
from tests.dispatch.plan_world import DISPATCHER, Shop, plan, visit_of


def test_offered_windows_are_ahead_and_best_first(session: Session, now: datetime) -> None:
    shop = Shop(session)
    who = shop.technician()
    slots = rank_slots(session, ticket_id=shop.ticket().id or 0, now=now + timedelta(minutes=1))

    assert slots and all(slot.reachable and slot.technician_id == who for slot in slots)
    assert all(slot.start > now for slot in slots)
    assert [slot.score for slot in slots] == sorted((slot.score for slot in slots), reverse=True)
    assert {slot.end - slot.start for slot in slots} == {timedelta(hours=2)}
    days = {operating_day(slot.start) for slot in slots}
    assert days == {operating_day(now) + timedelta(days=k) for k in range(3)}, "the same horizon as plans"
    assert len({(slot.start, slot.end) for slot in slots}) == len(slots)


def test_every_offer_can_be_kept_by_whom_it_names(session: Session, now: datetime) -> None:
    """What is offered is what fit_window takes, at once and for each of them: who is named is who comes."""
    shop = Shop(session)
    shop.technician(hours=(9, 14))
    shop.technician(name="늦은", hours=(13, 21), home=world.north_of(world.GANGNAM, 6))
    for km in (2, 5, 8):
        plan(session, shop.ticket(km), now)
    ticket = shop.ticket(3)
    visit = plan(session, ticket, now)
    slots = rank_slots(session, ticket_id=ticket.id or 0, now=now)
    assert len({slot.technician_id for slot in slots}) == 2
    for slot, by_name in itertools.product(slots, (False, True)):
        with session.begin_nested() as savepoint:
            start, _end = assignment.fit_window(
                session,
                visit_id=visit.id or 0,
                start=slot.start,
                end=slot.end,
                technician_id=slot.technician_id if by_name else None,
                by=DISPATCHER,
                now=now,
            )
            assert slot.start <= start <= slot.end
            assert visit_of(session, ticket).technician_id == slot.technician_id
            savepoint.rollback()
        session.expire_all()


def test_who_was_named_and_cannot_come_is_not_replaced_silently(session: Session, now: datetime) -> None:
    shop = Shop(session)
    shop.technician()
    evening = shop.technician(name="저녁", hours=(13, 21))
    ticket = shop.ticket()
    visit = plan(session, ticket, now)
    morning = kst(operating_day(now), 10), kst(operating_day(now), 12)
    with pytest.raises(assignment.WindowNotReachableError, match="저녁 기사는 이제"):
        assignment.fit_window(
            session,
            visit_id=visit.id or 0,
            start=morning[0],
            end=morning[1],
            technician_id=evening,
            by=DISPATCHER,
            now=now,
        )


def test_what_is_planned_now_is_offered_first(session: Session, now: datetime) -> None:
    shop = Shop(session)
    shop.technician()
    shop.technician(name="가까운", hours=(12, 18))
    ticket = shop.ticket(2)
    visit = plan(session, ticket, now)
    for at in (now, now + timedelta(minutes=1)):
        first, *rest = rank_slots(session, ticket_id=ticket.id or 0, now=at)
        assert visit.planned_start is not None and first.as_planned and first.own
        assert first.start <= visit.planned_start < first.end
        assert first.technician_id == visit.technician_id
        assert not any(slot.as_planned for slot in rest)


def test_no_window_without_a_shift_or_a_licence(session: Session, now: datetime) -> None:
    shop = Shop(session)
    shop.technician(days=(1,), hours=(9, 12))
    shop.technician(name="무자격", qualifications=())
    slots = rank_slots(session, ticket_id=shop.ticket(symptom="IGNITION").id or 0, now=now)
    tomorrow = operating_day(now) + timedelta(days=1)
    assert {slot.start for slot in slots} <= {kst(tomorrow, hour) for hour in (8, 10, 12)}
    assert slots


def test_nobody_has_to_stay_on_as_long_as_there_is_another_window(session: Session, now: datetime) -> None:
    shop = Shop(session)
    shop.technician(hours=(9, 16))
    slots = rank_slots(session, ticket_id=shop.ticket(3).id or 0, now=now)
    assert slots and not any(slot.overtime or slot.note for slot in slots)
    assert {slot.start.astimezone(KST).hour for slot in slots} <= {8, 10, 12, 14}


def test_no_window_begins_before_its_technician_does(session: Session, now: datetime) -> None:
    shop = Shop(session)
    shop.technician(hours=(11, 18))
    ticket = shop.ticket()
    tomorrow = operating_day(now) + timedelta(days=1)
    starts = {slot.start for slot in rank_slots(session, ticket_id=ticket.id or 0, now=now)}
    assert kst(tomorrow, 12) in starts or kst(tomorrow, 11) in starts
    assert not starts & {kst(tomorrow, 10)}, "half of it would be nobody's"


def test_where_only_staying_on_helps_it_is_offered_and_said(session: Session, now: datetime) -> None:
    """Ten minutes before the end of the only shift."""
    shop = Shop(session)
    shop.technician(days=(0,), hours=(9, 18))
    at = kst(operating_day(now), 17, 50)
    slots = rank_slots(session, ticket_id=shop.ticket(1).id or 0, now=at)
    assert [slot.start for slot in slots] == [kst(operating_day(now), 18)]
    assert slots[0].overtime and "근무 시간" in slots[0].note


def test_a_full_day_is_not_offered(session: Session, now: datetime) -> None:
    shop = Shop(session, daily_limit=1)
    shop.technician()
    plan(session, shop.ticket(), now)
    slots = rank_slots(session, ticket_id=shop.ticket(3).id or 0, now=now)
    assert slots and all(operating_day(slot.start) != operating_day(now) for slot in slots)


def test_a_ticket_without_a_point_has_no_windows_yet(session: Session, now: datetime) -> None:
    company = world.make_company(session)
    ticket = world.make_ticket(session, company=company)
    with pytest.raises(NoPointYetError):
        rank_slots(session, ticket_id=ticket.id or 0, now=now)


def test_a_home_without_a_ticket_is_answered_too(session: Session, now: datetime) -> None:
    """The nearest point that can come; a closed one is passed over."""
    shop = Shop(session)
    shop.technician()
    nearer = world.make_point(session, company=shop.company, at=world.north_of(world.GANGNAM, 9))
    world.close_point(
        session, point=nearer, start=now - timedelta(hours=1), end=now + timedelta(hours=9), reason="침수"
    )
    lat, lon = world.north_of(world.GANGNAM, 9)
    question = SlotQuestion(lat=lat, lon=lon, area_code="11680", symptom="NO_HEAT", vulnerable=True)
    slots = rank_slots_for(session, company_id=shop.company.id or 0, question=question, now=now)
    assert slots and {slot.service_point_id for slot in slots} == {shop.point.id}


def test_safety_is_never_asked_to_choose_a_time(session: Session, now: datetime) -> None:
    shop = Shop(session)
    question = SlotQuestion(lat=37.5, lon=127.0, area_code="11680", symptom="CO")
    with pytest.raises(InvalidError):
        rank_slots_for(session, company_id=shop.company.id or 0, question=question, now=now)
