"""A preseason campaign from the manager's pick to what it found, and whom it never writes to."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any

import httpx
import pytest
from sqlmodel import Session, SQLModel, col, select

from campaigns.models import Campaign, Invitation
from core.actor import SYSTEM, Actor, Role
from core.clock import kst
from core.dated import set_rule
from customers.consents import Choice, Door, Purpose, record_choice
from customers.models import Boiler, Contact, HouseholdMember
from dispatch.models import TicketParty
from notifications import advert
from tests import world
from tests.journeys.house import House
from tests.journeys.steps import finish, go_there, see
from tests.journeys.test_family_page import LINK, plain
from tests.journeys.test_whole_journey import add_prices, company_of
from tests.serving import client_of

SEASON_DAY = kst(date(2026, 9, 15), 10)
MANAGER = Actor(kind="person", name="한관리", source="test", role=Role.MANAGER)
HOMES = {
    "agreed": ("김영자", "010-9333-0101", "AGREED"),
    "asked before": ("이순자", "010-9333-0202", None),
    "refused": ("박말순", "010-9333-0303", "REFUSED"),
    "landline": ("최복순", "02-555-0404", "AGREED"),
    "not old": ("정새집", "010-9333-0505", "AGREED"),
}


@pytest.fixture
def now() -> Any:
    """A Tuesday of the season."""
    return SEASON_DAY


def furnish(house: House) -> None:
    """One point with a technician, and five homes of which one may be written to."""
    house.add_company("onnuri")
    with house.database.transaction() as session:
        company = company_of(session)
        point = world.make_point(session, company=company, code="gangnam")
        world.make_technician(session, point=point, name="박기사", days=range(5), now=SEASON_DAY)
        add_prices(session, company_id=company.id or 0)
        for n, (name, (who, phone, word)) in enumerate(HOMES.items()):
            home = world.make_household(
                session,
                company=company,
                resident=(who, phone),
                at=world.north_of(world.GANGNAM, 1 + n / 2),
                child=None,
            )
            boiler = session.exec(select(Boiler).where(col(Boiler.address_id) == home.address_id)).one()
            boiler.installed_on = date(2024 if name == "not old" else 2015, 3, 1)
            session.add(boiler)
            if word is not None:
                _say(session, company_id=company.id or 0, household_id=home.id or 0, word=word)
    decide(house, "advert_refusal_number", "0808501588")


def decide(house: House, key: str, value: Any) -> None:
    """A setting that holds from this moment on."""
    with house.database.transaction() as session:
        set_rule(
            session,
            company_id=company_of(session).id or 0,
            key=key,
            value=value,
            valid_from=house.clock(),
            source="시험",
            by=SYSTEM,
            now=house.clock(),
        )


def _say(session: Session, *, company_id: int, household_id: int, word: str) -> None:
    who = session.exec(
        select(HouseholdMember.contact_id).where(col(HouseholdMember.household_id) == household_id)
    ).first()
    assert who is not None
    record_choice(
        session,
        company_id=company_id,
        household_id=household_id,
        contact_id=who,
        decided_by_id=who,
        choice=Choice(word),
        door=Door.CALL,
        purpose=Purpose.ADVERT,
        by=SYSTEM,
        now=SEASON_DAY - timedelta(days=100),
    )


def post(client: httpx.Client, path: str, **fields: Any) -> httpx.Response:
    return client.post(path, data=fields, headers={"Origin": str(client.base_url)}, follow_redirects=True)


def count_of(page: httpx.Response, label: str) -> int:
    """The number that stands beside a label."""
    found = re.search(rf"{re.escape(label)}\s+(\d+)", plain(page))
    assert found is not None, (label, plain(page))
    return int(found[1])


def plan_and_start(house: House, manager: httpx.Client, **changes: Any) -> str:
    form = {
        "name": "가을 사전점검",
        "starts_on": "2026-09-15",
        "ends_on": "2026-10-31",
        "age_years": "7",
        "repairs": "2",
        "repairs_months": "24",
        "risky": "1",
        "opinion": "",
        **changes,
    }
    page = post(manager, "/campaigns", **form)
    assert page.status_code == 200, plain(page)
    path = page.url.path
    started = post(manager, f"{path}/start", reason="")
    assert 'data-state="running"' in started.text, plain(started)
    return path


def texts_ahead_of(page: httpx.Response) -> list[str]:
    """The texts that a campaign's page shows, without their titles."""
    found = re.findall(r'<div class="text-sent">(?:<strong>.*?</strong>\n)?(.*?)</div>', page.text, re.DOTALL)
    return [html.unescape(text).strip() for text in found]


