"""Web processes come and go: none is left behind, and open pages see what they missed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from core.db import Database
from core.settings import Settings
from tests.core.processes import is_alive
from tests.faults.installation import Installation, open_point, wait_until
from tests.journeys.test_whole_journey import CALL
from tests.serving import client_of, serving_context
from tests.web.conftest import WebWorld
from web.context import WebContext
from web.live_hub import LiveHub
from web.templating import HOME

BANNER = "NOTICES=off"


def heard_first(client: httpx.Client) -> tuple[str, Any]:
    """The first event of a new stream: its name and data."""
    with client.stream("GET", "/live", timeout=60) as lines:
        name = ""
        for line in lines.iter_lines():
            if line.startswith("event:"):
                name = line.removeprefix("event:").strip()
            elif line.startswith("data:"):
                return name, json.loads(line.removeprefix("data:"))
    return "", None


def test_a_killed_server_takes_its_processes_along_and_a_new_one_greets_afresh(
    installation: Installation,
) -> None:
    open_point(installation)
    house = installation.house
    first = installation.start_web(WEB_PROCESSES="2")
    wait_until(lambda: len([p for p in first.below() if "spawn_main" in " ".join(p.cmdline())]) == 2)
    below = [process.pid for process in first.below()]
    browser = client_of(house.url, headers=dict(house.api("dispatcher").headers))
    house.clients.append(browser)
    kind, greeting = heard_first(browser)
    assert kind == "hello"

    first.kill()
    wait_until(lambda: not [pid for pid in below if is_alive(pid)], within_s=15)
    with pytest.raises(httpx.TransportError):
        browser.get("/api/v1/health")

    installation.start_web()
    filed = house.api("agent").post("/tickets", json=CALL)
    assert filed.status_code == 201, filed.text
    kind, again = heard_first(browser)
    assert kind == "hello"
    assert again["mark"] != greeting["mark"], "a page of the first server loads itself anew"
    shown = browser.get("/dispatch").text
    written = re.search(r'data-live-mark="([^"]+)"', shown)
    assert written is not None and written[1].split("-")[0] == again["mark"].split("-")[0]
    assert filed.json()["number"] in shown


@contextmanager
def quiet_house(web_world: WebWorld, database_url: str) -> Iterator[str]:
    """The same rows on an installation that sends no texts."""
    settings = Settings(database_url=database_url, notices="off")
    database: Database = web_world.database
    context = WebContext(
        settings=settings, database=database, clock=lambda: web_world.now, live=LiveHub(database_url)
    )
    with serving_context(context) as url:
        yield url


def test_without_texts_every_page_says_so_and_the_demos_phones_are_not_there(
    web_world: WebWorld, database_url: str
) -> None:
    member_of: dict[str, dict[str, Any]] = {
        "point": {"point": web_world.point},
        "technician": {"technician": web_world.technician},
    }
    with quiet_house(web_world, database_url) as url:
        for role, path in HOME.items():
            cookies = web_world.sign_in(role, **member_of.get(role, {})).cookies
            with client_of(url, cookies=cookies) as browser:
                for page in (path, "/no-such-page"):
                    answer = browser.get(page, follow_redirects=True)
                    assert answer.status_code == (404 if page == "/no-such-page" else 200), (role, page)
                    assert BANNER in answer.text, (role, page)
                assert browser.get("/phones").status_code == 404
        assert BANNER in httpx.get(f"{url}/login", trust_env=False).text
        with_texts = httpx.get(f"{web_world.url}/login", trust_env=False).text
        assert BANNER not in with_texts
