"""An administrator's care of log-ins, the company's doors, and the tokens of programs."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import httpx
import pyotp
import pytest
from sqlmodel import col, select

from core.db import Database
from core.models import DatedSetting, TimelineEntry
from core.secrets import Seal
from core.settings import Settings
from tests.serving import serving_context
from tests.web.admin.forms import (
    NOW,
    PASSWORD,
    TODAY,
    add_person,
    open_browser,
    other_company,
    send,
    sign_in,
    stored,
)
from web.context import WebContext
from web.live_hub import LiveHub
from workforce.access_models import SecondFactor
from workforce.models import Account, Company, Person

TOKEN = re.compile(r'data-testid="token" translate="no">([^<]+)<')
ONE = re.compile(r"/access/session\?id=(\d+)")


def agent(client: httpx.Client) -> int:
    return add_person(client, role="agent", point="", badge_number="", login="agent-1", password=PASSWORD)


def told(database: Database, what: str) -> list[TimelineEntry]:
    with database.reading() as session:
        query = select(TimelineEntry).where(col(TimelineEntry.what) == what).order_by(col(TimelineEntry.id))
        return list(session.exec(query))


def test_sessions_are_seen_and_ended_with_a_reason(
    client: httpx.Client, address: str, database: Database
) -> None:
    person = agent(client)
    with open_browser(address) as first, open_browser(address) as second:
        assert (sign_in(first, "agent-1"), sign_in(second, "agent-1")) == (303, 303)
        page = client.get(f"/admin/people/{person}").text
        ids = ONE.findall(page)
        assert len(ids) == 2 and "127.0.0.1" in page
        where = f"/admin/people/{person}/access/session?id={ids[0]}"
        assert send(client, where, reason="").status_code == 422
        stored(send(client, where, reason="분실 신고"))
        assert sorted(each.get("/agent").status_code for each in (first, second)) == [200, 303]
        assert client.get(f"/admin/people/{person}").text.count("/access/session?id=") == 1
        stored(send(client, f"/admin/people/{person}/access/sessions", reason="퇴사 준비"))
        assert first.get("/agent").status_code == second.get("/agent").status_code == 303
    assert [each.reason for each in told(database, "SessionsEnded")] == ["분실 신고", "퇴사 준비"]
    history = client.get(f"/admin/people/{person}").text
    assert "로그인을 끝냄" in history and "분실 신고" in history


def test_wrong_passwords_wait_longer_and_longer_until_unlocked(
    client: httpx.Client, address: str, database: Database, moment: list[datetime]
) -> None:
    person = agent(client)
    with open_browser(address) as browser:
        statuses = [sign_in(browser, "agent-1", "wrong") for _n in range(6)]
        assert statuses == [401] * 5 + [429]
        held = browser.post("/login", data={"login": "agent-1", "password": PASSWORD})
        assert held.headers["retry-after"] == "30" and "30초 뒤에" in held.text
        moment[0] += timedelta(seconds=31)
        assert sign_in(browser, "agent-1", "wrong") == 401
        held = browser.post("/login", data={"login": "agent-1", "password": PASSWORD})
        assert held.headers["retry-after"] == "60" and "1분 뒤에" in held.text
        assert sign_in(browser, "admin") == 303, "others are not held"
        page = client.get(f"/admin/people/{person}").text
        assert "막혀 있습니다" in page
        stored(send(client, f"/admin/people/{person}/access/unlock", reason="본인 확인함"))
        assert sign_in(browser, "agent-1") == 303
        moment[0] += timedelta(minutes=10)
        assert sign_in(browser, "agent-1", "wrong") == 401, "a right one forgave the others"
    assert [each.reason for each in told(database, "AccountUnlocked")] == ["본인 확인함"]
    answer = send(client, f"/admin/people/{person}/access/unlock", reason="x")
    assert answer.status_code == 303, "one wrong try is forgiven as well"
    assert send(client, f"/admin/people/{person}/access/unlock", reason="x").status_code == 409


def test_an_address_that_guesses_names_waits_too(
    database: Database, database_url: str, address: str, moment: list[datetime]
) -> None:
    del address  # founds the company
    settings = Settings(database_url=database_url, notices="off", login_free_tries_address=3)
    context = WebContext(settings, database, lambda: moment[0], LiveHub(database_url))
    with serving_context(context) as url, open_browser(url) as browser:
        statuses = [sign_in(browser, f"nobody-{n}", "wrong") for n in range(3)]
        assert statuses == [401] * 3 and sign_in(browser, "admin") == 429
        moment[0] += timedelta(seconds=31)
        assert sign_in(browser, "admin") == 303
        links = [browser.get(f"/login/once/x{n}").status_code for n in range(2)]
        assert links == [401, 429], "one-time links are tries as well"


def test_a_lost_phone_is_reset_with_a_reason(client: httpx.Client, address: str, database: Database) -> None:
    person = agent(client)
    nothing = send(client, f"/admin/people/{person}/access/factor", reason="x")
    assert nothing.status_code == 409
    with database.transaction() as session:
        account = session.exec(select(Account).where(col(Account.login) == "agent-1")).one()
        session.add(
            SecondFactor(
                account_id=account.id or 0,
                sealed_secret=Seal("k" * 40).close(pyotp.random_base32()),
                confirmed_at=NOW,
                last_step=0,
            )
        )
    with open_browser(address) as browser:
        sign_in(browser, "agent-1")
        assert browser.get("/agent").status_code == 303, "who has one is asked, wherever from"
        stored(send(client, f"/admin/people/{person}/access/factor", reason="휴대전화 분실"))
        sign_in(browser, "agent-1")
        assert browser.get("/agent").status_code == 200
    assert [each.reason for each in told(database, "SecondFactorReset")] == ["휴대전화 분실"]


def test_networks_are_read_strictly_and_need_a_key(client: httpx.Client, database: Database) -> None:
    where = "/admin/settings/allowed_networks/change"
    assert "아무에게도 묻지 않습니다" in client.get("/admin").text
    day = {"valid_from": TODAY.isoformat(), "source": "보안 규정"}
    bad = send(client, where, value="203.0.113.0/24\nour office", **day)
    assert bad.status_code == 422 and "네트워크로 읽을 수 없습니다" in bad.text
    without_key = send(client, where, value="203.0.113.9", **day)
    assert without_key.status_code == 422 and "SECRET_KEY" in without_key.text
    stored(send(client, where, value="", **day))
    locks = {f"value_{r}": "20" for r in ("agent", "dispatcher", "point", "qa", "manager", "admin")}
    change = "/admin/settings/idle_lock_s/change"
    stored(send(client, change, **locks, value_technician="0", **day))
    assert "기사: 잠그지 않음" in client.get("/admin/settings/idle_lock_s").text
    with database.reading() as session:
        rows = session.exec(select(DatedSetting).where(col(DatedSetting.company_id).is_not(None))).all()
    assert [row.key for row in rows] == ["allowed_networks", "idle_lock_s"]
    assert rows[1].value["agent"] == 1200


def make(client: httpx.Client, **fields: str) -> httpx.Response:
    values = {
        "name": "홈페이지",
        "role": "agent",
        "scope": "write",
        "expires_on": (TODAY + timedelta(days=30)).isoformat(),
        **fields,
    }
    answer: httpx.Response = send(client, "/admin/tokens/new", **values)
    return answer


def token_of(client: httpx.Client, **fields: str) -> dict[str, str]:
    found = TOKEN.search(make(client, **fields).text)
    assert found is not None
    return {"Authorization": f"Bearer {found[1]}"}


def test_a_token_is_shown_once_used_seen_and_revoked(
    client: httpx.Client, address: str, database: Database
) -> None:
    bearer = token_of(client)
    assert "아직 없음" in client.get("/admin/tokens").text
    assert bearer["Authorization"].split()[1] not in client.get("/admin/tokens").text
    with open_browser(address) as program:
        assert program.get("/api/v1/tickets", headers=bearer).status_code == 200
        assert "아직 없음" not in client.get("/admin/tokens").text
        made = told(database, "TokenMade")[0]
        revoke = f"/admin/tokens/{made.data['token_id']}/revoke"
        assert send(client, revoke, reason="").status_code == 422
        stored(send(client, revoke, reason="업체가 바뀜"))
        over = program.get("/api/v1/tickets", headers=bearer)
        assert over.status_code == 401 and "거둔 토큰" in over.json()["detail"]
        assert over.headers["content-type"] == "application/problem+json"
    assert [each.reason for each in told(database, "TokenRevoked")] == ["업체가 바뀜"]
    assert "홈페이지" in client.get("/admin/history").text


def test_a_token_expires_with_its_own_sentence(
    client: httpx.Client, address: str, moment: list[datetime]
) -> None:
    for too_late in (TODAY, TODAY + timedelta(days=366)):
        assert make(client, expires_on=too_late.isoformat()).status_code == 422
    assert make(client, role="technician").status_code == 422
    bearer = token_of(client, expires_on=(TODAY + timedelta(days=1)).isoformat())
    with open_browser(address) as program:
        moment[0] += timedelta(hours=37)
        assert program.get("/api/v1/tickets", headers=bearer).status_code == 200, "to the end of the day"
        moment[0] += timedelta(hours=2)
        over = program.get("/api/v1/tickets", headers=bearer)
        assert over.status_code == 401 and "기한이 지난" in over.json()["detail"]


@pytest.mark.parametrize(
    ("scope", "expected"),
    [("read", (200, 403, 200, 403)), ("tickets", (200, 422, 403, 403)), ("write", (200, 422, 200, 200))],
)
def test_a_token_keeps_to_its_scope(
    client: httpx.Client, address: str, scope: str, expected: tuple[int, ...]
) -> None:
    bearer = token_of(client, scope=scope, role="admin")
    with open_browser(address) as program:
        found = (
            program.get("/api/v1/tickets", headers=bearer).status_code,
            program.post("/api/v1/tickets", headers=bearer, json={}).status_code,
            program.get("/api/v1/service-points", headers=bearer).status_code,
            program.post("/admin/calendar/new", headers=bearer, data={}).status_code == 403,
        )
        assert found[:3] == expected[:3] and found[3] == (expected[3] == 403)
        assert program.get("/admin/tokens/new", headers=bearer).status_code == 403, "a token makes none"
        assert program.get("/account", headers=bearer).status_code == 403


def test_a_program_that_hurries_is_told_to_wait(
    client: httpx.Client, address: str, database: Database, moment: list[datetime]
) -> None:
    with database.transaction() as session:
        company = session.exec(select(Company.id)).one()
        session.add(
            DatedSetting(
                company_id=company,
                key="api_per_minute",
                value=10,
                valid_from=NOW,
                source="test",
                entered_at=NOW,
            )
        )
    bearer = token_of(client)
    with open_browser(address) as program:
        statuses = [program.get("/api/v1/technicians", headers=bearer).status_code for _n in range(11)]
        assert statuses == [200] * 10 + [429]
        held = program.get("/api/v1/technicians", headers=bearer)
        assert held.headers["retry-after"] == "6" and held.json()["type"].endswith("/too-many")
        moment[0] += timedelta(seconds=6)
        assert program.get("/api/v1/technicians", headers=bearer).status_code == 200
    assert client.get("/admin/tokens").status_code == 200, "people are not held to it"


def test_who_is_who_at_the_provider_is_one_persons(client: httpx.Client, database: Database) -> None:
    person = agent(client)
    other = add_person(
        client,
        name="다른 분",
        phone="010-9999-0000",
        role="qa",
        point="",
        badge_number="",
        login="qa-1",
        password=PASSWORD,
    )
    stored(send(client, f"/admin/people/{person}/provider", provider_login="Kim@Example.com"))
    taken = send(client, f"/admin/people/{other}/provider", provider_login="kim@example.com")
    assert taken.status_code == 422 and "이미 쓰는" in taken.text
    with database.transaction() as session:  # another company's, whom this administrator cannot see
        stranger = session.exec(select(Person).order_by(col(Person.id))).first() or pytest.fail("nobody")
        elsewhere = Person(name=stranger.name, phone=stranger.phone, created_at=NOW)
        session.add(elsewhere)
        session.flush()
        account = {"login": "elsewhere", "provider_login": "elsewhere@example.com", "created_at": NOW}
        session.add(Account(person_id=elsewhere.id or 0, **account))
    taken = send(client, f"/admin/people/{other}/provider", provider_login="elsewhere@example.com")
    assert taken.status_code == 422 and "다른 분이 이미 쓰는" in taken.text
    stored(send(client, f"/admin/people/{person}/provider", provider_login=""))
    stored(send(client, f"/admin/people/{other}/provider", provider_login="kim@example.com"))
    assert len(told(database, "ProviderLogInSet")) == 3


def test_another_companys_hands_stay_off(client: httpx.Client, database: Database) -> None:
    person = agent(client)
    bearer = token_of(client)
    assert bearer
    token_id = told(database, "TokenMade")[0].data["token_id"]
    other_company(database)
    sign_in(client, "other")
    for step in ("session", "sessions", "device", "factor", "unlock"):
        path = f"/admin/people/{person}/access/{step}"
        assert client.get(path).status_code == 404, step
        assert client.post(path, data={"reason": "x"}).status_code == 404, step
    assert client.post(f"/admin/tokens/{token_id}/revoke", data={"reason": "x"}).status_code == 404
    assert "홈페이지" not in client.get("/admin/tokens").text
