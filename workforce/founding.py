"""New companies and points: what a maker needs to take its first real ticket."""

from __future__ import annotations

from datetime import date, datetime, time

from sqlmodel import Session, col, select

from core import audit
from core.actor import SYSTEM, Actor, Role
from core.clock import operating_day
from core.errors import ConflictError, FieldError, InvalidError
from core.i18n import _
from workforce.brand import checked_brand
from workforce.models import Company, OpeningHours, ServicePoint, Territory
from workforce.points import checked_point, refuse_taken_name
from workforce.queries import company_info, point_info
from workforce.schemas import CompanyInfo, PointInfo
from workforce.staff import add_person, grant_membership

CODE_LENGTH = range(2, 21)


class CodeTakenError(ConflictError):
    """The code belongs to another company or point already."""

    code = "code-taken"


def found_company(
    session: Session,
    *,
    code: str,
    name: str,
    phone: str,
    admin_login: str,
    admin_name: str,
    password: str,
    now: datetime,
) -> CompanyInfo:
    """A company and its first administrator, on an empty installation."""
    company = add_company(
        session,
        code=code,
        name=name,
        brand_name=name,
        colour="#b4451f",
        kind="designated",
        main_phone=phone,
        sender_number=phone,
        greeting="",
        by=SYSTEM,
        now=now,
    )
    person_id = add_person(
        session,
        name=admin_name,
        phone=phone,
        login=admin_login,
        password=password,
        company_id=company.id,
        by=SYSTEM,
        now=now,
    )
    grant_membership(
        session,
        person_id=person_id,
        company_id=company.id,
        role=Role.ADMIN,
        point_id=None,
        by=SYSTEM,
        now=now,
    )
    return company


def add_company(
    session: Session,
    *,
    code: str,
    name: str,
    brand_name: str,
    colour: str,
    kind: str,
    main_phone: str,
    sender_number: str,
    greeting: str,
    by: Actor,
    now: datetime,
) -> CompanyInfo:
    """A new maker. Its rules are the national defaults until rows of its own are added.

    Raises:
        InvalidError: a field cannot be read. CodeTakenError: the code exists.
    """
    code = _code(code, "code")
    if session.exec(select(Company.id).where(col(Company.code) == code)).first() is not None:
        message = _("이미 쓰이는 회사 코드입니다. 다른 코드를 적어 주세요.")
        raise CodeTakenError(message, errors=(FieldError("code", message),))
    brand = checked_brand(
        name=name,
        brand_name=brand_name,
        colour=colour,
        kind=kind,
        main_phone=main_phone,
        sender_number=sender_number,
        greeting=greeting,
    )
    row = Company(
        **brand,
        code=code,
        number_prefix=_free_prefix(session, code),
        created_at=now,
    )
    session.add(row)
    session.flush()
    audit.record(
        session,
        by=by,
        at=now,
        what="CompanyAdded",
        subject=("company", row.id or 0),
        company_id=row.id,
        data={"code": code},
    )
    return company_info(row)


def add_point(
    session: Session,
    *,
    company_id: int,
    code: str,
    name: str,
    kind: str,
    address: str,
    area_code: str,
    lat: float,
    lon: float,
    desk_phone: str,
    daily_limit: int | None,
    by: Actor,
    now: datetime,
) -> PointInfo:
    """A new service point, open from today, responsible for the area it stands in, desk open by day.

    Raises:
        InvalidError: a field cannot be read. CodeTakenError: the company has that code already.
    """
    code = _code(code, "code")
    taken = select(ServicePoint.id).where(
        col(ServicePoint.company_id) == company_id, col(ServicePoint.code) == code
    )
    if session.exec(taken).first() is not None:
        message = _("이미 쓰이는 서비스점 코드입니다. 다른 코드를 적어 주세요.")
        raise CodeTakenError(message, errors=(FieldError("code", message),))
    facts = checked_point(
        name=name,
        kind=kind,
        address=address,
        lat=lat,
        lon=lon,
        desk_phone=desk_phone,
        daily_limit=daily_limit,
    )
    refuse_taken_name(session, company_id=company_id, code=code, name=facts["name"])
    today = operating_day(now)  # a night belongs to the day before: it takes tickets at 02:00 too
    row = ServicePoint(
        **facts,
        company_id=company_id,
        code=code,
        area_code=area_code,
        open_from=today,
    )
    session.add(row)
    session.flush()
    point_id = row.id or 0
    session.add(Territory(service_point_id=point_id, area_code=area_code, valid_from=today))
    _open_by_day(session, point_id=point_id, since=today)
    audit.record(
        session,
        by=by,
        at=now,
        what="ServicePointAdded",
        subject=("service_point", point_id),
        company_id=company_id,
        data={"code": code},
    )
    return point_info(row)


def _open_by_day(session: Session, *, point_id: int, since: date) -> None:
    for weekday in range(8):
        short = weekday >= 5
        session.add(
            OpeningHours(
                service_point_id=point_id,
                weekday=weekday,
                opens=time(9, 0),
                closes=time(13, 0) if short else time(18, 0),
                valid_from=since,
            )
        )


def _free_prefix(session: Session, code: str) -> str:
    """Two letters of the code, with a digit when another company has them."""
    letters = code[:2].upper()
    taken = set(session.exec(select(Company.number_prefix)))
    return next(
        prefix for prefix in (letters, *(f"{letters}{n}" for n in range(2, 1000))) if prefix not in taken
    )


def _code(value: str, field: str) -> str:
    code = value.strip().lower()
    if len(code) not in CODE_LENGTH or not code.replace("-", "").isalnum() or not code.isascii():
        message = _("영문 소문자와 숫자로 2자에서 20자까지 적어 주세요.")
        raise InvalidError(message, errors=(FieldError(field, message),))
    return code
