"""Qualifications, shifts and the duty rota."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import httpx
from sqlmodel import col, select

from core.clock import kst
from core.db import Database
from tests import world
from tests.web.admin.forms import (
    NOW,
    add_person,
    add_point,
    other_company,
    send,
    stored,
    technician_id,
)
from workforce.duty import duty_at, list_shifts
from workforce.models import Company, Qualification, ServicePoint, Shift, Technician
from workforce.queries import qualifications_on


def test_qualifications_are_dated_and_those_that_run_out_are_marked(
    client: httpx.Client, database: Database
) -> None:
    add_point(client)
    person = add_person(client)
    technician = technician_id(database, person)
    path = f"/admin/qualifications/new?technician={technician}"
    bad = send(client, path, code="GAS_WORK", valid_from="2026-12-02", valid_to="2026-12-01")
    assert bad.status_code == 422 and 'id="e-valid_to"' in bad.text
    stored(send(client, path, code="GAS_WORK", valid_from="2026-01-01", valid_to="2026-12-20"))
    stored(send(client, path, other_code="hydro_test", valid_from="2026-01-01", valid_to=""))
    page = client.get("/admin/qualifications?only=soon").text
    assert "19일 뒤 끝남" in page and "HYDRO_TEST" in page
    stored(send(client, path, code="FLUE", valid_from="2026-01-01", valid_to="2026-12-01"))
    for path in ("/admin/qualifications", f"/admin/people/{person}"):
        last = client.get(path).text
        assert "오늘까지" in last and "0일 뒤" not in last, path
    with database.reading() as session:
        held = [
            qualifications_on(session, technician_ids=[technician], day=date(2026, 12, n)) for n in (20, 21)
        ]
    assert held[0][technician] == {"GAS_WORK", "HYDRO_TEST"}
    assert held[1][technician] == {"HYDRO_TEST"}


def test_ending_a_qualification_says_whose_visits_need_it_and_keeps_why(
    client: httpx.Client, database: Database
) -> None:
    add_point(client)
    person = add_person(client)
    technician = technician_id(database, person)
    path = f"/admin/qualifications/new?technician={technician}"
    stored(send(client, path, code="GAS_WORK", valid_from="2026-01-01", valid_to=""))
    with database.transaction() as session:
        held = session.exec(select(Qualification.id)).one()
        company, point = session.exec(select(Company)).one(), session.exec(select(ServicePoint)).one()
        who = session.get_one(Technician, technician)
        numbers = []
        for skills in (["GAS_WORK"], []):
            ticket = world.make_ticket(session, company=company, point=point, status="ASSIGNED")
            start = NOW + timedelta(hours=2 if skills else 5)
            visit = world.make_visit(session, ticket=ticket, point=point, technician=who, start=start)
            visit.skills = skills
            numbers.append(ticket.number)
    path = f"/admin/qualifications/{held}/end"
    form = client.get(path).text
    assert "방문 1건이 이 기사에게 잡혀 있습니다" in form
    assert numbers[0] in form and numbers[1] not in form
    unsaid = send(client, path, last_day="2026-12-03")
    assert unsaid.status_code == 422 and 'id="e-reason"' in unsaid.text
    stored(send(client, path, last_day="2026-12-03", reason="갱신 교육을 받지 않음"))
    own = client.get(f"/admin/people/{person}").text
    assert (
        "자격이 끝나는 날을 정함" in own and "갱신 교육을 받지 않음" in own and "자격: 가스시설 시공" in own
    )
    for page in ("/admin/history", "/admin/qualifications", "/admin"):
        assert (
            f'자격이 끝나는 날을 정함 · <a href="/admin/people/{person}">김기사</a>' in client.get(page).text
        )


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
    asked = send(client, "/admin/shifts/new?point=gangnam", **pattern)
    assert asked.status_code == 409
    assert "자정을 넘는 근무 3건(20:00~다음 날 08:30)" in asked.text and 'name="nights"' in asked.text
    wrong = send(client, "/admin/shifts/new?point=gangnam", **pattern, nights="no")
    assert wrong.status_code == 422 and 'id="e-ends"' in wrong.text
    with database.reading() as session:
        nothing = list_shifts(session, point_id=point.id or 0, start=NOW, end=NOW + timedelta(days=5))
    assert [s for s in nothing if s.kind == "night"] == []
    answer = send(client, "/admin/shifts/new?point=gangnam", **pattern, nights="yes")
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
    assert "근무 2건을 넣었습니다.<" in client.get("/admin").text, "nothing of days that nobody skipped"
    stored(send(client, "/admin/shifts/new?point=gangnam", **pattern))
    assert "넣은 근무가 없습니다. 고른 날 2건에" in client.get("/admin").text
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
