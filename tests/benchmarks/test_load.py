"""The load counts right: every answer once, nothing hidden, and a ticket that is lost is noticed."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from benchmarks.load_client import Page, Part, pause_of
from benchmarks.load_homes import FIRST_ID, TABLES, fill_homes
from benchmarks.load_http import House
from benchmarks.load_people import run
from benchmarks.load_tally import Kept, Tally, judge, points
from benchmarks.load_watch import read_backlog, read_kept
from core.db import Database
from customers.search import search_households
from tests.web.conftest import ClientAs, WebWorld
from tests.world_cases import make_household
from web.identity import COOKIE


def cookie_of(client: httpx.Client) -> str:
    return str(client.cookies[COOKIE])


@pytest.fixture
def plan(web_world: WebWorld, client_as: ClientAs) -> dict[str, Any]:
    """Two agents, three consoles and a phone, four calls in two seconds."""
    homes = []
    with web_world.database.transaction() as session:
        for n in range(4):
            phone = f"010-0123-{n:04}"
            home = make_household(session, company=web_world.company, resident=("김영자", phone), child=None)
            address = session.execute(
                text("SELECT raw FROM address WHERE id = :id"), {"id": home.address_id}
            ).scalar_one()
            homes.append(
                {
                    "id": home.id,
                    "company": web_world.company.id,
                    "name": "김영자",
                    "phone": phone.replace("-", ""),
                    "address": address,
                }
            )
    dispatcher = cookie_of(client_as("dispatcher"))
    return {
        "url": web_world.url,
        "looks_url": None,
        "seed": 1,
        "seconds": 2.0,
        "calls_a_second": 2.0,
        "steps_a_second": 1.0,
        "open_s": 0.2,
        "settle_s": 0.2,
        "think_s": [0.0, 0.1],
        "agents": {str(web_world.company.id): [cookie_of(client_as("agent"))]},
        "consoles": [
            {"cookie": dispatcher, "page": "/dispatch"},
            {"cookie": dispatcher, "page": f"/dispatch?point={web_world.point.code}"},
            {"cookie": cookie_of(client_as("point", point=web_world.point)), "page": "/point"},
        ],
        "technicians": [
            {"cookie": cookie_of(client_as("technician", technician=web_world.technician)), "awake": True}
        ],
        "homes": homes,
        "visits": [],
    }


def test_what_is_answered_is_counted_and_what_is_lost_is_noticed(
    web_world: WebWorld, plan: dict[str, Any]
) -> None:
    tally = asyncio.run(run(plan))
    assert not tally.errors
    assert len(set(tally.filed)) == 4 == len(tally.took["POST /tickets"])
    assert len(tally.took["household page"]) == 4 <= len(tally.took["search"])
    assert len(tally.took["POST to the consoles"]) == 4, "each was heard of by the open console"
    assert tally.took["console: queue"], "and made it look"
    kept = read_kept(web_world.database, tally.filed)
    assert {each.number for each in kept} == set(tally.filed)
    verdict = judge(tally.filed, kept)
    assert not verdict.lost and set(verdict.silent) == set(tally.filed), "no worker runs: nobody has them yet"
    assert read_backlog(web_world.database).open_events >= 4
    assert judge([*tally.filed, "ON000000-00001"], kept).lost == ("ON000000-00001",)


def test_a_house_that_is_away_is_an_error_and_no_answer(plan: dict[str, Any]) -> None:
    async def ask() -> Tally:
        tally = Tally()
        house = House("http://127.0.0.1:1", tally)
        assert await house.ask("search", "/agent/search?q=1", cookie="x") is None
        house = House(plan["url"], tally)
        assert await house.ask("search", "/agent/search?q=1", cookie="nobody's") is None
        await house.close()
        return tally

    tally = asyncio.run(ask())
    assert not tally.took and sum(tally.errors.values()) == 2
    assert any(why.startswith("search: 401") or why.startswith("search: 303") for why in tally.errors)


def test_the_verdict_tells_lost_doubled_and_forgotten_apart() -> None:
    kept = [Kept("A", 1.5), Kept("B", None, asks_a_person=True), Kept("C", None)]
    verdict = judge(["A", "B", "B", "C", "D"], kept)
    assert (verdict.lost, verdict.twice, verdict.silent) == (("D",), ("B",), ("C",))
    assert verdict.planned_s == (1.5,) and verdict.asked == 1 and not verdict.is_good
    assert judge(["A", "B"], kept).is_good


def test_percentiles_are_values_that_were_measured() -> None:
    assert points([]) == (0, 0, 0)
    assert points([7.0]) == (7, 7, 7)
    assert points([float(n) for n in range(1, 101)]) == (50, 95, 99)


def test_a_tally_survives_the_way_between_processes() -> None:
    tally = Tally(filed=["A"], news=3, client_cpu_s=0.5)
    tally.answered("search", 12.5)
    tally.failed("search", "500")
    again = Tally.read(tally.as_json())
    assert again == tally


def test_a_part_hears_what_the_page_s_script_would_hear() -> None:
    part = Part(("ticket", "point:4"), "/dispatch/queue", "queue")
    assert part.hears(["ticket:ON-1"]) and part.hears(["task:ON-1", "point:4"])
    assert not part.hears(["point:41"]) and not part.hears(["tickets"])


def test_a_page_is_read_with_its_stream_and_its_parts() -> None:
    page = Page(House("http://127.0.0.1:1", Tally()), "x")
    page.read(
        '<body data-live-url="/live?without=a,b">'
        '<div id="q" data-live="ticket task" data-live-src="/q?a=1&amp;b=2">'
        '<i data-live="plan"></i><b data-live="point:4" data-lazy="/lanes/4">'
    )
    assert page.stream == "/live?without=a,b"
    assert [(part.topics, part.source) for part in page.parts] == [
        (("ticket", "task"), "/q?a=1&b=2"),
        (("point:4",), "/lanes/4"),
    ]


def test_a_pause_that_no_script_names_any_more_stops_the_load() -> None:
    assert pause_of("js/live.js", "COALESCE_MS") > 0
    with pytest.raises(LookupError):
        pause_of("js/live.js", "NO_SUCH_MS")


def test_homes_are_filled_in_and_found(database: Database, web_world: WebWorld) -> None:
    with database.transaction() as session:
        make_household(session, company=web_world.company)
        session.execute(
            text(
                "INSERT INTO boiler_model (company_id, code, name, kind, family) "
                "VALUES (:company, 'M', 'M', 'condensing', 'F')"
            ),
            {"company": web_world.company.id},
        )
    indexes = text("SELECT indexname, indexdef FROM pg_indexes WHERE tablename = ANY(:tables) ORDER BY 1")
    with database.reading() as session:
        before = session.execute(indexes, {"tables": list(TABLES)}).all()
    began = time.monotonic()
    assert fill_homes(database, count=300) == 300
    assert fill_homes(database, count=300) == 300, "not again"
    assert time.monotonic() - began < 30
    with database.reading() as session:
        assert session.execute(indexes, {"tables": list(TABLES)}).all() == before
        name, phone = session.execute(
            text("SELECT name, phone_digits FROM contact WHERE id = :id"), {"id": FIRST_ID + 7}
        ).one()
        for query in (name, phone, phone[-4:]):
            hits = search_households(session, company_id=web_world.company.id or 0, query=query, limit=300)
            assert FIRST_ID + 7 in {hit.detail.household.id for hit in hits}, query
