"""After a leak (개인정보보호법 제34조): whose data was seen, which fields, since when.

It reads the access log, which is all that Ondol knows: what an account opened, looked at, searched and took
away.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlmodel import Session

from core.clock import rfc3339_kst
from core.errors import FieldError, InvalidError
from core.phones import displayed
from customers.holdings import HeldPerson, get_people, people_of_homes
from dispatch.holdings import people_of_tickets
from workforce.access_queries import AccessFilter, AccessLine, account_of, list_access

HEADS = ("person", "phone", "fields", "first_seen", "last_seen", "times", "acts", "by", "from", "tickets")
NOBODYS = ("access_log", "day_sheet")
"""What is about no family by itself: whoever stood on a day sheet has a line of their own."""
NOTICE_AT = 1000
"""From so many people on the leak is reported to the authority within 72 hours (시행령 제40조)."""


class UnknownAccountError(InvalidError):
    """The company has no such log-in."""

    code = "unknown-account"


@dataclass
class Affected:
    """A person whose data was seen."""

    name: str
    phone: str
    fields: set[str] = field(default_factory=set)
    moments: list[datetime] = field(default_factory=list)
    acts: set[str] = field(default_factory=set)
    readers: set[str] = field(default_factory=set)
    addresses: set[str] = field(default_factory=set)
    tickets: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class BreachReport:
    """What the notification has to say. `unknown`: lines about data that has been destroyed since.

    Attributes:
        files: downloads of the log itself, whose content is not listed person by person.
    """

    people: Sequence[Affected]
    lines: int
    unknown: int
    files: int

    @property
    def must_be_reported(self) -> bool:
        """Whether the number alone makes it a case for the authority."""
        return len(self.people) >= NOTICE_AT

    def rows(self) -> Iterable[list[str]]:
        """For a file, in the order of `HEADS`; names and numbers whole, because these people are told."""
        for each in self.people:
            yield [
                each.name,
                displayed(each.phone),
                " ".join(sorted(each.fields)),
                rfc3339_kst(min(each.moments)),
                rfc3339_kst(max(each.moments)),
                str(len(each.moments)),
                " ".join(sorted(each.acts)),
                " ".join(sorted(each.readers)),
                " ".join(sorted(each.addresses)),
                " ".join(sorted(each.tickets)),
            ]


def report_breach(
    session: Session,
    *,
    company_id: int,
    since: datetime,
    until: datetime | None = None,
    login: str | None = None,
    from_address: str | None = None,
    session_id: int | None = None,
) -> BreachReport:
    """Whose data an account, a log-in of it, or whoever came from an address, has seen since a moment; all of
    them without.

    Raises:
        UnknownAccountError: no such log-in in this company.
    """
    account_id = account_of(session, company_id=company_id, login=login) if login else None
    if login and account_id is None:
        message = f"이 회사에 그런 아이디가 없습니다: {login}"
        raise UnknownAccountError(message, errors=(FieldError("--account", message),))
    wanted = AccessFilter(
        company_id=company_id,
        account_id=account_id,
        start=since,
        end=until,
        from_address=from_address,
        session_id=session_id,
    )
    lines = list_access(session, wanted=wanted, limit=None)
    found: dict[str, Affected] = {}
    unknown = 0
    who = _people_by_subject(session, company_id, lines)
    for line in lines:
        people = who.get(line.subject, [])
        unknown += not people and line.subject[0] not in NOBODYS
        for person, ticket in people:
            _add(found, person, ticket, line)
    return BreachReport(
        people=sorted(found.values(), key=lambda each: (min(each.moments), each.name)),
        lines=len(lines),
        unknown=unknown,
        files=sum(line.subject[0] == "access_log" for line in lines),
    )


def _add(found: dict[str, Affected], person: tuple[str, str], ticket: str, line: AccessLine) -> None:
    """One phone is one person to be told, however often he is kept."""
    name, phone = person
    each = found.setdefault(f"{phone}/{name}", Affected(name, phone))
    each.fields.update(line.fields)
    each.moments.append(line.at)
    each.acts.add(line.act)
    each.readers.add(line.login)
    each.addresses.add(line.from_address)
    if ticket:
        each.tickets.add(ticket)


Seen = list[tuple[tuple[str, str], str]]


def _people_by_subject(
    session: Session, company_id: int, lines: Sequence[AccessLine]
) -> dict[tuple[str, int], Seen]:
    """((name, phone), ticket number or "") of everybody behind a subject of the log."""

    def ids(kind: str) -> set[int]:
        return {line.subject[1] for line in lines if line.subject[0] == kind}

    found: dict[tuple[str, int], Seen] = {}
    for ticket_id, people in people_of_tickets(
        session, company_id=company_id, ticket_ids=ids("ticket")
    ).items():
        found["ticket", ticket_id] = people
    homes = people_of_homes(session, company_id=company_id, household_ids=ids("household"))
    for home, members in homes.items():
        found["household", home] = [(_key(person), "") for person in members]
    for person in get_people(session, company_id=company_id, contact_ids=ids("contact")):
        found["contact", person.id] = [(_key(person), "")]
    return found


def _key(person: HeldPerson) -> tuple[str, str]:
    return person.name, person.phone
