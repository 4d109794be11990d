"""Service points: edited, closed, opened again."""

from __future__ import annotations

from datetime import date, datetime

import httpx
from sqlmodel import select

from core.clock import kst
from core.db import Database
from tests.web.admin.forms import (
    NOW,
    add_point,
    send,
    sign_in,
    stored,
)
from workforce.models import ServicePoint
from workforce.points import desk_hours, list_closures


def test_a_point_is_edited_closed_and_opened_again(client: httpx.Client, database: Database) -> None:
    add_point(client)
    fields = {
        "name": "강남 중앙점",
        "address": "서울 강남구 역삼동 735",
        "desk_phone": "02-555-0199",
        "daily_limit": "30",
        "kind": "designated",
        "lat": "37.5",
        "lon": "127.04",
    }
    stored(send(client, "/admin/points/gangnam/edit", **fields))
    page = client.get("/admin/points/gangnam").text
    assert "강남 중앙점" in page and "02-555-0199" in page and "서비스점 정보를 바꿈" in page
    closure = {
        "first_day": "2026-12-24",
        "start": "18:00",
        "last_day": "2026-12-26",
        "end": "09:00",
        "reason": "성탄절",
    }
    stored(send(client, "/admin/points/gangnam/closures", **closure))
    with database.reading() as session:
        row = session.exec(select(ServicePoint)).one()
        held = list_closures(session, point_id=row.id or 0, since=NOW)
    assert [(c.start_at, c.end_at, c.reason) for c in held] == [
        (kst(date(2026, 12, 24), 18), kst(date(2026, 12, 26), 9), "성탄절")
    ]
    stored(client.post(f"/admin/points/gangnam/closures/{held[0].id}/end", data={}))
    with database.reading() as session:
        assert list_closures(session, point_id=row.id or 0, since=NOW) == []


def test_desk_hours_change_from_a_day_on(client: httpx.Client, database: Database) -> None:
    add_point(client)
    hours = {"valid_from": "2026-12-10", "opens_0": "08:00", "closes_0": "20:00"}
    stored(send(client, "/admin/points/gangnam/hours", **hours))
    with database.reading() as session:
        point_id = session.exec(select(ServicePoint.id)).one() or 0
        before = desk_hours(session, point_id=point_id, day=date(2026, 12, 9))
        after = desk_hours(session, point_id=point_id, day=date(2026, 12, 10))
    assert len(before) == 8
    assert [(h.weekday, h.opens.hour, h.closes.hour) for h in after] == [(0, 8, 20)]
    half = send(client, "/admin/points/gangnam/hours", valid_from="2026-12-10", opens_1="08:00")
    assert half.status_code == 422 and 'id="e-closes_1"' in half.text


def test_a_code_is_taken_once(client: httpx.Client) -> None:
    add_point(client)
    answer = send(
        client,
        "/admin/points/new",
        code="GANGNAM",
        name="x",
        address="서울 강남구 역삼동 1",
        desk_phone="02-555-0100",
        kind="direct",
        lat="37.5",
        lon="127.03",
    )
    assert answer.status_code == 409 and 'id="e-code"' in answer.text


def test_two_points_of_one_spelling_are_refused_with_what_to_do(client: httpx.Client) -> None:
    add_point(client, name="북구점")
    fields = {
        "code": "daegu",
        "name": "북구점",
        "address": "대구 북구 칠성동2가 1",
        "desk_phone": "053-555-0100",
        "daily_limit": "",
        "kind": "direct",
        "lat": "35.88",
        "lon": "128.58",
    }
    refused = send(client, "/admin/points/new", **fields)
    assert refused.status_code == 422 and "gangnam 서비스점의 이름과 같습니다" in refused.text
    stored(send(client, "/admin/points/new", **{**fields, "name": "대구 북구점"}))
    edited = {key: value for key, value in fields.items() if key != "code"}
    again = send(client, "/admin/points/daegu/edit", **edited)
    assert again.status_code == 422 and 'id="e-name"' in again.text


def test_a_point_founded_before_dawn_opened_on_the_calendar_day(
    client: httpx.Client, moment: list[datetime]
) -> None:
    moment[0] = kst(date(2026, 12, 3), 4, 33)
    sign_in(client, "admin")
    add_point(client)
    for page in ("/admin/points/gangnam", "/admin/points/gangnam/edit"):
        text = client.get(page).text
        assert "2026-12-03" in text and "2026-12-02" not in text
