"""Taking notices out of the queue for one try: who carries it, on which channel, under which id."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import cast

from sqlalchemy import ColumnElement
from sqlmodel import Session, col, or_, select

from core.actor import SYSTEM
from core.dated import read_rules
from core.db import Database
from core.jobs import drop_waiting
from core.sweeping import due_rows, is_due
from notifications import advert, rules
from notifications.alimtalk import read_templates
from notifications.catalogue import shelf_life
from notifications.models import Notice, NoticeAttempt
from notifications.newest import hold_back
from notifications.outcomes import fail
from notifications.providers.base import Channel, OutgoingMessage, Provider
from notifications.providers.choice import Carriers
from notifications.settling import notice_key, take_back
from notifications.texts import fit_channel

NO_LONGER = "not_allowed_any_more"
ALIMTALK_CHARACTERS = 1000
"""KakaoTalk's own limit; a longer wording goes as a text."""


@dataclass(frozen=True)
class Claim:
    """A try that is ours until the lease ends; with `asks` its fate is unclear and is asked for first.

    `provider` is None where the account that has the unclear try is not set up any more.
    """

    notice_id: int
    attempt: int
    tried_at: datetime
    account: str
    provider: Provider | None
    message: OutgoingMessage
    asks: bool = False


def lock_key(notice_id: int) -> str:
    """Under which a notice's wake-up waits: at most one."""
    return f"notice-{notice_id}"


def claim_due(database: Database, *, notice_id: int, carriers: Carriers, now: datetime) -> list[Claim]:
    """Take the notice and whatever else is due, for one try each. Empty when it is not due, or not ours.

    One whose fate is unclear comes alone. The wake-ups of those that come along are taken back.
    """
    with database.transaction() as session:
        notice = lock_notice(session, notice_id=notice_id, skip_locked=True)
        if notice is None or notice.state != "queued" or not is_notice_due(notice, now=now):
            return []
        if notice.channel == "PUSH":  # `push.send_push` has it
            return []
        if notice.sending_since is not None:
            return [_claim_unclear(session, notice=notice, carriers=carriers, now=now)]
        others = _others_due(session, notice_id=notice_id, now=now)
        if others:
            drop_waiting(session, [lock_key(notice_key(other)) for other in others])
        claims = [_claim(session, notice=each, carriers=carriers, now=now) for each in (notice, *others)]
        return [claim for claim in claims if claim is not None]


def lock_notice(session: Session, *, notice_id: int, skip_locked: bool = False) -> Notice | None:
    """The row, held until the transaction ends."""
    query = select(Notice).where(col(Notice.id) == notice_id).with_for_update(skip_locked=skip_locked)
    return session.exec(query.execution_options(populate_existing=True)).one_or_none()


def is_notice_due(notice: Notice, *, now: datetime) -> bool:
    """Whether its moment has come, also after the clock went back; what waits for the morning does not."""
    if notice.held_until is not None and notice.held_until > now:
        return False
    return is_due(notice.next_try_at, now=now, longest_wait=rules.LONGEST_WAIT)


def due_notices(*, now: datetime) -> tuple[ColumnElement[bool], ...]:
    """Conditions on rows that wait to be sent or asked about."""
    return (
        col(Notice.state) == "queued",
        or_(col(Notice.held_until).is_(None), col(Notice.held_until) <= now),
        due_rows(Notice.next_try_at, now=now, longest_wait=rules.LONGEST_WAIT),
    )


def message_of(session: Session, notice: Notice) -> OutgoingMessage:
    """The text as its provider was, or is about to be, given it."""
    template = None
    if notice.channel == "ALIMTALK":
        template = read_templates(session, company_id=notice.company_id).get(
            (notice.provider, notice.event, notice.variant, notice.template_version)
        )
    return OutgoingMessage(
        our_id=rules.our_id(notice_id=notice_key(notice), attempt=notice.attempts),
        to=notice.to_phone,
        sender=notice.from_phone,
        channel=cast("Channel", notice.channel),
        text=notice.text,
        subject=notice.subject if notice.channel == "LMS" else None,
        template=template,
    )


