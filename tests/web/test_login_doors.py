"""The demo's log-in page signs in with one press; outside the demo nothing of it exists."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
from sqlmodel import Session, col, select

from core.actor import Role
from core.secrets import hash_password
from core.settings import Settings
from tests.serving import client_of, serving_context
from tests.web.conftest import WebWorld
from web.context import DemoLogin, WebContext
from web.live_hub import LiveHub
from workforce.models import Account

PASSWORD = "a-demo-password"
FORM = re.compile(r'<form method="post" action="/login" data-once>(.*?)</form>', re.DOTALL)
FIELD = re.compile(r'name="(\w+)" value="([^"]*)"')


@dataclass(frozen=True)
class Door:
    """As the demo's own."""

    login: str
    password: str
    path: str
    role: Role
    maker: str


@contextmanager
def served(web: WebWorld, url: str, mode: str, logins: Sequence[DemoLogin]) -> Iterator[str]:
    def give(_session: Session) -> Sequence[DemoLogin]:
        return logins

    settings = Settings(
        database_url=url, ondol_mode="demo" if mode == "demo" else "production", sms_provider="fake"
    )
    context = WebContext(settings, web.database, lambda: web.now, LiveHub(url), demo_logins=give)
    with serving_context(context) as address:
        yield address


@pytest.fixture
def agent(web_world: WebWorld) -> Door:
    web_world.sign_in("agent")
    with web_world.database.transaction() as session:
        account = session.exec(select(Account).where(col(Account.login).startswith("agent-"))).one()
        account.password_hash = hash_password(PASSWORD)
        return Door(account.login, PASSWORD, "/agent", Role.AGENT, "온누리보일러")


def test_one_press_signs_in_as_the_form_does(web_world: WebWorld, database_url: str, agent: Door) -> None:
    other = Door("haedam-qa", PASSWORD, "/qa", Role.QA, "해담보일러")
    with served(web_world, database_url, "demo", [agent, other]) as url, client_of(url) as browser:
        page = browser.get("/login").text
        assert re.findall(r"<h3>(.*?)</h3>", page) == ["온누리보일러", "해담보일러"]
        forms = [dict(FIELD.findall(form)) for form in FORM.findall(page)]
        assert [form["login"] for form in forms] == [agent.login, "haedam-qa"]
        foreign = browser.post("/login", data=forms[0], headers={"Sec-Fetch-Site": "cross-site"})
        assert foreign.status_code == 403
        answer = browser.post("/login", data=forms[0])
        assert (answer.status_code, answer.headers["location"]) == (303, "/agent")
        assert browser.get("/agent").status_code == 200


def test_outside_the_demo_nothing_of_it_exists(web_world: WebWorld, database_url: str, agent: Door) -> None:
    with served(web_world, database_url, "production", [agent]) as url, client_of(url) as browser:
        wrong = browser.post("/login", data={"login": agent.login, "password": "no"})
        for page in (browser.get("/login").text, wrong.text):
            assert not FORM.findall(page)
            assert PASSWORD not in page
            assert "demo" not in page
