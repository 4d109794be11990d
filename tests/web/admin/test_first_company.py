"""A company from nothing to its first ticket, through the pages alone."""

from __future__ import annotations

import re

import httpx
from sqlmodel import col, select

from billing.queries import prices_on
from callcenter.error_codes import ErrorCodeBook
from core.actor import SYSTEM
from core.db import Database
from dispatch.intake import file_ticket
from dispatch.schemas import TicketRequest
from tests.web.admin.forms import (
    NOW,
    PASSWORD,
    TODAY,
    add_person,
    add_point,
    other_company,
    send,
    stored,
    technician_id,
)
from workforce.models import Company, Membership


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
