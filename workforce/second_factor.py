"""The second factor: an authenticator app's codes (TOTP, RFC 6238), and recovery codes for a lost phone."""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime

import pyotp
from sqlalchemy import update
from sqlmodel import Session, col, func, select

from core.actor import Actor
from core.errors import ConflictError, FieldError, InvalidError
from core.i18n import _
from core.secrets import Seal, hash_token
from workforce.access_models import Device, RecoveryCode, SecondFactor
from workforce.models import WebSession
from workforce.person_history import note_person

STEP_S = 30
SLACK_STEPS = 1
"""A phone's clock may be half a minute off, either way."""
RECOVERY_CODES = 10
_LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"
"""None that look alike on paper."""
ISSUER = "Ondol"


class WrongCodeError(InvalidError):
    """The code does not fit, or was used before."""

    code = "wrong-code"


class NoFactorError(ConflictError):
    """There is no second factor on this account."""

    code = "no-second-factor"


@dataclass(frozen=True)
class FactorInfo:
    """A second factor as its person and their administrator see it."""

    confirmed_at: datetime
    codes_left: int


def find_factor(session: Session, *, account_id: int) -> FactorInfo | None:
    """What an account has, or None."""
    row = _row(session, account_id)
    if row is None:
        return None
    left = session.exec(
        select(func.count())
        .select_from(RecoveryCode)
        .where(
            col(RecoveryCode.second_factor_id) == row.id,
            col(RecoveryCode.used_at).is_(None),
            col(RecoveryCode.replaced_at).is_(None),
        )
    ).one()
    return FactorInfo(row.confirmed_at, left)


def anybody_has_one(session: Session) -> bool:
    """Whether any account is protected by something sealed under SECRET_KEY."""
    return (
        session.exec(select(SecondFactor.id).where(col(SecondFactor.removed_at).is_(None))).first()
        is not None
    )


def new_secret() -> str:
    """A secret for an authenticator app, base32."""
    return pyotp.random_base32()


def address_of(secret: str, *, login: str) -> str:
    """The `otpauth://` address that the QR picture holds."""
    return pyotp.TOTP(secret, interval=STEP_S).provisioning_uri(name=login, issuer_name=ISSUER)


def set_factor(
    session: Session,
    *,
    account_id: int,
    person_id: int,
    company_id: int,
    secret: str,
    code: str,
    seal: Seal,
    by: Actor,
    now: datetime,
) -> tuple[str, ...]:
    """Keep an authenticator once it has shown a right code. Returns ten recovery codes, to be shown once.

    Raises:
        WrongCodeError. ConflictError: the account has one already; an administrator can reset it.
    """
    if _row(session, account_id) is not None:
        raise ConflictError(
            _("이미 2단계 확인을 쓰고 있습니다. 휴대전화를 바꿨으면 관리자에게 새로 해 달라고 하세요.")
        )
    step = _step_of(secret, code, now=now)
    if step is None:
        raise _wrong_code()
    row = SecondFactor(
        account_id=account_id, sealed_secret=seal.close(secret), confirmed_at=now, last_step=step
    )
    session.add(row)
    session.flush()
    note_person(session, person_id, company_id, "SecondFactorSet", by=by, now=now)
    return _make_codes(session, row, now=now)


def check_code(
    session: Session,
    *,
    account_id: int,
    person_id: int,
    company_id: int,
    code: str,
    seal: Seal,
    by: Actor,
    now: datetime,
) -> None:
    """Take a code of the authenticator, each once, or a recovery code.

    Raises:
        WrongCodeError: it does not fit, or was taken before. NoFactorError.
    """
    row = _row(session, account_id, lock=True)
    if row is None:
        raise NoFactorError(_("2단계 확인이 아직 없습니다. 처음부터 다시 로그인해 주세요."))
    typed = "".join(code.split())
    if not typed.isascii() or not typed.isdigit():
        _use_recovery_code(session, row, typed, person_id, company_id, by=by, now=now)
        return
    step = _step_of(seal.open(row.sealed_secret), typed, now=now)
    if step is None or step <= row.last_step:
        raise _wrong_code()
    row.last_step = step
    session.add(row)


