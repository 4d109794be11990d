"""Reads of the outbox: what was told about a ticket, what lies on a phone, what is stuck."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement
from sqlalchemy import select as columns
from sqlmodel import Session, col, func, or_, select

from core.db import any_of
from notifications.catalogue import Role
from notifications.languages import language_of
from notifications.messages import Event
from notifications.models import Notice
from notifications.schemas import NoticeInfo, PhoneInbox, Trouble
from notifications.settling import notice_key

FAMILY_ROLES = (Role.RESIDENT, Role.REQUESTER, Role.PAYER)
ARRIVED = ("accepted", "delivered", "unknown")
"""States in which a text lies on a phone, as far as anybody knows."""
MISSED = ("failed", "withdrawn")
"""States in which it never will."""
TEXTS_A_PHONE = 50


@dataclass(frozen=True)
class PhoneSearch:
    """Which phones to look for: part of the number as dialled, whole numbers, or tickets told of."""

    digits: str = ""
    phones: Collection[str] = ()
    ticket_ids: Collection[int] = ()


class PhoneCounts(NamedTuple):
    """How many phones a search finds, of how many."""

    found: int
    all: int


def list_notices(session: Session, *, ticket_id: int) -> list[NoticeInfo]:
    """What was told about a ticket, oldest first, one entry a notice and recipient."""
    query = select(Notice).where(col(Notice.ticket_id) == ticket_id).order_by(col(Notice.id))
    return [notice_info(row) for row in session.exec(query)]


def get_notices(session: Session, *, notice_ids: Collection[int]) -> list[NoticeInfo]:
    """These notices; unknown ids are left out."""
    if not notice_ids:
        return []
    return [notice_info(row) for row in session.exec(select(Notice).where(col(Notice.id).in_(notice_ids)))]


def generations_told(session: Session, *, company_id: int, event: Event, since: datetime) -> set[int]:
    """The generations of a company's tellings of an event since a moment, whatever became of them."""
    query = select(Notice.generation).where(
        col(Notice.company_id) == company_id,
        col(Notice.event) == event.value,
        col(Notice.created_at) > since,
    )
    return set(session.exec(query))


def staff_notice(session: Session, *, notice_id: int, person_id: int) -> NoticeInfo | None:
    """A notice to this member of staff; None when it is another's."""
    query = select(Notice).where(col(Notice.id) == notice_id, col(Notice.person_id) == person_id)
    row = session.exec(query).first()
    return notice_info(row) if row is not None else None


def tellings(
    session: Session, *, ticket_id: int, person_id: int, events: Collection[Event], since: datetime
) -> list[tuple[str, int]]:
    """(event, generation) of what this member of staff was told of a ticket since a moment, oldest first."""
    query = (
        select(Notice.event, Notice.generation)
        .where(
            col(Notice.ticket_id) == ticket_id,
            col(Notice.person_id) == person_id,
            col(Notice.event).in_([event.value for event in events]),
            col(Notice.created_at) >= since,
        )
        .order_by(col(Notice.id))
    )
    return [(event, generation) for event, generation in session.exec(query)]


def truths_told(
    session: Session, *, ticket_ids: Collection[int], line: str
) -> list[tuple[tuple[int, str, int], dict[str, Any]]]:
    """((ticket id, event, generation), truth) of a line's texts to technicians.

    Oldest first, those before all others that were withdrawn: he may have seen them in his list alone.
    """
    query = (
        columns(col(Notice.ticket_id), col(Notice.event), col(Notice.generation), col(Notice.truth))
        .where(
            any_of(Notice.ticket_id, "ticket_ids"),
            col(Notice.line) == line,
            col(Notice.recipient) == Role.TECHNICIAN.value,
        )
        .order_by(col(Notice.state) != "withdrawn", col(Notice.id))
    )
    found = session.execute(query, {"ticket_ids": list(ticket_ids)})
    return [((ticket_id, event, generation), truth or {}) for ticket_id, event, generation, truth in found]


def with_copies(session: Session, *, ticket_id: int, event: Event, generations: Sequence[int]) -> list[int]:
    """These tellings of an event, and what of them was sent once more by a person's hand."""
    of_event = (col(Notice.ticket_id) == ticket_id, col(Notice.event) == event.value)
    first = select(Notice.id).where(*of_event, col(Notice.generation).in_(generations))
    copies = select(Notice.generation).where(*of_event, col(Notice.resend_of_id).in_(first))
    return [*generations, *session.exec(copies)]


def recipients_who_heard(
    session: Session, *, ticket_id: int, event: Event, generations: Iterable[int]
) -> set[str]:
    """To whom one of these tellings of an event went out, as far as anybody knows, or is going out now."""
    query = select(Notice.recipient).where(
        col(Notice.ticket_id) == ticket_id,
        col(Notice.event) == event.value,
        col(Notice.generation).in_(list(generations)),
        or_(col(Notice.state).in_(ARRIVED), col(Notice.sending_since).is_not(None)),
    )
    return set(session.exec(query))


