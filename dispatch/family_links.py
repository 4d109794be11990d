"""Links to the family's page: made for a text, found by their token, over some days after the case.

A token is 128 random bits and stands in the text alone; what is stored is its hash. A link belongs to one
case and to the people of one number, never to a technician or to a home.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlmodel import Session, col, select, update

from core.dated import read_rules
from core.errors import GoneError, NotFoundError
from core.i18n import _
from core.secrets import hash_token
from core.settings import Settings
from dispatch.cases import current_visit
from dispatch.family_models import FamilyLink
from dispatch.models import Ticket, Visit
from dispatch.states import ENDED_STATUSES
from notifications.recipients import Delivery
from notifications.schemas import MakeLink, NewLink

LINKS_AT = "family_links_at"
"""Where links lead, in a session's `info`; without it texts have none."""
LETTERS = "23456789abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ"
"""None that is taken for another when it is read out or typed."""
LENGTH = 23
"""56 ** 23 is more than 2 ** 128; letters alone, because some phones end a link before a dash."""


class UnknownLinkError(NotFoundError):
    """No link has this token: made up, mistyped, or its case was destroyed."""

    code = "unknown-link"


class LinkOverError(GoneError):
    """The link does not answer any more; `company_id` says whose it was."""

    code = "link-over"

    def __init__(self, detail: str, *, company_id: int) -> None:
        super().__init__(detail)
        self.company_id = company_id


@dataclass(frozen=True)
class OpenLink:
    """A link that answers: for which case, and for which of its people."""

    id: int
    company_id: int
    ticket_id: int
    roles: frozenset[str]
    adverts_alone: bool = False
    """Its case is over: there is nothing but the word about advertisements."""

    @property
    def pays_alone(self) -> bool:
        """A third person who pays: money is all of it that concerns them."""
        return self.roles == {"payer"}


def links_info(settings: Settings) -> Mapping[str, Any]:
    """What sessions of an installation carry, so that texts can name links."""
    return {LINKS_AT: settings.links_at}


def link_maker(
    session: Session, *, ticket: Ticket, now: datetime, adverts_until: datetime | None = None
) -> MakeLink | None:
    """For the texts of one case; None where no address for links is known.

    Args:
        adverts_until: so long the reader can answer for advertisements there, whatever becomes of the case.
    """
    base = session.info.get(LINKS_AT)
    if not base:
        return None

    def make(delivery: Delivery) -> NewLink:
        token = new_token()
        roles = [role.value for role in delivery.serves]
        return NewLink(url_of(base, token), partial(_keep, session, ticket, token, roles, adverts_until, now))

    return make


def new_token() -> str:
    """128 bits, in letters that can be read out."""
    return "".join(secrets.choice(LETTERS) for _each in range(LENGTH))


def url_of(base: str, token: str) -> str:
    """The whole link, as a text names it."""
    return f"{base}/t/{token}"


def find_link(session: Session, *, token: str, now: datetime) -> OpenLink:
    """The link behind a token, wherever it was typed.

    Raises:
        UnknownLinkError: there is none; nothing else is said (404).
        LinkOverError: it was revoked, or for the company's days its case has been over and it has been in
            the family's hands: what is told long after the end can still be opened (410).
    """
    query = (
        select(FamilyLink, Ticket, Visit)
        .join(Ticket, col(Ticket.id) == col(FamilyLink.ticket_id))
        .outerjoin(Visit, col(Visit.id) == col(FamilyLink.visit_id))
        .where(col(FamilyLink.token_hash) == hash_token(token))
    )
    found = session.exec(query).first()
    if found is None:
        raise UnknownLinkError(_("이 주소로는 열 수 있는 것이 없습니다. 문자의 주소를 다시 눌러 보세요."))
    link, ticket, visit = found
    rules = read_rules(session, company_id=link.company_id, at=now)
    over = _over_at(ticket, visit)
    if over is not None and link.adverts_until is None:
        over = max(over, link.created_at)
    expired = over is not None and now > over + timedelta(days=rules.link_days)
    answers = not expired or (link.adverts_until is not None and now <= link.adverts_until)
    if link.revoked_at is not None or not answers or ticket.destroyed_at is not None:
        raise LinkOverError(_("이 주소는 이제 열리지 않습니다."), company_id=link.company_id)
    return OpenLink(
        link.id or 0, link.company_id, link.ticket_id, frozenset(link.roles), adverts_alone=expired
    )


def revoke_links(session: Session, *, ticket_id: int, role: str, now: datetime) -> None:
    """No link that serves this party answers any more: the number was another's, or they want no texts."""
    session.execute(
        update(FamilyLink)
        .where(
            col(FamilyLink.ticket_id) == ticket_id,
            col(FamilyLink.revoked_at).is_(None),
            col(FamilyLink.roles).contains([role]),
        )
        .values(revoked_at=now)
    )


def _keep(
    session: Session,
    ticket: Ticket,
    token: str,
    roles: list[str],
    adverts_until: datetime | None,
    now: datetime,
) -> None:
    visit = current_visit(session, ticket_id=ticket.id or 0)
    session.add(
        FamilyLink(
            company_id=ticket.company_id,
            ticket_id=ticket.id or 0,
            visit_id=visit.id if visit else None,
            roles=roles,
            token_hash=hash_token(token),
            created_at=now,
            adverts_until=adverts_until,
        )
    )


def _over_at(ticket: Ticket, visit: Visit | None) -> datetime | None:
    """When what a link is about came to its end; None while it goes on.

    A case that is taken up again after the work was done has texts, and links, of its own.
    """
    if ticket.status in ENDED_STATUSES:
        ends = (ticket.completed_at, ticket.closed_at, ticket.cancelled_at, ticket.solved_by_phone_at)
        return min((end for end in ends if end is not None), default=ticket.received_at)
    done = visit is not None and visit.state == "completed" and visit.hold_reason is None
    return visit.ended_at if visit is not None and done else None
