"""An administrator's care of somebody's log-in: see what is open, end it, unlock it, with a reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from core.actor import Actor
from core.errors import ConflictError, FieldError, InvalidError, NotFoundError
from core.i18n import _
from workforce import devices
from workforce.devices import DeviceInfo, SessionInfo
from workforce.models import Account
from workforce.people import must_manage
from workforce.person_history import note_person
from workforce.second_factor import FactorInfo, find_factor, reset_factor
from workforce.tokens import TokenInfo, list_tokens
from workforce.tries import forgive_tries

PROVIDER_LOGIN_LONGEST = 200


@dataclass(frozen=True)
class LogInState:
    """A person's log-in with all that is open on it."""

    login: str
    provider_login: str
    sessions: Sequence[SessionInfo]
    devices: Sequence[DeviceInfo]
    tokens: Sequence[TokenInfo]
    factor: FactorInfo | None


def read_log_in(session: Session, *, company_id: int, person_id: int, now: datetime) -> LogInState | None:
    """What is open on a person's log-in; None for who has none. Raises as `must_manage`."""
    must_manage(session, company_id=company_id, person_id=person_id, now=now)
    account = _account(session, person_id)
    if account is None:
        return None
    account_id = account.id or 0
    return LogInState(
        login=account.login,
        provider_login=account.provider_login or "",
        sessions=devices.list_sessions(session, account_id=account_id, now=now),
        devices=devices.list_devices(session, account_id=account_id, now=now),
        tokens=list_tokens(session, company_id=company_id, account_id=account_id, now=now),
        factor=find_factor(session, account_id=account_id),
    )


def end_somebodys_sessions(
    session: Session,
    *,
    company_id: int,
    person_id: int,
    only: int | None,
    reason: str,
    by: Actor,
    now: datetime,
) -> None:
    """End one open log-in, or all. Raises NotFoundError and as `must_manage`."""
    account = _managed(session, company_id, person_id, now)
    devices.end_sessions(
        session,
        account_id=account.id or 0,
        person_id=person_id,
        company_id=company_id,
        only=only,
        reason=reason,
        by=by,
        now=now,
    )


def forget_somebodys_device(
    session: Session,
    *,
    company_id: int,
    person_id: int,
    device_id: int,
    reason: str,
    by: Actor,
    now: datetime,
) -> None:
    """Forget a remembered device, and end its log-ins. Raises NotFoundError and as `must_manage`."""
    account = _managed(session, company_id, person_id, now)
    devices.forget_device(
        session,
        account_id=account.id or 0,
        person_id=person_id,
        company_id=company_id,
        device_id=device_id,
        reason=reason,
        by=by,
        now=now,
    )


def reset_somebodys_factor(
    session: Session, *, company_id: int, person_id: int, reason: str, by: Actor, now: datetime
) -> None:
    """Let them set up a new authenticator. Raises NoFactorError and as `must_manage`."""
    account = _managed(session, company_id, person_id, now)
    reset_factor(
        session,
        account_id=account.id or 0,
        person_id=person_id,
        company_id=company_id,
        reason=reason,
        by=by,
        now=now,
    )


def unlock_account(
    session: Session, *, company_id: int, person_id: int, reason: str, by: Actor, now: datetime
) -> None:
    """Make an end of the wait after wrong tries. Raises ConflictError: there is none; as `must_manage`."""
    account = _managed(session, company_id, person_id, now)
    forgiven = forgive_tries(session, login=account.login, now=now)
    if not forgiven:
        raise ConflictError(_("막혀 있지 않습니다. 바로 로그인할 수 있습니다."))
    note_person(
        session,
        person_id,
        company_id,
        "AccountUnlocked",
        by=by,
        now=now,
        reason=reason,
        data={"count": forgiven},
    )


def set_provider_login(
    session: Session, *, company_id: int, person_id: int, typed: str, by: Actor, now: datetime
) -> None:
    """Who somebody is at the identity provider: its subject, or an e-mail address. Empty: nobody.

    Raises:
        InvalidError: too long, or another account's. As `must_manage`.
    """
    account = _managed(session, company_id, person_id, now)
    words = plain_provider_login(typed)
    if len(words) > PROVIDER_LOGIN_LONGEST or any(c.isspace() for c in words):
        message = _("빈칸 없이 200자까지 적어 주세요.")
        raise InvalidError(message, errors=(FieldError("provider_login", message),))
    if (account.provider_login or "") == words:
        return
    try:
        with session.begin_nested():
            account.provider_login = words or None
            session.add(account)
    except IntegrityError as error:  # perhaps another company's, whom this transaction cannot see
        message = _("다른 분이 이미 쓰는 이름입니다. 확인해 주세요.")
        raise InvalidError(message, errors=(FieldError("provider_login", message),)) from error
    note_person(session, person_id, company_id, "ProviderLogInSet", by=by, now=now)


def plain_provider_login(given: str) -> str:
    """What somebody is called at the provider, as it is stored and compared: an address in small letters."""
    words = given.strip()
    return words.lower() if "@" in words else words


def provider_login_of(session: Session, *, person_id: int) -> str:
    """Who somebody is at the identity provider; empty for nobody."""
    account = _account(session, person_id)
    return (account.provider_login or "") if account else ""


def _managed(session: Session, company_id: int, person_id: int, now: datetime) -> Account:
    must_manage(session, company_id=company_id, person_id=person_id, now=now)
    account = _account(session, person_id)
    if account is None:
        raise NotFoundError(_("이분에게는 아이디가 없습니다. 아이디를 먼저 만들어 주세요."))
    return account


def _account(session: Session, person_id: int) -> Account | None:
    query = select(Account).where(col(Account.person_id) == person_id).order_by(col(Account.id))
    return session.exec(query).first()
