"""`/metrics`: figures that are true, in Prometheus' text form, for who has a token."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import text

from core.db import Database
from core.facts import BACKUP, SOLVE_SECONDS, note_fact
from core.jobs import defer
from core.models import StoredEvent
from tests.faults.installation import wait_until
from tests.serving import client_of
from tests.web.conftest import ClientAs, WebWorld


@pytest.fixture
def asker(client_as: ClientAs) -> httpx.Client:
    return client_as("admin")


def read(asker: httpx.Client) -> dict[tuple[str, ...], float]:
    """Each sample by its name and its labels' values, in the order of the labels' names."""
    answer = asker.get("/api/v1/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain")
    return {
        (sample.name, *(value for _name, value in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def test_nobody_reads_them_without_a_token(web_world: WebWorld) -> None:
    with client_of(web_world.url) as nobody:
        assert nobody.get("/api/v1/metrics").status_code == 401


def test_an_installation_at_rest(asker: httpx.Client) -> None:
    found = read(asker)
    assert found["ondol_tickets_open",] == 0
    assert found["ondol_database_bytes",] > 1_000_000
    assert 0 < found["ondol_pool_in_use",] < found["ondol_pool_most",]
    assert found["ondol_disk_free_bytes",] > 0
    assert ("ondol_worker_silent_seconds",) not in found, "there was never a worker"
    assert ("ondol_solve_seconds",) not in found


def test_what_waits_and_what_fails_is_counted(
    database: Database, web_world: WebWorld, asker: httpx.Client
) -> None:
    now = web_world.now
    with database.transaction() as session:
        for age, parked in ((30, None), (600, now)):
            at = now - timedelta(seconds=age)
            session.add(
                StoredEvent(
                    name="X", payload={}, at=at, next_try_at=now, last_error="broken", parked_at=parked
                )
            )
        defer(session, "send_notice", queue="sms", notice_id=1)
        note_fact(session, name=SOLVE_SECONDS, value=3.5, now=now)
        note_fact(session, name=BACKUP, value=1, now=now - timedelta(hours=2))
        session.execute(
            text("INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - interval '1 min')")
        )
    with database.transaction() as session:
        session.execute(text("UPDATE procrastinate_events SET at = now() - interval '90 s'"))
        note_fact(session, name=SOLVE_SECONDS, value=4.5, now=now)
    found = read(asker)
    assert found["ondol_events_oldest_seconds",] == 30, "what is put aside does not wait for the worker"
    assert (found["ondol_events_failing",], found["ondol_events_parked",]) == (2, 1)
    assert found["ondol_job_oldest_seconds", "sms"] == pytest.approx(90, abs=20)
    assert found["ondol_solve_seconds",] == 4.5
    assert found["ondol_last_seconds", "backup"] == 7200
    assert found["ondol_worker_silent_seconds",] == pytest.approx(60, abs=20)


def test_a_ticket_for_which_nobody_answers_is_counted(
    database: Database, web_world: WebWorld, asker: httpx.Client
) -> None:
    desk = web_world.sign_in("agent")
    body = {
        "channel": "phone",
        "symptom": "NO_HEAT",
        "resident": {"name": "김영자", "phone": "010-9333-0101", "address": "서울 강남구 역삼동 735"},
    }
    assert desk.post("/api/v1/tickets", json=body).status_code == 201
    found = read(asker)
    assert (found["ondol_tickets_open",], found["ondol_tickets_unowned",]) == (1, 0)
    assert found["ondol_contacts_due_soon",] + found["ondol_contact_breaches_open",] == 0
    # everybody has left but the technicians and who reads this
    with database.transaction() as session:
        session.execute(text("DELETE FROM duty_rota"))
        session.execute(
            text("UPDATE membership SET valid_to = :ago WHERE role NOT IN ('technician','qa')"),
            {"ago": web_world.now - timedelta(hours=1)},
        )
    assert read(web_world.sign_in("qa"))["ondol_tickets_unowned",] == 1


def test_requests_are_timed_by_route(asker: httpx.Client) -> None:
    key = ("ondol_request_seconds_count", "GET", "/api/v1/tickets/{number}", "4xx")
    before = read(asker).get(key, 0)
    for number in ("A", "B"):
        asker.get(f"/api/v1/tickets/{number}")
        asker.get(f"/no/such/{number}")
    wait_until(lambda: read(asker).get(key) == before + 2, within_s=5)
    assert not [names for names in read(asker) if "/no/such" in str(names)]
