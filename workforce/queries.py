"""Reads of companies, points and people."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import fields
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, or_
from sqlalchemy import select as columns
from sqlmodel import Session, col, select

from core.db import any_of
from core.errors import NotFoundError
from core.i18n import _
from core.memo import each_once, once
from workforce.models import (
    Account,
    Company,
    Membership,
    Person,
    PointClosure,
    Qualification,
    ServicePoint,
    Technician,
)
from workforce.schemas import CompanyInfo, PersonInfo, PointInfo, TechnicianInfo


def get_company(session: Session, *, company_id: int) -> CompanyInfo:
    """One company. Raises NotFoundError."""
    return once(session, Company, company_id, lambda: _read_company(session, company_id))


def _read_company(session: Session, company_id: int) -> CompanyInfo:
    row = session.get(Company, company_id)
    if row is None:
        raise NotFoundError(_("그런 회사가 없습니다. 회사 코드를 확인해 주세요."))
    return company_info(row)


def company_ids(session: Session) -> list[int]:
    """Every company of this installation."""
    return list(session.execute(columns(col(Company.id)).order_by(col(Company.id))).scalars())


def list_companies(session: Session) -> list[CompanyInfo]:
    """All of them."""
    return [company_info(row) for row in session.exec(select(Company).order_by(col(Company.id)))]


def begun_with_password(begun_at: Any) -> ColumnElement[bool]:
    """The condition that an account still has the password of then (`begun_at`: a column)."""
    return or_(col(Account.password_set_at).is_(None), col(Account.password_set_at) <= col(begun_at))


def company_by_code(session: Session, *, code: str) -> CompanyInfo:
    """A company by its code. Raises NotFoundError."""
    row = session.exec(select(Company).where(col(Company.code) == code)).first()
    if row is None:
        raise NotFoundError(_("그런 회사가 없습니다. 회사 코드를 확인해 주세요."))
    return company_info(row)


def company_founded_at(session: Session, *, company_id: int) -> datetime:
    """Since when Ondol has known a company."""
    return session.get_one(Company, company_id).created_at


def people_of_accounts(session: Session, *, account_ids: Iterable[int]) -> dict[int, str]:
    """The names behind log-ins, by account."""
    query = select(Account.id, Person.name).join(Person, col(Person.id) == col(Account.person_id))
    found = session.exec(query.where(col(Account.id).in_(list(account_ids))))
    return {account_id or 0: name for account_id, name in found}


def get_point(session: Session, *, point_id: int) -> PointInfo:
    """One service point. Raises NotFoundError."""
    return once(session, ServicePoint, point_id, lambda: _read_point(session, point_id))


def _read_point(session: Session, point_id: int) -> PointInfo:
    row = session.get(ServicePoint, point_id)
    if row is None:
        raise NotFoundError(_("그런 서비스점이 없습니다."))
    return point_info(row)


def get_point_by_code(session: Session, *, company_id: int, code: str) -> PointInfo:
    """One service point of a company by its code. Raises NotFoundError, also for another company's."""
    query = select(ServicePoint).where(
        col(ServicePoint.company_id) == company_id, col(ServicePoint.code) == code
    )
    row = session.exec(query).one_or_none()
    if row is None:
        raise NotFoundError(_("그런 서비스점이 없습니다. 코드를 확인해 주세요."))
    return point_info(row)


def points_by_id(session: Session, *, point_ids: Iterable[int]) -> dict[int, PointInfo]:
    """Several service points at once, closed ones too."""
    return each_once(session, ServicePoint, point_ids, lambda ids: _read_points(session, ids))


def _read_points(session: Session, ids: list[int]) -> dict[int, PointInfo]:
    return {row.id: PointInfo(*row) for row in session.execute(_POINTS_BY_ID, {"ids": ids})}


def list_points(session: Session, *, company_id: int, day: date) -> list[PointInfo]:
    """The points of a company that exist on a day, by code."""
    rows = session.execute(_POINTS_OF_A_DAY, {"company_id": company_id, "day": day})
    return [PointInfo(*row) for row in rows]


def is_point_closed(session: Session, *, point_id: int, at: datetime) -> str | None:
    """Why a point takes nothing new at a moment, or None when it does."""
    return session.execute(_CLOSED, {"point_id": point_id, "at": at}).scalars().first()


def people_by_id(session: Session, *, person_ids: Iterable[int]) -> dict[int, PersonInfo]:
    """Several members of staff at once."""
    return each_once(session, Person, person_ids, lambda ids: _read_people(session, ids))


def _read_people(session: Session, ids: list[int]) -> dict[int, PersonInfo]:
    return {row.id: PersonInfo(*row) for row in session.execute(_PEOPLE_BY_ID, {"ids": ids})}


def list_technicians(
    session: Session, *, company_id: int, at: datetime, point_id: int | None = None
) -> list[TechnicianInfo]:
    """Technicians of a company (or of one of its points) at a moment, by name."""
    wanted = [col(Membership.company_id) == company_id]
    if point_id is not None:
        wanted.append(col(Membership.service_point_id) == point_id)
    return _technicians(session, at=at, wanted=wanted)


def get_technicians(
    session: Session, *, technician_ids: Iterable[int], company_id: int
) -> dict[int, TechnicianInfo]:
    """Technicians by id, with the badge number they have at this company.

    Someone whose membership has ended is still found, so that old visits keep their names.
    """
    if not (ids := frozenset(technician_ids)):
        return {}
    key, of = (company_id, ids), (Technician, Membership, Person)
    return dict(once(session, of, key, lambda: _read_technicians(session, company_id, list(ids))))


