"""A wording sent to one's own phone: through the same provider as every text, with a row of its own.

It belongs to no ticket, so it is no notice: nobody is asked to see to it when it fails, and it is never sent
twice: a try whose end is unclear stays unclear, and who wants another asks for another.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

from sqlalchemy import delete, func
from sqlmodel import Session, col, select

from core import audit
from core.actor import Actor
from core.dated import read_rules
from core.db import Database, count_changed
from core.errors import DomainError, FieldError, InvalidError
from core.i18n import _
from core.jobs import QUEUE_SMS, defer
from core.phones import PhoneError, parse_phone
from notifications import texts
from notifications.catalogue import Event
from notifications.providers.base import (
    Accepted,
    MessageState,
    OutgoingMessage,
    Receipt,
    Refused,
    SendOutcome,
    later_state,
    send_one,
)
from notifications.providers.choice import Carriers
from notifications.schemas import BrandFacts
from notifications.wording_models import TrialText

TASK_SEND_TRIAL = "send_trial_text"
MARK = "(시험) "
"""Before the text: a wrong number would believe that somebody comes."""
MOST_AN_HOUR = 20
KEPT = timedelta(days=7)
SEND_WITHIN = timedelta(minutes=10)
"""Later nobody waits for it beside his phone."""
TOO_LATE = "too_late"
_OUR_ID = "trial-"


class TooManyTrialsError(DomainError):
    """A company's people tried too often within an hour."""

    status = 429
    code = "too-many-trials"


@dataclass(frozen=True)
class Trial:
    """One text that was asked for, and what became of it. `state` as a notice's, or `sending`."""

    id: int
    event: str
    variant: str
    channel: str
    bytes: int
    to_phone: str
    state: str
    problem: str | None
    at: datetime
    by: str


def ask_for_trial(
    session: Session,
    *,
    event: Event,
    variant: str,
    text: str,
    subject: str,
    to_phone: str,
    sender: BrandFacts,
    by: Actor,
    now: datetime,
) -> int:
    """Put a finished text for one phone (the number in any writing) into the queue; returns the row's id.

    Raises:
        InvalidError: the number takes no text (`errors` name the field `phone`).
        TextError: the text is too long or has characters that no phone shows.
        TooManyTrialsError: more than `MOST_AN_HOUR` within an hour.
    """
    phone = _able_to_text(to_phone)
    _require_room(session, company_id=sender.company_id, now=now)
    marked = MARK + text
    channel = texts.fit_channel(marked)
    row = TrialText(
        company_id=sender.company_id,
        event=event.value,
        variant=variant,
        channel=channel,
        to_phone=phone,
        from_phone=sender.sender_number,
        subject=subject if channel == "LMS" else "",
        text=marked,
        bytes=texts.sms_bytes(marked),
        asked_at=now,
        asked_by=by.account_id,
        asker_name=by.name,
    )
    session.add(row)
    session.flush()
    trial_id = row.id or 0
    defer(session, TASK_SEND_TRIAL, queue=QUEUE_SMS, first=True, trial_id=trial_id)
    audit.record(
        session,
        by=by,
        at=now,
        what="TrialTextSent",
        subject=("company", sender.company_id),
        company_id=sender.company_id,
        data={"told": event.value, "reader": variant, "trial_id": trial_id},
    )
    return trial_id


def send_trial(
    database: Database, *, trial_id: int, carriers: Carriers | None, clock: Callable[[], datetime]
) -> None:
    """Send one trial at most once, whoever asks how often, by the account that the company tries first.

    Without carriers it fails and says so.
    """
    with database.transaction() as session:
        row = _lock(session, trial_id)
        if row is None or row.state != "queued":
            return
        if carriers is None or clock() - row.asked_at > SEND_WITHIN:
            _settle(row, MessageState.FAILED, "switched_off" if carriers is None else TOO_LATE, clock())
            return
        chosen = read_rules(session, company_id=row.company_id, at=clock()).text_accounts
        account = carriers.order(chosen)[0]
        row.state, row.provider = "sending", account
        message = _message(row)
    outcome = send_one(carriers.accounts[account], message, now=clock())
    with database.transaction() as session:
        row = _lock(session, trial_id)
        if row is not None and row.state == "sending":
            _take_outcome(row, outcome, clock())


