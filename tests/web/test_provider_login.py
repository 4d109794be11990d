"""Log-in through an identity provider: a real one over HTTP, an honest one and one that is not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from joserfc.jwk import RSAKey
from sqlmodel import col, func, select

from core.models import DatedSetting
from core.settings import Settings
from tests.serving import client_of, serving, serving_context
from tests.web.conftest import WebWorld
from tests.web.oidc_provider import CLIENT, SECRET, Provider, make_app
from web.context import WebContext
from web.identity import COOKIE
from web.live_hub import LiveHub
from workforce.models import Account

GO = "/login/provider?next=/agent/search%3Fq%3Dkim"


@dataclass
class Doors:
    """An installation with a provider, and an agent who is known there."""

    web: WebWorld
    url: str
    provider: Provider

    def browser(self) -> httpx.Client:
        client = client_of(self.url)
        self.web.clients.append(client)
        return client

    def at_the_provider(self, browser: httpx.Client) -> str:
        """Off to the provider, which sends back at once. Returns the path and query of the way back."""
        there = browser.get(GO)
        assert there.status_code == 303 and there.headers["location"].startswith(self.provider.issuer)
        back = httpx.get(there.headers["location"], trust_env=False)
        found = urlsplit(back.headers["location"])
        assert f"{found.scheme}://{found.netloc}" == "https://ondol.example.com"
        return f"{found.path}?{found.query}"

    def log_in(self, browser: httpx.Client) -> httpx.Response:
        return browser.get(self.at_the_provider(browser))

    def known_as(self, provider_login: str | None) -> None:
        with self.web.database.transaction() as session:
            account = session.exec(select(Account).where(col(Account.login).startswith("agent-"))).one()
            account.provider_login = provider_login


@pytest.fixture
def doors(web_world: WebWorld, database_url: str) -> Iterator[Doors]:
    web_world.sign_in("agent")
    provider = Provider(clock=lambda: web_world.now)
    with serving(make_app(provider)) as issuer:
        provider.issuer = issuer
        settings = Settings(
            database_url=database_url,
            notices="off",
            base_url="https://ondol.example.com",
            oidc_issuer=issuer,
            oidc_client_id=CLIENT,
            oidc_client_secret=SECRET,
            oidc_name="온누리 통합 로그인",
        )
        context = WebContext(settings, web_world.database, lambda: web_world.now, LiveHub(database_url))
        with serving_context(context) as url:
            made = Doors(web_world, url, provider)
            made.known_as("u-1")
            yield made


@pytest.fixture(autouse=True)
def _send_secure_cookies(monkeypatch: pytest.MonkeyPatch) -> None:
    """The installation is on https, the test is not: httpx would keep Secure cookies to itself."""
    plain = httpx.Cookies.extract_cookies

    def extract(self: httpx.Cookies, response: httpx.Response) -> None:
        plain(self, response)
        for cookie in self.jar:
            cookie.secure = False

    monkeypatch.setattr(httpx.Cookies, "extract_cookies", extract)


def test_the_button_is_there_only_where_there_is_a_provider(doors: Doors, web_world: WebWorld) -> None:
    assert "온누리 통합 로그인(으)로 로그인" in doors.browser().get("/login").text
    elsewhere = client_of(web_world.url)
    web_world.clients.append(elsewhere)
    assert "/login/provider" not in elsewhere.get("/login").text
    assert elsewhere.get("/login/provider").status_code == 404
    assert elsewhere.get("/login/provider/back?state=x&code=y").status_code == 404


def test_whoever_is_known_comes_in_where_they_wanted(doors: Doors) -> None:
    with doors.web.database.transaction() as session:
        session.add(
            DatedSetting(
                company_id=doors.web.company.id,
                key="second_factor",
                value="always",
                valid_from=doors.web.now,
                source="test",
                entered_at=doors.web.now,
            )
        )
    browser = doors.browser()
    done = doors.log_in(browser)
    assert (done.status_code, done.headers["location"]) == (303, "/agent/search?q=kim")
    assert browser.get("/agent").status_code == 200, "the provider's own second factor counts"


@pytest.mark.parametrize(
    ("person", "status"),
    [
        ({"sub": "x", "email": "Kim@Example.com", "email_verified": True}, 303),
        ({"sub": "x", "email": "kim@example.com", "email_verified": False}, 403),
        ({"sub": "x", "email": "kim@example.com"}, 403),
        ({"sub": "x"}, 403),
    ],
)
def test_an_address_counts_when_the_provider_has_verified_it(
    doors: Doors, person: dict[str, Any], status: int
) -> None:
    doors.known_as("kim@example.com")
    doors.provider.person = person
    assert doors.log_in(doors.browser()).status_code == status


def test_nobody_is_made_by_itself(doors: Doors) -> None:
    doors.provider.person = {"sub": "somebody-else"}
    with doors.web.database.reading() as session:
        before = session.exec(select(func.count()).select_from(Account)).one()
    refused = doors.log_in(doors.browser())
    assert refused.status_code == 403 and "이어진 아이디가 없습니다" in refused.text
    with doors.web.database.reading() as session:
        assert session.exec(select(func.count()).select_from(Account)).one() == before


@pytest.mark.parametrize(
    "lies",
    [
        {"iss": "https://evil.example.com"},
        {"aud": "another-client"},
        {"aud": [CLIENT, "another"], "azp": "another"},
        {"nonce": "of-yesterday"},
        {"exp": 1},
        {"iat": 4_000_000_000},
        {"sub": None},
    ],
    ids=lambda lies: next(iter(lies)),
)
def test_a_token_that_says_something_wrong_opens_nothing(doors: Doors, lies: dict[str, Any]) -> None:
    doors.provider.lies = lies
    browser = doors.browser()
    refused = doors.log_in(browser)
    assert refused.status_code == 403 and "확인하지 못했습니다" in refused.text
    assert COOKIE not in browser.cookies


def test_another_key_signs_nothing(doors: Doors) -> None:
    doors.provider.signs_with = RSAKey.generate_key(2048, parameters={"kid": "k1"})
    assert doors.log_in(doors.browser()).status_code == 403


def test_the_way_back_is_this_browsers_once_and_not_late(doors: Doors) -> None:
    browser, other = doors.browser(), doors.browser()
    back = doors.at_the_provider(browser)
    assert other.get(back).status_code == 403, "a link that somebody sent me"
    state = parse_qs(urlsplit(back).query)["state"][0]
    assert browser.get(f"/login/provider/back?state={state}&code=guessed").status_code == 403
    assert browser.get(back).status_code == 401, "its state is used up"
    late = doors.at_the_provider(browser)
    doors.web.wait(minutes=11)
    assert browser.get(late).status_code == 401
    given_up = doors.at_the_provider(browser).split("?")[0]
    state = parse_qs(urlsplit(doors.at_the_provider(browser)).query)["state"][0]
    answer = browser.get(f"{given_up}?error=access_denied&state={state}")
    assert answer.status_code == 403 and "그만두었습니다" in answer.text


def test_a_provider_that_is_away_leaves_the_password(doors: Doors) -> None:
    doors.provider.broken = True
    answer = doors.browser().get(GO)
    assert answer.status_code == 503 and "아이디와 비밀번호로" in answer.text
    assert 'name="password"' in answer.text


def test_a_shut_account_stays_shut(doors: Doors) -> None:
    with doors.web.database.transaction() as session:
        session.exec(
            select(Account).where(col(Account.login).startswith("agent-"))
        ).one().disabled_at = doors.web.now
    assert doors.log_in(doors.browser()).status_code == 403


def test_a_locked_screen_of_one_without_a_password_opens_at_the_provider(doors: Doors) -> None:
    browser = doors.browser()
    doors.log_in(browser)
    with doors.web.database.transaction() as session:
        session.add(
            DatedSetting(
                company_id=doors.web.company.id,
                key="idle_lock_s",
                value={"agent": 900},
                valid_from=doors.web.now,
                source="test",
                entered_at=doors.web.now,
            )
        )
    doors.web.wait(minutes=16)
    locked = browser.get("/agent")
    assert locked.headers["location"] == "/unlock?next=/agent"
    assert 'href="/login/provider?next=/agent"' in browser.get("/unlock?next=/agent").text
    doors.log_in(browser)
    assert browser.get("/agent").status_code == 200
