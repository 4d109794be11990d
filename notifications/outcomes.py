"""What follows a try that came to nothing: the same again, another account, another way, or a person.

In this order, and only after what certainly failed: another account when this one cannot (busy, key, sender,
balance); a text where 알림톡 does not arrive; the same again after a pause; the next way of the company's
order (`ways`); a person's task. Nothing that may have arrived is sent again, and nothing that stopped being
true.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog
from sqlmodel import Session

from core.actor import SYSTEM, Actor
from notifications import rules
from notifications.catalogue import shelf_life
from notifications.models import Notice
from notifications.providers.base import Fault, MessageState
from notifications.settling import note_change, settle, take_back
from notifications.texts import fit_channel
from notifications.ways import Way, next_way

log = structlog.get_logger(__name__)

NOT_REACHED = "not_reached"
"""Nobody took the call that would have read the text out."""
NO_VOICE = "no_voice"
"""No voice could call: none of the company's accounts has one, or it is not its hour."""


def refused(session: Session, *, notice: Notice, fault: Fault, code: str, detail: str, now: datetime) -> None:
    """The provider certainly does not have it."""
    problem = f"{fault}:{code} {detail}".strip()
    notice.failed_try = notice.attempts
    if _goes_otherwise(session, notice=notice, fault=fault, problem=problem, by=SYSTEM, now=now):
        return
    pause = rules.pause_after(fault, attempts=notice.attempts)
    if pause is None or notice.channel == "VOICE":
        if goes_on(notice):
            _again(session, notice=notice, problem=problem, pause=timedelta(0), route=0, by=SYSTEM, now=now)
            return
        fail(session, notice=notice, problem=problem, why=why_of(notice, fault), now=now)
        return
    is_new = notice.problem != problem
    notice.problem, notice.route = problem, 0
    if put_back(session, notice=notice, pause=pause, now=now) and is_new and fault is not Fault.RETRY:
        log.error("notices_stuck", fault=str(fault), code=code, company_id=notice.company_id)
        note_change(session, notice=notice, what="NoticeStuck", by=SYSTEM, now=now, reason=problem)


def reported_failed(
    session: Session, *, notice: Notice, fault: Fault, code: str, by: Actor, now: datetime
) -> None:
    """It was taken, and the carrier says that it did not arrive."""
    problem = f"{fault}:{code}"
    notice.failed_try = notice.attempts
    written = notice.held_until or notice.created_at  # a night in which it might not go does not age it
    still_helps = now - written <= shelf_life(notice.event) and notice.outdated_at is None
    if still_helps:
        if _goes_otherwise(session, notice=notice, fault=fault, problem=problem, by=by, now=now):
            return
        if fault is Fault.RETRY and notice.channel != "VOICE":
            pause = rules.pause_after(fault, attempts=notice.attempts) or timedelta(0)
            _again(session, notice=notice, problem=problem, pause=pause, route=0, by=by, now=now)
            return
        if goes_on(notice):
            _again(session, notice=notice, problem=problem, pause=timedelta(0), route=0, by=by, now=now)
            return
    settle(
        session,
        notice=notice,
        state=MessageState.FAILED,
        problem=problem,
        ask=why_of(notice, fault),
        by=by,
        now=now,
    )


def goes_on(notice: Notice) -> bool:
    """Take the next way of the company's order after this one; False: there is none but a person's call."""
    following = next_way(notice.ways, channel=notice.channel)
    if following is None:
        return False
    notice.channel = "VOICE" if following is Way.VOICE else fit_channel(notice.text)
    return True


def put_back(session: Session, *, notice: Notice, pause: timedelta, now: datetime) -> bool:
    """Back into the queue, unless it was withdrawn while it was under way. False: it was."""
    if notice.withdrawn_reason is not None:
        take_back(session, notice=notice, by=SYSTEM, now=now)
        return False
    notice.sending_since, notice.next_try_at = None, now + pause
    session.add(notice)
    return True


def fail(session: Session, *, notice: Notice, problem: str, why: str, now: datetime) -> None:
    """Nothing more is tried: a person is asked, for this reason."""
    settle(session, notice=notice, state=MessageState.FAILED, problem=problem, ask=why, by=SYSTEM, now=now)


def why_of(notice: Notice, fault: Fault) -> str:
    """The reason that a person is given."""
    return NOT_REACHED if notice.channel == "VOICE" else str(fault)


def _goes_otherwise(
    session: Session, *, notice: Notice, fault: Fault, problem: str, by: Actor, now: datetime
) -> bool:
    """Whether another account or channel takes it over at once."""
    at_once = timedelta(0)
    if notice.channel == "ALIMTALK" and (fault is not Fault.RETRY or not notice.spares):
        notice.text_only, notice.channel = True, fit_channel(notice.text)
        _again(session, notice=notice, problem=problem, pause=at_once, route=notice.route, by=by, now=now)
        return True
    if fault not in (Fault.PERMANENT, Fault.CHANNEL) and notice.spares:
        _again(session, notice=notice, problem=problem, pause=at_once, route=notice.route + 1, by=by, now=now)
        return True
    if notice.channel == "VOICE" and notice.spoken_text is not None:
        notice.channel, notice.fall_back_at = fit_channel(notice.text), None
        _again(session, notice=notice, problem=problem, pause=at_once, route=0, by=by, now=now)
        return True
    return False


def _again(
    session: Session,
    *,
    notice: Notice,
    problem: str,
    pause: timedelta,
    route: int,
    by: Actor,
    now: datetime,
) -> None:
    """Out once more under another id of ours; what the earlier try still says counts when it arrived."""
    notice.state, notice.problem, notice.route = "queued", problem, route
    notice.provider_message_id = notice.accepted_at = notice.settled_at = notice.report_due_at = None
    if put_back(session, notice=notice, pause=pause, now=now):
        note_change(session, notice=notice, what="NoticeGoesAgain", by=by, now=now, reason=problem)
