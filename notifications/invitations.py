"""Texts to homes that called about nothing: framed as the law asks of advertisements, or information.

The frame is put around whatever the company words: `(광고)` first, the free number to refuse by last. So no
wording of a company can lose what the law asks.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from core.actor import SYSTEM
from core.dated import CompanyRules
from core.db import any_of
from core.i18n import _
from core.phones import parse_phone
from notifications import advert, template_store, texts, wording
from notifications.adverts import BadAdvertError, require_lawful
from notifications.catalogue import Event
from notifications.messages import CheckupInvited
from notifications.models import Notice
from notifications.outbox_rows import is_known, put
from notifications.recipients import Delivery
from notifications.schemas import BrandFacts
from notifications.settling import notice_key, take_back

REFUSE_LINE = "무료 수신 거부 {number}"


@dataclass(frozen=True)
class Frame:
    """How an invitation goes out. `refuse_by` (080…): as an advertisement; None: as information."""

    refuse_by: str | None
    held_until: datetime | None
    not_after: datetime | None


def advert_frame(rules: CompanyRules, *, now: datetime) -> Frame:
    """As an advertisement: by day, with the company's free number."""
    at = advert.next_hour(now, day_from=rules.advert_from, day_until=rules.advert_until)
    return Frame(rules.advert_refusal_number, at if at > now else None, None)


@dataclass(frozen=True)
class Written:
    """An invitation's text, framed. `subject` is empty where it goes as a short text."""

    text: str
    subject: str
    channel: str
    template_version: str

    @property
    def bytes(self) -> int:
        """Of the text in cp949."""
        return texts.sms_bytes(self.text)


def write_invitation(
    session: Session,
    *,
    company_id: int,
    facts: CheckupInvited,
    variant: str,
    frame: Frame,
    acquaintance: wording.Acquaintance = "FIRST",
) -> Written:
    """The text as it goes out, by the company's own wording where it has one. Nothing is stored.

    Args:
        acquaintance: whether a text went to the number before. An advertisement goes to who asked for it.

    Raises:
        BadAdvertError: it lacks what an advertisement must have, or is one although it goes as information.
        texts.TextError, PhoneError: it cannot be written.
    """
    own = template_store.own_wordings(session, company_id=company_id, event=Event.CHECKUP_INVITED)
    knows = acquaintance if frame.refuse_by is None else "LATER"
    rendered = wording.render(context=facts, variant=variant, acquaintance=knows, own=own)
    text = _framed(rendered.text, frame, maker=facts.case.maker)
    channel = texts.fit_channel(text)
    subject = _subject(facts, frame) if channel == "LMS" else ""
    return Written(text, subject, channel, rendered.template_version)


def put_invitation(
    session: Session,
    *,
    invitation_id: int,
    generation: int,
    facts: CheckupInvited,
    delivery: Delivery,
    frame: Frame,
    sender: BrandFacts,
    now: datetime,
) -> int | None:
    """Put one invitation into the outbox. Returns the notice's id; None when it stood there already.

    Raises:
        BadAdvertError: it lacks what an advertisement must have, or is one although it goes as information.
        texts.TextError, PhoneError: it cannot be written.
    """
    known = is_known(session, company_id=sender.company_id, phone=delivery.phone)
    written = write_invitation(
        session,
        company_id=sender.company_id,
        facts=facts,
        variant=delivery.variant,
        frame=frame,
        acquaintance="LATER" if known else "FIRST",
    )
    row = Notice(
        company_id=sender.company_id,
        invitation_id=invitation_id,
        event=Event.CHECKUP_INVITED.value,
        generation=generation,
        recipient=delivery.recipient.value,
        channel=written.channel,
        to_phone=delivery.phone,
        from_phone=sender.sender_number,
        subject=written.subject,
        text=written.text,
        bytes=written.bytes,
        template_version=written.template_version,
        variant=delivery.variant,
        created_at=now,
        next_try_at=frame.held_until or now,
        held_until=frame.held_until,
        not_after=frame.not_after,
        text_only=True,  # 알림톡 is for information that was asked for, and approved without a frame
    )
    return put(session, row=row)


def withdraw_invitations(
    session: Session, *, invitation_ids: Collection[int], reason: str, now: datetime
) -> set[int]:
    """Take back those that were not sent yet. Returns the invitations that nobody has been told of."""
    query = (
        select(Notice)
        .where(col(Notice.invitation_id).in_(invitation_ids), col(Notice.state) == "queued")
        .order_by(col(Notice.id))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    gone = set()
    for notice in session.exec(query):
        notice.withdrawn_reason = reason
        session.add(notice)
        if notice.sending_since is None:
            take_back(session, notice=notice, by=SYSTEM, now=now)
            gone.add(notice.invitation_id or 0)
    session.flush()
    return gone


def states_of_invitations(session: Session, *, invitation_ids: Collection[int]) -> dict[int, str]:
    """Where the newest text of each stands."""
    query = (
        select(Notice.invitation_id, Notice.state)
        .where(any_of(Notice.invitation_id, "ids"))
        .order_by(col(Notice.generation))
    )
    found = session.execute(query, {"ids": list(invitation_ids)})
    return {key: state for key, state in found if key is not None}


def texts_of_invitations(session: Session, *, invitation_ids: Collection[int]) -> list[int]:
    """The ids of their notices."""
    query = select(Notice).where(col(Notice.invitation_id).in_(invitation_ids))
    return [notice_key(row) for row in session.exec(query)]


def _framed(text: str, frame: Frame, *, maker: str) -> str:
    if frame.refuse_by is None:
        if advert.check(text).is_ad:
            raise BadAdvertError(_("광고가 되는 말이 있어 안내로 보낼 수 없습니다."))
        return text
    number = parse_phone(frame.refuse_by)
    framed = f"{advert.MARK} {text}\n{REFUSE_LINE.format(number=number.display)}"
    require_lawful(framed, maker=maker, free_number=number.e164)
    return framed


def _subject(facts: CheckupInvited, frame: Frame) -> str:
    mark = f"{advert.MARK} " if frame.refuse_by is not None else ""
    maker = texts.shorten(facts.case.maker, texts.NAME_BYTES // 2, instead=texts.NAMELESS)
    return texts.require_subject(f"{mark}[{maker}] 사전점검")
