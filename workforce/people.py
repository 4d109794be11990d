"""The people of a company as an administrator sees them: found, shown, changed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, or_
from sqlmodel import Session, col, func, select

from core.actor import Actor, Role
from core.errors import FieldError, ForbiddenError, InvalidError, NotFoundError
from core.i18n import _
from core.phones import PhoneError, parse_phone, search_digits
from workforce.models import Account, Company, Membership, Person, Technician
from workforce.person_history import note_person
from workforce.queries import company_info, valid_at
from workforce.schemas import CompanyInfo, MembershipInfo


class ManagedElsewhereError(ForbiddenError):
    """The person's first employer on Ondol looks after name, number and log-in."""

    code = "managed-elsewhere"


@dataclass(frozen=True)
class StaffInfo:
    """A person with all that this company may know: their memberships here, ended ones too, newest first."""

    id: int
    name: str
    phone: str
    login: str | None
    disabled_at: datetime | None
    technician_id: int | None
    memberships: tuple[MembershipInfo, ...]

    def current(self, at: datetime) -> tuple[MembershipInfo, ...]:
        """What holds at a moment."""
        return tuple(
            m for m in self.memberships if m.valid_from <= at and (m.valid_to is None or m.valid_to > at)
        )


@dataclass(frozen=True)
class AdminSeat:
    """A company that a person looks after, by the membership that says so."""

    membership_id: int
    company: CompanyInfo


def list_own_admin_seats(session: Session, *, person_id: int, at: datetime) -> list[AdminSeat]:
    """The companies a person is an administrator of at a moment, oldest first."""
    query = (
        select(Membership.id, Company)
        .join(Company, col(Company.id) == col(Membership.company_id))
        .where(
            col(Membership.person_id) == person_id,
            col(Membership.role) == Role.ADMIN.value,
            col(Membership.service_point_id).is_(None),
            valid_at(at),
        )
        .order_by(col(Membership.id))
    )
    return [AdminSeat(seat or 0, company_info(company)) for seat, company in session.exec(query)]


def search_staff(
    session: Session,
    *,
    company_id: int,
    query: str,
    role: Role | None,
    point_id: int | None,
    ended: bool,
    at: datetime,
    limit: int,
    offset: int = 0,
) -> list[StaffInfo]:
    """People with a membership of the company, by name.

    Args:
        query: looks in name, log-in, badge number and the digits of the number.
        ended: those without any membership that still holds, instead of the others.
    """
    now_member = select(col(Membership.person_id)).where(
        col(Membership.company_id) == company_id,
        or_(col(Membership.valid_to).is_(None), col(Membership.valid_to) > at),
    )
    mine = select(col(Membership.person_id)).where(col(Membership.company_id) == company_id)
    narrowed = mine if ended else now_member
    if role is not None:
        narrowed = narrowed.where(col(Membership.role) == role.value)
    if point_id is not None:
        narrowed = narrowed.where(col(Membership.service_point_id) == point_id)
    people = (
        select(Person)
        .outerjoin(Account, col(Account.person_id) == col(Person.id))
        .where(col(Person.id).in_(narrowed))
        .order_by(col(Person.name), col(Person.id))
        .distinct()
        .limit(limit)
        .offset(offset)
    )
    if ended:
        people = people.where(col(Person.id).not_in(now_member))
    if query.strip():
        people = people.where(_matches(query, company_id))
    rows = list(session.exec(people))
    return _staff(session, rows, company_id=company_id)


def _matches(query: str, company_id: int) -> ColumnElement[bool]:
    words = query.strip()[:60]
    badge = select(col(Membership.person_id)).where(
        col(Membership.company_id) == company_id,
        col(Membership.badge_number).icontains(words, autoescape=True),
    )
    found = [
        col(Person.name).icontains(words, autoescape=True),
        col(Account.login).icontains(words, autoescape=True),
        col(Person.id).in_(badge),
    ]
    digits = search_digits(words)
    if len(digits) >= 4:
        found.append(col(Person.phone).contains(digits.removeprefix("0"), autoescape=True))
    return or_(*found)


def get_staff(session: Session, *, company_id: int, person_id: int) -> StaffInfo:
    """One person. Raises NotFoundError for whoever never worked for the company."""
    row = session.get(Person, person_id)
    found = _staff(session, [row] if row else [], company_id=company_id)
    if not found or not found[0].memberships:
        raise NotFoundError(_("그런 사람이 없습니다."))
    return found[0]


