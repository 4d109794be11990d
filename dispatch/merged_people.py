"""The people of a ticket that is merged: they go along, and whoever was promised a time is rung."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from core.actor import Actor
from core.clock import rfc3339_kst
from core.i18n import N_
from dispatch.cases import parties_of
from dispatch.models import ContactAttempt, Ticket, TicketParty, Visit
from dispatch.notice_tasks import NOTICE_FAILED
from dispatch.tasks import list_tasks, open_task
from dispatch.tickets import ticket_key

NOT_THE_HOME = ("requester", "payer")
"""The resident stays with the home: the visit goes to the older ticket's."""


@dataclass(frozen=True)
class Promise:
    """A time that was agreed for the ticket that ends, and with which of its people."""

    start: datetime
    end: datetime
    role: str


def promise_of(session: Session, *, visit: Visit | None) -> Promise | None:
    """What its visit was agreed for; None without a window. Read before the ticket ends."""
    if visit is None or visit.state != "agreed" or visit.window_start is None or visit.window_end is None:
        return None
    query = (
        select(ContactAttempt.with_role)
        .where(
            col(ContactAttempt.ticket_id) == visit.ticket_id, col(ContactAttempt.window_start).is_not(None)
        )
        .order_by(col(ContactAttempt.id).desc())
    )
    spoken = session.exec(query).first()
    people = parties_of(session, ticket_id=visit.ticket_id)
    role = spoken if spoken in people else "requester" if "requester" in people else "resident"
    return Promise(visit.window_start, visit.window_end, role)


def take_in_people(session: Session, *, older: Ticket, ticket: Ticket) -> list[str]:
    """Who asked, or pays, and is not named on the older ticket is from now on; returns the roles that came.

    Who is named there already stays: nobody's part is taken from him. A third payer comes only where the
    older ticket leaves the bill to the resident, which is what is written when nobody was named.
    """
    ours, theirs = (parties_of(session, ticket_id=ticket_key(one)) for one in (older, ticket))
    came = []
    for role in NOT_THE_HOME:
        if role not in theirs or role in ours or (role == "payer" and older.payer_role != "resident"):
            continue
        fields = theirs[role].model_dump(exclude={"id", "ticket_id"})
        session.add(TicketParty(ticket_id=ticket_key(older), **fields))
        came.append(role)
    if older.payer_role == "resident" and ticket.payer_role in came:
        older.payer_role = ticket.payer_role
    session.flush()
    return came


def ask_to_ring(
    session: Session, *, older: Ticket, ticket: Ticket, promise: Promise, by: Actor, now: datetime
) -> None:
    """A telling by phone, because no text has words for it; the desk on duty owns it.

    It stands with the ticket that goes on. When the older one has another person in that part, it stands
    with the merged one, whose page alone knows the number.
    """
    promised = parties_of(session, ticket_id=ticket_key(ticket))[promise.role]
    role = _part_of(promised, parties_of(session, ticket_id=ticket_key(older)))
    where, whom = (older, role) if role else (ticket, promise.role)
    earlier = list_tasks(
        session, company_id=where.company_id, ticket_id=where.id, kinds=[NOTICE_FAILED], state=None
    )
    detail = N_(
        "합친 접수 {merged}에 따로 약속한 방문 시간이 있었습니다. 그 시간에는 가지 않으니 "
        "전화로 말씀드리고 {older} 접수의 시간을 확인해 주세요."
    )
    open_task(
        session,
        ticket_id=ticket_key(where),
        kind=NOTICE_FAILED,
        recipient=whom,
        generation=1 + sum(task.recipient == whom for task in earlier),
        detail=detail.format(merged=ticket.number, older=older.number),
        data={"merged": ticket.number, "window": [rfc3339_kst(at) for at in (promise.start, promise.end)]},
        due_at=now,
        by=by,
        now=now,
    )


def _part_of(person: TicketParty, people: dict[str, TicketParty]) -> str | None:
    """The role under which a ticket names this person: by the contact, or by the number that is rung."""
    if person.role in people and people[person.role].phone == person.phone:
        return person.role
    same = (
        role
        for role, other in people.items()
        if other.contact_id == person.contact_id or other.phone == person.phone
    )
    return next(same, None)
