"""People, memberships and accounts."""

from __future__ import annotations

from datetime import date
from typing import Any

import httpx
from sqlmodel import col, select

from core.clock import kst
from core.db import Database
from tests.web.admin.forms import (
    PASSWORD,
    TODAY,
    add_person,
    add_point,
    open_browser,
    other_company,
    send,
    sign_in,
    stored,
    technician_id,
)
from workforce.models import Membership, Person, Shift, Technician


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


def test_a_badge_number_belongs_to_one_technician_and_a_mistyped_one_is_corrected(
    client: httpx.Client, database: Database
) -> None:
    add_point(client)
    first = add_person(client)
    wanted = {"name": "박기사", "phone": "010-4444-5555", "role": "technician", "point": "gangnam"}
    wanted |= {"valid_from": TODAY.isoformat(), "login": "", "password": ""}
    taken = send(client, "/admin/people/new", **wanted, badge_number="k-1 ")
    assert taken.status_code == 409 and "김기사" in taken.text and 'id="e-badge_number"' in taken.text
    second = add_person(client, name="박기사", phone="010-4444-5555", badge_number="K-3")
    with database.reading() as session:
        seat = session.exec(select(Membership.id).where(col(Membership.person_id) == second)).one()
    path = f"/admin/people/{second}/memberships/{seat}/badge"
    assert path in client.get(f"/admin/people/{second}").text
    assert send(client, path, badge_number="K-1", reason="잘못 적음").status_code == 409
    assert send(client, path, badge_number="K-2", reason="").status_code == 422
    stored(send(client, path, badge_number="K-2", reason="잘못 적음"))
    page = client.get(f"/admin/people/{second}").text
    assert "K-2" in page and "기사 번호를 고침" in page and "잘못 적음" in page
    with database.reading() as session:
        seats = session.exec(select(Membership).where(col(Membership.person_id).in_([first, second]))).all()
    assert {(m.person_id, m.badge_number, m.valid_to) for m in seats} == {
        (first, "K-1", None),
        (second, "K-2", None),
    }
