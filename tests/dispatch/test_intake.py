"""A call becomes a ticket: everything readable is taken, nothing half-saved, dangers go their own way."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError
from sqlmodel import Session, col, func, select

from core.models import StoredEvent, TimelineEntry
from customers.models import Address, Boiler, Contact, Household, HouseholdMember
from dispatch.intake import TicketOverError, file_ticket, join_call
from dispatch.intake_check import BadTicketError
from dispatch.models import Task, Ticket, TicketClock, TicketParty, TriageStep, WishedWindow
from dispatch.numbers import count_on, reserve_number
from dispatch.places import pick_location
from dispatch.schemas import CodeFact, FiledTicket, TicketRequest
from dispatch.triage import NotInTriageError, SafetyTriageError, record_self_fix
from tests import world
from tests.world import AGENT, as_actor, make_person
from workforce.models import Company

BODY: dict[str, Any] = {
    "channel": "phone",
    "resident": {
        "name": "김영자",
        "phone": "02-555-0101",
        "address": "서울 강남구 역삼동 735, 101동 1203호",
    },
    "requester": {"name": "김민수", "phone": "010.9876.5432 (아들)", "relationship": "child"},
    "payer": "requester",
    "symptom": "NO_HEAT",
    "error_code": "03",
    "boiler": {"model": "ON-20K", "serial": None, "installed_on": "2019-11-02"},
    "priority_care": True,
    "age_band": "75+",
    "safety": False,
    "note": "방이 너무 추워요",
    "self_fix": {"card": "NO_HEAT", "result": "FAILED"},
    "wished_windows": [{"start": "2026-12-01T14:00:00+09:00", "end": "2026-12-01T16:00:00+09:00"}],
}


class Codes:
    """A code book that knows two codes."""

    def look_up(self, session: Session, *, company_id: int, family: str | None, code: str) -> CodeFact | None:
        known = {"03": CodeFact("점화 안 됨", safety=False), "10": CodeFact("배기 이상", safety=True)}
        return known.get(code)


@pytest.fixture
def file(session: Session, company: Company, now: datetime) -> Callable[..., FiledTicket]:
    def call(at: datetime = now, **changes: Any) -> FiledTicket:
        body = {k: v for k, v in {**BODY, **changes}.items() if v != "absent"}
        return file_ticket(
            session,
            request=TicketRequest.model_validate(body),
            company_id=company.id or 0,
            codes=Codes(),
            by=AGENT,
            now=at,
        )

    return call


def published(session: Session) -> list[str]:
    """What moves the case on; that the family is told of the call beside it stands in a test of its own."""
    query = select(StoredEvent.name).where(col(StoredEvent.name) != "CallTaken")
    return list(session.exec(query.order_by(col(StoredEvent.id))))


def count(session: Session, table: type[Any]) -> int:
    return session.exec(select(func.count()).select_from(table)).one()


def test_the_contracts_example_is_stored_whole(session: Session, file: Any, now: datetime) -> None:
    filed = file()
    ticket = session.get_one(Ticket, filed.id)
    assert (ticket.status, ticket.priority, ticket.safety) == ("RECEIVED", 0, False)
    assert ticket.number == filed.number and ticket.number.startswith("T")
    assert "261201-" in ticket.number
    assert (ticket.error_code, ticket.error_code_known, ticket.payer_role) == ("03", True, "requester")
    parties = {p.role: p for p in session.exec(select(TicketParty))}
    assert set(parties) == {"resident", "requester"}
    assert (parties["resident"].phone, parties["resident"].can_text) == ("+8225550101", False)
    assert (parties["requester"].phone, parties["requester"].can_text) == ("+821098765432", True)
    assert parties["requester"].phone_raw == "010.9876.5432 (아들)"
    address = session.exec(select(Address)).one()
    assert (address.precision, address.unit, address.area_code) == ("dong", "101동 1203호", "11680")
    assert "1203" not in address.normalised
    assert session.exec(select(Boiler.model_text)).one() == "ON-20K"
    clocks = {c.kind: c for c in session.exec(select(TicketClock))}
    assert {k: (c.due_at - now).total_seconds() for k, c in clocks.items()} == {
        "contact": 3600,
        "promise": 600,
        "handled": 6000,
    }
    assert count(session, WishedWindow) == 1
    assert session.exec(select(TriageStep.result)).one() == "FAILED"
    assert published(session) == ["TicketFiled"]
    entries = select(TimelineEntry.what).where(col(TimelineEntry.subject_kind) == "ticket")
    assert session.exec(entries.order_by(col(TimelineEntry.id))).all() == ["TicketFiled", "SelfFixRecorded"]


@pytest.mark.parametrize(
    "absent",
    [
        "requester",
        "payer",
        "error_code",
        "boiler",
        "priority_care",
        "age_band",
        "safety",
        "note",
        "wished_windows",
    ],
)
@pytest.mark.parametrize("value", ["absent", None])
def test_everything_optional_may_be_absent_or_null(file: Any, absent: str, value: Any) -> None:
    changes = {absent: value}
    if absent == "requester":
        changes["payer"] = None
    assert file(**changes).status == "RECEIVED"


@pytest.mark.parametrize("missing", ["channel", "symptom", "resident"])
def test_what_is_required_must_be_there(file: Any, missing: str) -> None:
    with pytest.raises(ValidationError):
        file(**{missing: "absent"})


def test_every_bad_field_is_named_and_nothing_is_saved(session: Session, file: Any) -> None:
    with pytest.raises(BadTicketError) as caught:
        file(
            channel="pigeon",
            symptom="SAD",
            resident={"name": " ", "phone": "12", "address": "???"},
            requester={"name": "김민수", "phone": "전화 없음"},
            payer={"name": "집주인", "phone": "02"},
            age_band="당뇨 환자",
            boiler={"model": "ON-20K", "installed_on": "2027-01-01"},
            wished_windows=[{"start": "2026-12-01T14:00:00+09:00", "end": "2026-12-01T14:00:00+09:00"}],
            received_at="2026-12-01T11:00:00+09:00",
        )
    assert {e.field for e in caught.value.errors} == {
        "channel",
        "symptom",
        "resident.name",
        "resident.phone",
        "resident.address",
        "requester.phone",
        "payer.phone",
        "age_band",
        "boiler.installed_on",
        "wished_windows.0.end",
        "received_at",
    }
    assert all(e.message for e in caught.value.errors)
    assert [count(session, t) for t in (Ticket, Household, Contact, Address, TimelineEntry)] == [0] * 5


@pytest.mark.parametrize(
    ("requester", "relationship"),
    [
        ({"name": "김민수", "phone": "010-9876-5432 (아들)"}, "child"),
        ({"name": "김민수(큰딸)", "phone": "010-9876-5432"}, "child"),
        ({"name": "김민수", "phone": "010-9876-5432", "relationship": "집주인"}, "landlord"),
        ({"name": "김민수", "phone": "010-9876-5432"}, "other"),
    ],
)
def test_the_relationship_is_read_from_any_remark(
    session: Session, file: Any, requester: dict[str, Any], relationship: str
) -> None:
    file(requester=requester)
    asker = session.exec(select(TicketParty).where(col(TicketParty.role) == "requester")).one()
    assert (asker.name, asker.relationship) == ("김민수", relationship)


def test_a_payer_who_is_nobody_is_refused(file: Any) -> None:
    with pytest.raises(BadTicketError) as caught:
        file(requester=None, payer="requester")
    assert [e.field for e in caught.value.errors] == ["payer"]
    with pytest.raises(ValidationError) as wrong:
        file(payer="neighbour")
    assert wrong.value.errors()[0]["loc"] == ("payer",)


def test_a_third_person_may_pay(session: Session, file: Any) -> None:
    file(payer={"name": "박주인", "phone": "010-2222-3333", "relationship": "landlord"})
    payer = session.exec(select(TicketParty).where(col(TicketParty.role) == "payer")).one()
    assert (payer.phone, payer.relationship) == ("+821022223333", "landlord")
    assert session.exec(select(Ticket.payer_role)).one() == "payer"


def test_script_and_control_characters_are_only_text(session: Session, file: Any) -> None:
    nasty = "<script>alert(1)</script>\x00'; DROP TABLE ticket; --"
    filed = file(note=nasty, resident={**BODY["resident"], "name": "<b>김영자</b>\x00"})
    assert session.get_one(Ticket, filed.id).note == nasty.replace("\x00", "")
    resident = session.exec(select(TicketParty).where(col(TicketParty.role) == "resident")).one()
    assert resident.name == "<b>김영자</b>"


def test_without_self_fix_it_waits_for_triage_and_then_goes_on(
    session: Session, file: Any, now: datetime
) -> None:
    filed = file(self_fix=None)
    assert (filed.status, published(session)) == ("RECEIVED", [])
    later = now + timedelta(minutes=2)
    for _twice in range(2):
        record_self_fix(session, ticket_id=filed.id, card="RESET", result="FAILED", by=AGENT, now=later)
    assert published(session) == ["TicketFiled"]
    with pytest.raises(NotInTriageError):
        record_self_fix(session, ticket_id=filed.id, card="RESET", result="SOLVED", by=AGENT, now=later)


def test_self_fix_that_worked_ends_the_ticket_without_a_visit(
    session: Session, file: Any, now: datetime
) -> None:
    filed = file(self_fix={"card": "POWER", "result": "SOLVED"})
    assert filed.status == "SELF_FIXED"
    assert published(session) == ["TicketEnded"]
    states = {c.kind: c.state for c in session.exec(select(TicketClock))}
    assert states == {"contact": "void", "promise": "void", "handled": "met"}


@pytest.mark.parametrize(
    "danger",
    [{"symptom": s} for s in ("GAS_SMELL", "CO", "FLUE", "ODOUR_SMOKE")]
    + [{"safety": True}, {"error_code": "10"}],
)
def test_danger_skips_self_help_and_goes_on_at_once(
    session: Session, file: Any, now: datetime, danger: dict[str, Any]
) -> None:
    filed = file(**{"self_fix": {"card": "RESET", "result": "SOLVED"}, **danger})
    ticket = session.get_one(Ticket, filed.id)
    assert (ticket.safety, ticket.safety_hold, ticket.priority, ticket.status) == (True, True, 0, "RECEIVED")
    assert published(session) == ["TicketFiled"]
    assert [s.code for s in filed.script][:2] == ["STOP_USE", "CLOSE_VALVE"]
    assert session.exec(select(TriageStep.result)).one() == "SAFETY"
    with pytest.raises(SafetyTriageError):
        record_self_fix(session, ticket_id=filed.id, card="RESET", result="SOLVED", by=AGENT, now=now)


def test_an_unknown_error_code_is_flagged_not_refused(session: Session, file: Any) -> None:
    assert file(error_code="Ｅ９９ 9").error_code_known is False
    assert session.exec(select(Ticket.error_code)).one() == "E999"


@pytest.mark.parametrize(
    ("address", "precision"),
    [("우리집", "none"), ("부산 해운대구", "sgg"), ("서울", "sido"), ("apartment 5", "none")],
)
def test_an_unreadable_address_is_taken_and_a_person_is_asked(
    session: Session, file: Any, now: datetime, address: str, precision: str
) -> None:
    filed = file(resident={**BODY["resident"], "address": address})
    assert (filed.location_precision, filed.needs_map_pick, filed.status) == (precision, True, "UNASSIGNED")
    task = session.exec(select(Task)).one()
    assert (task.kind, task.state) == ("MAP_PICK", "open")
    assert session.exec(select(Address.raw)).one() == address
    before = len(published(session))
    pick_location(session, ticket_id=filed.id, lat=37.5, lon=127.03, by=AGENT, now=now)
    assert published(session)[before:] == ["TicketFiled"]
    assert session.exec(select(Address.precision)).one() == "address"
    assert session.exec(select(Task.state)).one() == "done"


def test_a_place_outside_korea_is_refused(session: Session, file: Any, now: datetime) -> None:
    filed = file(resident={**BODY["resident"], "address": "우리집"})
    with pytest.raises(Exception, match="우리나라"):
        pick_location(session, ticket_id=filed.id, lat=35.68, lon=139.7, by=AGENT, now=now)


def test_a_second_ticket_of_the_home_is_flagged_never_merged(
    session: Session, file: Any, now: datetime
) -> None:
    first = file()
    second = file(resident={**BODY["resident"], "address": "서울특별시 강남구 역삼동 735번지 101동 1203호"})
    assert second.id != first.id
    assert second.suspected_duplicate_of == first.number
    assert second.household_id == first.household_id
    assert count(session, Household) == 1


def test_another_flat_of_the_house_is_another_home(session: Session, file: Any) -> None:
    file()
    other = file(
        resident={"name": "이순자", "phone": "02-555-9999", "address": "서울 강남구 역삼동 735, 101동 1204호"}
    )
    assert other.suspected_duplicate_of is None
    assert count(session, Household) == 2


def test_a_lot_without_unit_holds_many_homes_told_apart_by_phone(session: Session, file: Any) -> None:
    lot = "서울 강남구 역삼동 735"
    file(resident={"name": "김영자", "phone": "02-555-0101", "address": lot})
    file(resident={"name": "이순자", "phone": "02-555-9999", "address": lot})
    same = file(resident={"name": "김영자", "phone": "025550101", "address": lot})
    assert count(session, Household) == 2
    assert same.suspected_duplicate_of is not None


def test_a_repeat_on_another_day_is_no_duplicate_once_the_first_has_ended(file: Any, now: datetime) -> None:
    file(self_fix={"card": "POWER", "result": "SOLVED"})
    assert file(now + timedelta(hours=23)).suspected_duplicate_of is not None
    assert file(now + timedelta(hours=60)).suspected_duplicate_of is not None  # the second is still open


def test_people_are_not_doubled_and_may_share_a_phone(session: Session, file: Any) -> None:
    shared = {"name": "김민수", "phone": "02-555-0101", "relationship": "child"}
    file(requester=shared)
    file(requester=shared)
    assert count(session, Contact) == 2
    assert count(session, HouseholdMember) == 2


def test_received_in_the_past_runs_from_then(session: Session, file: Any, now: datetime) -> None:
    filed = file(received_at="2026-12-01T09:30:00+09:00", late_entry_reason="SYSTEM_DOWN")
    ticket = session.get_one(Ticket, filed.id)
    assert ticket.received_at == now - timedelta(minutes=30)
    assert ticket.recorded_at == now
    clock = session.exec(select(TicketClock).where(col(TicketClock.kind) == "contact")).one()
    assert clock.due_at == now + timedelta(minutes=30)


def test_priority_care_of_the_home_is_remembered(session: Session, file: Any, now: datetime) -> None:
    file()
    again = file(now + timedelta(days=3), priority_care=None, age_band=None)
    ticket = session.get_one(Ticket, again.id)
    assert (ticket.priority, ticket.priority_care, ticket.age_band) == (0, True, "75+")


def test_a_second_call_joins_the_open_ticket(session: Session, file: Any, now: datetime) -> None:
    filed = file()
    by = as_actor(make_person(session, name="송상담"))
    join_call(session, ticket_id=filed.id, note="언제 오시나요", by=by, now=now + timedelta(minutes=5))
    assert session.get_one(Ticket, filed.id).note == "방이 너무 추워요\n언제 오시나요"
    assert count(session, Ticket) == 1
    ended = file(self_fix={"card": "POWER", "result": "SOLVED"})
    with pytest.raises(TicketOverError):
        join_call(session, ticket_id=ended.id, note="또 그래요", by=by, now=now)


def test_numbers_differ_and_carry_the_korean_date(file: Any, now: datetime) -> None:
    numbers = [file(now + timedelta(hours=14 + k)).number for k in range(3)]  # 00:00 to 02:00 on 2 December
    assert len(set(numbers)) == 3
    assert all("261202-" in number for number in numbers)


def test_each_company_counts_its_own_tickets(session: Session, now: datetime) -> None:
    def running(company_id: int) -> int:
        _id, number = reserve_number(session, company_id=company_id, prefix="T", now=now)
        return int(number.rsplit("-", 1)[1])

    one, other = (world.make_company(session, code=code).id or 0 for code in ("one", "other"))
    assert [running(one), running(one), running(other), running(one), running(other)] == [1, 2, 1, 3, 2]
    count_on(session, company_id=one, beyond=40)
    assert [running(one), running(other)] == [41, 3]
