"""Truths that change before they are told: each person hears the newest one, once.

A *line* is one changing truth about a ticket: when somebody comes, whose job it is, when he will be there.
A text of a line keeps what it says is so. When that changes, what still waits is withdrawn; what was handed
over stays, and the next text says the change beside what was heard *last*. Who heard the truth already hears
nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, or_, select

from core.actor import SYSTEM
from core.i18n import N_
from notifications import service
from notifications.catalogue import Role
from notifications.messages import Context, Event, event_of
from notifications.models import Notice
from notifications.policy import read_policy
from notifications.queries import ARRIVED
from notifications.recipients import CallTask, Party, plan_recipients
from notifications.rules import ASK_PAUSE
from notifications.schemas import BrandFacts, MakeLink
from notifications.settling import notice_key, take_back

Truth = Mapping[str, Any]
"""Plain JSON values (lists, not tuples): as it is stored, so it is compared."""

SUPERSEDED = N_("새 소식이 있어 보내지 않았습니다.")
"""Why a text of a line was withdrawn."""


@dataclass(frozen=True)
class Heard:
    """What a person was told by telephone, and when."""

    at: datetime
    truth: Truth


@dataclass(frozen=True)
class News:
    """What is so now, and how to say it to somebody who last heard something else.

    `word` gets what he heard last (None: nothing) and gives the text's facts; None when that needs no text.
    `events` are those of the line. `assumed` is what a text says that was written before truths were kept,
    `unwritten` what somebody knows to whom no text of the line was ever written. `heard` is what was said by
    telephone, by number. `generation` is the least that the telling gets.
    """

    line: str
    truth: Truth
    word: Callable[[Truth | None], Context | None]
    events: tuple[Event, ...]
    assumed: Truth | None = None
    unwritten: Truth | None = None
    heard: Mapping[str, Heard] = field(default_factory=dict)
    generation: int = 1


@dataclass(frozen=True)
class Call:
    """A number that a person must ring, and what there is to say to it."""

    task: CallTask
    context: Context
    generation: int


def tell_newest(
    session: Session,
    *,
    news: News,
    ticket_id: int,
    company_id: int,
    sender: BrandFacts,
    people: Sequence[Party],
    now: datetime,
    everybody: bool = True,
    links: MakeLink | None = None,
) -> list[Call]:
    """Let these people hear the newest truth of a line, unless they have heard it or are about to.

    Args:
        everybody: nobody but `people` is concerned any more, so what waits for others is withdrawn, too.
        links: as `service.tell` takes them.

    Returns:
        The numbers that take no text.
    """
    rows = _rows(session, ticket_id=ticket_id, news=news)
    phones = {party.phone for party in people if party.phone and party.takes_notices}
    if everybody:
        roles = {role.value for role in Role if any(p.role is role for p in people)} | _family(people)
        for row in rows:
            if row.recipient in roles and row.to_phone not in phones:
                _drop(session, row, now=now)
    wordings: dict[str, Context] = {}
    for phone in phones:
        context = _say(session, [row for row in rows if row.to_phone == phone], news, phone, now=now)
        if context is not None:
            wordings[phone] = context
    if not wordings and rows:
        return []
    return _tell(
        session,
        news=news,
        wordings=wordings,
        ticket_id=ticket_id,
        company_id=company_id,
        sender=sender,
        people=people,
        now=now,
        links=links,
    )


def withdraw_line(
    session: Session,
    *,
    ticket_id: int,
    line: str,
    now: datetime,
    of: Iterable[Role] = Role,
) -> int:
    """Take back what waits to be told of a line because it is over, or these need not hear it any more.

    Returns how many texts.
    """
    query = select(Notice).where(
        col(Notice.ticket_id) == ticket_id,
        col(Notice.line) == line,
        col(Notice.recipient).in_([role.value for role in of]),
    )
    rows = session.exec(_locked(query)).all()
    return sum(_drop(session, row, now=now) for row in rows)


def hold_back(session: Session, notice: Notice, *, now: datetime) -> bool:
    """Before a text of a line is sent, under its lock: whether it must wait, or is not needed any more.

    Another text of the line whose fate is open goes first: the outbox asks for it, minutes at most, and
    a provider that cannot say would not take this one either. When a newer one was told, or the last that was
    told turns out to have told the same, this one is withdrawn; not so what a person sends once more.
    """
    if notice.line is None:
        return False
    query = (
        select(Notice)
        .where(
            col(Notice.ticket_id) == notice.ticket_id,
            col(Notice.line) == notice.line,
            col(Notice.to_phone) == notice.to_phone,
            col(Notice.id) != notice_key(notice),
            _was_told(),
        )
        .order_by(col(Notice.id).desc())
        .limit(1)
    )
    last = session.exec(query.execution_options(populate_existing=True)).first()
    if last is None:
        return False
    if last.sending_since is not None:
        notice.next_try_at = now + ASK_PAUSE
        session.add(notice)
        return True
    says_the_same = last.truth == notice.truth and notice.resend_of_id is None
    if says_the_same or notice_key(last) > notice_key(notice):
        notice.withdrawn_reason = SUPERSEDED
        take_back(session, notice=notice, by=SYSTEM, now=now)
        return True
    return False


def _family(people: Sequence[Party]) -> set[str]:
    """Of the family's texts all, also to a role that nobody has any more."""
    family = {Role.RESIDENT, Role.REQUESTER}
    return {role.value for role in family} if any(p.role in family for p in people) else set()


