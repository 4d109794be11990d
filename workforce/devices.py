"""Devices that are not asked for the second factor again for a while, and the sessions that are open."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, update
from sqlmodel import Session, col, select

from core.actor import Actor
from core.db import count_changed
from core.errors import NotFoundError
from core.i18n import _
from core.secrets import hash_token, new_token
from workforce.access_models import Device
from workforce.models import WebSession
from workforce.person_history import note_person

NAME_LONGEST = 60


@dataclass(frozen=True)
class DeviceInfo:
    """A remembered device."""

    id: int
    name: str
    browser: str
    created_at: datetime
    last_seen_at: datetime
    last_address: str
    trusted_until: datetime


@dataclass(frozen=True)
class SessionInfo:
    """An open log-in."""

    id: int
    browser: str
    from_address: str
    created_at: datetime
    last_used_at: datetime
    expires_at: datetime
    device: str


def find_device(session: Session, *, account_id: int, token: str | None, now: datetime) -> int | None:
    """The id of an account's remembered device by its cookie; None for an unknown or forgotten one."""
    if not token:
        return None
    query = select(Device.id).where(
        col(Device.token_hash) == hash_token(token),
        col(Device.account_id) == account_id,
        col(Device.revoked_at).is_(None),
        col(Device.trusted_until) > now,
    )
    return session.exec(query).one_or_none()


def note_seen(session: Session, *, device_id: int, address: str, now: datetime) -> None:
    """The device was used for a log-in."""
    session.execute(
        update(Device).where(col(Device.id) == device_id).values(last_seen_at=now, last_address=address)
    )


def remember_device(
    session: Session,
    *,
    account_id: int,
    person_id: int,
    company_id: int,
    name: str,
    browser: str,
    address: str,
    days: int,
    by: Actor,
    now: datetime,
) -> tuple[int, str]:
    """Remember a device for some days. Returns its id, and the token for its cookie."""
    token = new_token()
    row = Device(
        account_id=account_id,
        token_hash=hash_token(token),
        name=name.strip()[:NAME_LONGEST] or browser,
        browser=browser,
        created_at=now,
        trusted_until=now + timedelta(days=days),
        last_seen_at=now,
        last_address=address,
    )
    session.add(row)
    session.flush()
    note_person(session, person_id, company_id, "DeviceRemembered", by=by, now=now)
    return row.id or 0, token


def list_devices(session: Session, *, account_id: int, now: datetime) -> list[DeviceInfo]:
    """The remembered ones, the last used first."""
    query = (
        select(Device)
        .where(
            col(Device.account_id) == account_id,
            col(Device.revoked_at).is_(None),
            col(Device.trusted_until) > now,
        )
        .order_by(col(Device.last_seen_at).desc(), col(Device.id).desc())
    )
    return [DeviceInfo(**_facts(row)) for row in session.exec(query)]


def list_sessions(session: Session, *, account_id: int, now: datetime) -> list[SessionInfo]:
    """The open ones, the last used first."""
    query = (
        select(WebSession, Device)
        .outerjoin(Device, col(Device.id) == col(WebSession.device_id))
        .where(col(WebSession.account_id) == account_id, *_open(now))
        .order_by(col(WebSession.last_used_at).desc().nulls_last(), col(WebSession.id).desc())
    )
    return [
        SessionInfo(
            id=row.id or 0,
            browser=row.browser,
            from_address=row.from_address,
            created_at=row.created_at,
            last_used_at=row.last_used_at or row.created_at,
            expires_at=row.expires_at,
            device=device.name if device else "",
        )
        for row, device in session.exec(query)
    ]


def end_sessions(
    session: Session,
    *,
    account_id: int,
    person_id: int,
    company_id: int,
    by: Actor,
    now: datetime,
    only: int | None = None,
    but: int | None = None,
    reason: str | None = None,
) -> int:
    """End one session of an account (`only`), or all (`but` one). Returns how many.

    Raises:
        NotFoundError: that one is not the account's, or has ended.
    """
    which = [col(WebSession.account_id) == account_id, *_open(now)]
    if only is not None:
        which.append(col(WebSession.id) == only)
    if but is not None:
        which.append(col(WebSession.id) != but)
    count = count_changed(session, update(WebSession).where(*which).values(revoked_at=now))
    if only is not None and not count:
        raise NotFoundError(_("그런 로그인이 없거나 이미 끝났습니다."))
    if count:
        note_person(
            session,
            person_id,
            company_id,
            "SessionsEnded",
            by=by,
            now=now,
            reason=reason,
            data={"count": count},
        )
    return count


def forget_device(
    session: Session,
    *,
    account_id: int,
    person_id: int,
    company_id: int,
    device_id: int,
    by: Actor,
    now: datetime,
    reason: str | None = None,
) -> None:
    """Ask the second factor of a device again, and end its sessions. Raises NotFoundError for another's."""
    row = session.get(Device, device_id, with_for_update=True)
    if row is None or row.account_id != account_id or row.revoked_at is not None:
        raise NotFoundError(_("그런 기기가 없거나 이미 지웠습니다."))
    row.revoked_at = now
    session.add(row)
    session.execute(
        update(WebSession)
        .where(col(WebSession.device_id) == device_id, col(WebSession.revoked_at).is_(None))
        .values(revoked_at=now)
    )
    note_person(session, person_id, company_id, "DeviceForgotten", by=by, now=now, reason=reason)


def _open(now: datetime) -> list[ColumnElement[bool]]:
    return [col(WebSession.revoked_at).is_(None), col(WebSession.expires_at) > now]


def _facts(row: Device) -> dict[str, Any]:
    return {
        "id": row.id or 0,
        "name": row.name,
        "browser": row.browser,
        "created_at": row.created_at,
        "last_seen_at": row.last_seen_at,
        "last_address": row.last_address,
        "trusted_until": row.trusted_until,
    }
