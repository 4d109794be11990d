"""The settings pages over HTTP: a company from nothing to its first ticket, and what they refuse."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlmodel import col, select

from billing.models import PriceItem
from billing.queries import prices_on
from callcenter.error_codes import ErrorCodeBook
from core.actor import SYSTEM, Role
from core.clock import kst
from core.dated import CompanyRules, read_calendar, read_rules
from core.db import Database
from core.models import DatedSetting, TimelineEntry
from core.settings import Settings
from dispatch.intake import file_ticket
from dispatch.schemas import TicketRequest
from tests.serving import client_of, serving_context
from web.context import WebContext
from web.identity import COOKIE
from web.live_hub import LiveHub
from web.pages.admin.setting_catalogue import SETTINGS
from web.pages.admin.typed import Typed
from workforce import staff
from workforce.accounts import open_session
from workforce.duty import duty_at, list_shifts
from workforce.founding import found_company
from workforce.models import Account, Company, Membership, Person, ServicePoint, Shift, Technician
from workforce.points import desk_hours, list_closures
from workforce.queries import list_technicians, qualifications_on

NOW = datetime(2026, 12, 1, 1, 0, tzinfo=UTC)
TODAY = date(2026, 12, 1)
PASSWORD = "a-long-password"
KEY = re.compile(r'name="idempotency_key" value="([0-9a-f]+)"')


@pytest.fixture
def moment() -> list[datetime]:
    """The clock of the application; a test may turn it."""
    return [NOW]


@pytest.fixture
def address(database: Database, database_url: str, moment: list[datetime]) -> Iterator[str]:
    """Where the application of a company with nothing but its administrator answers."""
    with database.transaction() as session:
        found_company(
            session,
            code="onnuri",
            name="온누리보일러",
            phone="1588-1234",
            admin_login="admin",
            admin_name="최관리",
            password=PASSWORD,
            now=NOW - timedelta(days=1),
        )
    context = WebContext(
        settings=Settings(database_url=database_url, notices="off"),
        database=database,
        clock=lambda: moment[0],
        live=LiveHub(database_url),
    )
    with serving_context(context) as url:
        yield url


@pytest.fixture
def client(address: str) -> Iterator[httpx.Client]:
    """A browser of the first company's administrator."""
    with open_browser(address) as opened:
        sign_in(opened, "admin")
        yield opened


def open_browser(address: str) -> httpx.Client:
    """A browser that nobody has signed in."""
    return client_of(address)


def sign_in(browser: httpx.Client, login: str, password: str = PASSWORD) -> int:
    """The status of a log-in; the cookie stays with the browser."""
    browser.cookies.clear()
    return browser.post("/login", data={"login": login, "password": password}).status_code


def enter(browser: httpx.Client, database: Database, person_id: int) -> None:
    """Signed in without a password, for tests that are not about passwords."""
    with database.transaction() as session:
        account = Account(person_id=person_id, login=f"login-{person_id}", created_at=NOW)
        seat = session.exec(select(Membership).where(col(Membership.person_id) == person_id)).one()
        session.add(account)
        session.flush()
        browser.cookies.set(
            COOKIE, open_session(session, account=account, membership=seat, from_address="test", now=NOW)
        )


def send(browser: httpx.Client, path: str, *, page: str | None = None, **fields: Any) -> Any:
    """Open a form, fill it in and send it as a browser would."""
    opened = browser.get(page or path)
    assert opened.status_code == 200, opened.text[:500]
    key = KEY.search(opened.text)
    assert key is not None
    return browser.post(path, data={"idempotency_key": key[1], **fields})


def stored(response: Any) -> str:
    """Where a form that was taken leads."""
    assert response.status_code == 303, re.sub(r"\s+", " ", response.text)[-3000:]
    return str(response.headers["location"])


def add_point(browser: httpx.Client, code: str = "gangnam") -> None:
    stored(
        send(
            browser,
            "/admin/points/new",
            code=code,
            name="강남점",
            address="서울 강남구 역삼동 735",
            desk_phone="02-555-0100",
            daily_limit="",
            kind="direct",
            lat="37.4999",
            lon="127.0374",
        )
    )


def add_person(browser: httpx.Client, **fields: Any) -> int:
    values = {
        "name": "김기사",
        "phone": "010-2222-3333",
        "role": "technician",
        "point": "gangnam",
        "badge_number": "K-1",
        "valid_from": TODAY.isoformat(),
        "login": "",
        "password": "",
        **fields,
    }
    return int(stored(send(browser, "/admin/people/new", **values)).rsplit("/", 1)[1])


