"""The second half of a log-in: a code of the authenticator, or a first authenticator set up on the way in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from core.actor import Actor
from core.errors import DomainError, UnauthorizedError
from core.i18n import _
from core.secrets import Seal, hash_token
from workforce import devices
from workforce.access_models import PendingLogIn, SecondFactor
from workforce.accounts import Origin, open_session, rules_of
from workforce.models import Account, Membership, Person
from workforce.queries import begun_with_password, valid_at
from workforce.second_factor import WrongCodeError, check_code, find_factor, new_secret, set_factor
from workforce.tries import LockedOutError, TryLimits, forgive_tries, note_wrong_try, refuse_while_waiting


class PendingOverError(UnauthorizedError):
    """The first half is too old, was used, or never existed: log in from the start."""

    code = "log-in-over"


@dataclass(frozen=True)
class Pending:
    """A log-in that owes its second factor."""

    login: str
    role: str
    has_factor: bool
    device_days: int


@dataclass(frozen=True)
class Finished:
    """What became of it. `codes`: recovery codes of an authenticator that was set up just now."""

    session_token: str | None = None
    device_token: str | None = None
    codes: tuple[str, ...] = ()
    refused: DomainError | None = None


def find_pending(session: Session, *, token: str, now: datetime) -> Pending:
    """What is owed. Raises PendingOverError."""
    row, account, membership = _find(session, token, now=now)
    rules = rules_of(session, company_id=membership.company_id, at=now)
    return Pending(
        login=account.login,
        role=membership.role,
        has_factor=find_factor(session, account_id=row.account_id) is not None,
        device_days=rules.device_days,
    )


def offered_secret(session: Session, *, token: str, seal: Seal, now: datetime) -> str:
    """The secret of the authenticator that is being set up: the same each time the page is opened.

    Raises:
        PendingOverError. SealBrokenError: no SECRET_KEY.
    """
    row, _account, _membership = _find(session, token, now=now, lock=True)
    if row.sealed_secret is None:
        row.sealed_secret = seal.close(new_secret())
        session.add(row)
    return seal.open(row.sealed_secret)


def finish_log_in(
    session: Session,
    *,
    token: str,
    code: str,
    device_name: str | None,
    origin: Origin,
    seal: Seal,
    limits: TryLimits,
    now: datetime,
) -> Finished:
    """Take the second factor, or set the first one up, and open the session.

    Args:
        device_name: remember this device under the name; None: ask again next time.

    Raises:
        PendingOverError.
    """
    row, account, membership = _find(session, token, now=now, lock=True)
    person = session.get_one(Person, account.person_id)
    by = Actor(
        kind="person", name=person.name, source=origin.address, account_id=account.id, person_id=person.id
    )
    who = {"account_id": row.account_id, "person_id": account.person_id, "company_id": membership.company_id}
    codes: tuple[str, ...] = ()
    try:
        refuse_while_waiting(
            session, kind="factor", login=account.login, from_address=origin.address, limits=limits, now=now
        )
        if find_factor(session, account_id=row.account_id) is not None:
            check_code(session, **who, code=code, seal=seal, by=by, now=now)
        else:
            secret = seal.open(row.sealed_secret) if row.sealed_secret else ""
            codes = set_factor(session, **who, secret=secret, code=code, seal=seal, by=by, now=now)
    except LockedOutError as error:
        return Finished(refused=error)
    except WrongCodeError as error:
        note_wrong_try(session, kind="factor", login=account.login, from_address=origin.address, now=now)
        return Finished(refused=error)
    forgive_tries(session, login=account.login, kind="factor", now=now)
    row.used_at = now
    session.add(row)
    device_id, device_token = None, None
    if device_name is not None:
        days = rules_of(session, company_id=membership.company_id, at=now).device_days
        device_id, device_token = devices.remember_device(
            session,
            **who,
            name=device_name,
            browser=origin.browser,
            address=origin.address,
            days=days,
            by=by,
            now=now,
        )
    cookie = open_session(
        session,
        account=account,
        membership=membership,
        from_address=origin.address,
        browser=origin.browser,
        device_id=device_id,
        factor_at=now,
        now=now,
    )
    return Finished(session_token=cookie, device_token=device_token, codes=codes)


def _find(
    session: Session, token: str, *, now: datetime, lock: bool = False
) -> tuple[PendingLogIn, Account, Membership]:
    # Whoever knew the password before a reset must not set up the next authenticator with it.
    removed_since = (
        select(SecondFactor.id)
        .where(
            col(SecondFactor.account_id) == col(PendingLogIn.account_id),
            col(SecondFactor.removed_at) > col(PendingLogIn.created_at),
        )
        .exists()
    )
    query = (
        select(PendingLogIn, Account, Membership)
        .join(Account, col(Account.id) == col(PendingLogIn.account_id))
        .join(Membership, col(Membership.id) == col(PendingLogIn.membership_id))
        .where(
            col(PendingLogIn.token_hash) == hash_token(token),
            col(PendingLogIn.used_at).is_(None),
            col(PendingLogIn.expires_at) > now,
            col(Account.disabled_at).is_(None),
            begun_with_password(PendingLogIn.created_at),
            ~removed_since,
            valid_at(now),
        )
    )
    found = session.exec(query.with_for_update(of=PendingLogIn) if lock else query).one_or_none()
    if found is None:
        raise PendingOverError(_("시간이 지났습니다. 아이디와 비밀번호부터 다시 적어 주세요."))
    return found