def _others_due(session: Session, *, notice_id: int, now: datetime) -> list[Notice]:
    query = (
        select(Notice)
        .where(
            *due_notices(now=now),
            col(Notice.sending_since).is_(None),
            col(Notice.id) != notice_id,
            col(Notice.channel) != "PUSH",
        )
        .order_by(col(Notice.next_try_at))
        .limit(rules.BATCH - 1)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    )
    return list(session.exec(query))


def _claim(session: Session, *, notice: Notice, carriers: Carriers, now: datetime) -> Claim | None:
    """Take one for a try, unless it must wait for an earlier one; what is too old is told by a person."""
    if not _may_go(session, notice, now=now) or hold_back(session, notice, now=now):
        return None
    if now - (notice.held_until or notice.created_at) > shelf_life(notice.event):
        fail(session, notice=notice, problem=notice.problem or "too_late", why="too_late", now=now)
        return None
    chosen = read_rules(session, company_id=notice.company_id, at=now).text_accounts
    order = carriers.order(chosen)
    if notice.channel == "VOICE":
        order = tuple(name for name in order if "VOICE" in carriers.accounts[name].channels)
        if not order:
            fail(session, notice=notice, problem="configuration:NO_VOICE", why="not_reached", now=now)
            return None
    account = order[notice.route % len(order)]
    notice.spares = len(order) - 1 - notice.route % len(order)
    notice.provider = account
    notice.channel = _channel_for(session, notice, account=account, carriers=carriers)
    notice.attempts += 1
    notice.sending_since = now
    notice.next_try_at = now + rules.LEASE
    session.add(notice)
    return Claim(
        notice_id=notice_key(notice),
        attempt=notice.attempts,
        tried_at=now,
        account=account,
        provider=carriers.accounts[account],
        message=message_of(session, notice),
    )


def _may_go(session: Session, notice: Notice, *, now: datetime) -> bool:
    """What the law asks at the moment of sending, however long a text has waited or was tried before."""
    if notice.not_after is not None and now >= notice.not_after:
        notice.withdrawn_reason = NO_LONGER
        take_back(session, notice=notice, by=SYSTEM, now=now)
        return False
    company = read_rules(session, company_id=notice.company_id, at=now)
    hours = {"day_from": company.advert_from, "day_until": company.advert_until}
    if notice.text.startswith(advert.MARK) and not advert.may_go_at(now, **hours):
        notice.held_until = notice.next_try_at = advert.next_hour(now, **hours)
        session.add(notice)
        return False
    return True


def _channel_for(session: Session, notice: Notice, *, account: str, carriers: Carriers) -> str:
    """알림톡 where this account has an approval for exactly these words, else the text that they fit into."""
    if notice.channel == "VOICE":
        return "VOICE"
    key = (account, notice.event, notice.variant, notice.template_version)
    if (
        not notice.text_only
        and len(notice.text) <= ALIMTALK_CHARACTERS
        and "ALIMTALK" in carriers.accounts[account].channels
        and key in read_templates(session, company_id=notice.company_id)
    ):
        return "ALIMTALK"
    return fit_channel(notice.text) if notice.channel == "ALIMTALK" else notice.channel


def _claim_unclear(session: Session, *, notice: Notice, carriers: Carriers, now: datetime) -> Claim:
    """The account that may have it is asked, whatever the company's order is by now."""
    tried_at = notice.sending_since or now
    notice.next_try_at = now + rules.LEASE
    session.add(notice)
    known = select(NoticeAttempt.detail).where(
        col(NoticeAttempt.notice_id) == notice.id, col(NoticeAttempt.outcome).in_(("accepted", "find_settle"))
    )
    message = message_of(session, notice)
    return Claim(
        notice_id=notice_key(notice),
        attempt=notice.attempts,
        tried_at=tried_at,
        account=notice.provider,
        provider=carriers.accounts.get(notice.provider),
        message=replace(message, earlier=frozenset(session.exec(known))),
        asks=True,
    )
