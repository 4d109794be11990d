"""Tables of the outbox. Private to this package. Key: (ticket, event, generation, recipient)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from core.models import big_id, in_values, json_column


class Notice(SQLModel, table=True):
    """One thing one person is told. Its key makes telling twice impossible; attempts hang below it."""

    __tablename__ = "notice"
    __table_args__ = (
        Index("ux_notice", "ticket_id", "event", "generation", "recipient", unique=True),
        Index("ix_notice_due", "next_try_at", postgresql_where=text("state = 'queued'")),
        Index("ix_notice_accepted", "accepted_at", postgresql_where=text("state = 'accepted'")),
        Index("ix_notice_report_due", "report_due_at", postgresql_where=text("report_due_at IS NOT NULL")),
        Index("ix_notice_company", "company_id", "id"),
        Index("ix_notice_to", "to_phone"),
        Index("ix_notice_company_at", "company_id", "created_at", "id"),
        Index("ix_notice_company_event_at", "company_id", "event", "created_at", "id"),
        Index("ix_notice_company_channel_at", "company_id", "channel", "created_at", "id"),
        Index(
            "ix_notice_not_delivered",
            "company_id",
            "state",
            "created_at",
            "id",
            postgresql_where=text("state <> 'delivered'"),
        ),
        Index("ix_notice_fall_back", "fall_back_at", postgresql_where=text("fall_back_at IS NOT NULL")),
        Index(
            "ux_notice_invitation",
            "invitation_id",
            "generation",
            unique=True,
            postgresql_where=text("invitation_id IS NOT NULL"),
        ),
        CheckConstraint("num_nonnulls(ticket_id, invitation_id) = 1", name="of_one"),
        in_values("state", "queued", "accepted", "delivered", "failed", "unknown", "withdrawn"),
        in_values("channel", "PUSH", "SMS", "LMS", "ALIMTALK", "VOICE"),
        in_values("recipient", "resident", "requester", "payer", "technician", "point"),
    )

    id: int | None = big_id()
    company_id: int = Field(sa_type=BigInteger, foreign_key="company.id")
    ticket_id: int | None = Field(default=None, sa_type=BigInteger, foreign_key="ticket.id")
    """The case it is about; None of an invitation, which is about no case yet."""
    invitation_id: int | None = Field(default=None, sa_type=BigInteger, foreign_key="campaign_invitation.id")
    event: str
    generation: int
    recipient: str
    channel: str
    to_phone: str
    """E.164."""
    from_phone: str
    """The company's registered sender, E.164; taken from the ticket's company alone."""
    subject: str = ""
    text: str = Field(sa_type=Text)
    bytes: int
    template_version: str
    variant: str = Field(default="", sa_column_kwargs={"server_default": ""})
    """Whose wording it is: `resident`, `requester`, `shared`, …"""
    state: str = "queued"
    created_at: datetime
    next_try_at: datetime
    attempts: int = 0
    sending_since: datetime | None = None
    """Set before the call to the provider; still set later means unclear -> query first."""
    provider: str = ""
    """The account that was tried last, by its name in the settings."""
    route: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    """Which of the company's accounts is next, counted on from its first."""
    spares: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    """How many further accounts came after the one tried last."""
    failed_try: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    """The last try that certainly came to nothing: of it and of those before, only a delivery is news."""
    ways: list[str] | None = Field(default=None, sa_column=json_column(nullable=True))
    """In which order it is tried (`ways.Way`); None: the usual one."""
    text_only: bool = Field(default=False, sa_column_kwargs={"server_default": "false"})
    """알림톡 did not get there: from now on as a text."""
    outdated_at: datetime | None = None
    """When it stopped being true after it had gone out: it is never sent again, and nobody is asked."""
    report_due_at: datetime | None = None
    """When to ask what became of it, where results are not posted to us."""
    provider_message_id: str | None = Field(default=None, index=True)
    accepted_at: datetime | None = None
    settled_at: datetime | None = None
    problem: str | None = Field(default=None, sa_type=Text)
    """Our word for what went wrong: `retry`, `permanent`, `configuration`, `operator`, with the code."""
    withdrawn_reason: str | None = None
    line: str | None = None
    """Of which changing truth it speaks (`newest.py`): a newer text of the line makes it untrue."""
    truth: dict[str, Any] | None = Field(default=None, sa_column=json_column(nullable=True))
    """What it says is so, as plain values: nobody is told the same truth twice in a row."""
    held_until: datetime | None = None
    """Quiet hours: not sent before, because it can wait for the morning."""
    not_after: datetime | None = None
    """From then on it may not go out any more as it is: it is withdrawn instead."""
    destroyed_at: datetime | None = None
    """When retention emptied what it said and to whom; that it was sent stays."""
    person_id: int | None = Field(default=None, sa_type=BigInteger, foreign_key="person.id")
    """Of staff, who it is for; a family's people are known by role and number."""
    push_text: str | None = Field(default=None, sa_type=Text)
    """What his phone's locked screen shows: no name and no address."""
    spoken_text: str | None = Field(default=None, sa_type=Text)
    """What a voice reads out to him; `text` is what he reads when he does not answer."""
    fall_back_at: datetime | None = None
    """A push not acknowledged by then, a call not answered, goes on as a text. None: nothing waits."""
    resend_of_id: int | None = Field(default=None, sa_type=BigInteger, foreign_key="notice.id", index=True)
    """Sent once more by a person's hand: the notice it repeats."""
    resend_reason: str | None = Field(default=None, sa_type=Text)


