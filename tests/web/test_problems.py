"""How a refused request is told: a page to a person, words to a part of a page, a problem to a program."""

from __future__ import annotations

import json

from tests.serving import client_of
from tests.web.conftest import ClientAs, WebWorld

PART = {"HX-Request": "true"}


def test_a_part_of_a_page_keeps_what_it_shows_and_hears_why(client_as: ClientAs) -> None:
    desk = client_as("dispatcher")
    page = desk.get("/agent/tickets/ON261201-99999")
    part = desk.get("/agent/tickets/ON261201-99999", headers=PART)
    assert page.status_code == part.status_code == 404
    assert page.text.startswith("<!doctype html>")
    assert "<" not in part.text
    assert part.headers["HX-Reswap"] == "none"
    assert json.loads(part.headers["HX-Trigger"])["toast"] == {"text": part.text, "kind": "bad"}


def test_an_ended_log_in_leads_a_page_to_the_door_and_tells_a_part(web_world: WebWorld) -> None:
    with client_of(web_world.url) as nobody:
        page = nobody.get("/agent/new")
        part = nobody.post("/agent/new/open", headers=PART)
    assert (page.status_code, page.headers["location"]) == (303, "/login?next=/agent/new")
    assert part.status_code == 401
    assert "다른 창에서 로그인해 주세요" in part.text
    assert part.headers["HX-Reswap"] == "none"