def _read_technicians(session: Session, company_id: int, ids: list[int]) -> dict[int, TechnicianInfo]:
    asked = {"ids": ids, "company_id": company_id}
    return {info.id: info for info in _technician_infos(session.execute(_TECHNICIANS_BY_ID, asked))}


def technician_of_person(session: Session, *, person_id: int) -> int | None:
    """The technician id of a person, if they make visits."""
    return session.exec(select(Technician.id).where(col(Technician.person_id) == person_id)).first()


def qualifications_on(
    session: Session, *, technician_ids: Sequence[int], day: date
) -> dict[int, frozenset[str]]:
    """Valid qualification codes by technician on a date; every asked id is a key."""
    return qualifications_by_day(session, technician_ids=technician_ids, days=(day,))[day]


def qualifications_by_day(
    session: Session, *, technician_ids: Sequence[int], days: Sequence[date]
) -> dict[date, dict[int, frozenset[str]]]:
    """The same for several dates, by date; `days` is not empty."""
    asked = {"technician_ids": list(technician_ids), "first": min(days), "last": max(days)}
    rows = session.execute(_QUALIFICATIONS, asked).all()
    found: dict[date, dict[int, frozenset[str]]] = {}
    for day in days:
        codes: dict[int, set[str]] = {technician_id: set() for technician_id in technician_ids}
        for technician_id, code, valid_from, valid_to in rows:
            if valid_from <= day and (valid_to is None or day <= valid_to):
                codes[technician_id].add(code)
        found[day] = {technician_id: frozenset(held) for technician_id, held in codes.items()}
    return found


def valid_at(at: datetime) -> ColumnElement[bool]:
    """Memberships that hold at a moment."""
    return and_(
        col(Membership.valid_from) <= at,
        or_(col(Membership.valid_to).is_(None), col(Membership.valid_to) > at),
    )


def company_info(row: Company) -> CompanyInfo:
    """The frozen shape of a company row."""
    return CompanyInfo(
        id=row.id or 0,
        code=row.code,
        name=row.name,
        brand_name=row.brand_name,
        colour=row.colour,
        kind=row.kind,
        main_phone=row.main_phone,
        sender_number=row.sender_number,
        number_prefix=row.number_prefix,
        greeting=row.greeting,
    )


def point_info(row: ServicePoint) -> PointInfo:
    """The frozen shape of a service point row."""
    return PointInfo(
        id=row.id or 0,
        company_id=row.company_id,
        code=row.code,
        name=row.name,
        kind=row.kind,
        area_code=row.area_code,
        address=row.address,
        lat=row.lat,
        lon=row.lon,
        desk_phone=row.desk_phone,
        daily_limit=row.daily_limit,
        open_from=row.open_from,
        open_until=row.open_until,
    )


def person_info(row: Person) -> PersonInfo:
    """The frozen shape of a person row."""
    return PersonInfo(id=row.id or 0, name=row.name, phone=row.phone)


def _technicians(
    session: Session, *, at: datetime, wanted: list[ColumnElement[bool]]
) -> list[TechnicianInfo]:
    return _technician_infos(session.execute(_EVERY_TECHNICIAN.where(*wanted, valid_at(at))))


def _technician_infos(rows: Iterable[Any]) -> list[TechnicianInfo]:
    return [TechnicianInfo(*row) for row in rows]


_POINTS = columns(*(getattr(ServicePoint, field.name) for field in fields(PointInfo)))
_POINTS_BY_ID = _POINTS.where(any_of(ServicePoint.id, "ids"))
_PEOPLE_BY_ID = columns(*(getattr(Person, field.name) for field in fields(PersonInfo))).where(
    any_of(Person.id, "ids")
)
_POINTS_OF_A_DAY = _POINTS.where(
    col(ServicePoint.company_id) == bindparam("company_id"),
    col(ServicePoint.open_from) <= bindparam("day"),
    or_(col(ServicePoint.open_until).is_(None), col(ServicePoint.open_until) > bindparam("day")),
).order_by(col(ServicePoint.code))
_CLOSED = columns(col(PointClosure.reason)).where(
    col(PointClosure.service_point_id) == bindparam("point_id"),
    col(PointClosure.start_at) <= bindparam("at"),
    col(PointClosure.end_at) > bindparam("at"),
)
_EVERY_TECHNICIAN = (
    columns(
        col(Technician.id),
        col(Technician.person_id),
        col(Person.name),
        col(Person.phone),
        col(Membership.badge_number),
        col(Membership.service_point_id),
        col(Technician.home_lat),
        col(Technician.home_lon),
    )
    .join(Person, col(Person.id) == col(Technician.person_id))
    .join(Membership, col(Membership.person_id) == col(Person.id))
    .where(col(Membership.role) == "technician", col(Membership.service_point_id).is_not(None))
    .order_by(col(Person.name), col(Membership.valid_from))
)
"""The columns are the fields of `TechnicianInfo`, in their order."""
_TECHNICIANS_BY_ID = _EVERY_TECHNICIAN.where(
    any_of(Technician.id, "ids"), col(Membership.company_id) == bindparam("company_id")
)
_QUALIFICATIONS = columns(
    col(Qualification.technician_id),
    col(Qualification.code),
    col(Qualification.valid_from),
    col(Qualification.valid_to),
).where(
    any_of(Qualification.technician_id, "technician_ids"),
    col(Qualification.valid_from) <= bindparam("last"),
    or_(col(Qualification.valid_to).is_(None), col(Qualification.valid_to) >= bindparam("first")),
)
