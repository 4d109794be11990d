"""A second call about an open case: seen while the form is typed, joined, or kept apart."""

from __future__ import annotations

import httpx
import pytest

from customers.models import Household
from tests.web.agent_world import FORM, entries, file, make_case, make_home, number_of, tickets
from tests.web.conftest import ClientAs, WebWorld

OPEN = "/agent/new/open"
ADDRESS = "서울 강남구 역삼동 735, 101동 1203호"


@pytest.fixture
def desk(client_as: ClientAs) -> httpx.Client:
    return client_as("agent")


@pytest.mark.parametrize(
    "typed",
    [
        {"resident_phone": "02)555-0101"},
        {"caller": "other", "requester_phone": "010.9876.5432 (아들)"},
        {"resident_address": ADDRESS},
    ],
    ids=["the-resident's-phone", "the-requester's-phone", "the-address"],
)
def test_an_open_ticket_shows_while_the_form_is_typed(desk: httpx.Client, typed: dict[str, str]) -> None:
    number = number_of(file(desk))
    page = desk.get("/agent/new").text
    assert f'hx-post="{OPEN}"' in page
    shown = desk.post(OPEN, data=typed).text
    assert number in shown
    assert "전화드리겠습니다" in shown, "the sentence to read out"
    assert f'formaction="/agent/tickets/{number}/call"' in shown
    assert f'href="/agent/tickets/{number}"' in shown
    assert "김영자" not in shown and "555-0101" not in shown


def test_an_unknown_caller_or_an_ended_ticket_shows_nothing(desk: httpx.Client) -> None:
    number = number_of(file(desk))
    assert desk.post(OPEN, data={"resident_phone": "010-5555-0000"}).text.strip() == ""
    hidden = {"caller": "resident", "requester_phone": "010-9876-5432"}
    assert number not in desk.post(OPEN, data=hidden).text
    desk.post(f"/agent/tickets/{number}/cancellation", data={"reason": "이사"})
    assert desk.post(OPEN, data={"resident_phone": "02-555-0101"}).text.strip() == ""


def test_each_open_ticket_behind_a_shared_phone_is_listed(web_world: WebWorld, desk: httpx.Client) -> None:
    """A son's number stands behind two homes."""
    one = number_of(file(desk))
    other = number_of(
        file(
            desk,
            idempotency_key="k2",
            resident_name="박순자",
            resident_phone="02-777-1111",
            resident_address="서울 강남구 역삼동 800, 3동 301호",
        )
    )
    shown = desk.post(OPEN, data={"caller": "other", "requester_phone": "010-9876-5432"}).text
    assert one in shown and other in shown


def test_a_chosen_home_shows_its_open_ticket(web_world: WebWorld, desk: httpx.Client) -> None:
    home = make_home(web_world)
    with web_world.database.reading() as session:
        number = make_case(web_world, household=session.get_one(Household, home))
    assert number in desk.post(OPEN, data={"household": str(home)}).text


def test_the_call_joins_the_open_ticket_with_what_was_typed(web_world: WebWorld, desk: httpx.Client) -> None:
    number = number_of(file(desk))
    data = {**FORM, "note": "언제 오냐고 하심", "idempotency_key": "k2"}
    for _ in range(2):
        answer = desk.post(f"/agent/tickets/{number}/call", data=data)
        assert answer.status_code == 303
    [ticket] = tickets(web_world.database)
    assert ticket.note == "방이 추워요\n언제 오냐고 하심"
    assert len(entries(web_world, "CallJoined")) == 1


@pytest.mark.parametrize("danger", [{"symptom": "GAS_SMELL"}, {"safety": "1", "symptom": ""}])
def test_a_danger_is_never_joined_to_an_ordinary_ticket(
    web_world: WebWorld, desk: httpx.Client, danger: dict[str, str]
) -> None:
    """The form comes back with what was typed and what to read out; filed, it is a danger's ticket."""
    number = number_of(file(desk))
    data = {**FORM, **danger, "note": "가스 냄새가 나요", "idempotency_key": "k2"}
    answer = desk.post(f"/agent/tickets/{number}/call", data=data)
    assert answer.status_code == 409 and "이어 적지 않습니다" in answer.text
    assert "가스 냄새가 나요" in answer.text and "data-danger" in answer.text
    assert 'action="/agent/new"' in answer.text
    [ticket] = tickets(web_world.database)
    assert ticket.note == "방이 추워요" and entries(web_world, "CallJoined") == []
    number_of(file(desk, **{**data, "symptom": "GAS_SMELL"}))
    assert tickets(web_world.database)[1].safety
    path = f"/agent/tickets/{tickets(web_world.database)[1].number}/call"
    joined = desk.post(path, data={**data, "idempotency_key": "k3"})
    assert joined.status_code == 303, "a second call about the danger joins it"


