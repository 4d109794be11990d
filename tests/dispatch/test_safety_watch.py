"""A danger whose technician does not set out is a named person's matter within minutes."""

from __future__ import annotations

from datetime import datetime, timedelta
from unittest.mock import Mock

import pytest
from sqlmodel import Session, select

from core.actor import Role
from core.last_acts import run_last_acts
from dispatch import assignment, safety, visits
from dispatch.events import TicketPlaced
from dispatch.models import Task, Ticket
from dispatch.planning.plan_models import SolveRequest
from dispatch.planning.publishing import StalePlanError, TechnicianTakenError
from dispatch.safety_watch import warn_of_the_unmoved
from dispatch.tasks import SAFETY_ALARM, SAFETY_UNMOVED
from tests import world
from tests.dispatch.plan_world import DISPATCHER, Shop, agree, visit_of
from workforce.models import Person, Technician

LIMIT = timedelta(minutes=5)


def given(session: Session, now: datetime, *, code: str = "onnuri") -> tuple[int, Ticket]:
    """A danger that the nearer technician has been given; and the id of the other."""
    shop = Shop(session, code=code)
    shop.technician(name="가까운")
    far = shop.technician(name="먼", home=world.north_of(world.GANGNAM, 15))
    ticket = shop.ticket(symptom="GAS_SMELL", priority=0, safety=True)
    assert assignment.pin_safety(session, ticket_id=ticket.id or 0, now=now)
    return far, ticket


def sweep(session: Session, now: datetime) -> int:
    found = warn_of_the_unmoved.find(session, now=now)
    return sum(warn_of_the_unmoved.step(session, key, now=now) for key in found)


def warnings(session: Session, ticket: Ticket) -> list[tuple[str, str]]:
    query = select(Task).where(Task.ticket_id == ticket.id, Task.kind == SAFETY_UNMOVED)
    return [(task.state, task.detail.split()[0]) for task in session.exec(query)]


def _give(session: Session, ticket: Ticket, technician_id: int, *, now: datetime) -> None:
    assignment.assign_by_hand(
        session,
        ticket_id=ticket.id or 0,
        technician_id=technician_id,
        start=None,
        reason="전화를 받지 않음",
        pin=("technician",),
        by=DISPATCHER,
        now=now,
    )


def test_each_who_does_not_set_out_is_told_of_once(session: Session, now: datetime) -> None:
    far, ticket = given(session, now)
    assert sweep(session, now + LIMIT - timedelta(seconds=1)) == 0
    assert [sweep(session, now + LIMIT) for _ in range(2)] == [1, 0]
    assert warnings(session, ticket) == [("open", "가까운")]
    near, later = visit_of(session, ticket).technician_id or 0, now + 2 * LIMIT
    _give(session, ticket, far, now=later)
    assert sweep(session, later + LIMIT) == 1
    assert warnings(session, ticket) == [("void", "가까운"), ("open", "먼")]
    assert warn_of_the_unmoved.find(session, now=later + LIMIT) == [], "known dangers do not fill the batch"
    again = later + 2 * LIMIT
    _give(session, ticket, near, now=again)
    assert [sweep(session, again + LIMIT) for _ in range(2)] == [1, 0], "told anew, he is waited for anew"
    assert warnings(session, ticket)[1:] == [("void", "먼"), ("open", "가까운")]


@pytest.mark.parametrize("fault", [StalePlanError, TechnicianTakenError])
def test_a_plan_that_cannot_be_written_is_a_persons_matter_at_once(
    session: Session, now: datetime, monkeypatch: pytest.MonkeyPatch, fault: type[Exception]
) -> None:
    shop = Shop(session)
    shop.technician()
    ticket = shop.ticket(symptom="GAS_SMELL", priority=0, safety=True)
    monkeypatch.setattr(safety, "pin_safety", Mock(side_effect=fault("booked")))
    event = TicketPlaced(
        company_id=shop.company.id or 0, at=now, ticket_id=ticket.id or 0, service_point_id=shop.point.id or 0
    )
    safety.give_at_once(session=session, event=event, now=now)
    run_last_acts(session)
    query = select(Task.state).where(Task.ticket_id == ticket.id, Task.kind == SAFETY_ALARM)
    assert session.exec(query).all() == ["open"]
    wish = session.exec(select(SolveRequest)).one()
    assert wish.service_point_id == shop.point.id and wish.urgent


def test_who_sets_out_settles_it_and_an_agreed_time_is_waited_for(session: Session, now: datetime) -> None:
    _far, ticket = given(session, now)
    assert sweep(session, now + LIMIT) == 1
    visit = visit_of(session, ticket)
    technician = session.get_one(Technician, visit.technician_id)
    him = world.as_actor(session.get_one(Person, technician.person_id), Role.TECHNICIAN)
    visits.depart(session, ticket_id=ticket.id or 0, by=him, now=now + LIMIT)
    assert warnings(session, ticket) == [("void", "가까운")]

    _far, ticket = given(session, now, code="haedam")
    start = now + timedelta(hours=1)
    agree(session, visit_of(session, ticket), start, start + timedelta(hours=2), now)
    assert sweep(session, now + LIMIT) == 0