def renew_codes(
    session: Session, *, account_id: int, person_id: int, company_id: int, by: Actor, now: datetime
) -> tuple[str, ...]:
    """Ten new recovery codes; the old ones are worth nothing from now on. Raises NoFactorError."""
    row = _row(session, account_id, lock=True)
    if row is None:
        raise NoFactorError(_("2단계 확인이 아직 없습니다."))
    note_person(session, person_id, company_id, "RecoveryCodesRenewed", by=by, now=now)
    return _make_codes(session, row, now=now)


def reset_factor(
    session: Session,
    *,
    account_id: int,
    person_id: int,
    company_id: int,
    reason: str,
    by: Actor,
    now: datetime,
) -> None:
    """Take the authenticator away, e.g. of a lost phone; devices are forgotten and every session ends.

    Raises:
        NoFactorError.
    """
    row = _row(session, account_id, lock=True)
    if row is None:
        raise NoFactorError(_("이분에게는 2단계 확인이 없습니다."))
    row.removed_at = now
    session.add(row)
    for table in (Device, WebSession):
        session.execute(
            update(table)
            .where(col(table.account_id) == account_id, col(table.revoked_at).is_(None))
            .values(revoked_at=now)
        )
    note_person(session, person_id, company_id, "SecondFactorReset", by=by, now=now, reason=reason)


def _row(session: Session, account_id: int, *, lock: bool = False) -> SecondFactor | None:
    query = select(SecondFactor).where(
        col(SecondFactor.account_id) == account_id, col(SecondFactor.removed_at).is_(None)
    )
    return session.exec(query.with_for_update() if lock else query).one_or_none()


def _step_of(secret: str, code: str, *, now: datetime) -> int | None:
    """The 30-second step whose code this is, the newest first; None for a wrong one."""
    typed = "".join(code.split())
    if len(typed) != 6 or not typed.isascii() or not typed.isdigit():
        return None
    current, totp = int(now.timestamp()) // STEP_S, pyotp.TOTP(secret, interval=STEP_S)
    steps = range(current + SLACK_STEPS, current - SLACK_STEPS - 1, -1)
    return next((step for step in steps if hmac.compare_digest(totp.generate_otp(step), typed)), None)


def _make_codes(session: Session, row: SecondFactor, *, now: datetime) -> tuple[str, ...]:
    session.execute(
        update(RecoveryCode)
        .where(col(RecoveryCode.second_factor_id) == row.id, col(RecoveryCode.replaced_at).is_(None))
        .values(replaced_at=now)
    )
    codes = tuple(_new_code() for _n in range(RECOVERY_CODES))
    session.add_all(
        RecoveryCode(second_factor_id=row.id or 0, code_hash=hash_token(_plain(code)), made_at=now)
        for code in codes
    )
    return codes


def _new_code() -> str:
    """Four groups: 78 bits, and never digits alone, which would be read as the authenticator's."""
    while True:
        text = "".join(secrets.choice(_LETTERS) for _n in range(16))
        if not text.isdigit():
            return "-".join(text[n : n + 4] for n in range(0, 16, 4))


def _plain(code: str) -> str:
    return code.replace("-", "").lower()


def _use_recovery_code(
    session: Session,
    row: SecondFactor,
    typed: str,
    person_id: int,
    company_id: int,
    *,
    by: Actor,
    now: datetime,
) -> None:
    query = select(RecoveryCode).where(
        col(RecoveryCode.second_factor_id) == row.id,
        col(RecoveryCode.code_hash) == hash_token(_plain(typed)),
        col(RecoveryCode.used_at).is_(None),
        col(RecoveryCode.replaced_at).is_(None),
    )
    found = session.exec(query.with_for_update()).one_or_none()
    if found is None:
        raise _wrong_code()
    found.used_at = now
    session.add(found)
    note_person(session, person_id, company_id, "RecoveryCodeUsed", by=by, now=now)


def _wrong_code() -> WrongCodeError:
    message = _(
        "번호가 맞지 않습니다. 인증 앱에 지금 보이는 6자리 숫자를 적어 주세요. 쓴 번호는 다시 못 씁니다."
    )
    return WrongCodeError(message, errors=(FieldError("code", message),))
