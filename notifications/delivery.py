"""Sending: every notice at most at one provider that has it.

A try is claimed in one transaction, made with none open, and written down in another. A worker that dies in
between leaves `sending_since` behind; whoever comes next asks the provider before anything is sent again.
The claim is a lease (`next_try_at`), so that two workers never try at the same time. A wake-up is for one
notice and takes along what else is due: many texts cost one request and two transactions.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from functools import partial

from sqlmodel import Session, col, select

from core.actor import SYSTEM
from core.db import Database
from core.jobs import QUEUE_SMS, defer
from notifications import rules
from notifications.adverts import Agreeing, nobody
from notifications.claiming import Claim, claim_due, due_notices, is_notice_due, lock_notice
from notifications.models import Notice, NoticeAttempt
from notifications.outbox_rows import lock_key, task_for
from notifications.outcomes import put_back, refused, reported_failed
from notifications.providers.base import (
    SETTLING,
    Accepted,
    Fault,
    FindOutcome,
    Found,
    MessageState,
    NextStep,
    NotFound,
    Refused,
    SendOutcome,
    Unclear,
    after_unclear,
    requests_of,
)
from notifications.providers.choice import Carriers
from notifications.settling import notice_key, settle

SWEEP_LIMIT = 200
NO_RECEIPT = "no_receipt"
"""Nobody knows whether it arrived, and no report will come any more."""


def send_notice(
    database: Database,
    *,
    notice_id: int,
    carriers: Carriers | None,
    clock: Callable[[], datetime],
    agreeing: Agreeing = nobody,
) -> None:
    """Send what is due, this notice first; safe to call at any time, twice, and from two workers at once.

    Without carriers (texts are switched off) the notice stays in the outbox and is looked at again later.

    Args:
        agreeing: who still takes advertisements, asked at the moment of sending; nobody, unless it is said.
    """
    if carriers is None:
        _put_off(database, notice_id=notice_id, now=clock())
        return
    claim = partial(claim_due, database, notice_id=notice_id, carriers=carriers, agreeing=agreeing)
    claims = claim(now=clock())
    if claims and claims[0].asks:
        if not _ask(database, claim=claims[0], clock=clock):
            return
        claims = claim(now=clock())
        if claims and claims[0].asks:
            return
    _hand_over(database, claims=claims, clock=clock)


def _hand_over(database: Database, *, claims: Sequence[Claim], clock: Callable[[], datetime]) -> None:
    """One request after the other; what there is no time for goes back into the queue, never handed over.

    Where a request was refused for something in it, each of its texts goes alone: one that no provider would
    take holds back itself and no other.
    """
    requests, late = deque(_requests(claims)), list[Claim]()
    while requests:
        request = requests.popleft()
        provider = request[0].provider
        if provider is None or clock() - request[0].tried_at > rules.SEND_WITHIN:
            late += request
            continue
        outcomes = provider.send_many([claim.message for claim in request], now=clock())
        if len(request) > 1 and any(isinstance(it, Refused) and it.as_a_whole for it in outcomes):
            requests.extend([claim] for claim in request)
            continue
        _record_sent(database, request=request, outcomes=outcomes, now=clock())
    if late:
        _put_unsent_back(database, claims=late, now=clock())


def defer_due_notices(session: Session, *, now: datetime) -> int:
    """Sweep: wake the sender for what is due, and stop waiting for reports that cannot come any more."""
    due = select(Notice.id, Notice.channel).where(*due_notices(now=now))
    woken = [
        defer(
            session,
            task_for(channel),
            queue=QUEUE_SMS,
            queueing_lock=lock_key(notice_id),
            notice_id=notice_id,
        )
        for notice_id, channel in session.exec(due.order_by(col(Notice.next_try_at)).limit(SWEEP_LIMIT))
        if notice_id is not None
    ]
    return sum(woken) + _give_up_reports(session, now=now)


def _requests(claims: Sequence[Claim]) -> Iterator[list[Claim]]:
    """Claims that go out together: one account, one sender, one channel, no number twice."""
    of_account: dict[str, list[Claim]] = defaultdict(list)
    for claim in claims:
        of_account[claim.account].append(claim)
    for alike in of_account.values():
        by_id = {claim.message.our_id: claim for claim in alike}
        batch = alike[0].provider.batch if alike[0].provider else 1
        for request in requests_of((claim.message for claim in alike), batch=batch):
            yield [by_id[message.our_id] for message in request]


def _record_sent(
    database: Database, *, request: Sequence[Claim], outcomes: Sequence[SendOutcome], now: datetime
) -> None:
    with database.transaction() as session:
        rows = _lock_claimed(session, request)
        for claim, outcome in zip(request, outcomes, strict=True):
            notice = rows.get(claim.notice_id)
            if notice is not None:
                _record_one(session, notice=notice, claim=claim, outcome=outcome, now=now)


def _put_unsent_back(database: Database, *, claims: Sequence[Claim], now: datetime) -> None:
    """As if they had never been claimed: nothing about them is unclear."""
    with database.transaction() as session:
        rows = _lock_claimed(session, claims)
        for claim in claims:
            notice = rows.get(claim.notice_id)
            if notice is not None and _is_still_ours(notice, claim):
                notice.attempts -= 1
                put_back(session, notice=notice, pause=timedelta(0), now=now)


def _lock_claimed(session: Session, claims: Sequence[Claim]) -> dict[int, Notice]:
    query = select(Notice).where(col(Notice.id).in_([claim.notice_id for claim in claims]))
    query = query.order_by(col(Notice.id)).with_for_update()
    return {notice_key(row): row for row in session.exec(query.execution_options(populate_existing=True))}


def _record_one(
    session: Session, *, notice: Notice, claim: Claim, outcome: SendOutcome, now: datetime
) -> None:
    code = outcome.code if isinstance(outcome, Refused) else ""
    detail = outcome.provider_id if isinstance(outcome, Accepted) else outcome.detail
    _keep_attempt(session, claim=claim, outcome=_word(outcome), code=code, detail=detail, now=now)
    is_ours = notice.attempts == claim.attempt
    if isinstance(outcome, Accepted) and is_ours and not notice.provider_message_id:
        notice.provider_message_id = outcome.provider_id
        session.add(notice)
    if not _is_still_ours(notice, claim):
        return
    if isinstance(outcome, Accepted):
        settle(session, notice=notice, state=MessageState.ACCEPTED, by=SYSTEM, now=now)
        _expect_report(notice, claim, now=now)
    elif isinstance(outcome, Refused):
        refused(
            session, notice=notice, fault=outcome.fault, code=outcome.code, detail=outcome.detail, now=now
        )
    else:
        notice.next_try_at, notice.problem = now + SETTLING, f"unclear: {detail}"
        session.add(notice)


def _ask(database: Database, *, claim: Claim, clock: Callable[[], datetime]) -> bool:
    """Ask what became of a try that ended unclear, and write it down. True: it may be sent (again) now."""
    found: FindOutcome = Unclear("the account is not set up any more")
    if claim.provider is not None:
        found = claim.provider.find(claim.message, tried_at=claim.tried_at, now=clock())
    now = clock()
    step = after_unclear(found, tried_at=claim.tried_at, now=now)
    with database.transaction() as session:
        notice = lock_notice(session, notice_id=claim.notice_id)
        if notice is None or not _is_still_ours(notice, claim):
            return False
        code, detail = (found.code, found.provider_id) if isinstance(found, Found) else ("", "")
        _keep_attempt(session, claim=claim, outcome=f"find_{step}", code=code, detail=detail, now=now)
        if isinstance(found, Found):
            _take_over(session, notice=notice, claim=claim, found=found, now=now)
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
        if step is NextStep.ASK_AGAIN:
            _ask_again(session, notice=notice, claim=claim, found=found, now=now)
            return False
        # Certainly not there: another account is as good as this one, and may be better off.
        notice.failed_try, notice.route = notice.attempts, notice.route + (1 if notice.spares else 0)
        return put_back(session, notice=notice, pause=timedelta(0), now=now)


def _ask_again(session: Session, *, notice: Notice, claim: Claim, found: FindOutcome, now: datetime) -> None:
    if claim.tried_at > now:  # the clock went back: it settles from now
        notice.sending_since, notice.next_try_at = now, now + SETTLING
    else:
        settled = claim.tried_at + SETTLING if isinstance(found, NotFound) and found.remembers else now
        notice.next_try_at = settled if settled > now else now + rules.ASK_PAUSE
    session.add(notice)


def _take_over(session: Session, *, notice: Notice, claim: Claim, found: Found, now: datetime) -> None:
    """Take over where a text stands at the provider, after our own record of sending it was lost."""
    if found.state is MessageState.FAILED:
        notice.provider_message_id = found.provider_id
        fault = found.fault or Fault.OPERATOR
        reported_failed(session, notice=notice, fault=fault, code=found.code, by=SYSTEM, now=now)
        return
    state = MessageState.ACCEPTED if found.state is MessageState.QUEUED else found.state
    settle(session, notice=notice, state=state, provider_id=found.provider_id, by=SYSTEM, now=now)
    if state is MessageState.ACCEPTED:
        _expect_report(notice, claim, now=now)


def _expect_report(notice: Notice, claim: Claim, *, now: datetime) -> None:
    if claim.provider is not None:
        notice.report_due_at = rules.next_question(accepted_at=now, now=now, posted=not claim.provider.polls)


def _put_off(database: Database, *, notice_id: int, now: datetime) -> None:
    with database.transaction() as session:
        notice = lock_notice(session, notice_id=notice_id, skip_locked=True)
        if notice is not None and notice.state == "queued" and is_notice_due(notice, now=now):
            notice.next_try_at = now + rules.SLOW_PAUSE
            session.add(notice)


def _give_up_reports(session: Session, *, now: datetime) -> int:
    """After three days no report will come; whether it is still news, who hears of it decides."""
    query = (
        select(Notice)
        .where(col(Notice.state) == "accepted", col(Notice.accepted_at) < now - rules.NO_RECEIPT_AFTER)
        .order_by(col(Notice.accepted_at))
        .limit(SWEEP_LIMIT)
        .with_for_update(skip_locked=True)
    )
    silent = list(session.exec(query))
    for notice in silent:
        settle(
            session,
            notice=notice,
            state=MessageState.UNKNOWN,
            problem=NO_RECEIPT,
            ask=NO_RECEIPT,
            by=SYSTEM,
            now=now,
        )
    return len(silent)


def _is_still_ours(notice: Notice, claim: Claim) -> bool:
    """Neither a report nor another worker has settled this try meanwhile."""
    return (
        notice.state == "queued"
        and notice.attempts == claim.attempt
        and notice.sending_since == claim.tried_at
    )


def _word(outcome: SendOutcome) -> str:
    if isinstance(outcome, Accepted):
        return "accepted"
    return f"refused_{outcome.fault}" if isinstance(outcome, Refused) else "unclear"


def _keep_attempt(
    session: Session, *, claim: Claim, outcome: str, code: str, detail: str, now: datetime
) -> None:
    session.add(
        NoticeAttempt(
            notice_id=claim.notice_id,
            at=now,
            provider=claim.account,
            outcome=outcome,
            code=code,
            detail=detail[:2000],
        )
    )