def technician_id(database: Database, person_id: int) -> int:
    with database.reading() as session:
        found = session.exec(select(Technician.id).where(col(Technician.person_id) == person_id)).one()
        assert found is not None
        return found


def other_company(database: Database) -> Company:
    with database.transaction() as session:
        found_company(
            session,
            code="haedam",
            name="해담보일러",
            phone="1577-0000",
            admin_login="other",
            admin_name="나관리",
            password=PASSWORD,
            now=NOW - timedelta(days=1),
        )
        return session.exec(select(Company).where(col(Company.code) == "haedam")).one()


# --- who may come in -----------------------------------------------------------------------------------

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
    "/admin/history",
)


def test_every_page_opens_on_an_empty_company(client: httpx.Client) -> None:
    for path in PAGES:
        answer = client.get(path)
        assert answer.status_code == 200, path
        assert "<script>" not in answer.text, path
        assert " style=" not in answer.text, path


def test_every_setting_shows_its_form_and_its_history(client: httpx.Client) -> None:
    for key in CompanyRules.model_fields:
        assert client.get(f"/admin/settings/{key}").status_code == 200
        assert client.get(f"/admin/settings/{key}/change").status_code == 200


def test_nobody_but_an_admin_enters(client: httpx.Client, address: str, database: Database) -> None:
    add_point(client)
    for role in set(Role) - {Role.ADMIN}:
        point = "gangnam" if role in (Role.POINT, Role.TECHNICIAN) else ""
        person = add_person(client, name=role.value, role=role.value, point=point, badge_number="B-1")
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


# --- the whole start -----------------------------------------------------------------------------------


def test_a_new_company_takes_its_first_ticket_without_touching_the_database(
    client: httpx.Client, database: Database
) -> None:
    where = stored(
        send(
            client,
            "/admin/companies/new",
            code="saebom",
            name="새봄보일러",
            brand_name="",
            main_phone="1670-1111",
            sender_number="",
            kind="direct",
            colour="#1a5a96",
            greeting="새봄보일러입니다.",
        )
    )
    assert where == "/admin/start"
    start = client.get("/admin/start").text
    assert "새봄보일러" in start and "아직 7가지가 남았습니다" in start
    add_point(client)
    add_person(
        client,
        name="이상담",
        phone="010-1111-0000",
        role="agent",
        point="",
        badge_number="",
        login="saebom-agent",
        password=PASSWORD,
    )
    person = add_person(client)
    technician = technician_id(database, person)
    stored(
        send(
            client,
            f"/admin/qualifications/new?technician={technician}",
            code="GAS_WORK",
            certificate="가-123",
            valid_from="2024-01-01",
            valid_to="2027-12-31",
        )
    )
    stored(
        send(
            client,
            "/admin/shifts/new?point=gangnam",
            technicians=str(technician),
            weekdays=["0", "1", "2", "3", "4", "5", "6"],
            first_day=TODAY.isoformat(),
            last_day="2026-12-14",
            starts="09:00",
            ends="18:00",
            lunch_minutes="60",
            lunch_earliest="11:30",
            lunch_latest="13:00",
        )
    )
    stored(send(client, "/admin/duty/fill", page="/admin/duty"))
    stored(
        send(
            client,
            "/admin/prices/fee",
            page="/admin/prices/new?fee=1",
            amount_day="18,000",
            amount_night="22000",
            valid_from=TODAY.isoformat(),
            source="2026년 가격표",
        )
    )
    assert "준비가 끝났습니다" in client.get("/admin/start").text
    with database.transaction() as session:
        company = session.exec(select(Company).where(col(Company.code) == "saebom")).one()
        company_id = company.id or 0
        fees = prices_on(session, company_id=company_id, day=TODAY)
        assert fees["VISIT_FEE", "day"].amount == 18000
        filed = file_ticket(
            session,
            request=TicketRequest.model_validate(
                {
                    "channel": "phone",
                    "symptom": "NO_HEAT",
                    "resident": {
                        "name": "김영자",
                        "phone": "02-555-0101",
                        "address": "서울 강남구 역삼동 735, 101동 1203호",
                    },
                    "self_fix": {"result": "FAILED"},
                }
            ),
            company_id=company_id,
            codes=ErrorCodeBook(),
            by=SYSTEM,
            now=NOW,
        )
    assert filed.number.startswith("SA")


