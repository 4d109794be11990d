"""Bad input is shown beside the field and what was typed stays; pressing twice stores once."""

from __future__ import annotations

import re

import httpx
import pytest
from sqlmodel import select

from billing.models import PriceItem
from core.db import Database
from tests.web.admin.forms import (
    KEY,
    TODAY,
    add_point,
    send,
    stored,
)
from tests.web.told_once import told_once
from web.pages.admin.typed import Typed
from workforce.models import Company, ServicePoint


def test_bad_input_keeps_what_was_typed_and_stores_nothing(client: httpx.Client, database: Database) -> None:
    script = "<script>alert(1)</script>"
    answer = send(
        client,
        "/admin/points/new",
        code="한글",
        name=script,
        address="서울 강남구 역삼동 735",
        desk_phone="12",
        daily_limit="많이",
        kind="elsewhere",
        lat="37.5",
        lon="127.03",
    )
    assert answer.status_code == 422
    assert script not in answer.text and "&lt;script&gt;" in answer.text
    assert 'value="많이"' in answer.text and 'id="e-daily_limit"' in answer.text
    for field in ("code", "desk_phone", "kind"):
        assert f'id="e-{field}"' in answer.text, field
    assert 'href="#e-desk_phone">창구 전화</a>' in answer.text and "번째" not in answer.text, (
        "each by its name"
    )
    with database.reading() as session:
        assert session.exec(select(ServicePoint)).all() == []


def test_an_address_is_found_and_shown_before_it_is_stored(client: httpx.Client) -> None:
    fields = {
        "code": "suwon",
        "name": "수원점",
        "address": "경기 수원시 영통구 매탄동 416",
        "desk_phone": "031-200-0000",
        "kind": "direct",
        "lat": "",
        "lon": "",
    }
    asked = send(client, "/admin/points/new", **fields, locate="1")
    assert asked.status_code == 200
    assert "주소의 자리를 찾았습니다" in asked.text and "error-summary" not in asked.text
    answer = send(client, "/admin/points/new", **fields)
    assert answer.status_code == 422
    lat, lon = (
        re.search(rf'name="{name}" type="text" value="([\d.]+)"', answer.text) for name in ("lat", "lon")
    )
    assert lat and lon and 37.2 < float(lat[1]) < 37.3 and 127.0 < float(lon[1]) < 127.1
    assert 'data-view="37.2' in answer.text
    fields |= {"lat": lat[1], "lon": lon[1]}
    assert stored(send(client, "/admin/points/new", **fields)) == "/admin/points/suwon"


@pytest.mark.parametrize("path", ["/admin/points/new", "/admin/people/new", "/admin/prices/new"])
def test_an_empty_form_says_each_thing_once(client: httpx.Client, path: str) -> None:
    add_point(client)
    answer = send(client, path)
    assert answer.status_code == 422
    assert len(told_once(answer.text)) >= 2


def test_an_unknown_address_is_refused_beside_its_field(client: httpx.Client) -> None:
    answer = send(client, "/admin/points/new", code="x1", name="x", address="????", locate="1")
    assert answer.status_code == 422 and 'id="e-address"' in answer.text


def test_control_characters_do_not_reach_the_database(client: httpx.Client) -> None:
    add_point(client)
    fields = {"day": "2026-12-31", "reason": "폐\x00점"}
    assert stored(send(client, "/admin/points/gangnam/end", **fields)) == "/admin/points/gangnam"


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("18,000", 18000),
        ("１８０００원", 18000),
        (" 18 000 원", 18000),
        ("1e5", None),
        ("-1", None),
        ("원", None),
    ],
)
def test_numbers_are_read_as_people_write_them(text: str, number: int | None) -> None:
    typed = Typed({"amount": [text]})
    assert typed.integer("amount", low=0, high=100_000, unit="원") == number
    assert bool(typed.errors) == (number is None)


def test_a_unit_is_taken_only_where_it_belongs() -> None:
    typed = Typed({"minutes": ["30원"]})
    assert typed.integer("minutes", low=0, high=60, unit="분") is None
    assert typed.errors


def test_pressing_twice_stores_once(client: httpx.Client, database: Database) -> None:
    add_point(client)
    key = KEY.search(client.get("/admin/prices/new?fee=1").text)
    assert key is not None
    fields = {
        "idempotency_key": key[1],
        "amount_day": "18000",
        "amount_night": "22000",
        "valid_from": TODAY.isoformat(),
        "source": "공문",
    }
    first, second = (client.post("/admin/prices/fee", data=fields) for _n in range(2))
    assert stored(first) == stored(second) == "/admin/prices"
    changed = client.post("/admin/prices/fee", data={**fields, "amount_day": "1"})
    assert changed.status_code == 409
    with database.reading() as session:
        assert len(session.exec(select(PriceItem)).all()) == 2


def test_founding_twice_founds_once(client: httpx.Client, database: Database) -> None:
    key = KEY.search(client.get("/admin/companies/new").text)
    assert key is not None
    fields = {
        "idempotency_key": key[1],
        "code": "saebom",
        "name": "새봄",
        "main_phone": "1670-1111",
        "kind": "direct",
        "colour": "#1a5a96",
    }
    for _n in range(2):
        assert stored(client.post("/admin/companies/new", data=fields)) == "/admin/start"
    with database.reading() as session:
        assert len(session.exec(select(Company)).all()) == 2
