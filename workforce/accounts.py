"""Log-ins: passwords, one-time links, the second factor that is owed, and the session each opens."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import update
from sqlmodel import Session, col, select

from core.actor import Actor, Role
from core.dated import read_rules
from core.errors import DomainError, NotFoundError, UnauthorizedError
from core.i18n import _
from core.secrets import hash_token, new_token, verify_password
from workforce import devices
from workforce.access_models import PendingLogIn
from workforce.access_rules import KEYS, AccessRules
from workforce.models import Account, ApiToken, Company, LoginLink, Membership, WebSession
from workforce.person_history import note_person
from workforce.queries import begun_with_password, valid_at
from workforce.second_factor import find_factor
from workforce.tokens import store_token
from workforce.tries import LockedOutError, TryLimits, forgive_tries, note_wrong_try, refuse_while_waiting

SESSION_LASTS = timedelta(hours=14)
TOKEN_LASTS = timedelta(hours=24)
LINK_LASTS = timedelta(minutes=10)
PENDING_LASTS = timedelta(minutes=10)


class WrongPasswordError(UnauthorizedError):
    """Unknown login or wrong password; the two look alike."""

    code = "wrong-password"


class LinkUsedError(UnauthorizedError):
    """The one-time link was used, is too old, or never existed."""

    code = "link-used"


@dataclass(frozen=True)
class Origin:
    """Where a log-in comes from: address, what the browser says of itself, and the device's own token."""

    address: str
    browser: str = ""
    device_token: str | None = None


@dataclass(frozen=True)
class LogIn:
    """What became of a log-in: a session, half of one that owes its second factor, or a refusal.

    A refusal is an answer and no exception: the wrong try is counted in the transaction that judged it.
    """

    session_token: str | None = None
    pending_token: str | None = None
    refused: DomainError | None = None


def sign_in(
    session: Session, *, login: str, password: str, origin: Origin, limits: TryLimits, now: datetime
) -> LogIn:
    """Check a password, and open a browser session or ask for the second factor."""
    try:
        refuse_while_waiting(
            session, kind="password", login=login, from_address=origin.address, limits=limits, now=now
        )
        account = _check_password(session, login=login, password=password)
        found = enter(session, account=account, origin=origin, now=now)
    except LockedOutError as error:
        return LogIn(refused=error)
    except WrongPasswordError as error:
        note_wrong_try(session, kind="password", login=login, from_address=origin.address, now=now)
        return LogIn(refused=error)
    forgive_tries(session, login=login, kind="password", now=now)
    return found


def enter(session: Session, *, account: Account, origin: Origin, now: datetime) -> LogIn:
    """Let somebody in who has shown who they are, or ask for the second factor that is owed.

    Raises:
        WrongPasswordError: nobody's member at the moment.
    """
    membership = _first_membership(session, person_id=account.person_id, now=now)
    account_id = account.id or 0
    device = None
    if owes_factor(session, account=account, address=origin.address, now=now):
        device = devices.find_device(session, account_id=account_id, token=origin.device_token, now=now)
        if device is None:
            return LogIn(pending_token=_hold_back(session, account, membership, origin=origin, now=now))
        devices.note_seen(session, device_id=device, address=origin.address, now=now)
    token = open_session(
        session,
        account=account,
        membership=membership,
        from_address=origin.address,
        browser=origin.browser,
        device_id=device,
        factor_at=None if device is None else now,
        now=now,
    )
    return LogIn(session_token=token)


def enter_vouched(session: Session, *, account: Account, origin: Origin, now: datetime) -> LogIn:
    """Let somebody in for whom another has vouched, second factor and all. Raises as `enter`."""
    membership = _first_membership(session, person_id=account.person_id, now=now)
    token = open_session(
        session,
        account=account,
        membership=membership,
        from_address=origin.address,
        browser=origin.browser,
        factor_at=now,
        now=now,
    )
    return LogIn(session_token=token)


def owes_factor(session: Session, *, account: Account, address: str, now: datetime) -> bool:
    """Whether a second factor is asked of an account that comes from an address.

    Asked by any company the person works for; and of whoever set one up, except inside a company's own rooms.
    """
    companies = session.exec(
        select(col(Membership.company_id))
        .where(col(Membership.person_id) == account.person_id, valid_at(now))
        .distinct()
    ).all()
    rules = [rules_of(session, company_id=company_id, at=now) for company_id in companies]
    if any(each.demands_factor(address) for each in rules):
        return True
    has_one = find_factor(session, account_id=account.id or 0) is not None
    return has_one and not any(each.is_inside(address) for each in rules)