def test_the_founder_can_go_back_to_the_first_company(client: httpx.Client) -> None:
    fields = {
        "code": "saebom",
        "name": "새봄",
        "main_phone": "1670-1111",
        "kind": "direct",
        "colour": "#1a5a96",
    }
    stored(send(client, "/admin/companies/new", **fields))
    page = client.get("/admin/companies").text
    seat = re.search(r"/admin/companies/switch/(\d+)", page)
    assert seat is not None and "새봄" in page
    assert stored(client.post(f"/admin/companies/switch/{seat[1]}", data={})) == "/admin"
    assert "온누리보일러" in client.get("/admin").text


def test_nobody_moves_into_a_company_of_others(client: httpx.Client, database: Database) -> None:
    other_company(database)
    with database.reading() as session:
        seat = session.exec(select(Membership.id).order_by(col(Membership.id).desc())).first()
    assert client.post(f"/admin/companies/switch/{seat}", data={}).status_code == 404


# --- bad input is shown beside the field, and what was typed stays ---------------------------------------


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
    answer = send(client, "/admin/points/new", **fields)
    assert answer.status_code == 422
    lat, lon = (
        re.search(rf'name="{name}" type="text" value="([\d.]+)"', answer.text) for name in ("lat", "lon")
    )
    assert lat and lon and 37.2 < float(lat[1]) < 37.3 and 127.0 < float(lon[1]) < 127.1
    assert 'data-view="37.2' in answer.text
    fields |= {"lat": lat[1], "lon": lon[1]}
    assert stored(send(client, "/admin/points/new", **fields)) == "/admin/points/suwon"


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
    assert typed.integer("amount", low=0, high=100_000) == number
    assert bool(typed.errors) == (number is None)


# --- twice is once ----------------------------------------------------------------------------------------


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


# --- points -----------------------------------------------------------------------------------------------


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


# --- people -----------------------------------------------------------------------------------------------


def test_a_membership_ends_with_a_reason_and_takes_later_shifts_along(
    client: httpx.Client, database: Database
) -> None:
    add_point(client)
    person = add_person(client, login="kim", password=PASSWORD)
    technician = technician_id(database, person)
    pattern: dict[str, Any] = {
        "technicians": str(technician),
        "weekdays": ["0", "1", "2", "3", "4"],
        "first_day": "2026-12-01",
        "last_day": "2026-12-11",
        "starts": "09:00",
        "ends": "18:00",
        "lunch_minutes": "0",
    }
    stored(send(client, "/admin/shifts/new?point=gangnam", **pattern))
    with database.reading() as session:
        seat = session.exec(select(Membership.id).where(col(Membership.person_id) == person)).one()
    path = f"/admin/people/{person}/memberships/{seat}/end"
    no_reason = send(client, path, last_day="2026-12-04", reason="")
    assert no_reason.status_code == 422 and 'id="e-reason"' in no_reason.text
    stored(send(client, path, last_day="2026-12-04", reason="퇴사"))
    with database.reading() as session:
        row = session.get_one(Membership, seat)
        assert row.valid_to == kst(date(2026, 12, 5))
        days = {s.start_at.date() for s in session.exec(select(Shift))}
    assert days == {date(2026, 12, n) for n in (1, 2, 3, 4)}
    page = client.get(f"/admin/people/{person}").text
    assert "소속을 끝냄" in page and "퇴사" in page


def test_the_last_admin_cannot_be_taken_away(client: httpx.Client, database: Database) -> None:
    with database.reading() as session:
        me = session.exec(select(Person.id)).one()
        seat = session.exec(select(Membership.id)).one()
    answer = send(
        client, f"/admin/people/{me}/memberships/{seat}/end", last_day=TODAY.isoformat(), reason="x"
    )
    assert answer.status_code == 409 and "마지막 관리자" in answer.text
    answer = client.post(f"/admin/people/{me}/disable", data={"reason": "x"})
    assert answer.status_code == 409


def test_a_disabled_account_is_out_at_once_and_a_new_password_ends_sessions(
    client: httpx.Client, address: str
) -> None:
    person = add_person(client, role="agent", point="", badge_number="", login="agent-1", password=PASSWORD)
    with open_browser(address) as browser:
        _password_and_shutting(client, browser, person)


