"""People: persons, log-ins, memberships and qualifications. All dated; nothing is overwritten."""

from __future__ import annotations

from datetime import date, datetime

from sqlmodel import Session, col, func, select

from core import audit
from core.actor import Actor, Role
from core.errors import ConflictError, FieldError, InvalidError, NotFoundError
from core.i18n import _
from core.phones import PhoneError, parse_phone
from core.secrets import hash_password
from workforce.badges import refuse_taken_badge
from workforce.capacity import announce_licences
from workforce.certificates import must_be_own_technician
from workforce.models import (
    Account,
    Membership,
    Person,
    Qualification,
    ServicePoint,
    Technician,
)
from workforce.passwords import password_fault


class LoginTakenError(ConflictError):
    """Somebody has this login already."""

    code = "login-taken"


def add_person(
    session: Session,
    *,
    name: str,
    phone: str,
    login: str | None,
    password: str | None,
    company_id: int,
    by: Actor,
    now: datetime,
) -> int:
    """A person whom a company enters and, with a login, their account. Returns the person's id.

    Raises:
        InvalidError: name, phone or password cannot be taken. LoginTakenError.
    """
    if not name.strip():
        raise bad_field("name", _("이름을 적어 주세요."))
    try:
        number = parse_phone(phone).e164
    except PhoneError as error:
        raise bad_field("phone", error.detail) from error
    # The id first: behind the wall a person without a membership yet could not be read back.
    person_id = session.scalar(select(func.nextval(func.pg_get_serial_sequence("person", "id")))) or 0
    session.add(Person(id=person_id, name=name.strip(), phone=number, created_at=now))
    session.flush()
    if login:
        add_account(session, person_id=person_id, login=login.strip(), password=password, now=now)
    audit.record(
        session, by=by, at=now, what="PersonAdded", subject=("person", person_id), company_id=company_id
    )
    return person_id


def grant_membership(
    session: Session,
    *,
    person_id: int,
    company_id: int,
    role: Role,
    point_id: int | None,
    by: Actor,
    now: datetime,
    badge_number: str = "",
    valid_from: datetime | None = None,
    home: tuple[float, float] | None = None,
) -> int:
    """Give a person a role, from a moment on. A technician gets a technician row once, whatever the maker.

    Returns the membership's id.

    Raises:
        NotFoundError: another company's point. BadgeTakenError: a colleague has this badge number.
    """
    badge_number = badge_number.strip()
    refuse_taken_badge(
        session, company_id=company_id, badge_number=badge_number, person_id=person_id, at=valid_from or now
    )
    if point_id is not None:
        point = session.get(ServicePoint, point_id)
        if point is None or point.company_id != company_id:
            raise NotFoundError(_("그런 서비스점이 없습니다."))
        home = home or (point.lat, point.lon)
    row = Membership(
        person_id=person_id,
        company_id=company_id,
        service_point_id=point_id,
        role=role.value,
        badge_number=badge_number,
        valid_from=valid_from or now,
        granted_by=by.account_id,
    )
    session.add(row)
    if role is Role.TECHNICIAN and home is not None:
        _ensure_technician(session, person_id=person_id, home=home)
    session.flush()
    audit.record(
        session,
        by=by,
        at=now,
        what="MembershipGranted",
        subject=("person", person_id),
        company_id=company_id,
        data={"membership_id": row.id, "role": role.value, "service_point_id": point_id},
    )
    return row.id or 0


def end_membership(
    session: Session,
    *,
    membership_id: int,
    company_id: int,
    at: datetime,
    reason: str,
    by: Actor,
    now: datetime,
) -> None:
    """Take a role away from a moment on; the row stays. Raises NotFoundError for another company's."""
    row = session.get(Membership, membership_id)
    if row is None or row.company_id != company_id:
        raise NotFoundError(_("그런 소속이 없습니다."))
    row.valid_to = max(at, row.valid_from)
    session.add(row)
    audit.record(
        session,
        by=by,
        at=now,
        what="MembershipEnded",
        subject=("person", row.person_id),
        company_id=company_id,
        reason=reason,
        data={"membership_id": membership_id},
    )


def add_qualification(
    session: Session,
    *,
    technician_id: int,
    company_id: int,
    code: str,
    certificate: str,
    valid_from: date,
    valid_to: date | None,
    by: Actor,
    now: datetime,
) -> None:
    """A dated licence or training. Raises InvalidError when it would end before it begins."""
    if valid_to is not None and valid_to < valid_from:
        raise bad_field("valid_to", _("끝나는 날이 시작하는 날보다 앞섭니다."))
    session.add(
        Qualification(
            technician_id=technician_id,
            code=code.strip().upper(),
            certificate=certificate.strip(),
            valid_from=valid_from,
            valid_to=valid_to,
        )
    )
    audit.record(
        session,
        by=by,
        at=now,
        what="QualificationAdded",
        subject=("technician", technician_id),
        company_id=company_id,
        data={"code": code, "valid_from": valid_from.isoformat()},
    )
    announce_licences(session, technician_id=technician_id, first=valid_from, now=now)


def end_qualification(
    session: Session,
    *,
    qualification_id: int,
    last_day: date,
    reason: str,
    company_id: int,
    by: Actor,
    now: datetime,
) -> None:
    """Let a qualification end on a day. Raises NotFoundError, also for another company's; InvalidError."""
    row = session.get(Qualification, qualification_id, with_for_update=True)
    if row is None:
        raise NotFoundError(_("그런 자격이 없습니다."))
    must_be_own_technician(session, technician_id=row.technician_id, company_id=company_id, at=now)
    if last_day < row.valid_from:
        raise bad_field("last_day", _("끝나는 날이 시작하는 날보다 앞섭니다."))
    row.valid_to = last_day
    session.add(row)
    audit.record(
        session,
        by=by,
        at=now,
        what="QualificationEnded",
        subject=("technician", row.technician_id),
        company_id=company_id,
        reason=reason,
        data={"qualification_id": qualification_id, "code": row.code, "last_day": last_day.isoformat()},
    )
    announce_licences(session, technician_id=row.technician_id, first=last_day, now=now)


def add_account(session: Session, *, person_id: int, login: str, password: str | None, now: datetime) -> None:
    """A log-in; without a password nobody can sign in yet. Raises LoginTakenError, InvalidError."""
    if session.scalar(select(func.ondol_login_taken(login))):
        message = _("이미 쓰이는 아이디입니다. 다른 아이디를 적어 주세요.")
        raise LoginTakenError(message, errors=(FieldError("login", message),))
    if password is not None and (fault := password_fault(password, login=login)):
        raise bad_field("password", fault)
    session.add(
        Account(
            person_id=person_id,
            login=login,
            password_hash=hash_password(password) if password else None,
            created_at=now,
        )
    )


def _ensure_technician(session: Session, *, person_id: int, home: tuple[float, float]) -> None:
    exists = session.exec(select(Technician.id).where(col(Technician.person_id) == person_id)).first()
    if exists is None:
        session.add(Technician(person_id=person_id, home_lat=home[0], home_lon=home[1]))


def bad_field(field: str, message: str) -> InvalidError:
    """One bad field as an error."""
    return InvalidError(message, errors=(FieldError(field, message),))
