"""A small world for tests: plain functions that put rows in and hand them back, flushed, with their ids.

Everything stands in Gangnam unless told otherwise; the company's and each point's duty rota cover `now` well
on both sides, so that every ticket has an owner.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import count
from typing import Any

from sqlmodel import Session, col, select

from core.actor import Actor, Role
from core.clock import kst, operating_day
from core.phones import parse_phone
from customers.models import Address, Boiler, BoilerModel, Contact, Household, HouseholdMember
from dispatch.models import Placement, Ticket, TicketClock, TicketParty, Visit
from workforce.models import (
    Company,
    DutyRota,
    Membership,
    OpeningHours,
    Person,
    PointClosure,
    Qualification,
    ServicePoint,
    Shift,
    Technician,
)

GANGNAM = (37.4999, 127.0374)
NOW = datetime(2026, 12, 1, 1, 0, tzinfo=UTC)
"""The same moment as the `now` fixture: Tuesday 2026-12-01 10:00 in Korea."""
AGENT = Actor(kind="person", name="이상담", source="test", role=Role.AGENT)
TECHNICIAN = Actor(kind="person", name="박기사", source="test", role=Role.TECHNICIAN)

_serial = count(1)


def north_of(place: tuple[float, float], km: float) -> tuple[float, float]:
    """The place some kilometres north (negative: south)."""
    return (place[0] + km / 111.2, place[1])


def as_actor(person: Person, role: Role = Role.AGENT) -> Actor:
    """A person as the author of a change."""
    return Actor(kind="person", name=person.name, source="test", person_id=person.id, role=role)


def make_person(session: Session, *, name: str = "김당직", phone: str | None = None) -> Person:
    """Somebody who works with Ondol."""
    return _add(session, Person(name=name, phone=phone or _mobile(), created_at=NOW))


def make_company(
    session: Session, *, code: str = "onnuri", kind: str = "direct", now: datetime = NOW
) -> Company:
    """A maker whose call desk is covered by a rota for ten days around `now`."""
    n = next(_serial)
    company = _add(
        session,
        Company(
            code=code,
            name=f"{code} 보일러",
            brand_name="온누리보일러" if code == "onnuri" else "해담보일러",
            colour="#2255aa",
            kind=kind,
            main_phone="+8215880000",
            sender_number="+8215880000",
            number_prefix=f"T{n}",
            created_at=now,
        ),
    )
    make_duty(session, company_id=_id(company), now=now, desk_name="최상황", escalation_name="한책임")
    return company


def make_duty(
    session: Session,
    *,
    company_id: int,
    point_id: int | None = None,
    technician_id: int | None = None,
    substitute_point_id: int | None = None,
    now: datetime = NOW,
    desk_name: str = "정창구",
    escalation_name: str = "윤소장",
    start: datetime | None = None,
    end: datetime | None = None,
) -> DutyRota:
    """A stretch of duty with a desk person and an escalation person of its own."""
    return _add(
        session,
        DutyRota(
            company_id=company_id,
            service_point_id=point_id,
            start_at=start or now - timedelta(days=10),
            end_at=end or now + timedelta(days=10),
            technician_id=technician_id,
            desk_person_id=_id(make_person(session, name=desk_name)),
            escalation_person_id=_id(make_person(session, name=escalation_name)),
            substitute_point_id=substitute_point_id,
        ),
    )


def make_point(
    session: Session,
    *,
    company: Company,
    code: str | None = None,
    at: tuple[float, float] = GANGNAM,
    kind: str | None = None,
    daily_limit: int | None = None,
    now: datetime = NOW,
) -> ServicePoint:
    """An open service point with a duty rota; its kind is the company's unless told."""
    n = next(_serial)
    point = _add(
        session,
        ServicePoint(
            company_id=_id(company),
            code=code or f"P{n}",
            name=f"{code or n} 서비스점",
            kind=kind or company.kind,
            area_code="11680",
            address="서울 강남구 역삼동 1",
            lat=at[0],
            lon=at[1],
            desk_phone="+8225550100",
            daily_limit=daily_limit,
            open_from=date(2020, 1, 1),
        ),
    )
    for weekday in range(8):
        _add(
            session,
            OpeningHours(
                service_point_id=_id(point),
                weekday=weekday,
                opens=time(9),
                closes=time(18),
                valid_from=date(2020, 1, 1),
            ),
        )
    make_duty(session, company_id=_id(company), point_id=_id(point), now=now)
    return point