def _password_and_shutting(client: httpx.Client, browser: httpx.Client, person: int) -> None:
    assert sign_in(browser, "agent-1") == 303
    assert browser.get("/agent").status_code == 200
    stored(send(client, f"/admin/people/{person}/login", password="another-password"))
    assert browser.get("/agent").status_code == 303
    assert sign_in(browser, "agent-1") == 401
    assert sign_in(browser, "agent-1", "another-password") == 303
    stored(send(client, f"/admin/people/{person}/disable", reason="장기 휴직"))
    assert browser.get("/agent").status_code == 303
    assert sign_in(browser, "agent-1", "another-password") == 401
    stored(client.post(f"/admin/people/{person}/enable", data={}))
    assert sign_in(browser, "agent-1", "another-password") == 303


def test_a_person_of_two_makers_stays_one_person_managed_by_the_first(
    client: httpx.Client, database: Database
) -> None:
    add_point(client)
    person = add_person(client, login="kim", password=PASSWORD)
    other_company(database)
    sign_in(client, "other")
    add_point(client, "gangnam-h")
    fields = {
        "name": "김기사",
        "phone": "010 2222 3333",
        "role": "technician",
        "point": "gangnam-h",
        "badge_number": "H-9",
        "valid_from": TODAY.isoformat(),
    }
    asked = send(client, "/admin/people/new", **fields)
    assert asked.status_code == 422 and 'name="same_person"' in asked.text
    assert stored(send(client, "/admin/people/new", **fields, same_person="yes")) == f"/admin/people/{person}"
    page = client.get(f"/admin/people/{person}").text
    assert "먼저 소속된 회사가 관리" in page and "K-1" not in page
    refused = send(client, f"/admin/people/{person}/login", password="a-stolen-password")
    assert refused.status_code == 403
    with database.reading() as session:
        assert len(session.exec(select(Technician)).all()) == 1
        assert len(session.exec(select(Person).where(col(Person.name) == "김기사")).all()) == 1


def test_people_are_found_by_name_number_and_role(client: httpx.Client) -> None:
    add_point(client)
    add_person(client)
    for query in ("q=김기", "q=2222-3333", "q=K-1", "role=technician", "point=gangnam"):
        assert "김기사" in client.get(f"/admin/people?{query}").text, query
    for query in ("q=없는", "role=agent", "ended=1"):
        assert "김기사" not in client.get(f"/admin/people?{query}").text, query


# --- qualifications, shifts, duty ---------------------------------------------------------------------------


def test_qualifications_are_dated_and_those_that_run_out_are_marked(
    client: httpx.Client, database: Database
) -> None:
    add_point(client)
    technician = technician_id(database, add_person(client))
    path = f"/admin/qualifications/new?technician={technician}"
    bad = send(client, path, code="GAS_WORK", valid_from="2026-12-02", valid_to="2026-12-01")
    assert bad.status_code == 422 and 'id="e-valid_to"' in bad.text
    stored(send(client, path, code="GAS_WORK", valid_from="2026-01-01", valid_to="2026-12-20"))
    stored(send(client, path, other_code="hydro_test", valid_from="2026-01-01", valid_to=""))
    page = client.get("/admin/qualifications?only=soon").text
    assert "19일 뒤" in page and "HYDRO_TEST" in page
    with database.reading() as session:
        held = [
            qualifications_on(session, technician_ids=[technician], day=date(2026, 12, n)) for n in (20, 21)
        ]
    assert held[0][technician] == {"GAS_WORK", "HYDRO_TEST"}
    assert held[1][technician] == {"HYDRO_TEST"}


def test_a_pattern_leaves_out_days_that_are_taken_even_by_another_maker(
    client: httpx.Client, database: Database
) -> None:
    add_point(client)
    person = add_person(client)
    technician = technician_id(database, person)
    elsewhere = other_company(database)
    with database.transaction() as session:
        point = session.exec(select(ServicePoint)).one()
        session.add(
            Shift(
                technician_id=technician,
                service_point_id=point.id or 0,
                company_id=elsewhere.id or 0,
                start_at=kst(date(2026, 12, 2), 8),
                end_at=kst(date(2026, 12, 2), 12),
            )
        )
    pattern: dict[str, Any] = {
        "technicians": str(technician),
        "weekdays": ["1", "2", "3"],
        "first_day": "2026-12-01",
        "last_day": "2026-12-03",
        "starts": "20:00",
        "ends": "08:30",
        "lunch_minutes": "",
    }
    answer = send(client, "/admin/shifts/new?point=gangnam", **pattern)
    stored(answer)
    assert "근무 2건을 넣었습니다. 이미 다른 근무가 있던 1건은" in client.get("/admin").text
    with database.reading() as session:
        own = list_shifts(session, point_id=point.id or 0, start=NOW, end=NOW + timedelta(days=5))
    nights = [(s.start_at, s.end_at, s.kind) for s in own if s.kind == "night"]
    assert nights == [
        (kst(date(2026, 12, 2), 20), kst(date(2026, 12, 3), 8, 30), "night"),
        (kst(date(2026, 12, 3), 20), kst(date(2026, 12, 4), 8, 30), "night"),
    ]


