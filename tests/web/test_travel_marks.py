"""Who reads a travel time sees whether the roads or an estimate say it; operators see the engine's state."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import httpx
import pytest
from sqlmodel import col, select

from core.db import Database
from core.facts import count_facts, note_fact
from core.settings import Settings
from dispatch.models import Placement
from dispatch.planning.plan_models import Plan
from geo.road_fetching import ANSWERED, FAILED, FAILURES, FALL_BACKS, FETCHED
from tests.serving import client_of, serving_context
from tests.web.conftest import ClientAs, WebWorld
from tests.web.dispatch_world import file_ticket, ticket_of
from web.context import WebContext
from web.live_hub import LiveHub
from web.readiness import Readiness

WORDS = {"road": "도로 시간", "model": "어림 시간", "mixed": "일부 어림 시간"}


def marks_in(html: str) -> list[tuple[str, str]]:
    """Each mark: its code, and the word that is read."""
    return re.findall(r'data-travel-source="(\w+)"[^>]*>([^<]+)<', html)


def test_boards_and_the_reason_of_a_point_say_where_their_times_come_from(
    web_world: WebWorld, client_as: ClientAs
) -> None:
    number = file_ticket(web_world, planned=True)
    dispatcher, agent = client_as("dispatcher"), client_as("agent")
    desk = client_as("point", point=web_world.point)
    boards = ((dispatcher, "/dispatch"), (desk, "/point/parts/lanes"))
    cases = (
        (dispatcher, f"/dispatch/tickets/{number}/facts"),
        (agent, f"/agent/tickets/{number}/live"),
        (desk, f"/point/tickets/{number}"),
    )
    for client, address in boards:
        assert marks_in(client.get(address).text) == [("model", WORDS["model"])], address
    for source in ("mixed", "road"):
        with web_world.database.transaction() as session:
            plan = session.exec(select(Plan).order_by(col(Plan.id).desc())).first() or pytest.fail("no plan")
            plan.travel_source = source
            session.add(plan)
        for client, address in boards:
            assert marks_in(client.get(address).text) == [(source, WORDS[source])], address
    for asked in (None, "model", "road"):
        shown = [(asked, WORDS[asked])] if asked else []
        with web_world.database.transaction() as session:
            ticket = ticket_of(session, number)
            placement = session.exec(select(Placement).where(Placement.ticket_id == ticket.id)).one()
            placement.travel_source = asked
            session.add(placement)
        for client, address in cases:
            assert marks_in(client.get(address).text) == shown, address


def test_a_technicians_estimate_says_so(web_world: WebWorld, client_as: ClientAs) -> None:
    file_ticket(web_world, planned=True)
    page = client_as("technician", technician=web_world.technician).get("/m").text
    way = re.search(r'<span class="job-way">(.*?)</span>', page, re.DOTALL)
    assert way is not None and "(어림)" in way.group(1)


def write_facts(database: Database, now: datetime, *, answered: bool, failed: bool) -> None:
    with database.transaction() as session:
        if answered:
            note_fact(session, name=ANSWERED, value=0.1, now=now - timedelta(minutes=9))
            count_facts(session, counts={FETCHED: 40}, now=now)
        if failed:
            note_fact(session, name=FAILED, value=1, now=now - timedelta(minutes=3))
            for more in (2, 5):  # what is counted grows
                count_facts(session, counts={FAILURES: more, FALL_BACKS: 0}, now=now)
                session.flush()


def test_operators_see_the_engine_and_nothing_fails_without_it(
    web_world: WebWorld, client_as: ClientAs, database: Database, database_url: str
) -> None:
    admin, now = client_as("admin"), web_world.now
    assert "도로 엔진을 쓰지 않습니다" in admin.get("/admin").text
    settings = Settings(database_url=database_url, sms_provider="fake", osrm_url="http://127.0.0.1:1")
    context = WebContext(settings=settings, database=database, clock=lambda: now, live=LiveHub(database_url))
    with serving_context(context) as url, client_of(url, cookies=dict(admin.cookies)) as served:
        for facts, state, says in (
            ({"answered": False, "failed": False}, "unasked", "아직 물어본 적이 없습니다"),
            ({"answered": True, "failed": False}, "answers", "도로 엔진이 답합니다"),
            ({"answered": True, "failed": True}, "away", "어림 시간으로 계획합니다"),
        ):
            write_facts(database, now, **facts)
            (roads,) = (c for c in Readiness(settings, database.engine).look() if c.name == "roads")
            assert (roads.ok, roads.facts) == (True, {"engine": state})
            page = served.get("/admin").text
            assert says in page
    assert "잰 길 80개, 어림한 길 0개" in page
    (off,) = (c for c in Readiness(Settings(), database.engine).look() if c.name == "roads")
    assert (off.ok, off.facts) == (True, {"engine": "off"})


def test_metrics_count_what_was_asked_and_what_was_estimated(
    web_world: WebWorld, client_as: ClientAs, database: Database
) -> None:
    asker: httpx.Client = client_as("admin")
    for _twice in range(2):
        with database.transaction() as session:
            counts = {FAILURES: 2, FALL_BACKS: 12, FETCHED: 0}
            count_facts(session, counts=counts, now=web_world.now)
    lines = asker.get("/api/v1/metrics").text.splitlines()
    assert "ondol_road_failures_total 4.0" in lines and "ondol_road_fall_backs_total 24.0" in lines
    assert not any("road_failures" in line and "ondol_last_seconds" in line for line in lines)
