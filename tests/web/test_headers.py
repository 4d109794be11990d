"""Every page keeps strangers out: headers, cookies, nothing inline, and no form of another site."""

from __future__ import annotations

import itertools
import re

import httpx
import pytest
from sqlmodel import col, select

from core.actor import Role
from core.secrets import hash_password
from core.settings import Settings
from tests.serving import client_of, serving_context
from tests.web.conftest import WebWorld
from tests.web.rights_table import ALLOWED, GUARDED, concrete
from web.context import WebContext
from web.headers import security_headers
from web.identity import COOKIE
from web.live_hub import LiveHub
from workforce.models import Account

INLINE = re.compile(
    r"<script(?![^>]*\bsrc=)(?![^>]*application/json)|\son[a-z]+=|\sstyle=|<style|javascript:", re.IGNORECASE
)
PASSWORD = "a-long-password"
WITHOUT_COOKIE_CHECK = {"POST /webhooks/solapi/{token}"}
"""Called by a provider, which has no cookie of ours: its address holds a secret."""


def faults_of(answer: httpx.Response) -> list[str]:
    """Headers that an answer lacks, and what is inline in a page. `test_canaries` asks it of every GET."""
    expected = security_headers(Settings())
    found = [f"{name} is missing" for name, value in expected.items() if answer.headers.get(name) != value]
    if "html" in answer.headers.get("content-type", "") and (inline := INLINE.search(answer.text)):
        found.append(f"inline: {inline[0]!r}")
    return found


def test_nothing_may_be_loaded_from_elsewhere() -> None:
    policy = security_headers(Settings())["Content-Security-Policy"]
    assert "'unsafe-inline'" not in policy and "http" not in policy and "default-src 'none'" in policy
    tiles = Settings(map_tile_url="https://tiles.example.com/{z}/{x}/{y}.png")
    assert (
        "img-src 'self' data: https://tiles.example.com;"
        in security_headers(tiles)["Content-Security-Policy"]
    )


@pytest.mark.parametrize(
    ("base_url", "secure"), [("https://ondol.example.com", True), ("http://127.0.0.1:8000", False)]
)
def test_cookies_and_hsts_follow_the_address(
    web_world: WebWorld, database_url: str, base_url: str, *, secure: bool
) -> None:
    web_world.sign_in("agent")
    with web_world.database.transaction() as session:
        account = session.exec(select(Account).where(col(Account.login).startswith("agent-"))).one()
        account.password_hash = hash_password(PASSWORD)
        login = account.login
    settings = Settings(database_url=database_url, notices="off", base_url=base_url, secret_key="k" * 40)
    context = WebContext(settings, web_world.database, lambda: web_world.now, LiveHub(database_url))
    with serving_context(context) as url, client_of(url) as browser:
        answer = browser.post("/login", data={"login": login, "password": PASSWORD})
        cookie = next(each for each in answer.headers.get_list("set-cookie") if each.startswith(COOKIE))
        assert "HttpOnly" in cookie and "SameSite=lax" in cookie and ("Secure" in cookie) == secure
        assert ("strict-transport-security" in answer.headers) == secure


def test_no_form_of_another_site_is_taken(web_world: WebWorld) -> None:
    """Signed in as whoever may: each POST from elsewhere is refused as such, whatever it says."""
    clients = {role: web_world.sign_in(role) for role in Role}
    posts = [route for route in ALLOWED if not route.startswith("GET ") and route not in WITHOUT_COOKIE_CHECK]
    assert len(posts) > 100
    ways = itertools.cycle(({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example.com"}))
    wrong = []
    for route, headers in zip(posts, ways, strict=False):
        client = clients[min(ALLOWED[route])] if route in GUARDED else clients[Role.AGENT]
        path = concrete(route).removeprefix("POST ")
        data = {"login": "x", "password": "x", "lang": "en", "code": "1"}
        answer = client.post(path, data=data, headers=headers)
        if answer.status_code != 403 or "다른 사이트" not in answer.text:
            wrong.append((route, headers, answer.status_code))
    assert wrong == []
    assert clients[Role.AGENT].get("/agent").status_code == 200, "not even logged out"
