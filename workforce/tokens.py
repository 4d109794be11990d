"""API tokens of programs: made by an administrator for a while, with a role and a scope, and taken back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import or_
from sqlmodel import Session, col, select

from core import audit
from core.actor import Actor, Principal, Role
from core.errors import FieldError, InvalidError, NotFoundError
from core.i18n import N_, _
from core.secrets import hash_token, new_token
from workforce.models import ApiToken, Membership, Person

SCOPES = {
    "read": N_("읽기만"),
    "tickets": N_("접수만 (넣고 읽기)"),
    "write": N_("역할이 하는 모든 일"),
}
TICKET_PATHS = ("/api/v1/tickets", "/api/v1/slots")
"""All that a token of the scope `tickets` reaches."""
ROLES = (Role.AGENT, Role.DISPATCHER, Role.QA, Role.MANAGER, Role.ADMIN)
"""Those that see a whole company; a technician's or a point's own work is a person's."""
LONGEST = timedelta(days=365)
NAME_LONGEST = 40


@dataclass(frozen=True)
class TokenInfo:
    """A token as the list shows it; the token itself is never shown again."""

    id: int
    name: str
    role: Role
    scope: str
    made_by: str
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None

    def state(self, now: datetime) -> str:
        """`good`, `expired` or `revoked`."""
        if self.revoked_at is not None:
            return "revoked"
        return "expired" if self.expires_at <= now else "good"


def may_reach(scope: str, *, method: str, path: str) -> bool:
    """Whether a token of a scope may make a request; its role is asked besides."""
    if scope == "read":
        return method in ("GET", "HEAD", "OPTIONS")
    if scope == "tickets":
        return any(path == known or path.startswith(f"{known}/") for known in TICKET_PATHS)
    return scope == "write"


def make_token(
    session: Session,
    *,
    principal: Principal,
    name: str,
    role: Role,
    scope: str,
    expires_at: datetime,
    by: Actor,
    now: datetime,
) -> str:
    """A token that acts for the company in its own name. Returns it; only its hash is kept.

    It hangs on the administrator's membership, so it ends with it.

    Raises:
        InvalidError: a name, role, scope or end that cannot be.
    """
    errors = []
    if not 0 < len(name.strip()) <= NAME_LONGEST:
        errors.append(FieldError("name", _("{n}자까지 적어 주세요.").format(n=NAME_LONGEST)))
    if role not in ROLES:
        errors.append(FieldError("role", _("고를 수 없는 역할입니다.")))
    if scope not in SCOPES:
        errors.append(FieldError("scope", _("고를 수 없는 범위입니다.")))
    if not now < expires_at <= now + LONGEST:
        errors.append(FieldError("expires_on", _("내일부터 1년 안의 날을 골라 주세요.")))
    if errors:
        raise InvalidError(_("고칠 곳이 있습니다."), errors=tuple(errors))
    token = new_token()
    row = ApiToken(
        token_hash=hash_token(token),
        account_id=principal.account_id,
        membership_id=principal.membership_id,
        created_at=now,
        expires_at=expires_at,
        name=name.strip(),
        role=role.value,
        scope=scope,
    )
    store_token(session, row, role=role, company_id=principal.company_id, by=by, now=now)
    return token


def store_token(
    session: Session, row: ApiToken, *, role: Role, company_id: int, by: Actor, now: datetime
) -> None:
    """Keep a new token and write down that it was made. `role`: what it may do."""
    session.add(row)
    session.flush()
    audit.record(
        session,
        by=by,
        at=now,
        what="TokenMade",
        subject=("company", company_id),
        company_id=company_id,
        data={
            "token_id": row.id,
            "token": row.name,
            "role": role.value,
            "scope": row.scope,
            "end_at": row.expires_at.isoformat(),
        },
    )


def list_tokens(
    session: Session, *, company_id: int, now: datetime, account_id: int | None = None
) -> list[TokenInfo]:
    """A company's tokens, or those of one account in it: good ones first, then what ended within 90 days."""
    query = (
        select(ApiToken, Membership, Person)
        .join(Membership, col(Membership.id) == col(ApiToken.membership_id))
        .join(Person, col(Person.id) == col(Membership.person_id))
        .where(
            col(Membership.company_id) == company_id,
            col(ApiToken.expires_at) > now - timedelta(days=90),
            or_(col(ApiToken.revoked_at).is_(None), col(ApiToken.revoked_at) > now - timedelta(days=90)),
        )
        .order_by(col(ApiToken.revoked_at).is_not(None), col(ApiToken.expires_at).desc())
        .limit(200)
    )
    if account_id is not None:
        query = query.where(col(ApiToken.account_id) == account_id)
    return [
        TokenInfo(
            id=row.id or 0,
            name=row.name,
            role=Role(row.role or membership.role),
            scope=row.scope,
            made_by=person.name,
            created_at=row.created_at,
            expires_at=row.expires_at,
            last_used_at=row.last_used_at,
            revoked_at=row.revoked_at,
        )
        for row, membership, person in session.exec(query)
    ]


def revoke_token(
    session: Session, *, company_id: int, token_id: int, reason: str, by: Actor, now: datetime
) -> None:
    """Take a token back at once. Raises NotFoundError, also for another company's."""
    query = (
        select(ApiToken)
        .join(Membership, col(Membership.id) == col(ApiToken.membership_id))
        .where(col(ApiToken.id) == token_id, col(Membership.company_id) == company_id)
        .with_for_update(of=ApiToken)
    )
    row = session.exec(query).one_or_none()
    if row is None:
        raise NotFoundError(_("그런 토큰이 없습니다."))
    if row.revoked_at is not None:
        return
    row.revoked_at = now
    session.add(row)
    audit.record(
        session,
        by=by,
        at=now,
        what="TokenRevoked",
        subject=("company", company_id),
        company_id=company_id,
        reason=reason,
        data={"token_id": token_id, "token": row.name},
    )
