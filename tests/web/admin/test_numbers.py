"""Dated numbers, and the history of every change."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import httpx
from sqlmodel import col, select

from core.actor import SYSTEM, Role
from core.clock import kst
from core.dated import CompanyRules, read_rules
from core.db import Database
from core.models import DatedSetting, TimelineEntry
from tests.web.admin.forms import (
    NOW,
    PASSWORD,
    TODAY,
    add_person,
    add_point,
    send,
    sign_in,
    stored,
)
from web.pages.admin.setting_catalogue import SETTINGS
from web.pages.admin.typed import Typed
from workforce import staff
from workforce.models import Company, ServicePoint
from workforce.queries import list_technicians


def rules_at(database: Database, at: datetime) -> CompanyRules:
    with database.reading() as session:
        return read_rules(session, company_id=session.exec(select(Company.id)).one() or 0, at=at)


def test_a_number_changes_from_its_day_with_its_source(client: httpx.Client, database: Database) -> None:
    path = "/admin/settings/accept_limit_s/change"
    stored(send(client, path, value="7", valid_from="2026-12-10", source="대리점 계약 3조"))
    assert rules_at(database, kst(date(2026, 12, 9), 23, 59)).accept_limit_s == 300
    assert rules_at(database, kst(date(2026, 12, 10))).accept_limit_s == 420
    page = client.get("/admin/settings/accept_limit_s").text
    assert "대리점 계약 3조" in page and "7분" in page and "온돌 결정" in page
    stored(send(client, path, value="8", valid_from=TODAY.isoformat(), source="오늘부터"))
    assert rules_at(database, NOW - timedelta(seconds=1)).accept_limit_s == 300
    assert rules_at(database, NOW).accept_limit_s == 480
    with database.reading() as session:
        entries = session.exec(select(TimelineEntry).where(col(TimelineEntry.what) == "SettingChanged")).all()
    assert [(e.actor_name, e.data["key"]) for e in entries] == [("최관리", "accept_limit_s")] * 2


def test_of_two_values_for_one_day_the_later_entry_counts(client: httpx.Client) -> None:
    path = "/admin/settings/accept_limit_s"
    for value in ("7", "9"):
        stored(send(client, f"{path}/change", value=value, valid_from="2026-12-10", source="계약"))
    page = client.get(path).text
    assert page.count("다른 값으로 바뀜") == 1
    form = client.get(f"{path}/change").text
    assert "9분" in form and "7분" not in form


BAD_NUMBERS: list[tuple[str, dict[str, str], str]] = [
    ("accept_limit_s", {"value": "many"}, "value"),
    ("accept_limit_s", {"value": "0"}, "value"),
    ("allowed_networks", {"value": "203.0.113.0/24\n0.0.0.0/0"}, "value"),
    ("allowed_networks", {"value": "::/0"}, "value"),
    ("planning_days", {"value": "1.5"}, "value"),
    ("contact_limit_s", {"value": "20"}, "value"),
    ("season_24h_from", {"month": "2", "day": "30"}, "day"),
    ("window_starts", {"value": "08:00, 25:00"}, "value"),
    ("happy_call_hours", {"value": "10:00~12:00, 11:00~13:00"}, "value"),
    ("happy_call_hours", {"value": "08:00~10:00"}, "value"),
    ("desk_hours", {"opens_0": "09:00"}, "closes_0"),
    ("drop_cost", {f"value_{n}": str(n) for n in range(5)}, "value_0"),
    ("symptom_skills", {"value_CO": "MAGIC"}, "value_CO"),
    ("travel_speed_kmh", {"value_peak": "500", "value_day": "30", "value_night": "40"}, "value_peak"),
    ("night_from", {"value": "99:99"}, "value"),
    ("voice_enabled", {"value": "maybe"}, "value"),
    ("text_accounts", {"value": "solapi, Sens!"}, "value"),
]


def test_a_number_that_cannot_be_is_refused_whole(client: httpx.Client, database: Database) -> None:
    for key, fields, field in BAD_NUMBERS:
        path = f"/admin/settings/{key}/change"
        answer = send(client, path, **fields, valid_from=TODAY.isoformat(), source="x")
        assert answer.status_code == 422, key
        assert f'id="e-{field}"' in answer.text, key
    with database.reading() as session:
        assert session.exec(select(DatedSetting).where(col(DatedSetting.company_id).is_not(None))).all() == []


def test_the_form_of_every_number_gives_back_the_value_it_shows(session: Any) -> None:
    rules = read_rules(session, company_id=0, at=NOW).model_dump()
    for key, item in SETTINGS.items():
        fields: dict[str, list[str]] = {}
        for entry in item.kind.entries(rules[key]):
            shown = entry.value if isinstance(entry.value, list) else [entry.value]
            fields[entry.name] = [str(value) for value in shown]
        typed = Typed(fields)
        read = item.kind.read(typed)
        assert typed.errors == {}, key
        if key == "symptom_skills":
            assert {k: v for k, v in read.items() if v} == {k: v for k, v in rules[key].items() if v}
        else:
            assert read == rules[key], key


def test_the_form_of_networks_says_where_you_are(client: httpx.Client) -> None:
    """Nobody knows the company's address by heart, and who leaves the own one out is asked at once."""
    form = client.get("/admin/settings/allowed_networks/change").text
    assert "지금 이 화면의 인터넷 주소는 127.0.0.1입니다" in form
    assert "인터넷 주소는" not in client.get("/admin/settings/device_days/change").text


def test_every_change_is_in_the_history(client: httpx.Client) -> None:
    add_point(client)
    stored(
        send(
            client,
            "/admin/settings/planning_days/change",
            value="3",
            valid_from=TODAY.isoformat(),
            source="시험",
        )
    )
    person = add_person(client)
    page = client.get("/admin/history").text
    assert f'소속을 줌 · <a href="/admin/people/{person}">김기사</a>' in page and "서비스점: 강남점" in page
    assert "서비스점을 넣음" in page and "기준값을 바꿈" in page and "최관리" in page


def test_a_point_admin_without_the_company_stays_out(client: httpx.Client, database: Database) -> None:
    add_point(client)
    with database.transaction() as session:
        company = session.exec(select(Company)).one()
        point = session.exec(select(ServicePoint)).one()
        person = staff.add_person(
            session,
            name="지점",
            phone="010-9999-0000",
            login="half",
            password=PASSWORD,
            company_id=company.id or 0,
            by=SYSTEM,
            now=NOW,
        )
        staff.grant_membership(
            session,
            person_id=person,
            company_id=company.id or 0,
            role=Role.ADMIN,
            point_id=point.id,
            by=SYSTEM,
            now=NOW,
        )
        assert list_technicians(session, company_id=company.id or 0, at=NOW) == []
    sign_in(client, "half")
    assert client.get("/admin").status_code == 403
    assert client.post("/admin/prices/fee", data={}).status_code == 403