def list_phones(
    session: Session,
    *,
    company_id: int,
    roles: Sequence[Role] = FAMILY_ROLES,
    phone: str | None = None,
    ticket_id: int | None = None,
    search: PhoneSearch | None = None,
    limit: int = 50,
) -> list[PhoneInbox]:
    """The phones to which a company's texts went, the newest text first, each with its texts newest first.

    A phone that nothing reached is there, too; one from which all was taken back before is not.

    Args:
        phone: only this number (E.164).
        ticket_id: only the phones that were told something of this ticket.
        search: only the phones that one of its ways finds.
        limit: of phones; a phone shows its newest `TEXTS_A_PHONE` texts.
    """
    wanted = [
        col(Notice.company_id) == company_id,
        col(Notice.recipient).in_([role.value for role in roles]),
        col(Notice.state).in_((*ARRIVED, *MISSED)),
    ]
    newest = select(Notice.to_phone, func.max(Notice.id)).where(*wanted, col(Notice.state) != "withdrawn")
    if phone is not None:
        newest = newest.where(col(Notice.to_phone) == phone)
    if ticket_id is not None:
        newest = newest.where(col(Notice.ticket_id) == ticket_id)
    if search is not None:
        newest = newest.where(or_(*_ways(search)))
    newest = newest.group_by(col(Notice.to_phone)).order_by(func.max(Notice.id).desc()).limit(limit)
    numbers = [number for number, _last in session.exec(newest)]
    ranked = (
        select(
            col(Notice.id).label("id"),
            func.row_number()
            .over(partition_by=col(Notice.to_phone), order_by=col(Notice.id).desc())
            .label("nth"),
        )
        .where(*wanted, col(Notice.to_phone).in_(numbers))
        .subquery()
    )
    query = (
        select(Notice)
        .join(ranked, ranked.c.id == col(Notice.id))
        .where(ranked.c.nth <= TEXTS_A_PHONE)
        .order_by(col(Notice.id).desc())
    )
    texts: dict[str, list[NoticeInfo]] = defaultdict(list)
    missed: dict[str, list[NoticeInfo]] = defaultdict(list)
    for row in session.exec(query):
        (missed if row.state in MISSED else texts)[row.to_phone].append(notice_info(row))
    return [PhoneInbox(number, tuple(texts[number]), tuple(missed[number])) for number in numbers]


def count_phones(
    session: Session, *, company_id: int, roles: Sequence[Role], search: PhoneSearch | None = None
) -> PhoneCounts:
    """How many phones `list_phones` would show without a limit, and how many without a search."""
    found = func.count(col(Notice.to_phone).distinct())
    query = select(found.filter(or_(*_ways(search))) if search else found, found).where(
        col(Notice.company_id) == company_id,
        col(Notice.recipient).in_([role.value for role in roles]),
        col(Notice.state).in_((*ARRIVED, *MISSED)),
        col(Notice.state) != "withdrawn",
    )
    return PhoneCounts(*session.exec(query).one())


def list_troubles(session: Session, *, company_id: int | None = None) -> list[Trouble]:
    """What keeps texts from going out until somebody puts it right, the longest waiting first.

    `company_id` None: of every company, for the operator.
    """
    query = (
        select(Notice.company_id, Notice.problem, func.count(), func.min(Notice.created_at))
        .where(col(Notice.state) == "queued", col(Notice.problem).is_not(None))
        .group_by(col(Notice.company_id), col(Notice.problem))
        .order_by(func.min(Notice.created_at))
    )
    if company_id is not None:
        query = query.where(col(Notice.company_id) == company_id)
    return [_trouble(*row) for row in session.exec(query)]


def _ways(search: PhoneSearch) -> list[ColumnElement[bool]]:
    ways: list[ColumnElement[bool]] = [
        col(Notice.to_phone).in_(search.phones),
        col(Notice.ticket_id).in_(search.ticket_ids),
    ]
    national = "".join(filter(str.isdecimal, search.digits)).lstrip("0")
    if national:
        ways.append(col(Notice.to_phone).contains(national))
    return ways


def notice_info(row: Notice) -> NoticeInfo:
    """The frozen shape of a notice row."""
    return NoticeInfo(
        id=notice_key(row),
        ticket_id=row.ticket_id,
        event=row.event,
        generation=row.generation,
        recipient=row.recipient,
        channel=row.channel,
        state=row.state,
        to_phone=row.to_phone,
        subject=row.subject,
        text=row.text,
        bytes=row.bytes,
        created_at=row.created_at,
        settled_at=row.settled_at,
        problem=row.problem,
        withdrawn_reason=row.withdrawn_reason,
        from_phone=row.from_phone,
        language=language_of(row.variant),
        attempts=row.attempts,
        line=row.line,
        truth=row.truth,
        held_until=row.held_until,
        person_id=row.person_id,
        push_text=row.push_text,
        spoken_text=row.spoken_text,
        fall_back_at=row.fall_back_at,
        resend_of_id=row.resend_of_id,
        resend_reason=row.resend_reason,
        destroyed_at=row.destroyed_at,
        outdated_at=row.outdated_at,
        invitation_id=row.invitation_id,
        next_try_at=row.next_try_at,
        not_after=row.not_after,
    )


def _trouble(company_id: int, problem: str, count: int, since: datetime) -> Trouble:
    fault, _colon, code = problem.partition(":")
    return Trouble(company_id=company_id, fault=fault, code=code.strip(), count=count, since=since)
