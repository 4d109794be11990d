"""The two makers; a visit that was agreed, and the technician at its door."""

from datetime import datetime, timedelta

import pytest
from sqlmodel import Session

from dispatch import visits
from tests.dispatch.case_world import CaseWorld, make_case
from tests.world import make_company
from workforce.models import Company


@pytest.fixture
def company(session: Session) -> Company:
    """A maker with its own technicians."""
    return make_company(session)


@pytest.fixture
def haedam(session: Session) -> Company:
    """A maker with designated shops."""
    return make_company(session, code="haedam", kind="designated")


@pytest.fixture
def case(session: Session, now: datetime) -> CaseWorld:
    """An agreed visit from 12:00 to 14:00 on a Tuesday."""
    return make_case(
        session,
        status="APPOINTED",
        state="agreed",
        window_start=now + timedelta(hours=2),
        window_end=now + timedelta(hours=4),
        window_generation=1,
    )


@pytest.fixture
def at_the_door(case: CaseWorld, now: datetime) -> CaseWorld:
    """The technician has arrived at 12:00."""
    visits.depart(case.session, ticket_id=case.ticket_id, by=case.him, now=now + timedelta(minutes=100))
    visits.arrive(case.session, ticket_id=case.ticket_id, by=case.him, now=now + timedelta(hours=2))
    return case
