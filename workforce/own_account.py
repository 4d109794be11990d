"""What somebody does to their own log-in: unlock their browser, change their password."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import update
from sqlmodel import Session, col, select

from core import audit
from core.actor import Actor, Principal
from core.errors import DomainError, FieldError, InvalidError, UnauthorizedError
from core.i18n import _
from core.secrets import hash_password, hash_token, verify_password
from workforce.access_models import Device
from workforce.accounts import Origin
from workforce.devices import end_sessions
from workforce.models import Account, WebSession
from workforce.passwords import password_fault
from workforce.tries import (
    LockedOutError,
    TryLimits,
    forgive_tries,
    note_wrong_try,
    refuse_while_waiting,
)


class WrongOldPasswordError(InvalidError):
    """The password that was asked for does not fit."""

    code = "wrong-old-password"


class NoSessionError(UnauthorizedError):
    """The browser's session has ended altogether."""

    code = "no-session"


def unlock_session(
    session: Session, *, token: str, password: str, origin: Origin, limits: TryLimits, now: datetime
) -> DomainError | None:
    """Use a locked browser again after its person's password. Returns what stands against it.

    Raises:
        NoSessionError: nothing to unlock, log in.
    """
    query = (
        select(WebSession, Account)
        .join(Account, col(Account.id) == col(WebSession.account_id))
        .where(
            col(WebSession.token_hash) == hash_token(token),
            col(WebSession.revoked_at).is_(None),
            col(WebSession.expires_at) > now,
            col(Account.disabled_at).is_(None),
        )
    )
    found = session.exec(query).one_or_none()
    if found is None:
        raise NoSessionError(_("로그인 시간이 끝났습니다. 다시 로그인해 주세요."))
    row, account = found
    refused = check_own_password(
        session, account=account, password=password, address=origin.address, limits=limits, now=now
    )
    if refused is None:
        session.execute(update(WebSession).where(col(WebSession.id) == row.id).values(last_used_at=now))
    return refused


def check_own_password(
    session: Session, *, account: Account, password: str, address: str, limits: TryLimits, now: datetime
) -> DomainError | None:
    """Whether it is the account's password; a wrong one is counted as at the log-in. Returns the refusal."""
    try:
        refuse_while_waiting(
            session, kind="password", login=account.login, from_address=address, limits=limits, now=now
        )
    except LockedOutError as error:
        return error
    if verify_password(password, account.password_hash):
        forgive_tries(session, login=account.login, kind="password", now=now)
        return None
    note_wrong_try(session, kind="password", login=account.login, from_address=address, now=now)
    message = _("비밀번호가 맞지 않습니다. 다시 적어 주세요.")
    return WrongOldPasswordError(message, errors=(FieldError("password", message),))


def change_own_password(
    session: Session,
    *,
    principal: Principal,
    old: str,
    new: str,
    limits: TryLimits,
    by: Actor,
    now: datetime,
) -> DomainError | None:
    """A new password; one's other sessions and all devices end. Returns the refusal of the old one.

    Raises:
        InvalidError: the new one is too short, too easily guessed or the old one again.
    """
    account = session.get_one(Account, principal.account_id, with_for_update=True)
    if message := password_fault(new, login=account.login):
        raise InvalidError(message, errors=(FieldError("new_password", message),))
    if new == old:
        message = _("지금 비밀번호와 다른 것을 적어 주세요.")
        raise InvalidError(message, errors=(FieldError("new_password", message),))
    refused = check_own_password(
        session, account=account, password=old, address=by.source, limits=limits, now=now
    )
    if refused is not None:
        return refused
    account.password_hash, account.password_set_at = hash_password(new), now
    session.add(account)
    end_sessions(
        session,
        account_id=principal.account_id,
        person_id=principal.person_id,
        company_id=principal.company_id,
        but=principal.session_id,
        by=by,
        now=now,
    )
    session.execute(
        update(Device)
        .where(col(Device.account_id) == principal.account_id, col(Device.revoked_at).is_(None))
        .values(revoked_at=now)
    )
    audit.record(
        session,
        by=by,
        at=now,
        what="PasswordChanged",
        subject=("person", principal.person_id),
        company_id=principal.company_id,
    )
    return None


def confirm_own_password(
    session: Session, *, principal: Principal, password: str, address: str, limits: TryLimits, now: datetime
) -> DomainError | None:
    """The password again before something weighty. Returns the refusal."""
    account = session.get_one(Account, principal.account_id)
    return check_own_password(
        session, account=account, password=password, address=address, limits=limits, now=now
    )