def rules_of(session: Session, *, company_id: int, at: datetime) -> AccessRules:
    """A company's rules of access."""
    return AccessRules.read(read_rules(session, company_id=company_id, at=at).model_dump(include=set(KEYS)))


def open_session(
    session: Session,
    *,
    account: Account,
    membership: Membership,
    from_address: str,
    now: datetime,
    browser: str = "",
    device_id: int | None = None,
    factor_at: datetime | None = None,
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
            last_used_at=now,
            browser=browser,
            device_id=device_id,
            factor_at=factor_at,
        )
    )
    return token


def end_session(session: Session, *, token: str, now: datetime) -> int | None:
    """Log out: the token is worth nothing from now on. Returns the session's id; None: there is none."""
    ended = session.execute(
        update(WebSession)
        .where(col(WebSession.token_hash) == hash_token(token), col(WebSession.revoked_at).is_(None))
        .values(revoked_at=now)
        .returning(col(WebSession.id))
    )
    return ended.scalar_one_or_none()


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


def issue_token(
    session: Session, *, role: Role, company_code: str, login: str | None, by: Actor, now: datetime
) -> str:
    """A bearer token for the command line's `token`. Raises NotFoundError when nobody has the role."""
    account, membership = find_member(session, role=role, company_code=company_code, login=login, now=now)
    token = new_token()
    row = ApiToken(
        token_hash=hash_token(token),
        account_id=account.id or 0,
        membership_id=membership.id or 0,
        created_at=now,
        expires_at=now + TOKEN_LASTS,
    )
    store_token(session, row, role=role, company_id=membership.company_id, by=by, now=now)
    return token


def issue_login_link(
    session: Session, *, role: Role, company_code: str, login: str | None, by: Actor, now: datetime
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
    note_person(session, account.person_id, membership.company_id, "LogInLinkMade", by=by, now=now)
    return f"/login/once/{token}"


def use_login_link(
    session: Session, *, token: str, origin: Origin, limits: TryLimits, now: datetime
) -> LogIn:
    """Turn a one-time link into a browser session; whoever made it on the server vouches for the rest."""
    try:
        refuse_while_waiting(
            session, kind="link", login="", from_address=origin.address, limits=limits, now=now
        )
    except LockedOutError as error:
        return LogIn(refused=error)
    query = (
        select(LoginLink)
        .join(Account, col(Account.id) == col(LoginLink.account_id))
        .where(
            col(LoginLink.token_hash) == hash_token(token),
            col(LoginLink.used_at).is_(None),
            col(LoginLink.expires_at) > now,
            col(Account.disabled_at).is_(None),
            begun_with_password(LoginLink.created_at),
        )
        .with_for_update(of=LoginLink)
    )
    row = session.exec(query).one_or_none()
    if row is None:
        note_wrong_try(session, kind="link", login="", from_address=origin.address, now=now)
        return LogIn(refused=LinkUsedError(_("이 주소는 이미 쓰였거나 시간이 지났습니다. 새로 받아 주세요.")))
    row.used_at = now
    session.add(row)
    cookie = open_session(
        session,
        account=session.get_one(Account, row.account_id),
        membership=session.get_one(Membership, row.membership_id),
        from_address=origin.address,
        browser=origin.browser,
        factor_at=now,
        now=now,
    )
    return LogIn(session_token=cookie)


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


def _check_password(session: Session, *, login: str, password: str) -> Account:
    account = session.exec(select(Account).where(col(Account.login) == login)).one_or_none()
    usable = account is not None and account.disabled_at is None
    if not verify_password(password, account.password_hash if account and usable else None) or not account:
        raise WrongPasswordError(_("아이디나 비밀번호가 맞지 않습니다."))
    return account


def _hold_back(
    session: Session, account: Account, membership: Membership, *, origin: Origin, now: datetime
) -> str:
    token = new_token()
    session.add(
        PendingLogIn(
            token_hash=hash_token(token),
            account_id=account.id or 0,
            membership_id=membership.id or 0,
            created_at=now,
            expires_at=now + PENDING_LASTS,
            from_address=origin.address,
        )
    )
    return token


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
