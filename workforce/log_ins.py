"""Log-ins that an administrator gives: made, shut, with a new password; one administrator is always left."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import update
from sqlmodel import Session, col, func, select

from core.actor import Actor, Role
from core.errors import ConflictError, FieldError, NotFoundError
from core.i18n import _
from core.secrets import hash_password
from workforce.access_models import Device
from workforce.models import Account, ApiToken, Membership, WebSession
from workforce.passwords import password_fault
from workforce.people import must_manage
from workforce.person_history import note_person
from workforce.queries import valid_at
from workforce.staff import LoginTakenError, bad_field


class LastAdminError(ConflictError):
    """Nobody would be left to look after the company."""

    code = "last-admin"


def add_log_in(
    session: Session, *, company_id: int, person_id: int, login: str, password: str, by: Actor, now: datetime
) -> None:
    """A log-in for a person who has none. Raises InvalidError, LoginTakenError, ManagedElsewhereError."""
    must_manage(session, company_id=company_id, person_id=person_id, now=now)
    login = login.strip()
    if not 3 <= len(login) <= 60 or any(c.isspace() for c in login):
        raise bad_field("login", _("아이디는 빈칸 없이 3자에서 60자까지 적어 주세요."))
    if session.exec(select(Account.id).where(col(Account.person_id) == person_id)).first() is not None:
        raise bad_field("login", _("이미 아이디가 있는 분입니다."))
    if session.scalar(select(func.ondol_login_taken(login))):
        message = _("이미 쓰이는 아이디입니다. 다른 아이디를 적어 주세요.")
        raise LoginTakenError(message, errors=(FieldError("login", message),))
    hashed = hash_password(_checked_password(password, login))
    session.add(Account(person_id=person_id, login=login, password_hash=hashed, created_at=now))
    note_person(session, person_id, company_id, "LogInAdded", by=by, now=now)


def set_password(
    session: Session, *, company_id: int, person_id: int, password: str, by: Actor, now: datetime
) -> None:
    """A new password; every open session, token and device of the account ends, and every log-in that is half
    done. Raises as `add_log_in`."""
    must_manage(session, company_id=company_id, person_id=person_id, now=now)
    account = _account(session, person_id)
    hashed = hash_password(_checked_password(password, account.login))
    account.password_hash, account.password_set_at = hashed, now
    session.add(account)
    _end_sessions(session, account, now=now)
    note_person(session, person_id, company_id, "PasswordSet", by=by, now=now)


def set_account_disabled(
    session: Session,
    *,
    company_id: int,
    person_id: int,
    disabled: bool,
    reason: str,
    by: Actor,
    now: datetime,
) -> None:
    """Shut a log-in, or open it again.

    Raises:
        ManagedElsewhereError. NotFoundError. LastAdminError: it is the last administrator's, or one's own.
    """
    must_manage(session, company_id=company_id, person_id=person_id, now=now)
    account = _account(session, person_id)
    if disabled:
        if by.person_id == person_id:
            raise LastAdminError(_("자기 아이디는 스스로 막을 수 없습니다. 다른 관리자에게 부탁해 주세요."))
        keep_an_admin(session, company_id=company_id, without_person=person_id, at=now)
        account.disabled_at = account.disabled_at or now
        _end_sessions(session, account, now=now)
    else:
        account.disabled_at = None
    session.add(account)
    what = "AccountDisabled" if disabled else "AccountEnabled"
    note_person(session, person_id, company_id, what, by=by, now=now, reason=reason)


def keep_an_admin(
    session: Session,
    *,
    company_id: int,
    at: datetime,
    without_person: int | None = None,
    without_membership: int | None = None,
) -> None:
    """Refuse what would leave a company without an administrator who can sign in. Raises LastAdminError."""
    query = (
        select(Membership)
        .join(Account, col(Account.person_id) == col(Membership.person_id))
        .where(
            col(Membership.company_id) == company_id,
            col(Membership.role) == Role.ADMIN.value,
            col(Account.disabled_at).is_(None),
            valid_at(at),
        )
        .with_for_update(of=Membership)
    )
    admins = list(session.exec(query))
    left = [m for m in admins if m.person_id != without_person and m.id != without_membership]
    if admins and not left:
        raise LastAdminError(_("마지막 관리자입니다. 다른 관리자를 먼저 정해 주세요."))


def _account(session: Session, person_id: int) -> Account:
    query = select(Account).where(col(Account.person_id) == person_id).order_by(col(Account.id))
    account = session.exec(query.with_for_update()).first()
    if account is None:
        raise NotFoundError(_("이분에게는 아이디가 없습니다. 아이디를 먼저 만들어 주세요."))
    return account


def _checked_password(password: str, login: str) -> str:
    if fault := password_fault(password, login=login):
        raise bad_field("password", fault)
    return password


def _end_sessions(session: Session, account: Account, *, now: datetime) -> None:
    for table in (WebSession, ApiToken, Device):
        session.execute(
            update(table)
            .where(col(table.account_id) == account.id, col(table.revoked_at).is_(None))
            .values(revoked_at=now)
        )
