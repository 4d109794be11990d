"""Log-ins: passwords, browser sessions, API tokens and one-time links, and the scope each gives."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Row, and_, bindparam, update
from sqlalchemy import select as columns
from sqlmodel import Session, col, func, select

from core.actor import Principal, Role
from core.errors import ConflictError, NotFoundError, UnauthorizedError
from core.i18n import _
from core.secrets import hash_token, new_token, verify_password
from workforce.models import (
    Account,
    ApiToken,
    Company,
    LoginLink,
    Membership,
    Person,
    SignInTry,
    WebSession,
)
from workforce.queries import technician_of_person, valid_at

SESSION_LASTS = timedelta(hours=14)
TOKEN_LASTS = timedelta(hours=24)
LINK_LASTS = timedelta(minutes=10)
LOCK_AFTER_TRIES = 8
LOCK_FOR = timedelta(minutes=10)


class WrongPasswordError(UnauthorizedError):
    """Unknown login or wrong password; the two look alike."""

    code = "wrong-password"


class LockedOutError(ConflictError):
    """Too many wrong passwords; wait."""

    status = 429
    code = "locked-out"


class LinkUsedError(UnauthorizedError):
    """The one-time link was used, is too old, or never existed."""

    code = "link-used"


def sign_in(session: Session, *, login: str, password: str, from_address: str, now: datetime) -> str:
    """Check a password and open a browser session. Returns the cookie's token.

    Raises:
        LockedOutError, WrongPasswordError. The edge counts a wrong try by `note_failed_try`, in a
        transaction of its own.
    """
    tries = session.exec(
        select(func.count())
        .select_from(SignInTry)
        .where(col(SignInTry.login) == login, col(SignInTry.at) > now - LOCK_FOR)
    ).one()
    if tries >= LOCK_AFTER_TRIES:
        raise LockedOutError(_("비밀번호를 여러 번 틀렸습니다. 10분 뒤에 다시 해 주세요."))
    account = session.exec(select(Account).where(col(Account.login) == login)).one_or_none()
    usable = account is not None and account.disabled_at is None
    if not verify_password(password, account.password_hash if account and usable else None) or not account:
        raise WrongPasswordError(_("아이디나 비밀번호가 맞지 않습니다."))
    membership = _first_membership(session, person_id=account.person_id, now=now)
    return open_session(session, account=account, membership=membership, from_address=from_address, now=now)


def note_failed_try(session: Session, *, login: str, from_address: str, now: datetime) -> None:
    """Count a wrong password towards the lock-out."""
    session.add(SignInTry(login=login[:200], from_address=from_address, at=now))


def open_session(
    session: Session, *, account: Account, membership: Membership, from_address: str, now: datetime
) -> str:
    """Start a browser session in one membership. Returns the token for the cookie."""
    token = new_token()
    session.add(
        WebSession(
            token_hash=hash_token(token),
            account_id=account.id or 0,
            membership_id=membership.id or 0,
            created_at=now,
            expires_at=now + SESSION_LASTS,
            from_address=from_address,
        )
    )
    return token


def session_principal(session: Session, *, token: str, now: datetime) -> Principal | None:
    """Who a cookie's token is, or None when it is unknown, ended or too old."""
    return _principal(session, WebSession, token=token, via="session", now=now)


def token_principal(session: Session, *, token: str, now: datetime) -> Principal | None:
    """Who a bearer token is, or None when it is unknown, revoked or expired."""
    return _principal(session, ApiToken, token=token, via="token", now=now)


def end_session(session: Session, *, token: str, now: datetime) -> None:
    """Log out: the token is worth nothing from now on."""
    session.execute(
        update(WebSession)
        .where(col(WebSession.token_hash) == hash_token(token), col(WebSession.revoked_at).is_(None))
        .values(revoked_at=now)
    )


def switch_membership(session: Session, *, token: str, membership_id: int, now: datetime) -> None:
    """Work on in another of the person's own memberships. Raises NotFoundError for anybody else's."""
    row = session.exec(select(WebSession).where(col(WebSession.token_hash) == hash_token(token))).one()
    account = session.get_one(Account, row.account_id)
    mine = select(Membership).where(
        col(Membership.id) == membership_id, col(Membership.person_id) == account.person_id, valid_at(now)
    )
    if session.exec(mine).one_or_none() is None:
        raise NotFoundError(_("그 소속으로는 일할 수 없습니다."))
    row.membership_id = membership_id
    session.add(row)


def issue_token(session: Session, *, role: Role, company_code: str, login: str | None, now: datetime) -> str:
    """A bearer token for the command line's `token`. Raises NotFoundError when nobody has the role."""
    account, membership = find_member(session, role=role, company_code=company_code, login=login, now=now)
    token = new_token()
    session.add(
        ApiToken(
            token_hash=hash_token(token),
            account_id=account.id or 0,
            membership_id=membership.id or 0,
            created_at=now,
            expires_at=now + TOKEN_LASTS,
        )
    )
    return token


