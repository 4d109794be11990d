"""Who set out and does not arrive is asked after, once, until there is news of him."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlmodel import Session

from dispatch import visits
from dispatch.arrival_checks import ask_who_is_missing
from dispatch.cancellation import cancel_ticket
from dispatch.queries import answer_where_is_it, ticket_detail
from dispatch.revisits import hold
from dispatch.tasks import ARRIVAL_CHECK
from tests import world
from tests.dispatch.case_world import CaseWorld, make_case

DRIVE = timedelta(minutes=20)
PATIENCE = timedelta(minutes=30)
"""The national number."""


@pytest.fixture
def case(session: Session, now: datetime) -> CaseWorld:
    """He set out now and is expected in twenty minutes."""
    made = make_case(session, now=now)
    visits.depart(session, ticket_id=made.ticket_id, by=made.him, now=now)
    made.visit.arrives_at = now + DRIVE
    session.add(made.visit)
    session.flush()
    return made


def sweep(case: CaseWorld, now: datetime) -> int:
    found = ask_who_is_missing.find(case.session, now=now)
    return sum(ask_who_is_missing.step(case.session, key, now=now) for key in found)


def test_he_is_asked_after_once_when_he_is_overdue(case: CaseWorld, now: datetime) -> None:
    overdue = now + DRIVE + PATIENCE
    assert sweep(case, overdue - timedelta(seconds=1)) == 0
    assert (sweep(case, overdue), sweep(case, overdue)) == (1, 0)
    (task,) = case.tasks(ARRIVAL_CHECK)
    assert task.state == "open" and "10:20쯤 도착할 예정이었는데 소식이 없습니다" in task.detail
    assert task.service_point_id == case.point.id
    detail = ticket_detail(case.session, company_id=case.company.id or 0, number=case.ticket.number, now=now)
    said = answer_where_is_it(detail, overdue)
    assert "오전 10시 20분쯤 도착할 예정이었는데 늦어지고 있습니다" in said


@pytest.mark.parametrize("news", ["arrived", "held", "cancelled"])
def test_any_news_of_him_settles_it(case: CaseWorld, now: datetime, news: str) -> None:
    later = now + timedelta(hours=1)
    assert sweep(case, later) == 1
    whose = {"session": case.session, "ticket_id": case.ticket_id, "now": later}
    if news == "arrived":
        visits.arrive(by=case.him, **whose)
    elif news == "held":
        hold(reason="parts_wait", due=later + timedelta(days=1), by=case.him, **whose)
    else:
        cancel_ticket(reason="안 함", by=world.AGENT, **whose)
    assert [task.state for task in case.tasks(ARRIVAL_CHECK)] == ["void"]
    assert sweep(case, later) == 0


def test_who_arrives_while_the_sweep_looks_is_not_asked_after(case: CaseWorld, now: datetime) -> None:
    later = now + timedelta(hours=1)
    (found,) = ask_who_is_missing.find(case.session, now=later)
    visits.arrive(case.session, ticket_id=case.ticket_id, by=case.him, now=later)
    assert ask_who_is_missing.step(case.session, found, now=later) == 0