def test_a_shift_that_has_not_begun_can_be_taken_back_and_absence_is_shown(
    client: httpx.Client, database: Database, moment: list[datetime]
) -> None:
    add_point(client)
    technician = technician_id(database, add_person(client))
    pattern: dict[str, Any] = {
        "technicians": str(technician),
        "weekdays": ["1", "2"],
        "first_day": "2026-12-01",
        "last_day": "2026-12-02",
        "starts": "09:00",
        "ends": "18:00",
        "lunch_minutes": "0",
    }
    stored(send(client, "/admin/shifts/new?point=gangnam", **pattern))
    with database.reading() as session:
        begun, later = session.exec(select(Shift).order_by(col(Shift.start_at))).all()
    assert client.post(f"/admin/shifts/{begun.id}/remove", data={}).status_code == 409
    away = {
        "first_day": "2026-12-02",
        "start": "13:00",
        "last_day": "2026-12-03",
        "end": "00:00",
        "reason": "병가",
    }
    stored(send(client, f"/admin/shifts/absence?technician={technician}&point=gangnam", **away))
    assert "병가" in client.get("/admin/shifts?point=gangnam&week=2026-12-01").text
    stored(client.post(f"/admin/shifts/{later.id}/remove?point=gangnam&week=2026-12-01", data={}))
    with database.reading() as session:
        assert len(session.exec(select(Shift)).all()) == 1


def test_gaps_of_the_rota_are_red_and_one_press_fills_them(client: httpx.Client, database: Database) -> None:
    add_point(client)
    desk = add_person(client, name="정창구", role="point", badge_number="")
    page = client.get("/admin/duty").text
    assert "2곳에 당직이 빈 시간이 있습니다" in page and 'data-cover="none"' in page
    stored(send(client, "/admin/duty/gangnam/fill", page="/admin/duty/gangnam"))
    page = client.get("/admin/duty/gangnam").text
    assert 'data-cover="none"' not in page and "정창구" in page
    with database.reading() as session:
        company_id = session.exec(select(Company.id)).one() or 0
        point_id = session.exec(select(ServicePoint.id)).one() or 0
        duty = duty_at(session, company_id=company_id, point_id=point_id, at=NOW + timedelta(days=13))
    assert (duty.desk.id, duty.from_rota) == (desk, True)


def test_a_newer_row_of_the_rota_goes_before_an_older_one(client: httpx.Client, database: Database) -> None:
    add_point(client)
    first = add_person(client, name="정창구", role="point", badge_number="")
    second = add_person(client, name="한창구", phone="010-7777-8888", role="point", badge_number="")
    rota = {"first_day": "2026-12-01", "last_day": "2026-12-14", "starts": "00:00", "ends": "00:00"}
    path = "/admin/duty/gangnam/new"
    stored(send(client, path, **rota, desk=str(first), escalation=str(first)))
    rota |= {"first_day": "2026-12-04", "last_day": "2026-12-05", "starts": "18:00", "ends": "09:00"}
    stored(send(client, path, **rota, desk=str(second), escalation=str(first)))
    bad = send(client, path, **rota, desk="999999", escalation=str(first))
    assert bad.status_code == 422 and 'id="e-desk"' in bad.text
    with database.reading() as session:
        company_id = session.exec(select(Company.id)).one() or 0
        point_id = session.exec(select(ServicePoint.id)).one() or 0
        desks = [
            duty_at(
                session, company_id=company_id, point_id=point_id, at=kst(date(2026, 12, 5), hour)
            ).desk.id
            for hour in (8, 9, 17, 18, 26)
        ]
    assert desks == [second, first, first, second, second]


# --- prices, warranty, calendar -----------------------------------------------------------------------------


