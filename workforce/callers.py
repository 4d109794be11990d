"""Who a cookie or a bearer token stands for, read once a request: the person, the scope, the rules of it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Row, and_, bindparam, or_, update
from sqlalchemy import select as columns
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlmodel import Session, col, func, select

from core.actor import Principal, Role
from core.errors import UnauthorizedError
from core.i18n import _
from core.models import DatedSetting
from core.secrets import hash_token
from workforce.access_models import Device
from workforce.access_rules import KEYS, AccessRules
from workforce.models import Account, ApiToken, Company, Membership, Person, WebSession
from workforce.queries import technician_of_person, valid_at

NOTED_EVERY = timedelta(minutes=1)
"""Use is written down at most so often: a row a minute, not a row a request."""
Held = tuple[str, int]
"""`session` or `token`, and its id."""
_TABLES: dict[str, type[WebSession | ApiToken]] = {"session": WebSession, "token": ApiToken}


class TokenOverError(UnauthorizedError):
    """The token was good once: it ran out, was revoked, or its owner has left."""

    code = "token-over"


@dataclass(frozen=True)
class Caller:
    """Who asks, by a session or a token that counts."""

    principal: Principal
    id: int
    """Of the session or token."""
    locked: bool = False
    """Lay unused too long: its password is asked for again before anything else."""
    used_at: datetime | None = None
    scope: str = "write"
    requests_a_minute: int = 0

    def is_worth_noting(self, now: datetime) -> bool:
        """Whether its last noted use is so long ago that this one is written down."""
        return self.used_at is None or now - self.used_at >= NOTED_EVERY


def find_session(session: Session, *, token: str, address: str, now: datetime) -> Caller | None:
    """Who a cookie's token is; None when it is unknown, ended, too old, or owes a second factor from here."""
    found = session.execute(
        _who_holds(WebSession), {"token_hash": hash_token(token), "now": now}
    ).one_or_none()
    if found is None:
        return None
    rules = AccessRules.read(found.rules)
    if found.factor_at is None and rules.demands_factor(address):
        return None
    return Caller(
        principal=_principal(session, found, via="session"),
        id=found.held_id,
        locked=_is_locked(found, now=now),
        used_at=found.last_used_at,
    )


def find_token(session: Session, *, token: str, now: datetime) -> Caller | None:
    """Who a bearer token is, or None when nobody ever had it.

    Raises:
        TokenOverError: it was good once.
    """
    token_hash = hash_token(token)
    found = session.execute(_who_holds(ApiToken), {"token_hash": token_hash, "now": now}).one_or_none()
    if found is None:
        _refuse_old(session, token_hash, now=now)
        return None
    return Caller(
        principal=_principal(session, found, via="token"),
        id=found.held_id,
        used_at=found.last_used_at,
        scope=found.scope,
        requests_a_minute=AccessRules.read(found.rules).api_per_minute,
    )


def note_use(session: Session, *, caller: Caller, address: str, now: datetime) -> None:
    """Write down that a session or token was used just now; of two at once the first is enough."""
    table = _TABLES[caller.principal.via]
    of_device = session.execute(
        update(table)
        .where(
            col(table.id) == caller.id,
            or_(col(table.last_used_at).is_(None), col(table.last_used_at) <= now - NOTED_EVERY),
        )
        .values(last_used_at=now)
        .returning(col(WebSession.device_id) if table is WebSession else col(ApiToken.id))
    ).scalar_one_or_none()
    if table is WebSession and of_device is not None:
        session.execute(
            update(Device).where(col(Device.id) == of_device).values(last_seen_at=now, last_address=address)
        )


def standing(session: Session, *, held: Collection[Held], now: datetime) -> set[Held]:
    """Those sessions and tokens that count and are not locked: the others' open streams hear no more."""
    found: set[Held] = set()
    for via, table in _TABLES.items():
        wanted = [key for kind, key in held if kind == via]
        if not wanted:
            continue
        for row in session.execute(_held(table).where(col(table.id).in_(wanted)), {"now": now}):
            if table is ApiToken or not _is_locked(row, now=now):
                found.add((via, row.held_id))
    return found


