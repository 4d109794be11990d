"""Sending: one notice, one job, at most one provider that has it.

A try is claimed in one transaction, made with none open, and written down in another. A worker that dies in
between leaves `sending_since` behind; whoever comes next asks the provider before anything is sent again.
The claim is a lease (`next_try_at`), so that two workers never try at the same time.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

import structlog
from sqlmodel import Session, col, select

from core.actor import SYSTEM
from core.db import Database
from core.jobs import QUEUE_SMS, defer
from core.sweeping import due_rows, is_due
from notifications import rules
from notifications.catalogue import shelf_life
from notifications.models import Notice, NoticeAttempt
from notifications.providers.base import (
    SETTLING,
    Accepted,
    Fault,
    FindOutcome,
    Found,
    MessageState,
    NextStep,
    NotFound,
    OutgoingMessage,
    Provider,
    Refused,
    SendOutcome,
    after_unclear,
)
from notifications.service import task_for
from notifications.settling import note_change, notice_key, settle, take_back
from notifications.texts import TextChannel

log = structlog.get_logger(__name__)

SWEEP_LIMIT = 200


@dataclass(frozen=True)
class _Claim:
    """A try that is ours until the lease ends; with `asks` its fate is unclear and is asked for first."""

    notice_id: int
    attempt: int
    tried_at: datetime
    message: OutgoingMessage
    asks: bool


def send_notice(
    database: Database, *, notice_id: int, provider: Provider | None, clock: Callable[[], datetime]
) -> None:
    """Send what is due of one notice; safe to call at any time, twice, and from two workers at once.

    Without a provider (texts are switched off) the notice stays in the outbox and is looked at again later.
    """
    if provider is None:
        _put_off(database, notice_id=notice_id, now=clock())
        return
    claim = _claim(database, notice_id=notice_id, provider=provider, now=clock())
    if claim is not None and claim.asks:
        found = provider.find(claim.message, tried_at=claim.tried_at, now=clock())
        may_send = _record_found(database, claim=claim, found=found, provider=provider, now=clock())
        claim = _claim(database, notice_id=notice_id, provider=provider, now=clock()) if may_send else None
    if claim is None or claim.asks or clock() - claim.tried_at > rules.SEND_WITHIN:
        return
    outcome = provider.send(claim.message, now=clock())
    _record_sent(database, claim=claim, outcome=outcome, provider=provider, now=clock())


def defer_due_notices(session: Session, *, now: datetime) -> int:
    """Sweep: wake the sender for what is due, and stop waiting for reports that cannot come any more."""
    due = (
        select(Notice.id, Notice.channel)
        .where(
            col(Notice.state) == "queued",
            due_rows(Notice.next_try_at, now=now, longest_wait=rules.LONGEST_WAIT),
        )
        .order_by(col(Notice.next_try_at))
        .limit(SWEEP_LIMIT)
    )
    woken = [
        defer(
            session,
            task_for(channel),
            queue=QUEUE_SMS,
            queueing_lock=f"notice-{notice_id}",
            notice_id=notice_id,
        )
        for notice_id, channel in session.exec(due)
    ]
    return sum(woken) + _give_up_reports(session, now=now)


def _claim(database: Database, *, notice_id: int, provider: Provider, now: datetime) -> _Claim | None:
    """Take the notice for one try, or None: sent, not due, withdrawn, too late, or another worker has it."""
    with database.transaction() as session:
        notice = _lock(session, notice_id=notice_id, skip_locked=True)
        if notice is None or notice.state != "queued" or not _is_due(notice, now=now):
            return None
        if notice.channel == "PUSH":  # `push.send_push` has it
            return None
        asks = notice.sending_since is not None
        if not asks:
            if now - notice.created_at > shelf_life(notice.event):
                _fail(session, notice=notice, problem=notice.problem or "too_late", why="too_late", now=now)
                return None
            notice.attempts += 1
            notice.sending_since = now
        notice.next_try_at = now + rules.LEASE
        notice.provider = provider.name
        session.add(notice)
        return _Claim(notice_id, notice.attempts, notice.sending_since or now, _message(notice), asks)


def _record_sent(
    database: Database, *, claim: _Claim, outcome: SendOutcome, provider: Provider, now: datetime
) -> None:
    with database.transaction() as session:
        notice = _lock(session, notice_id=claim.notice_id)
        if notice is None:
            return
        code = outcome.code if isinstance(outcome, Refused) else ""
        detail = "" if isinstance(outcome, Accepted) else outcome.detail
        _keep_attempt(
            session, claim=claim, outcome=_word(outcome), code=code, detail=detail, provider=provider, now=now
        )
        if isinstance(outcome, Accepted) and not notice.provider_message_id:
            notice.provider_message_id = outcome.provider_id
            session.add(notice)
        if not _is_still_ours(notice, claim):
            return
        if isinstance(outcome, Accepted):
            settle(session, notice=notice, state=MessageState.ACCEPTED, by=SYSTEM, now=now)
        elif isinstance(outcome, Refused):
            _refuse(
                session, notice=notice, fault=outcome.fault, code=outcome.code, detail=outcome.detail, now=now
            )
        else:
            notice.next_try_at, notice.problem = now + SETTLING, f"unclear: {detail}"
            session.add(notice)


def _record_found(
    database: Database, *, claim: _Claim, found: FindOutcome, provider: Provider, now: datetime
) -> bool:
    """Write down what the provider knows of an unclear try. True: it may be sent (again) now."""
    step = after_unclear(found, tried_at=claim.tried_at, now=now)
    with database.transaction() as session:
        notice = _lock(session, notice_id=claim.notice_id)
        if notice is None or not _is_still_ours(notice, claim):
            return False
        code = found.code if isinstance(found, Found) else ""
        _keep_attempt(
            session, claim=claim, outcome=f"find_{step}", code=code, detail="", provider=provider, now=now
        )
        if isinstance(found, Found):
            settle_report(session, notice=notice, found=found, now=now)
            return False
        if step is NextStep.GIVE_UP:
            settle(
                session,
                notice=notice,
                state=MessageState.UNKNOWN,
                problem="unclear",
                ask="unclear",
                by=SYSTEM,
                now=now,
            )
            return False
        if step is NextStep.ASK_AGAIN and claim.tried_at > now:  # the clock went back: it settles from now
            notice.sending_since, notice.next_try_at = now, now + SETTLING
            session.add(notice)
            return False
        if step is NextStep.ASK_AGAIN:
            settled = claim.tried_at + SETTLING if isinstance(found, NotFound) and found.remembers else now
            notice.next_try_at = settled if settled > now else now + rules.ASK_PAUSE
            session.add(notice)
            return False
        return _put_back(session, notice=notice, pause=timedelta(0), now=now)


def settle_report(session: Session, *, notice: Notice, found: Found, now: datetime) -> None:
    """Take over where a text stands at the provider, after our own record of sending it was lost."""
    failed = found.state is MessageState.FAILED
    settle(
        session,
        notice=notice,
        state=MessageState.ACCEPTED if found.state is MessageState.QUEUED else found.state,
        provider_id=found.provider_id,
        problem=f"{found.fault}:{found.code}" if failed else None,
        ask=str(found.fault) if failed else None,
        by=SYSTEM,
        now=now,
    )


def _refuse(session: Session, *, notice: Notice, fault: Fault, code: str, detail: str, now: datetime) -> None:
    """The provider certainly does not have it: try later, or ask a person."""
    problem = f"{fault}:{code} {detail}".strip()
    pause = rules.pause_after(fault, attempts=notice.attempts)
    if pause is None:
        _fail(session, notice=notice, problem=problem, why=str(fault), now=now)
        return
    is_new = notice.problem != problem
    notice.problem = problem
    if _put_back(session, notice=notice, pause=pause, now=now) and is_new and fault is not Fault.RETRY:
        log.error("notices_stuck", fault=str(fault), code=code, company_id=notice.company_id)
        note_change(session, notice=notice, what="NoticeStuck", by=SYSTEM, now=now, reason=problem)


def _put_back(session: Session, *, notice: Notice, pause: timedelta, now: datetime) -> bool:
    """Back into the queue, unless it was withdrawn while it was under way. False: it was."""
    if notice.withdrawn_reason is not None:
        take_back(session, notice=notice, by=SYSTEM, now=now)
        return False
    notice.sending_since, notice.next_try_at = None, now + pause
    session.add(notice)
    return True


def _fail(session: Session, *, notice: Notice, problem: str, why: str, now: datetime) -> None:
    settle(session, notice=notice, state=MessageState.FAILED, problem=problem, ask=why, by=SYSTEM, now=now)


def _put_off(database: Database, *, notice_id: int, now: datetime) -> None:
    with database.transaction() as session:
        notice = _lock(session, notice_id=notice_id, skip_locked=True)
        if notice is not None and notice.state == "queued" and _is_due(notice, now=now):
            notice.next_try_at = now + rules.SLOW_PAUSE
            session.add(notice)


def _is_due(notice: Notice, *, now: datetime) -> bool:
    return is_due(notice.next_try_at, now=now, longest_wait=rules.LONGEST_WAIT)


def _give_up_reports(session: Session, *, now: datetime) -> int:
    query = (
        select(Notice)
        .where(col(Notice.state) == "accepted", col(Notice.accepted_at) < now - rules.NO_RECEIPT_AFTER)
        .order_by(col(Notice.accepted_at))
        .limit(SWEEP_LIMIT)
        .with_for_update(skip_locked=True)
    )
    silent = list(session.exec(query))
    for notice in silent:
        settle(session, notice=notice, state=MessageState.UNKNOWN, problem="no_receipt", by=SYSTEM, now=now)
    return len(silent)


def _is_still_ours(notice: Notice, claim: _Claim) -> bool:
    """Neither a report nor another worker has settled this try meanwhile."""
    return (
        notice.state == "queued"
        and notice.attempts == claim.attempt
        and notice.sending_since == claim.tried_at
    )


def _lock(session: Session, *, notice_id: int, skip_locked: bool = False) -> Notice | None:
    query = select(Notice).where(col(Notice.id) == notice_id).with_for_update(skip_locked=skip_locked)
    return session.exec(query.execution_options(populate_existing=True)).one_or_none()


def _message(notice: Notice) -> OutgoingMessage:
    return OutgoingMessage(
        our_id=rules.our_id(notice_id=notice_key(notice), attempt=notice.attempts),
        to=notice.to_phone,
        sender=notice.from_phone,
        channel=cast("TextChannel", notice.channel),
        text=notice.text,
        subject=notice.subject or None,
    )


def _word(outcome: SendOutcome) -> str:
    if isinstance(outcome, Accepted):
        return "accepted"
    return f"refused_{outcome.fault}" if isinstance(outcome, Refused) else "unclear"


def _keep_attempt(
    session: Session,
    *,
    claim: _Claim,
    outcome: str,
    code: str,
    detail: str,
    provider: Provider,
    now: datetime,
) -> None:
    session.add(
        NoticeAttempt(
            notice_id=claim.notice_id,
            at=now,
            provider=provider.name,
            outcome=outcome,
            code=code,
            detail=detail[:2000],
        )
    )
