"""The second factor: asked of whoever comes from outside, set up on the way in, remembered by the device."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pyotp
import pytest
from sqlmodel import Session, col, select

from core.actor import SYSTEM, Role
from core.models import DatedSetting, TimelineEntry
from core.secrets import Seal, SealBrokenError, hash_password
from core.settings import Settings
from tests.serving import client_of, serving_context
from tests.web.conftest import WebWorld
from web.context import WebContext
from web.cookies import DEVICE_COOKIE
from web.identity import COOKIE
from web.live_hub import LiveHub
from workforce.access_models import RecoveryCode, SecondFactor
from workforce.account_care import reset_somebodys_factor
from workforce.accounts import issue_login_link, issue_token
from workforce.log_ins import set_password
from workforce.models import Account

PASSWORD = "a-long-password"
INSIDE = {"X-Forwarded-For": "203.0.113.7"}
OUTSIDE = {"X-Forwarded-For": "198.51.100.9"}
SECRET = re.compile(r'<code class="key" translate="no">([A-Z2-7 ]+)</code>')
CODES = re.compile(r'<code translate="no">([0-9a-z-]+)</code>')


@dataclass
class Doors:
    """An installation with a SECRET_KEY, and an agent with a password. Our own machine is its proxy, as in
    production: what it says of a caller's address is believed."""

    web: WebWorld
    url: str
    login: str

    def rule(self, key: str, value: Any) -> None:
        """The company decides otherwise from now on."""
        with self.web.database.transaction() as session:
            session.add(
                DatedSetting(
                    company_id=self.web.company.id,
                    key=key,
                    value=value,
                    valid_from=self.web.now,
                    source="test",
                    entered_at=self.web.now,
                )
            )

    def browser(self) -> httpx.Client:
        """A browser that nobody has signed in."""
        client = client_of(self.url)
        self.web.clients.append(client)
        return client

    def log_in(self, browser: httpx.Client, where: dict[str, str] = OUTSIDE) -> httpx.Response:
        """With the right password, wanting to /agent/new."""
        data = {"login": self.login, "password": PASSWORD, "next": "/agent/new?x=1"}
        return browser.post("/login", data=data, headers=where)

    def code(self, secret: str, *, steps: int = 0) -> str:
        """What the app shows, or showed some half minutes ago."""
        return pyotp.TOTP(secret).at(self.web.now, counter_offset=steps)

    def send(self, browser: httpx.Client, code: str, **fields: str) -> httpx.Response:
        """The second half of a log-in."""
        data = {"code": code, "next": "/agent/new?x=1", **fields}
        return browser.post("/login/second", data=data, headers=OUTSIDE)

    def set_up(self, browser: httpx.Client, **fields: str) -> tuple[str, list[str]]:
        """A first log-in from outside. Returns the secret and the recovery codes."""
        assert self.log_in(browser).headers["location"] == "/login/second?next=/agent/new%3Fx%3D1"
        page = browser.get("/login/second", headers=OUTSIDE).text
        found = SECRET.search(page)
        assert found and 'src="data:image/svg+xml' in page and "otpauth://totp/Ondol:" in page
        secret = found[1].replace(" ", "")
        done = self.send(browser, self.code(secret), **fields)
        assert done.status_code == 200, done.text
        return secret, CODES.findall(done.text)


@pytest.fixture
def doors(web_world: WebWorld, database_url: str) -> Iterator[Doors]:
    web_world.sign_in("agent")
    with web_world.database.transaction() as session:
        account = session.exec(select(Account).where(col(Account.login).startswith("agent-"))).one()
        account.password_hash = hash_password(PASSWORD)
        login = account.login
    settings = Settings(database_url=database_url, notices="off", secret_key="k" * 40)
    context = WebContext(settings, web_world.database, lambda: web_world.now, LiveHub(database_url))
    with serving_context(context) as url:
        yield Doors(web_world, url, login)


def entries(session: Session) -> list[str]:
    return [each.what for each in session.exec(select(TimelineEntry).order_by(col(TimelineEntry.id)))]


