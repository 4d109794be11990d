"""Prices, warranty rules and the calendar."""

from __future__ import annotations

from datetime import date

import httpx
from sqlmodel import select

from billing.queries import prices_on
from core.dated import read_calendar
from core.db import Database
from tests.web.admin.forms import (
    TODAY,
    send,
    stored,
)
from workforce.models import Company


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
    assert page.count("예정") >= 2 and "39,000원" in page
    twice = send(client, "/admin/prices/new", **line)
    assert twice.status_code == 422 and 'id="e-code"' in twice.text


def test_a_warranty_rule_holds_from_its_day(client: httpx.Client) -> None:
    fields = {"boiler_kind": "any", "months": "24", "repeat_free_days": "60", "source": "보증서"}
    stored(send(client, "/admin/warranty/new", **fields, valid_from="2026-12-01"))
    stored(send(client, "/admin/warranty/new", **{**fields, "months": "36"}, valid_from="2027-01-01"))
    model = {**fields, "model_code": "NO-SUCH", "months": "60", "start_rule": "bought"}
    refused = send(client, "/admin/warranty/new", **model, valid_from="2026-12-01")
    assert refused.status_code == 422 and 'id="e-model_code"' in refused.text
    made = {**fields, "boiler_kind": "commercial", "months": "12", "start_rule": "bought"}
    stored(send(client, "/admin/warranty/new", **made, made_plus_months="6", valid_from="2026-12-01"))
    page = client.get("/admin/warranty").text
    assert page.index("36개월") < page.index("24개월") and "예정" in page
    assert "산 날, 만든 날 + 6개월" in page


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


def test_of_two_prices_for_one_day_the_later_entry_counts_and_a_planned_one_is_recalled(
    client: httpx.Client, database: Database
) -> None:
    line = {"kind": "labour", "label": "점화부 수리", "code": "LABOUR_X", "source": "공문"}
    stored(send(client, "/admin/prices/new", **line, amount="35000", valid_from=TODAY.isoformat()))
    base = "/admin/prices/LABOUR_X/any"
    for amount in ("39000", "93000"):
        planned = {"label": "점화부 수리", "amount": amount, "valid_from": "2026-12-10", "source": "공문"}
        stored(send(client, f"{base}/change", **planned))
    page = client.get(base).text
    assert page.count("다른 값으로 바뀜") == 1 and page.count("/recall/2026-12-10") == 1
    listed = client.get("/admin/prices").text
    assert "2026-12-10 93,000원" in listed and "2026-12-10 39,000원" not in listed
    silent = send(client, f"{base}/recall/2026-12-10", reason="")
    assert silent.status_code == 422 and 'id="e-reason"' in silent.text
    stored(send(client, f"{base}/recall/2026-12-10", reason="금액을 잘못 적음"))
    with database.reading() as session:
        company_id = session.exec(select(Company.id)).one() or 0
        prices = prices_on(session, company_id=company_id, day=date(2026, 12, 10))
    assert prices["LABOUR_X", "any"].amount == 35000
    page = client.get(base).text
    assert "/recall/" not in page and "금액을 잘못 적음" in page
    assert "예정한 가격을 거둠" in client.get("/admin/prices").text
    assert client.get(f"{base}/recall/2026-12-10").status_code == 409


def test_a_line_that_was_never_sold_is_not_sold_after_its_first_price_is_recalled(
    client: httpx.Client, database: Database
) -> None:
    line = {"kind": "parts", "label": "팬", "code": "PART_FAN", "source": "공문"}
    stored(send(client, "/admin/prices/new", **line, amount="35000", valid_from="2026-12-10"))
    stored(send(client, "/admin/prices/PART_FAN/any/recall/2026-12-10", reason="팔지 않기로"))
    with database.reading() as session:
        company_id = session.exec(select(Company.id)).one() or 0
        assert prices_on(session, company_id=company_id, day=date(2026, 12, 31)) == {}
    assert client.get("/admin/prices").status_code == 200
