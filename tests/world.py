"""A small world for tests: plain functions that put rows in and hand them back, flushed, with their ids.

Everything stands in Gangnam unless told otherwise; the company's and each point's duty rota cover `now` well
on both sides, so that every ticket has an owner.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta

from sqlmodel import Session

from core.actor import Actor, Role
from core.clock import kst, operating_day
from core.models import DatedSetting
from tests.world_cases import deliver_texts, make_contact, make_household, make_ticket, make_visit
from tests.world_rows import GANGNAM, NOW, add, id_of, mobile, serial
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

__all__ = [
    "AGENT",
    "GANGNAM",
    "NOW",
    "TECHNICIAN",
    "Actor",
    "add",
    "as_actor",
    "close_point",
    "deliver_texts",
    "id_of",
    "make_company",
    "make_contact",
    "make_duty",
    "make_household",
    "make_person",
    "make_point",
    "make_shift",
    "make_technician",
    "make_ticket",
    "make_visit",
    "mobile",
    "north_of",
    "serial",
]
AGENT = Actor(kind="person", name="이상담", source="test", role=Role.AGENT)
TECHNICIAN = Actor(kind="person", name="박기사", source="test", role=Role.TECHNICIAN)


def north_of(place: tuple[float, float], km: float) -> tuple[float, float]:
    """The place some kilometres north (negative: south)."""
    return (place[0] + km / 111.2, place[1])


def as_actor(person: Person, role: Role = Role.AGENT) -> Actor:
    """A person as the author of a change."""
    return Actor(kind="person", name=person.name, source="test", person_id=person.id, role=role)


def make_person(session: Session, *, name: str = "김당직", phone: str | None = None) -> Person:
    """Somebody who works with Ondol."""
    return add(session, Person(name=name, phone=phone or mobile(), created_at=NOW))


def make_colleague(session: Session, *, company_id: int, point_id: int | None, name: str) -> Person:
    """Somebody at a company's or a point's desk."""
    person = make_person(session, name=name)
    add(
        session,
        Membership(
            person_id=id_of(person),
            company_id=company_id,
            service_point_id=point_id,
            role="point" if point_id else "dispatcher",
            badge_number="",
            valid_from=NOW - timedelta(days=365),
        ),
    )
    return person


def make_company(
    session: Session, *, code: str = "onnuri", kind: str = "direct", now: datetime = NOW
) -> Company:
    """A maker whose call desk is covered by a rota for ten days around `now`."""
    n = next(serial)
    company = add(
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
    make_duty(session, company_id=id_of(company), now=now, desk_name="최상황", escalation_name="한책임")
    never_lock(session, company_id=id_of(company))
    return company


def never_lock(session: Session, *, company_id: int) -> None:
    """Tests turn the clock by hours while a browser lies open: its screen stays as it is."""
    add(
        session,
        DatedSetting(
            company_id=company_id,
            key="idle_lock_s",
            value={},
            valid_from=datetime(2000, 1, 2, tzinfo=UTC),
            source="test",
            entered_at=datetime(2000, 1, 2, tzinfo=UTC),
        ),
    )


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
    desk, escalation = (
        make_colleague(session, company_id=company_id, point_id=point_id, name=name)
        for name in (desk_name, escalation_name)
    )
    return add(
        session,
        DutyRota(
            company_id=company_id,
            service_point_id=point_id,
            start_at=start or now - timedelta(days=10),
            end_at=end or now + timedelta(days=10),
            technician_id=technician_id,
            desk_person_id=id_of(desk),
            escalation_person_id=id_of(escalation),
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
    n = next(serial)
    point = add(
        session,
        ServicePoint(
            company_id=id_of(company),
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
        add(
            session,
            OpeningHours(
                service_point_id=id_of(point),
                weekday=weekday,
                opens=time(9),
                closes=time(18),
                valid_from=date(2020, 1, 1),
            ),
        )
    make_duty(session, company_id=id_of(company), point_id=id_of(point), now=now)
    return point


def close_point(
    session: Session, *, point: ServicePoint, start: datetime, end: datetime, reason: str
) -> None:
    """The point takes nothing new in this stretch."""
    add(session, PointClosure(service_point_id=id_of(point), start_at=start, end_at=end, reason=reason))


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
    technician = add(session, Technician(person_id=id_of(person), home_lat=home[0], home_lon=home[1]))
    add(
        session,
        Membership(
            person_id=id_of(person),
            company_id=point.company_id,
            service_point_id=id_of(point),
            role="technician",
            badge_number=f"B-{technician.id}",
            valid_from=now - timedelta(days=365),
        ),
    )
    for code in qualifications:
        add(
            session,
            Qualification(technician_id=id_of(technician), code=code, valid_from=date(2020, 1, 1)),
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
    return add(
        session,
        Shift(
            technician_id=id_of(technician),
            service_point_id=id_of(point),
            company_id=point.company_id,
            kind="day" if hours[1] <= 24 else "night",
            start_at=kst(base, hours[0]),
            end_at=kst(base, hours[1]),
            lunch_earliest=kst(base, 11, 30) if with_lunch else None,
            lunch_latest=kst(base, 13) if with_lunch else None,
            lunch_s=3600 if with_lunch else 0,
        ),
    )
