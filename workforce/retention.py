"""The access log, log-ins that ended or failed, devices and codes of the second factor, after their time."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, or_
from sqlmodel import Session, col, select

from core.db import count_changed
from core.retention import Cut, Ids, delete_ids, some_ids
from workforce.access_models import Device, PendingLogIn, ProviderTry, RecoveryCode
from workforce.models import AccessLog, ApiToken, LoginLink, Membership, SignInTry, WebSession

HALF_LOG_IN_KEPT = timedelta(days=1)
WAYS_IN = (WebSession, ApiToken, LoginLink)


def due_access_log(session: Session, company_id: int | None, cut: Cut, limit: int) -> Ids:
    """Lines of a company that are older than the law wants them kept."""
    wanted = (col(AccessLog.company_id) == company_id, col(AccessLog.at) < cut.before)
    return some_ids(session, AccessLog, limit, *wanted)


def destroy_access_log(session: Session, ids: Ids, _cut: Cut) -> int:
    """Delete these lines."""
    return delete_ids(session, AccessLog, ids)


def due_sessions(session: Session, company_id: int | None, cut: Cut, limit: int) -> Ids:
    """Memberships of a company with sessions, tokens or links that ended long ago."""
    found: set[int] = set()
    for model in WAYS_IN:
        query = (
            select(model.membership_id)
            .join(Membership, col(Membership.id) == col(model.membership_id))
            .where(col(Membership.company_id) == company_id, col(model.expires_at) < cut.before)
        )
        found.update(session.exec(query.distinct().limit(limit)))
    return sorted(found)[:limit]


def destroy_sessions(session: Session, ids: Ids, cut: Cut) -> int:
    """Delete the ended ones of these memberships; open ones stay."""
    gone = 0
    for model in WAYS_IN:
        wanted = (col(model.membership_id).in_(ids), col(model.expires_at) < cut.before)
        gone += count_changed(session, delete(model).where(*wanted))
    return gone


def due_devices(session: Session, _company_id: int | None, cut: Cut, limit: int) -> Ids:
    """Browsers that are not remembered any more, and that no kept log-in names.

    A person's devices belong to no company: one who works for two has them once.
    """
    ended = or_(col(Device.revoked_at) < cut.before, col(Device.trusted_until) < cut.before)
    named = select(WebSession.id).where(col(WebSession.device_id) == col(Device.id)).exists()
    return some_ids(session, Device, limit, ended, ~named)


def destroy_devices(session: Session, ids: Ids, _cut: Cut) -> int:
    """Delete these devices."""
    return delete_ids(session, Device, ids)


def due_recovery_codes(session: Session, _company_id: int | None, cut: Cut, limit: int) -> Ids:
    """Codes that let nobody in any more."""
    over = or_(col(RecoveryCode.used_at) < cut.before, col(RecoveryCode.replaced_at) < cut.before)
    return some_ids(session, RecoveryCode, limit, over)


def destroy_recovery_codes(session: Session, ids: Ids, _cut: Cut) -> int:
    """Delete these codes."""
    return delete_ids(session, RecoveryCode, ids)


def drop_half_log_ins(session: Session, *, now: datetime) -> int:
    """Destroy log-ins that never came to their end, and ways to the provider that nobody came back from.

    A day later than they count, so that what went wrong can still be looked at. Returns how many.
    """
    return sum(
        count_changed(session, delete(model).where(col(model.expires_at) < now - HALF_LOG_IN_KEPT))
        for model in (PendingLogIn, ProviderTry)
    )


def due_sign_in_tries(session: Session, _company_id: int | None, cut: Cut, limit: int) -> Ids:
    """Failed log-ins; a log-in that nobody has belongs to no company."""
    return some_ids(session, SignInTry, limit, col(SignInTry.at) < cut.before)


def destroy_sign_in_tries(session: Session, ids: Ids, _cut: Cut) -> int:
    """Delete these tries."""
    return delete_ids(session, SignInTry, ids)
