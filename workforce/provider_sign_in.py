"""Log-ins through an identity provider: sent off, taken back once, matched with an account that is there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from core.errors import ForbiddenError, UnauthorizedError
from core.i18n import _
from core.secrets import hash_token
from workforce.access_models import ProviderTry
from workforce.account_care import plain_provider_login
from workforce.accounts import LogIn, Origin, enter_vouched
from workforce.models import Account

LASTS = timedelta(minutes=10)


class DepartureOverError(UnauthorizedError):
    """Nobody was sent off with this, or they came back already, or too late."""

    code = "provider-over"


class NobodyHereError(ForbiddenError):
    """The provider knows them; Ondol has no account for them. None is ever made by itself."""

    code = "provider-nobody"


@dataclass(frozen=True)
class Departure:
    """What was kept while somebody was at the provider."""

    nonce: str
    verifier: str
    target: str


def note_departure(
    session: Session, *, state: str, nonce: str, verifier: str, target: str, now: datetime
) -> None:
    """Keep what the way back is checked by."""
    session.add(
        ProviderTry(
            state_hash=hash_token(state),
            nonce=nonce,
            verifier=verifier,
            target=target[:2000],
            created_at=now,
            expires_at=now + LASTS,
        )
    )


def take_departure(session: Session, *, state: str, now: datetime) -> Departure:
    """Take it back, once. Raises DepartureOverError."""
    query = select(ProviderTry).where(
        col(ProviderTry.state_hash) == hash_token(state),
        col(ProviderTry.used_at).is_(None),
        col(ProviderTry.expires_at) > now,
    )
    row = session.exec(query.with_for_update()).one_or_none()
    if row is None:
        raise DepartureOverError(_("시간이 지났거나 이미 쓴 로그인입니다. 처음부터 다시 해 주세요."))
    row.used_at = now
    session.add(row)
    return Departure(row.nonce, row.verifier, row.target)


def sign_in_proven(session: Session, *, subject: str, email: str, origin: Origin, now: datetime) -> LogIn:
    """Open a session for whoever the provider has proven; its own second factor counts as ours.

    Args:
        email: verified by the provider; empty for none.

    Raises:
        NobodyHereError. WrongPasswordError: nobody's member at the moment.
    """
    account = _account(session, subject) or (_account(session, email) if email else None)
    if account is None:
        raise NobodyHereError(
            _("회사 계정은 맞지만 온돌에 이어진 아이디가 없습니다. 관리자에게 이어 달라고 하세요.")
        )
    return enter_vouched(session, account=account, origin=origin, now=now)


def _account(session: Session, provider_login: str) -> Account | None:
    words = plain_provider_login(provider_login)
    query = select(Account).where(col(Account.provider_login) == words, col(Account.disabled_at).is_(None))
    return session.exec(query).one_or_none() if words else None