def pattern_of(text: str) -> str:
    """A text without what differs from home to home: the name, the years, the link."""
    return re.sub(r"https?://\S+", "LINK", re.sub(r"\d+년", "N년", re.sub(r"[가-힣]{3}님", "…님", text)))


def read_what_waits(manager: httpx.Client) -> None:
    """Every text that waits for the morning is opened: whose it is, why it waits, until when, what to do."""
    queued = manager.get("/messages", params={"state": "queued"})
    assert "김*자" in queued.text and "이름 모름" not in queued.text
    rows = re.findall(r'class="messages-open num" href="(/messages/\d+)"', queued.text)
    assert len(rows) == 2 and plain(queued).count("내일 08:00에 보냄") == 2
    for row in rows:
        opened = plain(manager.get(row))
        assert "아직 보내지 않았습니다" in opened and "내일 08:00" in opened and "가을 사전점검" in opened
        assert SOURCE in opened, "on an opinion it goes to whoever did not refuse"
        assert "밤이라 급하지 않은 소식은 아침까지 둡니다" in opened and "그때 저절로 나갑니다" in opened


SOURCE = "저희 보일러를 쓰시는 댁의 연락처로 적혀 있어 이 번호로 알려 드립니다."
"""Who is written to unasked reads where the number is from, the first time."""

RESTING = {
    "halted": "고장 난 댁에 먼저 가고 있어",
    "paused": "며칠 뒤에 다시 보시거나",
    "stopped": "이번 점검 안내는 끝났습니다",
    "finished": "이번 점검 안내는 끝났습니다",
}
"""What a home that opens its link then reads."""


@contextmanager
def standing(house: House, table: type[SQLModel], field: str, value: Any) -> Iterator[None]:
    """The only row of a table stands otherwise for a while."""
    before = None
    for turn in range(2):
        with house.database.transaction() as session:
            row = session.exec(select(table)).one()
            before, after = getattr(row, field), before if turn else value
            setattr(row, field, after)
            session.add(row)
        if not turn:
            yield