def take_receipts(session: Session, *, receipts: Sequence[Receipt], now: datetime) -> None:
    """Move trials on by what the carrier reports; reports of anything else are not ours."""
    for receipt in sorted(receipts, key=lambda it: it.event_id):
        trial_id = _read_our_id(receipt.our_id)
        row = _lock(session, trial_id) if trial_id is not None else None
        if row is None:
            continue
        before = MessageState.QUEUED if row.state in ("queued", "sending") else MessageState(row.state)
        state = later_state(before, receipt.state)
        if state is not before:
            failed = state in (MessageState.FAILED, MessageState.UNKNOWN)
            _settle(row, state, f"{receipt.fault}:{receipt.code}" if failed else None, now)


def list_trials(
    session: Session, *, company_id: int, event: Event, now: datetime, limit: int = 5
) -> list[Trial]:
    """The last texts that were tried of an event, the newest first.

    One whose worker died while it was sent is `unknown`, one whose wake-up was lost has failed: nobody sends
    them any more.
    """
    query = (
        select(TrialText)
        .where(col(TrialText.company_id) == company_id, col(TrialText.event) == event.value)
        .order_by(col(TrialText.id).desc())
        .limit(limit)
    )
    return [
        Trial(
            id=row.id or 0,
            event=row.event,
            variant=row.variant,
            channel=row.channel,
            bytes=row.bytes,
            to_phone=row.to_phone,
            state=state,
            problem=problem,
            at=row.asked_at,
            by=row.asker_name,
        )
        for row in session.exec(query)
        for state, problem in (_end_of(row, now),)
    ]


def _end_of(row: TrialText, now: datetime) -> tuple[str, str | None]:
    if now - row.asked_at <= SEND_WITHIN or row.state not in ("queued", "sending"):
        return row.state, row.problem
    return ("failed", TOO_LATE) if row.state == "queued" else ("unknown", row.problem)


def drop_old_trials(session: Session, *, now: datetime) -> int:
    """Destroy trials after `KEPT`: each has somebody's number. That one was sent stays in the history."""
    return count_changed(session, delete(TrialText).where(col(TrialText.asked_at) < now - KEPT))


def _able_to_text(typed: str) -> str:
    try:
        phone = parse_phone(typed)
    except PhoneError as error:
        raise InvalidError(error.detail, errors=(FieldError("phone", error.detail),)) from error
    if not phone.can_text:
        message = _("문자를 받을 수 있는 휴대전화 번호를 적어 주세요.")
        raise InvalidError(message, errors=(FieldError("phone", message),))
    return phone.e164


def _require_room(session: Session, *, company_id: int, now: datetime) -> None:
    query = select(func.count()).where(
        col(TrialText.company_id) == company_id, col(TrialText.asked_at) > now - timedelta(hours=1)
    )
    if session.exec(query).one() >= MOST_AN_HOUR:
        message = _("시험 문자는 한 시간에 {n}통까지 보낼 수 있습니다. 잠시 뒤에 다시 눌러 주세요.")
        raise TooManyTrialsError(message.format(n=MOST_AN_HOUR))


def _message(row: TrialText) -> OutgoingMessage:
    return OutgoingMessage(
        our_id=f"{_OUR_ID}{row.id}",
        to=row.to_phone,
        sender=row.from_phone,
        channel=cast("texts.TextChannel", row.channel),
        text=row.text,
        subject=row.subject or None,
    )


def _take_outcome(row: TrialText, outcome: SendOutcome, now: datetime) -> None:
    if isinstance(outcome, Accepted):
        row.provider_message_id = outcome.provider_id
        _settle(row, MessageState.ACCEPTED, None, now)
    elif isinstance(outcome, Refused):
        _settle(row, MessageState.FAILED, f"{outcome.fault}:{outcome.code}", now)
    else:
        _settle(row, MessageState.UNKNOWN, outcome.detail, now)


def _settle(row: TrialText, state: MessageState, problem: str | None, now: datetime) -> None:
    row.state, row.problem, row.settled_at = state.value, problem, now


def _read_our_id(our_id: str | None) -> int | None:
    number = (our_id or "").removeprefix(_OUR_ID)
    is_ours = our_id is not None and our_id.startswith(_OUR_ID) and number.isascii() and number.isdigit()
    return int(number) if is_ours and len(number) <= 18 else None


def _lock(session: Session, trial_id: int) -> TrialText | None:
    query = select(TrialText).where(col(TrialText.id) == trial_id).with_for_update()
    return session.exec(query.execution_options(populate_existing=True)).one_or_none()