@pytest.mark.parametrize(
    ("caller", "kept"),
    [
        ({"requester_phone": "01022223333"}, "\n전화하신 분 번호: 010-2222-3333"),
        ({"requester_phone": "010-9876-5432"}, ""),
        ({"requester_phone": "지금은 모름"}, "\n전화하신 분 번호: 지금은 모름"),
        ({"requester_phone": "01022223333", "caller": "resident"}, ""),
    ],
    ids=["new", "known", "not-a-number", "hidden"],
)
def test_who_else_called_is_not_forgotten(
    web_world: WebWorld, desk: httpx.Client, caller: dict[str, str], kept: str
) -> None:
    number = number_of(file(desk))
    data = {**FORM, "note": "언제 와요", "idempotency_key": "k2", **caller}
    assert desk.post(f"/agent/tickets/{number}/call", data=data).status_code == 303
    assert tickets(web_world.database)[0].note == f"방이 추워요\n언제 와요{kept}"
    assert "2222-3333" not in desk.get(f"/agent/tickets/{number}").text, "masked like every number"


def test_another_case_is_filed_without_the_mark_and_the_choice_stays_on_the_form(
    web_world: WebWorld, desk: httpx.Client
) -> None:
    first = number_of(file(desk))
    shown = desk.post(OPEN, data={"resident_phone": "02-555-0101", "other_case": first}).text
    assert f'name="other_case" value="{first}" checked' in shown
    number = number_of(file(desk, idempotency_key="k2", symptom="LEAK", other_case=first))
    filed = tickets(web_world.database)[-1]
    assert (filed.number, filed.suspected_duplicate_of_id) == (number, None)
    [entry] = entries(web_world, "DuplicateRuledOut")
    assert entry.subject_id == filed.id and entry.actor_name
    assert "중복이 아니라고 확인했습니다" in desk.get(f"/agent/tickets/{number}").text


def test_another_case_is_said_of_the_tickets_that_were_shown(web_world: WebWorld, desk: httpx.Client) -> None:
    """Ticked for one home, then the phone is corrected: the other home's ticket was not ruled out."""
    home_a = number_of(file(desk))
    other = {"resident_name": "박순자", "resident_phone": "02-777-1111", "caller": "resident"}
    other |= {"resident_address": "서울 강남구 역삼동 800, 3동 301호", "payer": "resident"}
    home_b = number_of(file(desk, idempotency_key="k2", **other))
    ticked = desk.post(OPEN, data={"resident_phone": "02-555-0101"}).text
    assert f'name="other_case" value="{home_a}"' in ticked and "checked" not in ticked
    corrected = desk.post(OPEN, data={**other, "other_case": home_a}).text
    assert f'name="other_case" value="{home_b}"' in corrected and "checked" not in corrected
    number_of(file(desk, idempotency_key="k3", **other, other_case=home_a))
    filed = tickets(web_world.database)[-1]
    assert filed.suspected_duplicate_of_id == tickets(web_world.database)[1].id
    assert entries(web_world, "DuplicateRuledOut") == []


def test_what_was_shown_and_not_called_another_case_is_marked_when_it_is_filed(
    web_world: WebWorld, desk: httpx.Client
) -> None:
    """The same address with a phone nobody knows: the house alone would be a new home."""
    address = "서울 강남구 역삼동 735"
    first = number_of(file(desk, resident_address=address))
    new = {"resident_phone": "02-777-1111", "resident_address": address, "caller": "resident"}
    new |= {"payer": "resident"}
    shown = desk.post(OPEN, data=new).text
    assert f'name="shown_cases" value="{first}"' in shown
    number = number_of(file(desk, idempotency_key="k2", **new, shown_cases=first))
    [older, filed] = tickets(web_world.database)
    assert filed.household_id != older.household_id
    assert filed.suspected_duplicate_of_id == older.id
    [entry] = entries(web_world, "DuplicateSuspected")
    assert entry.actor_name and entry.data["number"] == first
    page = desk.get(f"/agent/tickets/{number}").text
    assert f'action="/agent/tickets/{number}/same-case"' in page
    desk.post(f"/agent/tickets/{number}/same-case")
    assert f"합침 → {first}" in desk.get(f"/agent/tickets/{number}").text
    facts = web_world.sign_in("dispatcher").get(f"/dispatch/tickets/{number}/facts").text
    assert f"합침 → {first}" in facts


@pytest.mark.parametrize("said", ["ruled-out", "unknown", "ended"])
def test_what_was_called_another_case_or_is_over_is_not_marked(
    web_world: WebWorld, desk: httpx.Client, said: str
) -> None:
    address = "서울 강남구 역삼동 735"
    first = number_of(file(desk, resident_address=address))
    if said == "ended":
        desk.post(f"/agent/tickets/{first}/cancellation", data={"reason": "이사"})
    new = {"resident_phone": "02-777-1111", "resident_address": address, "idempotency_key": "k2"}
    new |= {"shown_cases": "없는번호" if said == "unknown" else first}
    new |= {"other_case": first} if said == "ruled-out" else {}
    number_of(file(desk, **new))
    assert tickets(web_world.database)[1].suspected_duplicate_of_id is None
