"""Who may come in, and what another company's things look like."""

from __future__ import annotations

import re

import httpx
from sqlmodel import col, select

from core.actor import Role
from core.dated import CompanyRules
from core.db import Database
from tests.web.admin.forms import (
    TODAY,
    add_person,
    add_point,
    enter,
    open_browser,
    other_company,
    sign_in,
    technician_id,
)
from web.pages.admin.setting_catalogue import ELSEWHERE
from workforce.models import Membership

PAGES = (
    "/admin",
    "/admin/start",
    "/admin/companies",
    "/admin/companies/edit",
    "/admin/companies/new",
    "/admin/points",
    "/admin/points/map",
    "/admin/points/new",
    "/admin/people",
    "/admin/people/new",
    "/admin/qualifications",
    "/admin/shifts",
    "/admin/duty",
    "/admin/duty/desk",
    "/admin/duty/desk/new",
    "/admin/prices",
    "/admin/prices/new",
    "/admin/prices/new?fee=1",
    "/admin/warranty",
    "/admin/warranty/new",
    "/admin/calendar",
    "/admin/calendar/new",
    "/admin/settings",
    "/admin/settings?only=unconfirmed",
    "/admin/tokens",
    "/admin/tokens/new",
    "/admin/history",
)


def test_every_page_opens_on_an_empty_company(client: httpx.Client) -> None:
    for path in PAGES:
        answer = client.get(path)
        assert answer.status_code == 200, path
        assert "<script>" not in answer.text, path
        assert " style=" not in answer.text, path


def test_nothing_is_said_to_be_full_while_nothing_is_there(client: httpx.Client) -> None:
    page = client.get("/admin/start").text
    assert "14일이 모두 차 있습니다" not in page and "0명이" not in page and "0곳 가운데" not in page
    assert page.count("아직 서비스점이 없습니다. 서비스점부터 넣어 주세요.") == 2
    assert "아직 아무도 없습니다." in page


def test_the_company_page_shows_a_number_as_tickets_have_it(client: httpx.Client) -> None:
    assert re.search(r"예: [A-Z]+261201-00001", client.get("/admin/companies").text)


def test_every_setting_shows_its_form_and_its_history(client: httpx.Client) -> None:
    found = client.get("/admin/settings?q=accept_limit_s").text
    assert found.count('class="row-link"') == 1 and re.search(r"모두 \d+건 가운데 1건", found)
    for key in set(CompanyRules.model_fields) - ELSEWHERE:
        assert client.get(f"/admin/settings/{key}").status_code == 200
        assert client.get(f"/admin/settings/{key}/change").status_code == 200


def test_nobody_but_an_admin_enters(client: httpx.Client, address: str, database: Database) -> None:
    add_point(client)
    for role in set(Role) - {Role.ADMIN}:
        point = "gangnam" if role in (Role.POINT, Role.TECHNICIAN) else ""
        badge = f"B-{role.value}"
        person = add_person(client, name=role.value, role=role.value, point=point, badge_number=badge)
        with open_browser(address) as browser:
            enter(browser, database, person)
            assert browser.get("/").headers["location"] != "/admin"
            assert browser.get("/admin/people").status_code == 403
            assert browser.get("/admin/settings/accept_limit_s/change").status_code == 403
            assert browser.post("/admin/prices/fee", data={}).status_code == 403


def test_a_guest_is_led_to_the_log_in(client: httpx.Client) -> None:
    client.cookies.clear()
    answer = client.get("/admin/people")
    assert (answer.status_code, answer.headers["location"]) == (303, "/login?next=/admin/people")


def test_another_companys_things_do_not_exist(client: httpx.Client, database: Database) -> None:
    add_point(client)
    person = add_person(client)
    other_company(database)
    with database.reading() as session:
        shifts = session.exec(select(Membership.id).where(col(Membership.person_id) == person)).all()
    sign_in(client, "other")
    technician = technician_id(database, person)
    for path in (
        f"/admin/people/{person}",
        f"/admin/people/{person}/edit",
        f"/admin/people/{person}/login",
        f"/admin/people/{person}/memberships/{shifts[0]}/end",
        "/admin/points/gangnam",
        "/admin/points/gangnam/hours",
        "/admin/shifts?point=gangnam",
        "/admin/shifts/new?point=gangnam",
        "/admin/duty/gangnam",
        f"/admin/qualifications/new?technician={technician}",
        "/admin/prices/VISIT_FEE/day",
        "/admin/settings/no_such_number",
    ):
        assert client.get(path).status_code == 404, path
    data = {"last_day": TODAY.isoformat(), "reason": "x"}
    assert client.post(f"/admin/people/{person}/memberships/{shifts[0]}/end", data=data).status_code == 404
