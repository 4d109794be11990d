"""A technician's new job on his phone's lock screen; as a text when nobody has seen it there.

A push is the first channel of a notice, a text its next: one row, one entry, the channel last used. It is
delivered once the push service has taken it. Where no service takes it, where he has no browser any more, or
when `fall_back_at` passes without his word, the same notice goes into the queue again as a text.

A push that ended unclear is simply sent again: on the phone it takes the place of the one before (its tag).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session, col, select, update

from core.actor import SYSTEM
from core.db import Database, count_changed
from core.i18n import N_
from core.jobs import QUEUE_SMS, defer, drop_waiting
from core.sweeping import is_due
from notifications import rules
from notifications.catalogue import label_of
from notifications.devices import Device, devices_of, forget_devices
from notifications.models import Notice, NoticeAttempt
from notifications.outbox_rows import TASK_SEND, lock_key
from notifications.providers.base import Accepted, Fault, MessageState, Refused, SendOutcome
from notifications.push_service import Push, PushService
from notifications.settling import note_change, notice_key, settle, take_back
from notifications.texts import fit_channel

PROVIDER = "webpush"
SWEEP_LIMIT = 200
SEEN = N_("기사가 이미 확인했습니다.")
NOT_SEEN = N_("알림을 확인하지 않아 문자로 보냅니다.")
NOT_TAKEN = N_("알림을 보낼 수 없어 문자로 보냅니다.")
GONE = "gone"
"""The word of `Refused.code` for a browser that is no more."""


@dataclass(frozen=True)
class _Claim:
    notice_id: int
    attempt: int
    tried_at: datetime
    push: Push
    devices: tuple[Device, ...]


def send_push(
    database: Database, *, notice_id: int, service: PushService | None, clock: Callable[[], datetime]
) -> None:
    """Push one notice to its person's browsers; safe to call at any time, twice, from two workers at once.

    Without a service (the installation has no key any more) it goes as a text.
    """
    claim = _claim(database, notice_id=notice_id, has_service=service is not None, now=clock())
    if claim is None or service is None:
        return
    outcomes = [(device, service.send(claim.push, device=device, now=clock())) for device in claim.devices]
    _record(database, claim=claim, outcomes=outcomes, now=clock())


def fall_back_unseen(session: Session, *, now: datetime) -> int:
    """Sweep: a push that nobody has acknowledged in time goes on as a text, unless there is later news."""
    query = (
        select(Notice)
        .where(col(Notice.fall_back_at) <= now)
        .order_by(col(Notice.fall_back_at))
        .limit(SWEEP_LIMIT)
        .with_for_update(skip_locked=True)
    )
    late = list(session.exec(query))
    for notice in late:
        if notice.channel != "PUSH" or notice.withdrawn_reason is not None or _has_later(session, notice):
            notice.fall_back_at = None
            session.add(notice)
        else:
            _go_on_as_text(session, notice=notice, why=NOT_SEEN, now=now)
    return len(late)


def stop_waiting(session: Session, *, ticket_id: int, person_id: int) -> int:
    """He has seen it: none of his pushes about this ticket goes on as a text. Returns how many waited."""
    return count_changed(
        session,
        update(Notice)
        .where(
            col(Notice.ticket_id) == ticket_id,
            col(Notice.person_id) == person_id,
            col(Notice.fall_back_at).is_not(None),
        )
        .values(fall_back_at=None),
    )


def _claim(database: Database, *, notice_id: int, has_service: bool, now: datetime) -> _Claim | None:
    with database.transaction() as session:
        query = select(Notice).where(col(Notice.id) == notice_id).with_for_update(skip_locked=True)
        notice = session.exec(query.execution_options(populate_existing=True)).one_or_none()
        if notice is None or notice.state != "queued" or notice.channel != "PUSH":
            return None
        if not is_due(notice.next_try_at, now=now, longest_wait=rules.LONGEST_WAIT):
            return None
        if notice.fall_back_at is None:  # he was quicker, on another way
            notice.withdrawn_reason = notice.withdrawn_reason or SEEN
            take_back(session, notice=notice, by=SYSTEM, now=now)
            return None
        devices = devices_of(session, company_id=notice.company_id, person_id=notice.person_id or 0)
        if not devices or not has_service:
            _go_on_as_text(session, notice=notice, why=NOT_TAKEN, now=now)
            return None
        notice.attempts += 1
        notice.sending_since, notice.next_try_at = now, now + rules.LEASE
        notice.provider = PROVIDER
        session.add(notice)
        return _Claim(notice_id, notice.attempts, now, _push_of(notice, now=now), tuple(devices))


def _record(
    database: Database, *, claim: _Claim, outcomes: Sequence[tuple[Device, SendOutcome]], now: datetime
) -> None:
    with database.transaction() as session:
        query = select(Notice).where(col(Notice.id) == claim.notice_id).with_for_update()
        notice = session.exec(query.execution_options(populate_existing=True)).one()
        session.add_all(_attempt(claim, outcome, now) for _device, outcome in outcomes)
        gone = [device.id for device, outcome in outcomes if _is_gone(outcome)]
        if gone:
            forget_devices(session, ids=gone)
        if notice.state != "queued" or notice.sending_since != claim.tried_at:
            return
        if any(isinstance(outcome, Accepted) for _device, outcome in outcomes):
            settle(session, notice=notice, state=MessageState.DELIVERED, by=SYSTEM, now=now)
        elif any(_may_come_yet(outcome) for _device, outcome in outcomes):
            _try_again(session, notice=notice, now=now)
        else:
            _go_on_as_text(session, notice=notice, why=NOT_TAKEN, now=now)


def _try_again(session: Session, *, notice: Notice, now: datetime) -> None:
    """While he may still answer in time; after that the sweep sends a text."""
    if notice.withdrawn_reason is not None:
        take_back(session, notice=notice, by=SYSTEM, now=now)
        return
    pause = rules.pause_after(Fault.RETRY, attempts=notice.attempts) or timedelta(0)
    notice.sending_since, notice.next_try_at = None, now + pause
    session.add(notice)


def _go_on_as_text(session: Session, *, notice: Notice, why: str, now: datetime) -> None:
    if notice.withdrawn_reason is not None:
        take_back(session, notice=notice, by=SYSTEM, now=now)
        return
    notice.channel = fit_channel(notice.text)
    notice.state = "queued"
    notice.fall_back_at = notice.sending_since = notice.accepted_at = notice.settled_at = None
    notice.next_try_at = now
    note_change(session, notice=notice, what="NoticeFellBack", by=SYSTEM, now=now, reason=why)
    key = notice_key(notice)
    drop_waiting(session, [lock_key(key)])  # a wake-up to push it; one under way gives way to the next sweep
    defer(session, TASK_SEND, queue=QUEUE_SMS, queueing_lock=lock_key(key), notice_id=key)


def _has_later(session: Session, notice: Notice) -> bool:
    """Whether this person was told something newer of the case: a text of what was would mislead him."""
    query = select(Notice.id).where(
        col(Notice.ticket_id) == notice.ticket_id,
        col(Notice.person_id) == notice.person_id,
        col(Notice.id) > notice_key(notice),
        col(Notice.state) != "withdrawn",
    )
    return session.exec(query.limit(1)).first() is not None


def _push_of(notice: Notice, *, now: datetime) -> Push:
    key = notice_key(notice)
    shown = {
        "title": label_of(notice.event),
        "body": notice.push_text or "",
        "notice": key,
        "tag": f"ticket-{notice.ticket_id}",
    }
    ends = notice.fall_back_at or now
    return Push(
        body=json.dumps(shown, ensure_ascii=False).encode(),
        topic=f"n{key}",
        ttl=max(timedelta(0), ends - now),
    )


def _attempt(claim: _Claim, outcome: SendOutcome, now: datetime) -> NoticeAttempt:
    row = NoticeAttempt(notice_id=claim.notice_id, at=now, provider=PROVIDER, outcome="accepted")
    if isinstance(outcome, Refused):
        row.outcome, row.code = f"refused_{outcome.fault}", outcome.code
    elif not isinstance(outcome, Accepted):
        row.outcome = "unclear"
    row.detail = "" if isinstance(outcome, Accepted) else outcome.detail
    return row


def _is_gone(outcome: SendOutcome) -> bool:
    return isinstance(outcome, Refused) and outcome.code == GONE


def _may_come_yet(outcome: SendOutcome) -> bool:
    return not isinstance(outcome, Accepted | Refused) or (
        isinstance(outcome, Refused) and outcome.fault is Fault.RETRY
    )