def test_from_the_pick_to_what_was_found(house: House) -> None:
    furnish(house)
    manager = house.browser("manager")
    assert "아직 사전점검이 없습니다" in plain(manager.get("/campaigns"))
    path = plan_and_start(house, manager)
    looked = manager.get(path)
    assert "고른 4댁 가운데 1댁에 안내할 수 있습니다" in plain(looked)
    for label in ("광고를 받겠다고 하신 적이 없음", "받지 않겠다고 하심", "문자를 받는 번호가 없음"):
        assert label in plain(looked)
    listed = manager.get(path, params={"reason": "refused"})
    assert listed.text.count("/agent/households/") == 1 and "박말순" not in listed.text
    assert "#notices" in listed.text, "where his word stands"
    assert "첫 안내를 기다리는 중" in plain(looked) and "첫 안내는 1분 안에 나갑니다" in plain(looked)
    (advert_ahead, information_ahead) = texts_ahead_of(looked)
    assert advert_ahead.startswith("(광고) [") and advert_ahead.endswith("무료 수신 거부 080-850-1588")
    assert SOURCE in information_ahead and SOURCE not in advert_ahead
    assert not [each for each in information_ahead.splitlines() if each not in advert_ahead][2:], (
        "else the same"
    )

    house.work()
    (told,) = house.texts()
    assert told["to"] == "01093330101"
    text = told["text"]
    assert pattern_of(text) == pattern_of(advert_ahead), "what the manager read is what went out"
    assert "안내하는 중" in plain(manager.get(path))
    assert advert.check(text, maker="onnuri 보일러").may_go
    assert text.startswith("(광고) [") and text.rstrip().endswith("무료 수신 거부 080-850-1588")
    link = LINK.search(text)
    assert link is not None

    family = client_of(house.url)
    house.clients.append(family)
    base = link.group(1).removeprefix(house.url)
    home = family.get(base)
    assert "받지 않습니다" in plain(home) and family.get(f"{base}/time").status_code == 404
    offered = re.findall(r'name="window" value="([^"]+)"', home.text)
    assert offered
    for state, words in RESTING.items():
        with standing(house, Campaign, "state", state):
            resting = family.get(base)
            assert words in plain(resting) and 'name="window"' not in resting.text, state
            tried = family.post(f"{base}/checkup", data={"window": offered[0]})
            assert tried.status_code == 409 and "지금은 점검 시간을 고를 수 없습니다" in plain(tried)
    made_up = family.post(
        f"{base}/checkup", data={"window": "2026-09-15T03:00:00+09:00/2026-09-15T05:00:00+09:00"}
    )
    assert made_up.status_code == 409
    chosen = family.post(f"{base}/checkup", data={"window": offered[0]}, follow_redirects=True)
    assert "점검 시간을 정했습니다" in plain(chosen)
    again = family.post(f"{base}/checkup", data={"window": offered[0]}, follow_redirects=True)
    assert again.status_code == 200
    with standing(house, TicketParty, "phone_wrong_since", house.clock()):
        assert family.get(base).status_code == 410, "a stranger has it"
    with standing(house, Invitation, "state", "withdrawn"):
        assert family.get(base).status_code == 410
    house.work()
    number = re.search(r"접수번호 (\S+)", plain(chosen))
    assert number is not None
    ticket = see(house, number[1])
    assert ticket["status"] == "APPOINTED" and ticket["visit"]["technician"]["name"] == "박기사"
    assert ticket["clocks"].get("contact") in (None, {}) and not ticket["tasks"]
    assert [m["event"] for m in ticket["messages"] if m["recipient"] == "resident"] == [
        "VISIT_SCHEDULED",
        "ESTIMATE",
    ] or "VISIT_SCHEDULED" in {m["event"] for m in ticket["messages"]}
    assert not [m["text"] for m in ticket["messages"] if "수리" in m["text"]], "nothing is broken"
    booked = next(m["text"] for m in ticket["messages"] if m["event"] == "VISIT_SCHEDULED")
    assert "보일러 점검 기사가 찾아갑니다" in booked
    own = LINK.search(booked)
    assert own is not None
    steps = plain(family.get(own.group(1).removeprefix(house.url)))
    assert "기사 방문 지금 보일러 점검 끝" in steps and "수리" not in steps

    house.clock.at = kst(date.fromisoformat(offered[0][:10]), int(offered[0][11:13]))
    go_there(house, number[1])
    done = finish(house, number[1])
    assert [line["code"] for line in done["charge"]["lines"]] == ["LABOUR_IGNITION"]
    house.work()
    page = manager.get(path)
    figures = {
        label: count_of(page, label)
        for label in ("안내한 댁", "시간을 정한 댁", "점검을 마친 댁", "고장을 찾은 댁")
    }
    assert set(figures.values()) == {1}, figures
    assert len({t["to"] for t in house.texts()} - {"01090000001"}) <= 2, "nobody else was ever written to"
    assert family.get(base).status_code == 200
    house.clock.forward(days=15)
    assert family.get(base).status_code == 410