def close_point(
    session: Session, *, point: ServicePoint, start: datetime, end: datetime, reason: str
) -> None:
    """The point takes nothing new in this stretch."""
    _add(session, PointClosure(service_point_id=_id(point), start_at=start, end_at=end, reason=reason))


def make_technician(
    session: Session,
    *,
    point: ServicePoint,
    name: str = "박기사",
    qualifications: Iterable[str] = ("GAS_WORK", "FLUE"),
    days: Sequence[int] = (0, 1, 2),
    hours: tuple[int, int] = (9, 18),
    home: tuple[float, float] | None = None,
    now: datetime = NOW,
) -> Technician:
    """A technician of a point with day shifts (and lunch) on the operating days `now` + `days`."""
    person = make_person(session, name=name)
    home = home or (point.lat, point.lon)
    technician = _add(session, Technician(person_id=_id(person), home_lat=home[0], home_lon=home[1]))
    _add(
        session,
        Membership(
            person_id=_id(person),
            company_id=point.company_id,
            service_point_id=_id(point),
            role="technician",
            badge_number=f"B-{technician.id}",
            valid_from=now - timedelta(days=365),
        ),
    )
    for code in qualifications:
        _add(
            session,
            Qualification(technician_id=_id(technician), code=code, valid_from=date(2020, 1, 1)),
        )
    for day in days:
        make_shift(session, technician=technician, point=point, day=day, hours=hours, now=now)
    return technician


def make_shift(
    session: Session,
    *,
    technician: Technician,
    point: ServicePoint,
    day: int = 0,
    hours: tuple[int, int] = (9, 18),
    now: datetime = NOW,
) -> Shift:
    """A shift on the operating day `now` + `day`; hours past 23 run into the next date."""
    base = operating_day(now) + timedelta(days=day)
    with_lunch = hours[0] <= 11 and hours[1] >= 15
    return _add(
        session,
        Shift(
            technician_id=_id(technician),
            service_point_id=_id(point),
            company_id=point.company_id,
            kind="day" if hours[1] <= 24 else "night",
            start_at=kst(base, hours[0]),
            end_at=kst(base, hours[1]),
            lunch_earliest=kst(base, 11, 30) if with_lunch else None,
            lunch_latest=kst(base, 13) if with_lunch else None,
            lunch_s=3600 if with_lunch else 0,
        ),
    )


def make_contact(session: Session, *, company_id: int, name: str, phone: str) -> Contact:
    """A person on the customer's side; `phone` in any writing."""
    read = parse_phone(phone)
    return _add(
        session,
        Contact(
            company_id=company_id,
            name=name,
            phone=read.e164,
            phone_digits=read.digits,
            phone_tail=read.digits[-4:],
            phone_kind=read.kind,
            can_text=read.can_text,
            created_at=NOW,
        ),
    )


def make_household(
    session: Session,
    *,
    company: Company,
    at: tuple[float, float] = GANGNAM,
    precision: str = "dong",
    raw: str | None = None,
    resident: tuple[str, str] = ("김영자", "02-555-0101"),
    child: tuple[str, str] | None = ("김민수", "010-9876-5432"),
    model: str | None = None,
) -> Household:
    """A home with its resident, perhaps a child elsewhere, and one boiler."""
    raw = raw or f"서울 강남구 역삼동 {700 + next(_serial)}, 101동 1203호"
    address = _add(
        session,
        Address(
            company_id=_id(company),
            raw=raw,
            normalised=raw.split(",", maxsplit=1)[0],
            unit="101동 1203호",
            area_code="11680",
            lat=at[0] if precision != "none" else None,
            lon=at[1] if precision != "none" else None,
            precision=precision,
            located_by="gazetteer",
            tokens=raw.replace(",", " ").split(),
            created_at=NOW,
        ),
    )
    household = _add(
        session,
        Household(company_id=_id(company), address_id=_id(address), priority_care=False, created_at=NOW),
    )
    people = [(resident, "resident"), *([(child, "child")] if child else [])]
    for (name, phone), relationship in people:
        contact = make_contact(session, company_id=_id(company), name=name, phone=phone)
        _add(
            session,
            HouseholdMember(
                household_id=_id(household), contact_id=_id(contact), relationship=relationship, since=NOW
            ),
        )
    model_row = None
    if model:
        model_row = _add(
            session,
            BoilerModel(company_id=_id(company), code=model, name=model, kind="condensing", family=model[:2]),
        )
    _add(
        session,
        Boiler(
            company_id=_id(company),
            address_id=_id(address),
            model_id=_id(model_row) if model_row else None,
            installed_on=date(2019, 11, 2),
            warranty_start=date(2019, 11, 2),
            created_at=NOW,
        ),
    )
    return household


