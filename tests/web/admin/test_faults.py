"""Steps that fail: a company's administrator sees its own, tries again or lays them aside."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlmodel import col, select

from core.db import Database
from core.models import StoredEvent, TimelineEntry
from tests.web.admin.forms import KEY, NOW, PASSWORD, open_browser, other_company, send, sign_in, stored
from workforce.models import Company

REQUEST = "aabbccddeeff"


def add_event(database: Database, *, company_id: int, **values: Any) -> int:
    with database.transaction() as session:
        event = StoredEvent(
            **{
                "name": "CapacityChanged",
                "payload": {"company_id": company_id, "at": NOW.isoformat()},
                "at": NOW - timedelta(hours=2),
                "next_try_at": NOW + timedelta(minutes=10),
                "attempts": 12,
                "last_error": "dispatch.planning.new_capacity.plan_anew: RuntimeError('broken')",
                "parked_at": NOW - timedelta(minutes=5),
                "request_id": REQUEST,
                **values,
            }
        )
        session.add(event)
        session.flush()
        return event.id or 0


def event(database: Database, event_id: int) -> StoredEvent:
    with database.reading() as session:
        return session.get_one(StoredEvent, event_id)


def decisions(database: Database) -> list[TimelineEntry]:
    with database.reading() as session:
        query = select(TimelineEntry).where(col(TimelineEntry.what).in_(("StepRetried", "StepDropped")))
        return list(session.exec(query))


@pytest.fixture
def company(client: httpx.Client, database: Database) -> Company:
    with database.reading() as session:
        return session.exec(select(Company).where(col(Company.code) == "onnuri")).one()


@pytest.fixture
def failed(database: Database, company: Company) -> int:
    """A step that was tried too often."""
    return add_event(database, company_id=company.id or 0)


def test_nothing_is_wrong_at_first(client: httpx.Client) -> None:
    assert "멈춘 일이 없습니다." in client.get("/admin/faults").text


def test_what_stopped_is_told_in_a_sentence_and_on_the_first_page(client: httpx.Client, failed: int) -> None:
    page = client.get("/admin/faults").text
    assert "바뀐 근무에 맞춰 계획을 다시 세우지 못했습니다." in page
    assert "멈춤: 12번 실패" in page and REQUEST in page
    assert "RuntimeError" in page, "for who mends it"
    first = client.get("/admin").text
    assert 'data-tone="bad"' in first[first.index('figure-link" href="/admin/faults"') :][:120]


def test_trying_again_gives_it_to_the_worker_once(
    client: httpx.Client, database: Database, failed: int
) -> None:
    page = client.get("/admin/faults").text
    key = KEY.search(page.replace(f'{failed}"', '"')) or pytest.fail("no key")
    data = {"idempotency_key": f"{key[1]}{failed}"}
    for _press in range(2):
        assert stored(client.post(f"/admin/faults/{failed}/retry", data=data)) == "/admin/faults"
    found = event(database, failed)
    assert (found.attempts, found.parked_at, found.next_try_at) == (0, None, NOW)
    entry, *more = decisions(database)
    assert not more
    assert (entry.what, entry.actor_name) == ("StepRetried", "최관리")
    assert "다시 하는 중" in client.get("/admin/faults").text


def test_laying_aside_wants_a_reason_and_keeps_it(
    client: httpx.Client, database: Database, failed: int
) -> None:
    path = f"/admin/faults/{failed}/drop"
    refused = send(client, path, reason=" ")
    assert refused.status_code == 422
    assert event(database, failed).handled_at is None
    assert stored(send(client, path, reason="사람이 직접 했음")) == "/admin/faults"
    assert event(database, failed).handled_at == NOW
    (entry,) = decisions(database)
    assert (entry.what, entry.reason) == ("StepDropped", "사람이 직접 했음")
    page = client.get("/admin/faults").text
    assert "멈춘 일이 없습니다." in page and "사람이 직접 했음" in page
    again = client.get(path)
    assert again.status_code == 409 and "그사이 이 일은 끝났습니다" in again.text


def test_another_companys_faults_are_not_there(
    client: httpx.Client, address: str, database: Database, failed: int
) -> None:
    other_company(database)
    with open_browser(address) as stranger:
        assert sign_in(stranger, "other", PASSWORD) == 303
        assert "멈춘 일이 없습니다." in stranger.get("/admin/faults").text
        assert REQUEST not in stranger.get("/admin/faults").text
        assert stranger.post(f"/admin/faults/{failed}/retry").status_code == 404
        assert stranger.get(f"/admin/faults/{failed}/drop").status_code == 404
        assert stranger.get(f"/admin/faults/{2**70}/drop").status_code == 404
    assert event(database, failed).parked_at is not None


def test_a_complaints_number_leads_to_what_it_changed(
    client: httpx.Client, database: Database, company: Company
) -> None:
    answer = client.get("/admin/faults", headers={"X-Request-ID": REQUEST})
    assert answer.headers["X-Request-ID"] == REQUEST
    add_event(database, company_id=company.id or 0, last_error=None, parked_at=None, handled_at=NOW)
    failed = add_event(database, company_id=company.id or 0, request_id=None)
    client.post(f"/admin/faults/{failed}/retry", headers={"X-Request-ID": "another-number"})
    found = client.get("/admin/faults?request=another-number").text
    assert "멈춘 일을 다시 시도하게 했습니다" in found
    followed = client.get(f"/admin/faults?request={REQUEST}").text
    assert "이어진 일" in followed and "잘 되었습니다" in followed
    assert "이 번호로 바뀐 것이 없습니다" in client.get("/admin/faults?request=unknown-number").text