def test_without_a_list_of_networks_nobody_is_asked(doors: Doors) -> None:
    browser = doors.browser()
    assert doors.log_in(browser).headers["location"] == "/agent/new?x=1"
    assert browser.get("/agent", headers=OUTSIDE).status_code == 200


def test_inside_nobody_is_asked_and_a_session_of_inside_ends_at_the_door(doors: Doors) -> None:
    doors.rule("allowed_networks", ["203.0.113.0/24"])
    browser = doors.browser()
    assert doors.log_in(browser, INSIDE).headers["location"] == "/agent/new?x=1"
    assert browser.get("/agent", headers=INSIDE).status_code == 200
    taken_home = browser.get("/agent", headers=OUTSIDE)
    assert (taken_home.status_code, taken_home.headers["location"]) == (303, "/login?next=/agent")
    pretended = {"X-Forwarded-For": f"{INSIDE['X-Forwarded-For']}, {OUTSIDE['X-Forwarded-For']}"}
    assert browser.get("/agent", headers=pretended).status_code == 303, (
        "what the caller wrote, the proxy behind it"
    )


def test_first_time_from_outside_sets_it_up_and_a_code_counts_once(doors: Doors) -> None:
    doors.rule("allowed_networks", ["203.0.113.0/24"])
    browser = doors.browser()
    secret, codes = doors.set_up(browser)
    assert len(codes) == len(set(codes)) == 10
    assert browser.get("/agent", headers=OUTSIDE).status_code == 200
    with doors.web.database.reading() as session:
        row = session.exec(select(SecondFactor)).one()
        kept = session.exec(select(RecoveryCode.code_hash)).all()
        assert secret not in row.sealed_secret and Seal("k" * 40).open(row.sealed_secret) == secret
        assert not set(codes) & set(kept)
        assert entries(session)[-1] == "SecondFactorSet"

    again = doors.browser()
    assert doors.log_in(again).headers["location"].startswith("/login/second")
    assert again.get("/agent", headers=OUTSIDE).status_code == 303, "half a log-in opens nothing"
    replayed = doors.send(again, doors.code(secret))
    assert replayed.status_code == 422 and "번호가 맞지 않습니다" in replayed.text
    assert doors.send(again, doors.code(secret, steps=2)).status_code == 422, "from a clock a minute ahead"
    doors.web.wait(seconds=60)
    assert doors.send(again, doors.code(secret, steps=-1)).headers["location"] == "/agent/new?x=1"
    assert again.get("/agent", headers=OUTSIDE).status_code == 200


def test_a_recovery_code_opens_once_and_is_told(doors: Doors) -> None:
    doors.rule("second_factor", "always")
    _secret, codes = doors.set_up(doors.browser())
    for expected in (303, 422):
        browser = doors.browser()
        doors.log_in(browser, INSIDE)
        assert doors.send(browser, codes[3].upper().replace("-", " ")).status_code == expected
    with doors.web.database.reading() as session:
        assert entries(session).count("RecoveryCodeUsed") == 1


def test_a_remembered_device_is_not_asked_again_for_thirty_days(doors: Doors) -> None:
    doors.rule("allowed_networks", ["203.0.113.0/24"])
    browser = doors.browser()
    doors.set_up(browser, remember="1", device_name="내 휴대전화")
    assert browser.cookies[DEVICE_COOKIE]
    for days, where in (
        (0, "/agent/new?x=1"),
        (29, "/agent/new?x=1"),
        (2, "/login/second?next=/agent/new%3Fx%3D1"),
    ):
        doors.web.wait(days=days)
        browser.cookies.delete(COOKIE)
        assert doors.log_in(browser).headers["location"] == where, days
    stranger = doors.browser()
    assert doors.log_in(stranger).headers["location"].startswith("/login/second")


def test_wrong_codes_cost_a_growing_wait(doors: Doors) -> None:
    doors.rule("second_factor", "always")
    secret, _codes = doors.set_up(doors.browser())
    doors.web.wait(minutes=1)
    browser = doors.browser()
    doors.log_in(browser)
    for _n in range(5):
        assert doors.send(browser, "000000").status_code == 422
    held = doors.send(browser, doors.code(secret))
    assert (held.status_code, held.headers["retry-after"]) == (429, "30"), "even the right one waits"
    doors.web.wait(seconds=31)
    assert doors.send(browser, doors.code(secret)).status_code == 303