def test_prices_change_from_a_day_on_and_are_withdrawn(client: httpx.Client, database: Database) -> None:
    line = {
        "kind": "labour",
        "label": "점화부 수리",
        "code": "labour_ignition",
        "amount": "35,000",
        "valid_from": TODAY.isoformat(),
        "source": "공문",
    }
    stored(send(client, "/admin/prices/new", **line))
    base = "/admin/prices/LABOUR_IGNITION/any"
    past = {"label": "점화부 수리", "amount": "39000", "valid_from": "2026-11-30", "source": "공문"}
    refused = send(client, f"{base}/change", **past)
    assert (
        refused.status_code == 422 and 'id="e-valid_from"' in refused.text and 'value="39000"' in refused.text
    )
    stored(send(client, f"{base}/change", **{**past, "valid_from": "2026-12-10"}))
    stored(send(client, f"{base}/withdraw", from_day="2026-12-20"))
    with database.reading() as session:
        company_id = session.exec(select(Company.id)).one() or 0
        amounts = [
            price.amount
            if (price := prices_on(session, company_id=company_id, day=day).get(("LABOUR_IGNITION", "any")))
            else None
            for day in (TODAY, date(2026, 12, 10), date(2026, 12, 20))
        ]
    assert amounts == [35000, 39000, None]
    page = client.get(base).text
    assert page.count("앞으로") >= 2 and "39,000원" in page
    twice = send(client, "/admin/prices/new", **line)
    assert twice.status_code == 422 and 'id="e-code"' in twice.text


def test_a_warranty_rule_holds_from_its_day(client: httpx.Client) -> None:
    fields = {"boiler_kind": "any", "months": "24", "repeat_free_days": "60", "source": "보증서"}
    stored(send(client, "/admin/warranty/new", **fields, valid_from="2026-12-01"))
    stored(send(client, "/admin/warranty/new", **{**fields, "months": "36"}, valid_from="2027-01-01"))
    page = client.get("/admin/warranty").text
    assert page.index("36개월") < page.index("24개월") and "앞으로" in page


def test_a_companys_day_enters_the_calendar_and_can_be_undone(
    client: httpx.Client, database: Database
) -> None:
    stored(send(client, "/admin/calendar/new", day="2026-12-24", kind="off", name="창립기념일"))
    assert "창립기념일" in client.get("/admin/calendar").text

    def is_off() -> bool:
        with database.reading() as session:
            company_id = session.exec(select(Company.id)).one() or 0
            return read_calendar(session, company_id=company_id).is_holiday(date(2026, 12, 24))

    assert is_off()
    stored(client.post("/admin/calendar/2026-12-24/clear", data={}))
    assert not is_off()
    assert (
        "크리스마스" in client.get("/admin/calendar?year=2026").text
        or "기독탄신일" in client.get("/admin/calendar").text
    )


# --- numbers ------------------------------------------------------------------------------------------------


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


BAD_NUMBERS: list[tuple[str, dict[str, str], str]] = [
    ("accept_limit_s", {"value": "many"}, "value"),
    ("accept_limit_s", {"value": "0"}, "value"),
    ("planning_days", {"value": "1.5"}, "value"),
    ("contact_limit_s", {"value": "20"}, "value"),
    ("season_24h_from", {"month": "2", "day": "30"}, "day"),
    ("window_starts", {"value": "08:00, 25:00"}, "value"),
    ("happy_call_hours", {"value": "10:00~12:00, 11:00~13:00"}, "value"),
    ("desk_hours", {"opens_0": "09:00"}, "closes_0"),
    ("drop_cost", {f"value_{n}": str(n) for n in range(5)}, "value_0"),
    ("symptom_skills", {"value_CO": "MAGIC"}, "value_CO"),
    ("travel_speed_kmh", {"value_peak": "500", "value_day": "30", "value_night": "40"}, "value_peak"),
    ("night_from", {"value": "99:99"}, "value"),
    ("voice_enabled", {"value": "maybe"}, "value"),
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
    page = client.get("/admin/history").text
    assert "서비스점을 넣음" in page and "기준값을 바꿈" in page and "최관리" in page


def test_a_point_admin_without_the_company_stays_out(client: httpx.Client, database: Database) -> None:
    add_point(client)
    with database.transaction() as session:
        company = session.exec(select(Company)).one()
        point = session.exec(select(ServicePoint)).one()
        person = staff.add_person(
            session, name="지점", phone="010-9999-0000", login="half", password=PASSWORD, by=SYSTEM, now=NOW
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