def make_ticket(
    session: Session,
    *,
    company: Company,
    household: Household | None = None,
    point: ServicePoint | None = None,
    status: str = "UNASSIGNED",
    symptom: str = "NO_HEAT",
    priority: int = 1,
    received_at: datetime = NOW,
    clocks: bool = True,
    **fields: Any,
) -> Ticket:
    """A ticket as intake would have left it (parties, three clocks; an accepted placement when `point`).

    For tests that begin after intake; the story itself is told by `dispatch.intake`.
    """
    household = household or make_household(session, company=company)
    ticket = _add(
        session,
        Ticket(
            number=f"{company.number_prefix}-{next(_serial):06d}",
            company_id=_id(company),
            household_id=_id(household),
            channel="phone",
            symptom=symptom,
            priority=priority,
            status=status,
            received_at=received_at,
            recorded_at=received_at,
            payer_role="requester",
            service_point_id=_id(point) if point else None,
            **fields,
        ),
    )
    _copy_parties(session, ticket, household)
    if clocks:
        _start_clocks(session, ticket)
    if point is not None:
        _add(
            session,
            Placement(
                ticket_id=_id(ticket),
                service_point_id=_id(point),
                rank=0,
                travel_s=840,
                state="ACCEPTED",
                reason_code="NEAREST",
                reason_text="가장 가까운 서비스점, 차로 14분",
                at=received_at,
                answered_at=received_at,
            ),
        )
    return ticket


def make_visit(
    session: Session,
    *,
    ticket: Ticket,
    point: ServicePoint,
    technician: Technician | None = None,
    state: str = "planned",
    start: datetime | None = None,
    sequence: int = 1,
    duration_s: int = 2700,
    **fields: Any,
) -> Visit:
    """A visit of a ticket, planned at `start` when given (no plan version or booking is written)."""
    return _add(
        session,
        Visit(
            ticket_id=_id(ticket),
            company_id=ticket.company_id,
            sequence=sequence,
            service_point_id=_id(point),
            technician_id=_id(technician) if technician else None,
            state=state,
            duration_s=duration_s,
            planned_start=start,
            planned_end=start + timedelta(seconds=duration_s) if start else None,
            created_at=ticket.received_at,
            **fields,
        ),
    )


def _copy_parties(session: Session, ticket: Ticket, household: Household) -> None:
    query = (
        select(Contact, HouseholdMember.relationship)
        .join(HouseholdMember, col(HouseholdMember.contact_id) == col(Contact.id))
        .where(col(HouseholdMember.household_id) == household.id)
        .order_by(col(HouseholdMember.id))
    )
    for contact, relationship in session.exec(query):
        role = "resident" if relationship == "resident" else "requester"
        _add(
            session,
            TicketParty(
                ticket_id=_id(ticket),
                role=role,
                contact_id=_id(contact),
                name=contact.name,
                phone=contact.phone,
                phone_raw=contact.phone_digits,
                can_text=contact.can_text,
                relationship="" if role == "resident" else relationship,
            ),
        )


def _start_clocks(session: Session, ticket: Ticket) -> None:
    for kind, seconds in (("contact", 3600), ("promise", 600), ("handled", 6000)):
        _add(
            session,
            TicketClock(
                ticket_id=_id(ticket),
                kind=kind,
                started_at=ticket.received_at,
                due_at=ticket.received_at + timedelta(seconds=seconds),
                state="running",
                next_stage_at=ticket.received_at + timedelta(seconds=min(seconds, 1800)),
            ),
        )


def _add(session: Session, row: Any) -> Any:
    session.add(row)
    session.flush()
    return row


def _id(row: Any) -> int:
    assert row.id is not None
    return int(row.id)


def _mobile() -> str:
    return f"+82107{next(_serial):07d}"