def _rows(session: Session, *, ticket_id: int, news: News) -> list[Notice]:
    earlier = [event.value for event in news.events]
    query = select(Notice).where(
        col(Notice.ticket_id) == ticket_id,
        or_(col(Notice.line) == news.line, col(Notice.line).is_(None) & col(Notice.event).in_(earlier)),
    )
    return list(session.exec(_locked(query)))


def _locked(query: Any) -> Any:
    ordered = query.order_by(col(Notice.id)).with_for_update()
    return ordered.execution_options(populate_existing=True)


def _was_told() -> Any:
    under_way = (col(Notice.state) == "queued") & col(Notice.sending_since).is_not(None)
    return or_(col(Notice.state).in_(ARRIVED), under_way)


def _is_told(row: Notice) -> bool:
    return row.state in ARRIVED or (row.state == "queued" and row.sending_since is not None)


def _say(
    session: Session, rows: Sequence[Notice], news: News, phone: str, *, now: datetime
) -> Context | None:
    """What to write to one number, after withdrawing what it must not hear any more; None: nothing."""
    waiting = False
    for row in rows:
        if row.state not in ("queued", "failed"):
            continue
        if row.truth != news.truth:
            _drop(session, row, now=now)
        elif row.sending_since is not None:
            row.withdrawn_reason = None  # true again, while it is on its way
            session.add(row)
        else:  # queued, or failed and a person was asked
            waiting = waiting or (row.withdrawn_reason is None and row.outdated_at is None)
    told = next((row for row in reversed(rows) if _is_told(row)), None)
    before = news.unwritten if not rows else None
    if told is not None:
        before = told.truth if told.truth is not None else news.assumed
    spoken = news.heard.get(phone)
    if spoken is not None and (told is None or spoken.at > (told.accepted_at or told.created_at)):
        before, told = spoken.truth, None
    context = None if waiting or before == news.truth else news.word(before)
    holds = told if before == news.truth or not (waiting or context) else None
    for row in rows:
        if row is not holds:
            _outdate(session, row, now=now)
        else:
            row.withdrawn_reason = row.outdated_at = None
            session.add(row)
    return context


def _outdate(session: Session, row: Notice, *, now: datetime) -> None:
    """What was handed over and is so no more does not go again: not if it did not arrive, nor by hand."""
    if row.state in ARRIVED and row.outdated_at is None:
        row.outdated_at = now
        session.add(row)


def _drop(session: Session, row: Notice, *, now: datetime) -> bool:
    """Withdraw what waits; mark what is on its way, was handed over or has failed as news no more."""
    _outdate(session, row, now=now)
    if row.state not in ("queued", "failed") or row.withdrawn_reason is not None:
        return False
    row.withdrawn_reason = SUPERSEDED
    session.add(row)
    if row.state == "queued" and row.sending_since is None:
        take_back(session, notice=row, by=SYSTEM, now=now)
        return True
    return False


def _tell(
    session: Session,
    *,
    news: News,
    wordings: Mapping[str, Context],
    ticket_id: int,
    company_id: int,
    sender: BrandFacts,
    people: Sequence[Party],
    now: datetime,
    links: MakeLink | None,
) -> list[Call]:
    """Put the texts into the outbox, each event's by itself: one hears a first time, another a change."""
    default = next(iter(wordings.values()), None) or news.word(None)
    if default is None:
        return []
    of_party = {p.role: wordings.get(p.phone or "") for p in people}
    told = [p for p in people if of_party[p.role] is not None]
    policy, first = read_policy(session, company_id=company_id, at=now), event_of(default)
    reach = plan_recipients(event=first, parties=told, roles=policy.roles(first), orders=policy.orders(first))
    calls: list[Call] = []
    for event in dict.fromkeys(event_of(context) for context in (*wordings.values(), default)):
        own = {p.role: c for p in people if (c := of_party[p.role]) is not None and event_of(c) is event}
        group = [p for p in people if p.role in own]
        if event is event_of(default):  # with those who are left out, so that the reason is kept
            group += [p for p in people if not p.phone or not p.takes_notices]
        generation = max(
            news.generation, 1 + service.last_generation(session, ticket_id=ticket_id, event=event)
        )
        tasks = service.tell(
            session,
            event=event,
            generation=generation,
            ticket_id=ticket_id,
            company_id=company_id,
            sender=sender,
            facts=default if event is event_of(default) else next(iter(own.values())),
            others={role.value: context for role, context in own.items()},
            people=group,
            now=now,
            claim=service.Claim(news.line, news.truth, reach.resident_reached),
            links=links,
        )
        calls += [Call(task, own[task.recipient], generation) for task in tasks]
    return calls
