"""The technician reads the plate: the boiler is corrected with its history, the warranty worked out anew."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import delete
from sqlmodel import col, select

from billing import service as billing
from core.models import TimelineEntry
from customers.models import Boiler, BoilerModel, Household
from dispatch.models import Ticket
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
    opened = at_the_door(open_phone(web_world))
    with web_world.database.transaction() as session:
        session.execute(delete(Boiler))
    return opened


def history(web: WebWorld) -> list[TimelineEntry]:
    query = select(TimelineEntry).where(TimelineEntry.subject_kind == "boiler")
    with web.database.reading() as session:
        return list(session.exec(query.order_by(col(TimelineEntry.id))))


@pytest.mark.parametrize("serial", ["ON20K-???", "AB_1", "일련 12", "A.1"])
def test_a_serial_that_no_plate_bears_is_refused_and_kept(phone: Phone, serial: str) -> None:
    answer = phone.post("boiler", {**PLATE, "serial": serial, "warranty": "unknown"})
    assert answer.status_code == 422 and "비워 두세요" in told_once(answer.text)["serial"]
    assert f'value="{serial}"' in answer.text
    kept = {**PLATE, "serial": "AB-12/3 C", "warranty": "unknown"}
    assert phone.post("boiler", kept).status_code == 303


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


@pytest.fixture
def pair(phone: Phone) -> tuple[int, int]:
    """Two boilers stand there; which one the case is about was not said."""
    ids = []
    with phone.web.database.transaction() as session:
        model = session.exec(select(BoilerModel)).one()
        home = session.get_one(Household, phone.ticket().household_id)
        for serial, begun in (("AB-123", date(2026, 1, 5)), ("CD-456", date(2018, 1, 5))):
            row = Boiler(
                company_id=home.company_id,
                address_id=home.address_id,
                model_id=model.id,
                serial=serial,
                installer="한빛설비",
                installed_on=begun,
                warranty_start=begun,
                created_at=phone.web.now,
            )
            session.add(row)
            session.flush()
            ids.append(row.id or 0)
    return ids[0], ids[1]


def boilers(web: WebWorld) -> list[Boiler]:
    with web.database.reading() as session:
        return list(session.exec(select(Boiler).order_by(col(Boiler.id))))


def link(phone: Phone, boiler_id: int) -> dict[str, str]:
    """The case is about this boiler; the form as it then opens."""
    with phone.web.database.transaction() as session:
        session.get_one(Ticket, phone.ticket_id).boiler_id = boiler_id
    page = phone.get("?do=boiler")
    assert f'name="boiler_id" value="{boiler_id}"' in page
    day = next(b.installed_on for b in boilers(phone.web) if b.id == boiler_id)
    return {
        "boiler_id": str(boiler_id),
        "model": "ON-20K",
        "installer": "한빛설비",
        "installed_on": str(day),
        "warranty": "known",
        "warranty_start": str(day),
    }


def test_a_serial_alone_names_a_known_boiler_and_loses_nothing_of_it(
    phone: Phone, pair: tuple[int, int]
) -> None:
    before = boilers(phone.web)
    assert phone.post("boiler", {"serial": "ab-123", "warranty": "unknown"}).status_code == 303
    assert phone.ticket().boiler_id == pair[0]
    assert boilers(phone.web) == before
    free = phone.client.post(f"/m/{phone.number}/bill", headers={"HX-Request": "true"}).text
    assert "18,000원" not in free, "its warranty still runs"


def test_a_blank_clears_what_the_form_showed(phone: Phone, pair: tuple[int, int]) -> None:
    form = link(phone, pair[0])
    assert phone.post("boiler", {**form, "serial": "AB-123", "installer": ""}).status_code == 303
    assert boilers(phone.web)[0].installer is None


def test_the_plate_of_the_other_boiler_links_that_one(phone: Phone, pair: tuple[int, int]) -> None:
    before = boilers(phone.web)
    form = link(phone, pair[0])
    assert phone.post("boiler", {**form, "serial": "CD-456"}).status_code == 303
    assert phone.ticket().boiler_id == pair[1]
    assert boilers(phone.web) == before, "what the form showed belongs to the first"
    desk = phone.web.sign_in("dispatcher").get(f"/agent/tickets/{phone.number}").text
    assert "보일러 정보를 고쳤습니다: 대상 ON-20K CD-456" in desk


@pytest.mark.parametrize("other", ["same", "replaced", "beside"])
def test_an_unknown_serial_is_asked_about(phone: Phone, pair: tuple[int, int], other: str) -> None:
    typed = {**link(phone, pair[0]), "serial": "EF-789"}
    asked = phone.post("boiler", typed)
    assert asked.status_code == 422 and "other" in told_once(asked.text)
    assert 'value="EF-789"' in asked.text and f'name="boiler_id" value="{pair[0]}"' in asked.text
    assert [b.serial for b in boilers(phone.web)] == ["AB-123", "CD-456"]

    assert phone.post("boiler", {**typed, "other": other}).status_code == 303
    first, *_, last = boilers(phone.web)
    if other == "same":
        assert (len(boilers(phone.web)), first.serial, phone.ticket().boiler_id) == (2, "EF-789", first.id)
        return
    assert (last.serial, last.installed_on, last.warranty_start) == ("EF-789", None, None)
    assert phone.ticket().boiler_id == last.id and first.serial == "AB-123"
    assert (first.removed_at is not None) == (other == "replaced")


def test_a_boiler_that_a_desk_adds_names_the_technician(phone: Phone) -> None:
    desk = phone.web.sign_in("point", point=phone.web.point)
    assert desk.post(f"/m/{phone.number}/boiler", data=PLATE).status_code == 303
    (added,) = [entry for entry in history(phone.web) if entry.what == "BoilerAdded"]
    assert added.on_behalf_of
