"""Homes with their people, and the boilers that stand there, out of a list."""

from __future__ import annotations

from sqlmodel import Session

from core.clock import today_kst
from core.errors import DomainError
from core.i18n import N_, _
from core.phones import Phone, parse_phone
from customers.boilers import check_boiler_facts, standing_boiler
from customers.rules import PersonName, read_age_band, read_person_name, read_relationship
from customers.schemas import BoilerFactsSeen, NewAddress, NewBoiler, NewContact
from customers.service import (
    add_member,
    find_household,
    find_or_add_boiler,
    find_or_add_contact,
    find_or_add_household,
    hold_family,
)
from dispatch.places import read_address
from exchange.rows import Column, Ground, Kind, Outcome, RefusedRowError, Row


def take_household(session: Session, row: Row, ground: Ground) -> Outcome:
    """One home with who lives there and, perhaps, who asks for them."""
    address = _address(row)
    resident = _person(row, "name", "phone")
    asker = None
    if row.text("requester_name") or row.text("requester_phone"):
        asker = _person(row, "requester_name", "requester_phone")
    care, band = row.yes("priority_care"), _age_band(row)
    row.check()
    assert address is not None and resident is not None
    people = [one for one, _note in (resident, asker or resident)]
    hold_family(session, company_id=ground.company_id, people=people, address=address)
    company_id, now = ground.company_id, ground.now
    lives_there = find_or_add_contact(session, company_id=company_id, person=resident[0], now=now)
    home = find_or_add_household(
        session,
        company_id=company_id,
        address=address,
        resident=lives_there,
        priority_care=care,
        age_band=band,
        by=ground.by,
        now=now,
    )
    changed = home.is_changed
    if asker is not None:
        person, note = asker
        asks = find_or_add_contact(session, company_id=company_id, person=person, now=now)
        changed |= add_member(
            session,
            company_id=company_id,
            household_id=home.id,
            contact_id=asks.id,
            relationship=read_relationship(row.text("relationship") or note).value,
            by=ground.by,
            now=now,
        )
    return Outcome.TAKEN if changed else Outcome.PRESENT


def take_boiler(session: Session, row: Row, ground: Ground) -> Outcome:
    """One boiler at a known home; blanks of a boiler that stands there are filled, nothing is overwritten."""
    address, phone = _address(row), _phone(row, "phone")
    new = NewBoiler(
        model=row.text("model") or None,
        serial=row.text("serial") or None,
        installed_on=row.day("installed_on"),
        installer=row.text("installer") or None,
        warranty_start=row.day("warranty_start"),
    )
    row.check()
    assert address is not None and phone is not None
    facts = BoilerFactsSeen(
        new.model or "", new.serial or "", new.installer or "", new.installed_on, new.warranty_start
    )
    check_boiler_facts(facts, today=today_kst(ground.now))
    home = find_household(session, company_id=ground.company_id, address=address, phone=phone)
    if home is None:
        raise RefusedRowError(
            _("이 주소와 전화번호의 가구가 없습니다. 가구 목록(households)을 먼저 가져와 주세요.")
        )
    company_id, address_id = ground.company_id, home.address.id
    before = standing_boiler(session, company_id=company_id, address_id=address_id, boiler=new)
    after = find_or_add_boiler(
        session, company_id=company_id, address_id=address_id, boiler=new, by=ground.by, now=ground.now
    )
    return Outcome.PRESENT if after == before else Outcome.TAKEN


def _address(row: Row) -> NewAddress | None:
    try:
        return read_address(row.text("address"))
    except DomainError as error:
        row.refuse("address", error.detail)
        return None


def _phone(row: Row, key: str) -> Phone | None:
    try:
        return parse_phone(row.text(key))
    except DomainError as error:
        row.refuse(key, error.detail)
        return None


def _person(row: Row, name_key: str, phone_key: str) -> tuple[NewContact, str] | None:
    """A person, and the remark that stood beside name or number (`딸`)."""
    phone = _phone(row, phone_key)
    name: PersonName | None = None
    try:
        name = read_person_name(row.text(name_key))
    except DomainError as error:
        row.refuse(name_key, error.detail)
    if name is None or phone is None:
        return None
    return NewContact(name.name, phone), name.note or phone.note


def _age_band(row: Row) -> str | None:
    text = row.text("age_band")
    if not text:
        return None
    try:
        return read_age_band(text)
    except DomainError as error:
        row.refuse("age_band", error.detail)
        return None


ADDRESS = Column(
    "address",
    N_("주소"),
    ("설치 주소", "고객 주소", "설치장소", "address"),
    True,
    "서울 강남구 역삼동 735, 101동 1203호",
)

HOUSEHOLDS = Kind(
    code="households",
    label=N_("가구"),
    take=take_household,
    columns=(
        Column(
            "name", N_("거주자 이름"), ("이름", "고객명", "성명", "고객 이름", "resident"), True, "김영자"
        ),
        Column(
            "phone",
            N_("거주자 전화"),
            ("전화", "전화번호", "연락처", "고객 전화", "resident phone"),
            True,
            "02-555-0101",
        ),
        ADDRESS,
        Column(
            "requester_name", N_("신청인 이름"), ("접수자", "신청자", "보호자", "자녀 이름"), False, "김민수"
        ),
        Column(
            "requester_phone",
            N_("신청인 전화"),
            ("접수자 전화", "신청자 전화", "보호자 전화", "자녀 전화"),
            False,
            "010.9876.5432 (아들)",
        ),
        Column("relationship", N_("관계"), ("신청인 관계", "relation"), False, "자녀"),
        Column(
            "priority_care", N_("우선 돌봄"), ("취약", "취약계층", "돌봄"), False, "예", N_("예 또는 아니오")
        ),
        Column("age_band", N_("연령대"), ("나이", "age"), False, "75+"),
    ),
)

BOILERS = Kind(
    code="boilers",
    label=N_("보일러"),
    take=take_boiler,
    columns=(
        ADDRESS,
        Column(
            "phone",
            N_("거주자 전화"),
            ("전화", "전화번호", "연락처", "고객 전화", "resident phone"),
            True,
            "02-555-0101",
        ),
        Column("model", N_("모델"), ("모델명", "제품", "model name"), False, "ON-20K"),
        Column(
            "serial", N_("제조 번호"), ("시리얼", "제조번호", "일련번호", "serial number"), False, "A1B2C3D4"
        ),
        Column("installed_on", N_("설치일"), ("설치 날짜", "설치일자", "installed"), False, "2019-11-02"),
        Column("warranty_start", N_("보증 시작일"), ("보증일", "보증 시작"), False, "2019-11-02"),
        Column("installer", N_("설치한 곳"), ("설치업체", "설치점", "시공사"), False, "역삼설비"),
    ),
    note=N_("가구를 먼저 가져와 주세요. 주소와 거주자 전화로 가구를 찾습니다."),
)