def _is_locked(row: Row[Any], *, now: datetime) -> bool:
    """Whether a browser lay unused too long."""
    idle = AccessRules.read(row.rules).idle_after(row.role)
    return idle is not None and row.last_used_at is not None and now - row.last_used_at >= idle


def _refuse_old(session: Session, token_hash: str, *, now: datetime) -> None:
    row = session.exec(select(ApiToken).where(col(ApiToken.token_hash) == token_hash)).one_or_none()
    if row is None:
        return
    if row.revoked_at is not None:
        raise TokenOverError(_("거둔 토큰입니다. 관리자에게 새 토큰을 받아 주세요."))
    if row.expires_at <= now:
        raise TokenOverError(_("기한이 지난 토큰입니다. 관리자에게 새 토큰을 받아 주세요."))
    raise TokenOverError(_("이 토큰을 만든 분의 소속이 끝났거나 아이디가 막혔습니다. 새 토큰을 받아 주세요."))


def _principal(session: Session, found: Row[Any], *, via: str) -> Principal:
    role = Role(found.role)
    technician_id = None
    if role is Role.TECHNICIAN and found.service_point_id is not None:
        technician_id = technician_of_person(session, person_id=found.person_id)
    return Principal(
        account_id=found.account_id,
        person_id=found.person_id,
        name=f"{found.held_name} ({found.name})" if via == "token" and found.held_name else found.name,
        login=found.login,
        company_id=found.company_id,
        company_code=found.code,
        role=role,
        membership_id=found.membership_id,
        service_point_id=found.service_point_id,
        technician_id=technician_id,
        via=via,
        company_name=found.brand_name,
        company_colour=found.colour,
        session_id=found.held_id if via == "session" else None,
        token_id=found.held_id if via == "token" else None,
    )


@cache
def _who_holds(table: type[WebSession | ApiToken]) -> Any:
    """The person behind a token that still counts. Put together once: every request asks."""
    return _held(table).where(col(table.token_hash) == bindparam("token_hash"))


def _held(table: type[WebSession | ApiToken]) -> Any:
    now: Any = bindparam("now")
    role: Any = col(Membership.role)
    own: tuple[Any, ...]
    if table is ApiToken:
        role = func.coalesce(col(ApiToken.role), role)
        own = (col(ApiToken.scope), col(ApiToken.name).label("held_name"))
    else:
        own = (col(WebSession.factor_at),)
    return (
        columns(
            col(table.id).label("held_id"),
            col(table.last_used_at),
            *own,
            col(Account.id).label("account_id"),
            col(Account.login),
            col(Person.id).label("person_id"),
            col(Person.name),
            col(Membership.id).label("membership_id"),
            role.label("role"),
            col(Membership.service_point_id),
            col(Company.id).label("company_id"),
            col(Company.code),
            col(Company.brand_name),
            col(Company.colour),
            _rules(now).label("rules"),
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
            col(table.revoked_at).is_(None),
            col(table.expires_at) > now,
            col(Account.disabled_at).is_(None),
            valid_at(now),
        )
    )


def _rules(now: Any) -> Any:
    """The company's rules of access as one JSON object: of equal keys PostgreSQL keeps the last."""
    newest_last = aggregate_order_by(
        col(DatedSetting.value),
        col(DatedSetting.company_id).asc().nulls_first(),
        col(DatedSetting.valid_from),
        col(DatedSetting.id),
    )
    return (
        columns(func.jsonb_object_agg(col(DatedSetting.key), newest_last))
        .where(
            col(DatedSetting.key).in_(KEYS),
            or_(col(DatedSetting.company_id) == col(Company.id), col(DatedSetting.company_id).is_(None)),
            col(DatedSetting.valid_from) <= now,
        )
        .correlate(Company)
        .scalar_subquery()
    )