def issue_login_link(
    session: Session, *, role: Role, company_code: str, login: str | None, now: datetime
) -> str:
    """The path of a one-time log-in. Raises NotFoundError when nobody has the role."""
    account, membership = find_member(session, role=role, company_code=company_code, login=login, now=now)
    token = new_token()
    session.add(
        LoginLink(
            token_hash=hash_token(token),
            account_id=account.id or 0,
            membership_id=membership.id or 0,
            created_at=now,
            expires_at=now + LINK_LASTS,
        )
    )
    return f"/login/once/{token}"


def use_login_link(session: Session, *, token: str, from_address: str, now: datetime) -> str:
    """Turn a one-time link into a browser session. Returns the cookie's token. Raises LinkUsedError."""
    query = select(LoginLink).where(col(LoginLink.token_hash) == hash_token(token)).with_for_update()
    row = session.exec(query).one_or_none()
    if row is None or row.used_at is not None or row.expires_at <= now:
        raise LinkUsedError(_("이 주소는 이미 쓰였거나 시간이 지났습니다. 새로 받아 주세요."))
    row.used_at = now
    session.add(row)
    return open_session(
        session,
        account=session.get_one(Account, row.account_id),
        membership=session.get_one(Membership, row.membership_id),
        from_address=from_address,
        now=now,
    )


def find_member(
    session: Session, *, role: Role, company_code: str, login: str | None, now: datetime
) -> tuple[Account, Membership]:
    """The person with a role: by login, else the company-wide one, else the first. Raises NotFoundError."""
    query = (
        select(Account, Membership)
        .join(Membership, col(Membership.person_id) == col(Account.person_id))
        .join(Company, col(Company.id) == col(Membership.company_id))
        .where(
            col(Company.code) == company_code,
            col(Membership.role) == role.value,
            col(Account.disabled_at).is_(None),
            valid_at(now),
        )
        .order_by(col(Membership.service_point_id).nulls_first(), col(Membership.id))
    )
    if login is not None:
        query = query.where(col(Account.login) == login)
    found = session.exec(query).first()
    if found is None:
        raise NotFoundError(_("그 회사에 그 역할을 가진 사람이 없습니다."))
    return found[0], found[1]


def _first_membership(session: Session, *, person_id: int, now: datetime) -> Membership:
    query = (
        select(Membership)
        .where(col(Membership.person_id) == person_id, valid_at(now))
        .order_by(col(Membership.id))
    )
    membership = session.exec(query).first()
    if membership is None:
        raise WrongPasswordError(_("지금은 어느 회사에도 소속되어 있지 않습니다. 관리자에게 물어봐 주세요."))
    return membership


def _principal(
    session: Session, table: type[WebSession | ApiToken], *, token: str, via: str, now: datetime
) -> Principal | None:
    found = session.execute(_who_holds(table), {"token_hash": hash_token(token), "now": now}).one_or_none()
    if found is None:
        return None
    return Principal(
        account_id=found.account_id,
        person_id=found.person_id,
        name=found.name,
        login=found.login,
        company_id=found.company_id,
        company_code=found.code,
        role=Role(found.role),
        membership_id=found.membership_id,
        service_point_id=found.service_point_id,
        technician_id=_own_technician_id(session, found),
        via=via,
        company_name=found.brand_name,
        company_colour=found.colour,
    )


@cache
def _who_holds(table: type[WebSession | ApiToken]) -> Any:
    """The person behind a token that still counts. Put together once: every request asks."""
    now: Any = bindparam("now")
    return (
        columns(
            col(Account.id).label("account_id"),
            col(Account.login),
            col(Person.id).label("person_id"),
            col(Person.name),
            col(Membership.id).label("membership_id"),
            col(Membership.role),
            col(Membership.service_point_id),
            col(Company.id).label("company_id"),
            col(Company.code),
            col(Company.brand_name),
            col(Company.colour),
        )
        .select_from(table)
        .join(Account, col(Account.id) == col(table.account_id))
        .join(Person, col(Person.id) == col(Account.person_id))
        .join(
            Membership,
            and_(col(Membership.id) == col(table.membership_id), col(Membership.person_id) == col(Person.id)),
        )
        .join(Company, col(Company.id) == col(Membership.company_id))
        .where(
            col(table.token_hash) == bindparam("token_hash"),
            col(table.revoked_at).is_(None),
            col(table.expires_at) > now,
            col(Account.disabled_at).is_(None),
            valid_at(now),
        )
    )


def _own_technician_id(session: Session, found: Row[Any]) -> int | None:
    if found.role != Role.TECHNICIAN or found.service_point_id is None:
        return None
    return technician_of_person(session, person_id=found.person_id)
