"""A home of which nobody knows where it is: what the agent says and does; how surely a place is picked."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest
from sqlmodel import col, select

from customers.models import Address
from dispatch.models import Task
from dispatch.task_hand_over import hand_over_tasks
from tests.web.agent_world import FORM, carry_on, file, number_of
from tests.web.conftest import ClientAs, WebWorld
from tests.web.told_once import words_of
from workforce.models import Account

VAGUE = "서울 마포구 시장 뒤쪽 골목 세탁소 2층"
GAS = {**FORM, "symptom": "GAS_SMELL", "self_fix_result": "", "resident_address": VAGUE}
PICK = {"lat": "37.55", "lon": "126.91"}


@pytest.fixture
def desk(client_as: ClientAs) -> httpx.Client:
    return client_as("agent")


def test_a_danger_without_a_place_says_so_and_stands_with_who_filed_it(
    web_world: WebWorld, desk: httpx.Client
) -> None:
    guide = words_of(desk.post("/agent/new/guide", data=GAS).text)
    assert "이 주소만으로는 기사를 보낼 수 없습니다" in guide and "곧장 갑니다" not in guide
    number = number_of(desk.post("/agent/new", data=GAS))
    carry_on(web_world)
    page = desk.get(f"/agent/tickets/{number}").text
    assert page.index('id="map"') < page.index('id="case-head"')
    assert "data-wanted" in page[page.index('id="map"') : page.index('id="case-head"')]
    told = words_of(page)
    assert "댁의 위치를 알아야 기사를 보낼 수 있습니다" in told and "지금 찾고 있습니다" not in told
    later = web_world.now + timedelta(minutes=5)
    with web_world.database.transaction() as session:
        hand_over_tasks(session, now=later)
    with web_world.database.reading() as session:
        task = session.exec(select(Task)).one()
        me = session.exec(select(Account).where(col(Account.login).like("agent-%"))).one()
    assert (task.kind, task.owner_person_id) == ("MAP_PICK", me.person_id)
    row = web_world.sign_in("dispatcher").get("/dispatch/queue?show=safety").text
    assert "최상황" not in row
    with web_world.database.transaction() as session:
        assert hand_over_tasks(session, now=web_world.now + timedelta(hours=2)) == 1


def test_the_guide_follows_the_address_as_it_is_typed(desk: httpx.Client) -> None:
    def told(**typed: str) -> str:
        return words_of(desk.post("/agent/new/guide/place", data={"safety": "1", **typed}).text)

    assert "보낼 수 없습니다" in told(resident_address=VAGUE)
    assert "보낼 수 없습니다" in told(resident_address="apartment 5")
    for typed in ({}, {"resident_address": "서울 강남구 역삼동 735"}, {"resident_address": VAGUE, **PICK}):
        assert "곧장 갑니다" in told(**typed)


@pytest.mark.parametrize(
    ("zoom", "precision", "words"),
    [
        ("12", "dong", "동까지 확인됐습니다"),
        ("16", "address", "집까지 정확합니다"),
        ("", "address", "집까지"),
    ],
)
def test_a_pick_is_as_sure_as_the_map_was_zoomed_in(
    web_world: WebWorld, desk: httpx.Client, zoom: str, precision: str, words: str
) -> None:
    number = number_of(file(desk, resident_address=VAGUE))
    path = f"/agent/tickets/{number}"
    assert "이 지도에는 길과 건물이 없습니다" in desk.get(path).text
    answer = desk.post(f"{path}/location", data={**PICK, "pick_zoom": zoom})
    assert answer.status_code == 303
    said = words_of(desk.get(answer.headers["location"]).text)
    assert words in said and ("동네까지 정했습니다" in said) == (precision == "dong")
    with web_world.database.reading() as session:
        assert session.exec(select(Address.precision)).one() == precision
    carry_on(web_world)
    assert web_world.point.name in desk.get(path).text, "the case goes on"


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("서울 강남구 역삼동 736-1 파란대문집", "역삼동 736-1 (파란대문집)"),
        (VAGUE, "서울특별시 마포구 2층 (시장 뒤쪽 골목 세탁소)"),
    ],
)
def test_words_that_lead_to_the_door_are_told_to_whoever_must_find_it(
    web_world: WebWorld, desk: httpx.Client, client_as: ClientAs, typed: str, told: str
) -> None:
    number = number_of(file(desk, resident_address=typed))
    desk.post(f"/agent/tickets/{number}/location", data=PICK)
    for _ in range(3):
        carry_on(web_world)
    crew = client_as("technician", technician=web_world.technician)
    pages = (
        (desk, f"/agent/tickets/{number}"),
        (client_as("dispatcher"), f"/dispatch/tickets/{number}/facts"),
        (client_as("point", point=web_world.point), f"/point/tickets/{number}"),
    )
    for client, path in pages:
        assert told not in client.get(path).text, "not before it is unmasked"
        client.post(f"/unmask/ticket/{number}", data={"reason": "본인 확인"})
        assert told in client.get(path).text, path
    assert told in crew.get(f"/m/{number}").text and told in crew.get("/m").text, "his own, in his list too"


def test_a_named_dong_is_as_good_as_a_finger_on_the_map(web_world: WebWorld, desk: httpx.Client) -> None:
    number = number_of(desk.post("/agent/new", data=GAS))
    carry_on(web_world)
    here = f"/agent/tickets/{number}/location"
    for said in ("없는동", "1", ""):
        refused = desk.post(here, data={"place_name": said})
        assert refused.status_code == 422 and "동" in words_of(refused.text), said
    answer = desk.post(here, data={"place_name": "합정동"})
    assert answer.status_code == 303
    with web_world.database.reading() as session:
        address = session.exec(select(Address).where(col(Address.raw) == VAGUE)).one()
    assert address.precision == "dong" and address.lat == pytest.approx(37.55, abs=0.02)
