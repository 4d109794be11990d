"""The list, its pages, the script, and whether anybody was forgotten."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlmodel import Session

from billing import service as billing
from billing.schemas import LineRequest, VisitWork
from core.errors import NotFoundError
from happycall import queries
from happycall.script import script_for
from tests import world
from tests.dispatch.case_world import make_case
from tests.happycall.call_world import DONE, GOOD, FollowUp, complete, completed, ended, second_ticket


def test_the_list_is_the_companys_own_first_due_first_and_paged(session: Session) -> None:
    first = completed(session)
    company_id = first.case.company.id or 0
    numbers = [first.case.ticket.number]
    for days in (15, 30):
        later = second_ticket(first.case)
        complete(later, at=DONE + timedelta(days=days))
        numbers.append(later.ticket.number)
    other = world.make_company(session, code="haedam")
    seen, cursor = [], None
    while True:
        page = queries.list_calls(session, company_id=company_id, cursor=cursor, limit=1)
        seen += [call.number for call in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert seen == numbers
    assert queries.list_calls(session, company_id=other.id or 0).items == ()


def test_the_list_by_state(session: Session) -> None:
    follow_up = completed(session)
    company_id = follow_up.case.company.id or 0
    follow_up.attempt("REFUSED")
    states = {
        state: len(queries.list_calls(session, company_id=company_id, state=state).items)
        for state in ("scheduled", "refused")
    }
    assert states == {"scheduled": 0, "refused": 1}


@pytest.mark.parametrize(
    "bad", [{"state": "DONE"}, {"cursor": "x"}, {"cursor": "2026-12-01_1"}, {"cursor": "_1"}, {"cursor": ""}]
)
def test_a_bad_state_or_cursor_is_named(session: Session, bad: dict[str, str]) -> None:
    with pytest.raises(queries.BadCallListError) as refused:
        queries.list_calls(session, company_id=1, **bad)
    assert refused.value.errors[0].field == next(iter(bad))


def test_another_companys_call_does_not_exist(session: Session) -> None:
    follow_up = completed(session)
    with pytest.raises(NotFoundError):
        queries.get_call(session, company_id=0, happy_call_id=follow_up.call.id or 0)


def test_numbers_are_those_of_the_intake(session: Session) -> None:
    follow_up = completed(session)
    (call,) = queries.list_calls(session, company_id=follow_up.call.company_id).items
    assert {it.role: it.phone for it in call.case.people} == {
        "resident": "+821011112222",
        "requester": "+821098765432",
    }
    assert call.case.technician_name == "박기사"


def test_the_script_names_the_maker_the_technician_and_the_bill(session: Session) -> None:
    follow_up = completed(session)
    case = follow_up.case
    work = VisitWork(
        company_id=case.company.id or 0,
        ticket_id=case.ticket_id,
        visit_id=case.visit.id or 0,
        symptom="NO_HEAT",
        arrived_at=DONE,
        agreed_start=DONE,
        lines=(LineRequest("LABOUR_IGNITION"),),
    )
    billing.charge_visit(session, work=work, by=world.AGENT, now=DONE)
    (call,) = queries.list_calls(session, company_id=case.company.id or 0).items
    script = script_for(session, happy_call=call)
    assert [line.code for line in script] == [
        "GREETING",
        "FIXED",
        "CONTACT",
        "ON_TIME",
        "TOLD_BEFORE",
        "COST",
        "OVERALL",
        "RECOMMEND",
        "WORDS",
        "CLOSING",
    ]
    said = " ".join(line.text for line in script)
    for fact in ("온누리보일러", "김영자님", "박기사 기사가", "12월 1일", "48,000원", "녹음"):
        assert fact in said
    asked = {line.answer for line in script if line.answer}
    assert {"fixed", "overall", "nps", "cost_matches", "verbatim", "came_on_time", "told_before"} <= asked


def test_nobody_is_asked_about_a_visit_that_never_was(session: Session) -> None:
    case = make_case(session, status="SELF_FIXED", state="cancelled")
    ended(case, "SELF_FIXED")
    (call,) = queries.list_calls(session, company_id=case.company.id or 0).items
    codes = [line.code for line in script_for(session, happy_call=call)]
    assert codes == ["GREETING", "FIXED", "OVERALL", "RECOMMEND", "WORDS", "CLOSING"]


def test_coverage_counts_everybody_and_names_who_was_forgotten(session: Session) -> None:
    asked = completed(session)
    asked.attempt("CONNECTED", answers=GOOD)
    case = asked.case
    for kind in ("waiting", "refused", "forgotten"):
        other = second_ticket(case)
        other.ticket.household_id = world.make_household(session, company=case.company).id or 0
        if kind != "forgotten":
            complete(other)
        if kind == "refused":
            FollowUp(other).attempt("REFUSED")
    found = queries.coverage(
        session, company_id=case.company.id or 0, start=DONE - timedelta(days=1), end=DONE + timedelta(days=1)
    )
    assert (found.completed, found.asked, found.waiting, found.explained, found.missing) == (4, 1, 1, 1, 1)
    brief = queries.call_of_ticket(session, ticket_id=case.ticket_id)
    assert brief is not None
    assert brief.state == "done"