def test_the_first_half_is_over_after_ten_minutes_and_good_once(doors: Doors) -> None:
    doors.rule("second_factor", "always")
    browser = doors.browser()
    doors.log_in(browser)
    doors.web.wait(minutes=11)
    late = doors.send(browser, "000000")
    assert late.status_code == 401 and "처음부터" not in late.text and "시간이 지났습니다" in late.text
    assert browser.get("/login/second").status_code == 401


@pytest.mark.parametrize("ends", ["password", "reset"])
def test_what_was_half_done_ends_with_a_new_password_and_a_reset(doors: Doors, ends: str) -> None:
    """Whoever knows the old password must not be the one who sets up the next authenticator."""
    doors.rule("second_factor", "always")
    secret, _codes = doors.set_up(doors.browser())
    doors.web.wait(minutes=1)
    thief = doors.browser()
    doors.log_in(thief)
    with doors.web.database.transaction() as session:
        account = session.exec(select(Account).where(Account.login == doors.login)).one()
        link = issue_login_link(
            session, role=Role.AGENT, company_code="onnuri", login=doors.login, by=SYSTEM, now=doors.web.now
        )
    doors.web.wait(minutes=1)
    whose = {"company_id": doors.web.company.id or 0, "person_id": account.person_id}
    with doors.web.database.transaction() as session:
        if ends == "password":
            set_password(session, **whose, password="another good one", by=SYSTEM, now=doors.web.now)
        else:
            reset_somebodys_factor(session, **whose, reason="분실", by=SYSTEM, now=doors.web.now)
    page = thief.get("/login/second", headers=OUTSIDE)
    assert "아이디와 비밀번호부터 다시" in page.text and "otpauth" not in page.text
    assert doors.send(thief, doors.code(secret)).status_code == 401
    assert COOKIE not in thief.cookies
    opened = thief.get(link, headers=OUTSIDE).status_code
    assert opened == (401 if ends == "password" else 303)


def test_a_lost_key_is_told_and_opens_nothing(doors: Doors) -> None:
    doors.rule("second_factor", "always")
    secret, _codes = doors.set_up(doors.browser())
    doors.web.wait(minutes=1)
    with doors.web.database.transaction() as session:
        row = session.exec(select(SecondFactor)).one()
        row.sealed_secret = Seal("z" * 40).close(secret)
    browser = doors.browser()
    doors.log_in(browser)
    answer = doors.send(browser, doors.code(secret))
    assert answer.status_code == 503 and "SECRET_KEY" in answer.text and COOKIE not in browser.cookies


def test_a_login_link_and_a_token_need_none(doors: Doors) -> None:

    doors.rule("second_factor", "always")
    with doors.web.database.transaction() as session:
        of = {"role": Role.AGENT, "company_code": "onnuri", "login": doors.login, "by": SYSTEM}
        of |= {"now": doors.web.now}
        link, token = issue_login_link(session, **of), issue_token(session, **of)  # type: ignore[arg-type]
    browser = doors.browser()
    assert browser.get(link, headers=OUTSIDE).status_code == 303
    assert browser.get("/agent", headers=OUTSIDE).status_code == 200
    bearer = {"Authorization": f"Bearer {token}", **OUTSIDE}
    assert doors.browser().get("/api/v1/tickets", headers=bearer).status_code == 200
    with doors.web.database.reading() as session:
        said = {entry.what: entry.actor_name for entry in session.exec(select(TimelineEntry))}
    assert (said["LogInLinkMade"], said["TokenMade"]) == (SYSTEM.name, SYSTEM.name)


def test_a_seal_opens_under_its_old_key_and_never_without() -> None:
    old, new = "o" * 40, "n" * 40
    sealed = Seal(old).close("secret")
    assert Seal(f"{new},{old}").open(sealed) == "secret"
    for wrong in (Seal(new), Seal("")):
        with pytest.raises(SealBrokenError):
            wrong.open(sealed)
    with pytest.raises(SealBrokenError):
        Seal("").close("secret")
