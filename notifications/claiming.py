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
from notifications import rules
from notifications.adverts import Agreeing, is_advert, let_go, nobody
from notifications.alimtalk import read_templates
from notifications.catalogue import shelf_life
from notifications.models import Notice, NoticeAttempt
from notifications.newest import hold_back
from notifications.outbox_rows import lock_key
from notifications.outcomes import NO_VOICE, fail, goes_on
from notifications.providers.base import Channel, OutgoingMessage, Provider
from notifications.providers.choice import Carriers
from notifications.settling import notice_key, take_back
from notifications.text_instead import NO_VOICE as NO_VOICE_FOR_IT
from notifications.text_instead import go_on_as_text
from notifications.texts import fit_channel, spoken
from notifications.ways import USUAL, Way, voice_may_ring

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


def claim_due(
    database: Database, *, notice_id: int, carriers: Carriers, now: datetime, agreeing: Agreeing = nobody
) -> list[Claim]:
    """Take the notice and whatever else is due, for one try each. Empty when it is not due, or not ours.

    One whose fate is unclear comes alone. The wake-ups of those that come along are taken back.

    Args:
        agreeing: who still takes advertisements; nobody, unless it is said.
    """
    with database.transaction() as session:
        notice = lock_notice(session, notice_id=notice_id, skip_locked=True)
        if notice is None or notice.state != "queued" or not is_notice_due(notice, now=now):
            return []
        if notice.channel == "PUSH":  # `push.send_push` has it
            return []
        if notice.sending_since is not None:
            return [_claim_unclear(session, notice=notice, carriers=carriers, now=now)]
        may_go = let_go(session, (notice,), agreeing=agreeing, now=now)
        first = _claim(session, notice=notice, carriers=carriers, now=now) if may_go else None
        batch = first.provider.batch if first and first.provider else rules.BATCH
        room = min(rules.BATCH, rules.REQUESTS * batch) - 1
        others = _others_due(session, notice_id=notice_id, now=now, limit=room)
        if others:
            drop_waiting(session, [lock_key(notice_key(other)) for other in others])
        due = let_go(session, others, agreeing=agreeing, now=now)
        claims = [first, *(_claim(session, notice=each, carriers=carriers, now=now) for each in due)]
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
    template, by_voice = None, notice.channel == "VOICE"
    if notice.channel == "ALIMTALK":
        template = read_templates(session, company_id=notice.company_id).get(
            (notice.provider, notice.event, notice.variant, notice.template_version)
        )
    return OutgoingMessage(
        our_id=rules.our_id(notice_id=notice_key(notice), attempt=notice.attempts),
        to=notice.to_phone,
        sender=notice.from_phone,
        channel=cast("Channel", notice.channel),
        text=_read_out(notice) if by_voice else notice.text,
        subject=notice.subject if notice.channel == "LMS" else None,
        template=template,
        advert=is_advert(notice),
    )


def _read_out(notice: Notice) -> str:
    """What a voice says: a reminder's own words, else those of the text as one speaks them."""
    return notice.spoken_text or spoken(notice.text)


def _others_due(session: Session, *, notice_id: int, now: datetime, limit: int) -> list[Notice]:
    query = (
        select(Notice)
        .where(
            *due_notices(now=now),
            col(Notice.sending_since).is_(None),
            col(Notice.id) != notice_id,
            col(Notice.channel) != "PUSH",
        )
        .order_by(col(Notice.next_try_at))
        .limit(limit)
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
    company = read_rules(session, company_id=notice.company_id, at=now)
    order = carriers.order(company.text_accounts)
    if notice.channel == "VOICE":
        speaking = tuple(name for name in order if "VOICE" in carriers.accounts[name].channels)
        is_reminder = notice.spoken_text is not None
        if speaking and (is_reminder or voice_may_ring(company, now)):
            order = speaking
        elif is_reminder:
            go_on_as_text(session, notice=notice, why=NO_VOICE_FOR_IT, now=now)
            return None
        elif not goes_on(notice):
            problem = notice.problem or "configuration:NO_VOICE"
            fail(session, notice=notice, problem=problem, why=NO_VOICE, now=now)
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
    """Not after the moment up to which it is allowed, however long it has waited or was tried before."""
    if notice.not_after is not None and now >= notice.not_after:
        notice.withdrawn_reason = NO_LONGER
        take_back(session, notice=notice, by=SYSTEM, now=now)
        return False
    return True


def _channel_for(session: Session, notice: Notice, *, account: str, carriers: Carriers) -> str:
    """알림톡 where this account has an approval for exactly these words, else the text that they fit into.

    An advertisement is none of KakaoTalk's notices.
    """
    if notice.channel == "VOICE":
        return "VOICE"
    key = (account, notice.event, notice.variant, notice.template_version)
    if (
        Way.ALIMTALK in (notice.ways or USUAL)
        and not notice.text_only
        and not is_advert(notice)
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
