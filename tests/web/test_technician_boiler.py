"""The technician reads the plate: the boiler is corrected with its history, the warranty worked out anew."""

from __future__ import annotations

from datetime import date

import pytest
from sqlmodel import select

from billing import service as billing
from core.models import TimelineEntry
from customers.models import Boiler, BoilerModel
from tests import world
from tests.web.conftest import WebWorld
from tests.web.technician_world import Phone, at_the_door, open_phone
from tests.web.told_once import told_once, words_of

PLATE = {"model": "on-20k", "serial": "ab-123", "installer": "강남설비", "installed_on": "2026-05-01"}


@pytest.fixture
def phone(web_world: WebWorld) -> Phone:
    """At the door of a home whose boiler nobody knows; condensing ones are free for three years."""
    with web_world.database.transaction() as session:
        company_id = web_world.company.id or 0
        model = {"code": "ON-20K", "name": "온누리 20", "kind": "condensing", "family": "N"}
        session.add(BoilerModel(company_id=company_id, **model))
        billing.set_warranty_rule(
            session,
            company_id=company_id,
            boiler_kind="condensing",
            months=36,
            repeat_free_days=60,
            valid_from=date(2020, 1, 1),
            source="시험",
            by=world.AGENT,
            now=web_world.now,
        )
    return at_the_door(open_phone(web_world))


def history(web: WebWorld) -> list[TimelineEntry]:
    query = select(TimelineEntry).where(TimelineEntry.subject_kind == "boiler")
    with web.database.reading() as session:
        return list(session.exec(query.order_by(TimelineEntry.id)))  # type: ignore[arg-type]


def test_a_boiler_read_off_at_the_home_changes_warranty_and_keeps_its_history(phone: Phone) -> None:
    assert "18,000원" in phone.get("?do=complete")
    assert "?do=boiler" in phone.get() and 'value="ON-20K"' in phone.get("?do=boiler")
    assert phone.post("boiler", {**PLATE, "warranty": "unknown"}).status_code == 303
    with phone.web.database.reading() as session:
        (boiler,) = session.exec(select(Boiler)).all()
    assert (boiler.serial, boiler.installer, boiler.warranty_start) == ("AB-123", "강남설비", None)
    assert phone.ticket().boiler_id == boiler.id
    page = words_of(phone.get("?do=complete"))
    assert "무상" in page and "온누리 20" in page
    free = phone.client.post(f"/m/{phone.number}/bill", headers={"HX-Request": "true"}).text
    assert "18,000원" not in free

    later = {**PLATE, "warranty": "known", "warranty_start": "2020-05-01"}
    assert phone.post("boiler", later).status_code == 303
    paid = phone.client.post(f"/m/{phone.number}/bill", headers={"HX-Request": "true"}).text
    assert "18,000원" in paid, "the warranty is over"
    changes = [entry.data["changed"] for entry in history(phone.web) if entry.what == "BoilerCorrected"]
    assert changes[-1] == {"warranty_start": [None, "2020-05-01"]}
    assert history(phone.web)[-1].actor_name and history(phone.web)[-1].at == phone.web.now
    desk = phone.web.sign_in("dispatcher").get(f"/agent/tickets/{phone.number}").text
    assert "보일러 정보를 고쳤습니다: 보증 시작 모름 → 2020-05-01" in desk


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"model": "", "serial": ""}, "model"),
        ({"installed_on": "2027-01-01"}, "installed_on"),
        ({"installed_on": "어제"}, "installed_on"),
        ({"warranty": "known", "warranty_start": ""}, "warranty_start"),
    ],
    ids=["nothing", "ahead", "no day", "known without a day"],
)
def test_what_cannot_be_is_told_beside_its_field(phone: Phone, typed: dict[str, str], field: str) -> None:
    answer = phone.post("boiler", {**PLATE, **typed})
    assert answer.status_code == 422 and field in told_once(answer.text)
    assert 'value="강남설비"' in answer.text
    assert phone.ticket().boiler_id is None
