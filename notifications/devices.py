"""The browsers on which members of staff asked to be told: who has one, and when it is no more."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col, select

from core.db import count_changed
from core.errors import FieldError, InvalidError
from core.i18n import _
from core.wall import across_the_company
from notifications.models import PushSubscription
from notifications.web_push import BadKeyError, DeviceKeys

MOST_DEVICES = 5
"""Of one person, the newest: a lost phone must not make every push slower for ever."""
LONGEST_ENDPOINT = 1000
LOOPBACK = ("127.0.0.1", "localhost")


class BadDeviceError(InvalidError):
    """Not a subscription of a known push service."""

    code = "bad-device"


@dataclass(frozen=True)
class Device:
    """Where a push goes and how it is sealed."""

    id: int
    endpoint: str
    keys: DeviceKeys


def keep_device(
    session: Session,
    *,
    company_id: int,
    person_id: int,
    endpoint: str,
    public_key: str,
    auth: str,
    services: Collection[str],
    now: datetime,
    session_id: int | None = None,
) -> None:
    """Tell this person on this browser from now on; on a shared phone, whoever said so last.

    Args:
        services: hosts of push services; `*.push.apple.com` stands for every host below. We post to the
            address that a browser names, so it may name no other.
        session_id: the log-in with whose end this ends, too.

    Raises:
        BadDeviceError: another host, or keys that are none (422).
    """
    try:
        DeviceKeys.read(public=public_key, auth=auth)
    except BadKeyError:
        raise _bad_device() from None
    if len(endpoint) > LONGEST_ENDPOINT or not is_push_service(endpoint, services=services):
        raise _bad_device()
    with across_the_company(session):  # it may have been a colleague's until now
        values = {
            "company_id": company_id,
            "person_id": person_id,
            "endpoint": endpoint,
            "public_key": public_key,
            "auth": auth,
            "renewed_at": now,
            "session_id": session_id,
        }
        put = insert(PushSubscription).values(**values, created_at=now)
        session.execute(put.on_conflict_do_update(index_elements=["company_id", "endpoint"], set_=values))


def forget_device(session: Session, *, company_id: int, person_id: int, endpoint: str) -> int:
    """Tell this person on this browser no more. Returns how many rows went."""
    return count_changed(
        session,
        delete(PushSubscription).where(
            col(PushSubscription.company_id) == company_id,
            col(PushSubscription.person_id) == person_id,
            col(PushSubscription.endpoint) == endpoint,
        ),
    )


def forget_devices_of_login(session: Session, *, session_id: int) -> int:
    """Nobody is logged in there any more: whoever was is told there no more. Returns how many rows went."""
    gone = delete(PushSubscription).where(col(PushSubscription.session_id) == session_id)
    return count_changed(session, gone)


def forget_devices(session: Session, *, ids: Collection[int]) -> int:
    """The push service says that these are gone."""
    return count_changed(session, delete(PushSubscription).where(col(PushSubscription.id).in_(list(ids))))


def people_with_devices(session: Session, *, company_id: int, person_ids: Collection[int]) -> set[int]:
    """Who of these people may be told by push for a company."""
    with across_the_company(session):
        query = select(PushSubscription.person_id).where(
            col(PushSubscription.company_id) == company_id,
            col(PushSubscription.person_id).in_(list(person_ids)),
        )
        return set(session.exec(query))


def devices_of(session: Session, *, company_id: int, person_id: int) -> list[Device]:
    """A person's browsers, the one that was there last first."""
    query = (
        select(PushSubscription)
        .where(col(PushSubscription.company_id) == company_id, col(PushSubscription.person_id) == person_id)
        .order_by(col(PushSubscription.renewed_at).desc(), col(PushSubscription.id).desc())
        .limit(MOST_DEVICES)
    )
    return [
        Device(row.id or 0, row.endpoint, DeviceKeys.read(public=row.public_key, auth=row.auth))
        for row in session.exec(query)
    ]


def is_push_service(endpoint: str, *, services: Collection[str]) -> bool:
    """Whether an address is one of a known push service, over TLS; plain HTTP on this machine alone."""
    try:
        parts = urlsplit(endpoint)
        host, _port = parts.hostname or "", parts.port
    except ValueError:
        return False
    if parts.username is not None or parts.scheme not in ("https", "http"):
        return False
    if parts.scheme == "http" and host not in LOOPBACK:
        return False
    return any(host == name or (name[:2] == "*." and host.endswith(name[1:])) for name in services)


def _bad_device() -> BadDeviceError:
    message = _("이 브라우저의 알림 주소를 받을 수 없습니다. 새 일은 문자로 알려 드립니다.")
    return BadDeviceError(message, errors=(FieldError("endpoint", message),))
