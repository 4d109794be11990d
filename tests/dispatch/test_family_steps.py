"""What a family may press on its page; what is not offered there is refused, however it is sent."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlmodel import Session

from core.dated import read_rules
from dispatch import family_steps
from dispatch.appointments import WindowNotReachableError
from dispatch.cases import WrongStateError
from dispatch.family_links import OpenLink
from dispatch.family_steps import TooManyChangesError
from dispatch.family_view import family_view
from notifications.messages import Window
from tests.dispatch.case_world import CaseWorld

WINDOW: dict[str, Any] = {"window_start": None, "window_end": None}
HELD: dict[str, Any] = {"state": "cancelled", "hold_reason": "customer_request", **WINDOW}
STATES: dict[str, tuple[dict[str, Any], dict[str, Any], bool, bool]] = {
    # what is true of the ticket, and of its visit; whether a time may be picked, and the visit be put off
    "planned": ({"status": "ASSIGNED"}, {"state": "planned", **WINDOW}, True, False),
    "agreed": ({}, {}, True, True),
    "agreed, nobody to come yet": ({}, {"technician_id": None, "planned_start": None}, True, False),
    "agreed, a danger": ({"safety": True}, {}, False, False),
    "on the way": ({"status": "EN_ROUTE"}, {"state": "en_route"}, False, True),
    "on the way, a danger": ({"status": "EN_ROUTE", "safety": True}, {"state": "en_route"}, False, False),
    "at the door": ({"status": "ARRIVED"}, {"state": "arrived"}, False, False),
    "at work": ({"status": "IN_PROGRESS"}, {"state": "in_progress"}, False, False),
    "nobody opened": ({"status": "ABSENT"}, {"state": "absent"}, True, False),
    "put off": ({"status": "ON_HOLD"}, HELD, True, False),
    "put off, a danger": ({"status": "ON_HOLD", "safety": True}, HELD, False, False),
    "a part comes": (
        {"status": "ON_HOLD"},
        {**HELD, "hold_reason": "parts_wait", "hold_due_at": timedelta(hours=1)},
        True,
        False,
    ),
    "nobody knows when the part comes": (
        {"status": "ON_HOLD"},
        {**HELD, "hold_reason": "parts_wait"},
        False,
        False,
    ),
    "no point": ({"status": "RECEIVED", "service_point_id": None}, {"state": "cancelled"}, False, False),
    "done": ({"status": "COMPLETED"}, {"state": "completed"}, False, False),
    "closed": ({"status": "CLOSED"}, {"state": "completed"}, False, False),
    "called off": ({"status": "CANCELLED"}, {"state": "cancelled"}, False, False),
    "put right by themselves": ({"status": "SELF_FIXED"}, {"state": "cancelled"}, False, False),
    "taken up again": ({"status": "REOPENED"}, {"state": "completed"}, True, False),
}


def link_of(case: CaseWorld) -> OpenLink:
    return OpenLink(0, case.company.id or 0, case.ticket_id, frozenset({"requester"}))


@contextmanager
def undone(session: Session) -> Iterator[None]:
    with session.begin_nested() as step:
        yield
        step.rollback()
    session.expire_all()


def test_what_the_page_does_not_offer_is_refused_in_every_state(case: CaseWorld, now: datetime) -> None:
    session, link = case.session, link_of(case)
    free = family_steps.offer_windows(session, link=link, now=now)[-1]
    for name, (of_ticket, of_visit, chooses, puts_off) in STATES.items():
        with undone(session):
            for row, fields in ((case.ticket, of_ticket), (case.visit, of_visit)):
                for field, value in fields.items():
                    setattr(row, field, now + value if isinstance(value, timedelta) else value)
                session.add(row)
            session.flush()
            view = family_view(session, link=link)
            assert (view.may_choose, view.may_put_off) == (chooses, puts_off), name
            with undone(session), taken_or_refused(puts_off, name):
                family_steps.put_off(session, link=link, now=now)
            with taken_or_refused(chooses, name):
                family_steps.agree(session, link=link, window=free, now=now)


def test_a_window_that_is_not_offered_is_not_agreed_however_well_it_could_be_kept(
    case: CaseWorld, now: datetime
) -> None:
    session, link = case.session, link_of(case)
    best = family_steps.offer_windows(session, link=link, now=now)[0]
    for made_up in (
        Window(best.start, best.start + timedelta(seconds=30)),
        Window(best.start, best.end + timedelta(hours=18)),
        Window(best.start + timedelta(minutes=1), best.end),
        Window(best.start + timedelta(days=30), best.end + timedelta(days=30)),
    ):
        with pytest.raises(WindowNotReachableError) as refused:
            family_steps.agree(session, link=link, window=made_up, now=now)
        assert Window(*refused.value.reachable[0]) == best
    assert not case.timeline("FamilyAgreed") and not case.told()
    family_steps.agree(session, link=link, window=best, now=now)
    assert case.timeline("FamilyAgreed") and case.told()


def test_after_so_many_changes_in_a_day_somebody_has_to_ring(case: CaseWorld, now: datetime) -> None:
    session, link = case.session, link_of(case)
    most = read_rules(session, company_id=link.company_id, at=now).link_times_a_day

    def change(at: datetime) -> None:
        window = family_steps.offer_windows(session, link=link, now=at)[0]
        family_steps.agree(session, link=link, window=window, now=at)

    for _each in range(most):
        change(now)
    told = case.told()
    assert family_steps.why_no_more_times(session, link=link, now=now)
    with pytest.raises(TooManyChangesError, match="전화"):
        change(now)
    assert case.told() == told and len(case.timeline("FamilyAgreed")) == most
    family_steps.agree(session, link=link, window=window_of(case), now=now)  # the one that stands: no change
    session.expire_all()
    change(now + timedelta(days=1))
    assert len(case.timeline("FamilyAgreed")) == most + 1


def window_of(case: CaseWorld) -> Window:
    (visit,) = case.visits()
    assert visit.window_start is not None and visit.window_end is not None
    return Window(visit.window_start, visit.window_end)


@contextmanager
def taken_or_refused(taken: bool, name: str) -> Iterator[None]:
    words = ""
    try:
        yield
    except WrongStateError as refused:
        words = refused.detail
    assert (not words) is taken, f"{name}: {words or 'taken'}"
    assert taken or ("전화" in words and not re.search("[A-Za-z]", words)), f"{name}: {words}"
