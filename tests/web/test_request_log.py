"""From what a person reads out to the log, and from a change to the request behind it."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import structlog
from sqlmodel import Session, col, select
from structlog.contextvars import get_contextvars
from structlog.testing import capture_logs

import journey
from core.models import StoredEvent, TimelineEntry
from core.origin import is_request_id
from dispatch.events import TicketFiled
from dispatch.models import Ticket
from tests.faults.installation import wait_until
from tests.faults.test_events import follow
from tests.journeys.house import House, open_house
from tests.journeys.test_whole_journey import CALL, open_gangnam
from tests.serving import client_of
from tests.web.conftest import ClientAs, WebWorld

GIVEN = {"X-Request-ID": "proxy-20261201-0001"}


@pytest.fixture(autouse=True)
def _every_line() -> Iterator[None]:
    """Tests hear of warnings only; these are about the rest."""
    before = structlog.get_config()["wrapper_class"]
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.INFO))
    yield
    structlog.configure(wrapper_class=before)


def only(lines: list[Any], event: str) -> dict[str, Any]:
    """The one line of an event; a request is written down a moment after its answer is sent."""
    wait_until(lambda: [line for line in lines if line["event"] == event], within_s=5)
    found = [line for line in lines if line["event"] == event]
    assert len(found) == 1, lines
    return dict(found[0])


def test_a_line_a_request_with_its_route_and_who_asked(client_as: ClientAs) -> None:
    desk = client_as("dispatcher")
    with capture_logs() as lines:
        answer = desk.get("/agent/tickets/ON261201-99999?q=01093330101")
        line = only(lines, "request")
    assert (line["route"], line["method"], line["status"]) == ("/agent/tickets/{number}", "GET", 404)
    assert line["account_id"] > 0 and line["ms"] > 0
    assert "0101" not in str(lines)
    assert is_request_id(answer.headers["X-Request-ID"])


def test_secret_links_are_not_written_down(web_world: WebWorld) -> None:
    with client_of(web_world.url) as nobody, capture_logs() as lines:
        nobody.get("/login/once/very-secret-token")
        nobody.post("/webhooks/solapi/very-secret-token", json={})
        nobody.get("/no/such/very-secret-token")
        wait_until(lambda: len(lines) == 3, within_s=5)
    assert "very-secret" not in str(lines)
    assert [line["route"] for line in lines if line["event"] == "request"][-1] == "(none)"


def test_what_machines_ask_all_day_is_not_written_down(web_world: WebWorld) -> None:
    with client_of(web_world.url) as nobody, capture_logs() as lines:
        nobody.get("/api/v1/health")
        nobody.get("/api/v1/ready")  # no worker: 503
        only(lines, "request")
    assert only(lines, "request")["route"] == "/api/v1/ready"


def test_a_proxys_id_is_taken_over_and_a_strange_one_is_not(client_as: ClientAs) -> None:
    desk = client_as("dispatcher")
    assert desk.get("/api/v1/tickets", headers=GIVEN).headers["X-Request-ID"] == GIVEN["X-Request-ID"]
    strange = desk.get("/api/v1/tickets", headers={"X-Request-ID": "<b>"}).headers["X-Request-ID"]
    assert is_request_id(strange)
    refused = desk.get("/api/v1/tickets/NONE", headers=GIVEN)
    assert refused.json()["request_id"] == GIVEN["X-Request-ID"]


def test_a_fault_shows_the_number_under_which_the_log_tells_more(
    client_as: ClientAs, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_down(*_args: Any, **_options: Any) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr("web.api.tickets.list_tickets", break_down)
    desk = client_as("dispatcher")
    with capture_logs() as lines:
        answer = desk.get("/api/v1/tickets", headers=GIVEN)
        assert only(lines, "request")["status"] == 500
    assert answer.status_code == 500
    told = answer.json()
    assert (told["status"], told["request_id"]) == (500, GIVEN["X-Request-ID"])
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "broken" not in answer.text
    assert only(lines, "request_failed")["log_level"] == "error"


def test_a_page_and_a_part_of_it_show_the_number_too(
    client_as: ClientAs, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_down(*_args: Any, **_options: Any) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr("web.pages.live.Response", break_down)
    desk = client_as("dispatcher")
    page = desk.get("/live/here", headers=GIVEN)
    part = desk.get("/live/here", headers={**GIVEN, "HX-Request": "true"})
    assert page.status_code == part.status_code == 500
    assert "문의 번호: proxy-20261201-0001" in page.text
    assert "문의 번호: proxy-20261201-0001" in part.text


@pytest.fixture
def house(database: Any, database_url: str, now: Any) -> Iterator[House]:
    with open_house(database, database_url, now=now, solves=False) as opened:
        yield opened


def test_every_row_that_a_request_caused_names_it(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also what the worker did about it later, and what it wrote into its log."""
    open_gangnam(house)
    heard: list[dict[str, Any]] = []

    def look(*, session: Session, event: Any, now: Any) -> None:
        del session, event, now
        heard.append(get_contextvars())

    follow(monkeypatch, TicketFiled, look, *journey.JOURNEY[TicketFiled])
    filed: httpx.Response = house.api("agent").post("/tickets", json=CALL, headers=GIVEN)
    assert filed.status_code == 201
    with capture_logs() as lines:
        house.work()
    with house.database.reading() as session:
        ticket_id = session.exec(select(Ticket.id)).one()
        query = select(TimelineEntry).where(
            col(TimelineEntry.subject_kind) == "ticket", col(TimelineEntry.subject_id) == ticket_id
        )
        entries = session.exec(query).all()
        event = session.exec(select(StoredEvent).where(col(StoredEvent.name) == "TicketFiled")).one()
    named = {entry.what for entry in entries if entry.request_id == GIVEN["X-Request-ID"]}
    assert {"TicketFiled", "TicketPlaced", "VisitPlanned"} <= named, "the later ones are the worker's"
    assert event.request_id == GIVEN["X-Request-ID"]
    assert heard[0]["request_id"] == GIVEN["X-Request-ID"]
    assert heard[0]["event_id"] == event.id
    assert heard[0]["job_id"] > 0
    assert [line for line in lines if line["event"] == "job"]