def test_the_law_and_the_faults_hold_at_every_hour(house: House) -> None:
    """Sent as information on an opinion's last evening, it is an advert the next day; a rush halts it all."""
    furnish(house)
    manager = house.browser("manager")
    opinion = {
        "author": "이법무 변호사",
        "reference": "한결 2026-77",
        "covers": "점검 안내",
        "reason": "가을",
    }
    days = {"valid_from": "2026-09-01", "valid_until": "2026-09-15"}
    recorded = post(manager, "/campaigns/opinions", **opinion, **days)
    assert "한결 2026-77" in plain(recorded)
    key = re.search(r'<option value="(\d+)"[^>]*>한결', manager.get("/campaigns/new").text)
    assert key is not None
    house.clock.at = kst(date(2026, 9, 15), 21)
    manager = house.browser("manager")
    decide(house, "checkup_reserve_percent", 90)
    path = plan_and_start(house, manager, opinion=key[1])
    assert "고른 4댁 가운데 2댁" in plain(manager.get(path)), "whoever did not refuse"
    house.work()
    assert count_of(manager.get(path), "안내한 댁") == 0, "all the time there is may be needed by faults"
    house.clock.at = kst(date(2026, 9, 15), 22)
    decide(house, "checkup_reserve_percent", 40)
    manager = house.browser("manager")
    house.work()
    assert house.texts() == [], "quiet hours"
    halfway = plain(manager.get(path))
    assert "밤이라 지금은 나가지 않습니다" in halfway and "아직 보내지 않은 안내가 2통" in halfway
    assert "첫 안내를 기다리는 중" in halfway and "안내하는 중" not in halfway
    read_what_waits(manager)
    with house.database.transaction() as session:
        second = session.exec(select(Contact).where(Contact.name == "이순자")).one()
        home = session.exec(
            select(HouseholdMember.household_id).where(HouseholdMember.contact_id == second.id)
        ).one()
        _say(session, company_id=second.company_id, household_id=home, word="REFUSED")
    house.clock.forward(minutes=2)
    house.work()
    left = plain(manager.get("/messages", params={"state": "queued"}))
    assert left.count("내일 08:00에 보냄") == 1, "who says no by night hears nothing in the morning"

    house.clock.at = kst(date(2026, 9, 16), 9)
    manager = house.browser("manager")
    house.work()
    (told,) = house.texts()
    assert told["text"].startswith("(광고)") and told["to"] == "01093330101", "the opinion ended at midnight"

    link = LINK.search(told["text"])
    assert link is not None
    family = client_of(house.url)
    house.clients.append(family)
    base = link.group(1).removeprefix(house.url)
    assert "광고를 보내지 않습니다" in plain(
        family.post(f"{base}/checkup", data={"answer": "stop"}, follow_redirects=True)
    )
    assert family.post(f"{base}/checkup", data={"window": "x/y"}).status_code == 422
    assert count_of(manager.get(path), "광고를 거부한 댁") == 1
    refused = plain(manager.get(f"{path}?reason=refused"))
    assert "받지 않겠다고 하심 2댁" in refused, refused
    assert re.search(r"하심 2댁 \w\*", refused), "named as far as a list may"

    with house.database.transaction() as session:
        company = company_of(session)
        home = world.make_household(session, company=company)
        for _fault in range(20):
            world.make_ticket(session, company=company, household=home, received_at=house.clock())
    house.clock.forward(minutes=2)
    house.work()
    halted = manager.get(path)
    assert 'data-state="halted"' in halted.text and "기사를 기다리는 고장이 20건" in plain(halted)
    assert post(manager, f"{path}/resume", reason="해 보자").status_code == 409
    assert post(manager, f"{path}/pause", reason="").status_code == 422
    paused = post(manager, f"{path}/pause", reason="한파 대비")
    assert 'data-state="paused"' in paused.text and "아직 나가지 않은 안내는 거두었습니다" in plain(paused)
    assert "한파 대비" in plain(manager.get(path))
