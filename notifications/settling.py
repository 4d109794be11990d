"""What becomes of a notice, written down: the state, the timeline, the open pages, and who must be asked."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session

from core import audit, events, live
from core.actor import Actor
from notifications.events import NoticeFailed
from notifications.models import Notice
from notifications.providers.base import MessageState
from notifications.texts import sms_bytes, spoken

_WHAT = {
    MessageState.ACCEPTED: "NoticeAccepted",
    MessageState.DELIVERED: "NoticeDelivered",
    MessageState.FAILED: "NoticeFailed",
    MessageState.UNKNOWN: "NoticeUnknown",
}


def notice_key(notice: Notice) -> int:
    """The id of a stored notice."""
    if notice.id is None:
        raise ValueError("the notice is not stored yet")
    return notice.id


def subject_of(notice: Notice) -> tuple[str, int]:
    """Whose timeline it stands in: its case's, or its invitation's."""
    if notice.ticket_id is not None:
        return "ticket", notice.ticket_id
    return "invitation", notice.invitation_id or 0


def settle(
    session: Session,
    *,
    notice: Notice,
    state: MessageState,
    by: Actor,
    now: datetime,
    provider_id: str | None = None,
    problem: str | None = None,
    ask: str | None = None,
) -> None:
    """Put a locked notice into `state`; with `ask` a person is asked to see to it, for that reason."""
    notice.state = state.value
    notice.sending_since = notice.report_due_at = None
    notice.problem = problem
    if provider_id:
        notice.provider_message_id = provider_id
    if state is MessageState.ACCEPTED:
        notice.accepted_at = now
    else:
        notice.settled_at = now
        if notice.channel == "VOICE":
            notice.fall_back_at = None
        if state is MessageState.DELIVERED and notice.channel == "VOICE" and notice.spoken_text is None:
            notice.text = spoken(notice.text)  # what was heard, and not what a text would have had
            notice.bytes, notice.subject = sms_bytes(notice.text), ""
        if state is MessageState.DELIVERED:
            notice.accepted_at = notice.accepted_at or now
    note_change(session, notice=notice, what=_WHAT[state], by=by, now=now, reason=problem)
    if ask is not None:
        ask_person(session, notice=notice, why=ask, now=now)


def take_back(session: Session, *, notice: Notice, by: Actor, now: datetime) -> None:
    """The text stopped being true before anybody had it."""
    notice.state, notice.settled_at, notice.sending_since = "withdrawn", now, None
    note_change(
        session, notice=notice, what="NoticeWithdrawn", by=by, now=now, reason=notice.withdrawn_reason
    )


def note_change(
    session: Session, *, notice: Notice, what: str, by: Actor, now: datetime, reason: str | None = None
) -> None:
    """Write the ticket's timeline and tell the open pages, in the caller's transaction."""
    session.add(notice)
    audit.record(
        session,
        by=by,
        at=now,
        what=what,
        subject=subject_of(notice),
        company_id=notice.company_id,
        reason=reason,
        data={"notice_id": notice.id, "event": notice.event, "recipient": notice.recipient},
    )
    announce(session, notice=notice)


def announce(session: Session, *, notice: Notice) -> None:
    """Tell the open pages that a notice is new or stands differently."""
    if notice.ticket_id is None:
        return
    live.announce(
        session,
        company_id=notice.company_id,
        topic="notice",
        id=notice.ticket_id,
        notice_id=notice.id,
    )


def ask_person(session: Session, *, notice: Notice, why: str, now: datetime) -> None:
    """Announce that this recipient was not told; nobody is asked about what is not true any more.

    Nobody rings about an invitation either: only who is told by text was to be invited.
    """
    if notice.ticket_id is None:
        return
    if notice.withdrawn_reason is not None or notice.outdated_at is not None:
        return
    events.publish(
        session,
        NoticeFailed(
            company_id=notice.company_id,
            at=now,
            ticket_id=notice.ticket_id,
            told=notice.event,
            generation=notice.generation,
            recipient=notice.recipient,
            why=why,
            notice_id=notice_key(notice),
        ),
    )