def find_same_person(session: Session, *, name: str, phone: str) -> int | None:
    """Somebody on Ondol with this very name and number, whichever company they work for."""
    try:
        number = parse_phone(phone).e164
    except PhoneError:
        return None
    same: int | None = session.scalar(select(func.ondol_same_person(name.strip(), number)))
    return same


def is_managed_by(session: Session, *, person_id: int, company_id: int, at: datetime) -> bool:
    """Whether a company looks after a person's own facts: the one of their oldest membership that holds."""
    first = session.scalar(select(func.ondol_managing_company(person_id, at)))
    return first is None or first == company_id


def change_person(
    session: Session, *, company_id: int, person_id: int, name: str, phone: str, by: Actor, now: datetime
) -> None:
    """Correct name and number. Raises InvalidError, ManagedElsewhereError, NotFoundError."""
    must_manage(session, company_id=company_id, person_id=person_id, now=now)
    errors: list[FieldError] = []
    if not 0 < len(name.strip()) <= 60:
        errors.append(FieldError("name", _("이름을 60자까지 적어 주세요.")))
    number = ""
    try:
        number = parse_phone(phone).e164
    except PhoneError as error:
        errors.append(FieldError("phone", error.detail))
    if errors:
        raise InvalidError(_("고칠 곳이 있습니다."), errors=tuple(errors))
    row = session.get_one(Person, person_id, with_for_update=True)
    wanted = {"name": name.strip(), "phone": number}
    changed = [key for key, value in wanted.items() if getattr(row, key) != value]
    if not changed:
        return
    row.name, row.phone = wanted["name"], wanted["phone"]
    session.add(row)
    note_person(session, person_id, company_id, "PersonChanged", by=by, now=now, data={"fields": changed})


def must_manage(session: Session, *, company_id: int, person_id: int, now: datetime) -> None:
    """Refuse another company's hands on a person's log-in. Raises ManagedElsewhereError, NotFoundError."""
    get_staff(session, company_id=company_id, person_id=person_id)
    if not is_managed_by(session, person_id=person_id, company_id=company_id, at=now):
        raise ManagedElsewhereError(
            _("이분의 이름, 번호와 아이디는 먼저 소속된 회사가 관리합니다. 그 회사에 부탁해 주세요.")
        )


def _staff(session: Session, rows: Iterable[Person], *, company_id: int) -> list[StaffInfo]:
    people = list(rows)
    ids = [row.id for row in people]
    accounts: dict[int, Account] = {}
    for account in session.exec(
        select(Account).where(col(Account.person_id).in_(ids)).order_by(col(Account.id).desc())
    ):
        accounts[account.person_id] = account
    technicians = dict(
        session.exec(
            select(Technician.person_id, Technician.id).where(col(Technician.person_id).in_(ids))
        ).all()
    )
    query = (
        select(Membership)
        .where(col(Membership.person_id).in_(ids), col(Membership.company_id) == company_id)
        .order_by(col(Membership.valid_from).desc(), col(Membership.id).desc())
    )
    memberships: dict[int, list[Membership]] = {}
    for membership in session.exec(query):
        memberships.setdefault(membership.person_id, []).append(membership)
    return [
        StaffInfo(
            id=row.id or 0,
            name=row.name,
            phone=row.phone,
            login=accounts[row.id or 0].login if row.id in accounts else None,
            disabled_at=accounts[row.id or 0].disabled_at if row.id in accounts else None,
            technician_id=technicians.get(row.id or 0),
            memberships=tuple(
                _membership(m, row, accounts.get(row.id or 0)) for m in memberships.get(row.id or 0, [])
            ),
        )
        for row in people
    ]


def _membership(row: Membership, person: Person, account: Account | None) -> MembershipInfo:
    return MembershipInfo(
        id=row.id or 0,
        person_id=row.person_id,
        person_name=person.name,
        login=account.login if account else None,
        company_id=row.company_id,
        service_point_id=row.service_point_id,
        role=Role(row.role),
        badge_number=row.badge_number,
        valid_from=row.valid_from,
        valid_to=row.valid_to,
    )