class NoticeAttempt(SQLModel, table=True):
    """One call to a provider for a notice, with what it answered."""

    __tablename__ = "notice_attempt"

    id: int | None = big_id()
    notice_id: int = Field(sa_type=BigInteger, foreign_key="notice.id", index=True)
    at: datetime
    provider: str
    outcome: str
    code: str = ""
    detail: str = Field(default="", sa_type=Text)


class AlimtalkTemplate(SQLModel, table=True):
    """KakaoTalk has approved exactly this wording for the company; another wording wants another approval."""

    __tablename__ = "alimtalk_template"
    __table_args__ = (
        Index(
            "ux_alimtalk_template",
            "company_id",
            "account",
            "event",
            "variant",
            "wording_version",
            unique=True,
            postgresql_where=text("state = 'approved'"),
        ),
        in_values("state", "approved", "stopped"),
    )

    id: int | None = big_id()
    company_id: int = Field(sa_type=BigInteger, foreign_key="company.id")
    account: str
    """The account in the settings under which the provider knows the template."""
    event: str
    variant: str
    wording_version: str
    channel_key: str
    """The company's KakaoTalk channel as that provider calls it (`pfId`, `plusFriendId`)."""
    code: str
    state: str = "approved"
    entered_at: datetime
    stopped_at: datetime | None = None


class ProviderReceipt(SQLModel, table=True):
    """A webhook entry as it came; the provider's event id makes a second delivery harmless."""

    __tablename__ = "provider_receipt"

    id: int | None = big_id()
    provider: str
    event_id: str = Field(unique=True)
    notice_id: int | None = Field(default=None, sa_type=BigInteger, foreign_key="notice.id", index=True)
    received_at: datetime
    status_code: str
    body: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))


class PushSubscription(SQLModel, table=True):
    """A browser on which a member of staff asked to be told: its address at a push service, and its keys."""

    __tablename__ = "push_subscription"
    __table_args__ = (
        Index("ux_push_subscription", "company_id", "endpoint", unique=True),
        Index("ix_push_subscription_person", "person_id", "company_id"),
    )

    id: int | None = big_id()
    company_id: int = Field(sa_type=BigInteger, foreign_key="company.id")
    person_id: int = Field(sa_type=BigInteger, foreign_key="person.id")
    endpoint: str = Field(sa_type=Text)
    public_key: str
    """base64url, 65 bytes."""
    auth: str
    """base64url, 16 bytes."""
    created_at: datetime
    renewed_at: datetime
    """When the browser last said that it is still there."""
    session_id: int | None = Field(
        default=None, sa_type=BigInteger, foreign_key="web_session.id", ondelete="SET NULL", index=True
    )
    """The log-in in which it said so last: who logs out there is told there no more."""
