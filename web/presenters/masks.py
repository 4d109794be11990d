"""How a person's data is written for a reader: every page, list and API answer takes its texts from here.

Whether something is shown is `core.visibility`'s to say; this is its hand.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from core.actor import Principal, Role
from core.i18n import N_, _
from core.masking import mask_address, mask_digits, mask_links, mask_name, mask_text
from core.phones import dialled, displayed, format_digits
from core.visibility import Datum, Relation, seen_whole
from customers.schemas import AddressInfo, HouseholdDetail
from dispatch.detail_shapes import TicketDetail
from dispatch.list_queries import TicketItem
from dispatch.places import words_to_the_door
from workforce.access_log import opened_among

UNNAMED = N_("이름 확인 중")
"""Stands where nobody had time to ask for a name: a danger is filed first."""
LEAST_PART = 2
"""A part of an address of fewer characters is not looked for in a text: it would hide half of it."""
_KEPT = "\ue000"
"""Stands for the company's own number while the others are hidden (a private-use character)."""


@dataclass(frozen=True)
class Known:
    """What is known of a case's people, so that free text about them can be searched for it.

    Attributes:
        places: their address in every writing, the unit, the door note.
        company_phone: E.164 of the brand's own number, which stays readable. Empty: none.
    """

    names: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    company_phone: str = ""


def known_of(detail: TicketDetail) -> Known:
    """What a ticket knows of its people."""
    address = detail.address
    return Known(
        names=tuple(party.name for party in detail.parties),
        places=tuple(part for part in (address.raw, address.normalised, address.unit) if part),
        company_phone=detail.company.main_phone,
    )


def known_of_home(detail: HouseholdDetail, *, company_phone: str) -> Known:
    """The same of a home, of which there need be no case."""
    address = detail.household.address
    return Known(
        names=tuple(member.contact.name for member in detail.members),
        places=tuple(part for part in (address.raw, address.normalised, address.unit) if part),
        company_phone=company_phone,
    )


def known_of_item(item: TicketItem, *, names: Iterable[str] = (), company_phone: str = "") -> Known:
    """The same of a ticket in a list, which knows its resident alone unless more names are given."""
    address = item.address
    return Known(
        names=(item.resident, *names),
        places=tuple(part for part in (address.raw, address.normalised, address.unit) if part),
        company_phone=company_phone,
    )


@dataclass(frozen=True)
class Masks:
    """How to show personal data. `whole`: what is shown as it is stored."""

    whole: frozenset[Datum] = frozenset()

    @property
    def is_open(self) -> bool:
        """Whether names and numbers are shown: there is nothing (more) to give a reason for."""
        return self.whole >= {Datum.NAME, Datum.PHONE}

    def with_relation(self, role: Role, relation: Relation) -> Masks:
        """The same reader, who is tied to this piece of the case in another way as well."""
        return Masks(self.whole | seen_whole(role, relation))

    def sees(self, datum: Datum) -> bool:
        """Whether this datum is shown as it is stored."""
        return datum in self.whole

    def name(self, name: str) -> str:
        """`김*자`; what stands for an unknown name hides nobody and stays readable."""
        if name == UNNAMED:
            return _(UNNAMED)
        return name if self.sees(Datum.NAME) else mask_name(name)

    def phone(self, e164: str) -> str:
        """`010-****-5678`, from a stored number."""
        digits = dialled(e164)
        return format_digits(digits) if self.sees(Datum.PHONE) else mask_digits(digits)

    def tel(self, e164: str) -> str | None:
        """The digits to dial, for a link; None while the number is masked."""
        return dialled(e164) if self.sees(Datum.PHONE) else None

    def address(self, address: str) -> str:
        """Up to the 동."""
        return address if self.sees(Datum.ADDRESS) else mask_address(address)

    def place(self, place: AddressInfo) -> str:
        """The whole address with 동·호 and the words that lead to the door, or up to the 동."""
        full = f"{place.normalised} {place.unit}".strip() or place.raw
        way = words_to_the_door(place) if self.sees(Datum.ADDRESS) else ""
        return f"{full} ({way})" if way else self.address(full)

    def door_note(self, note: str) -> str:
        """Door and parking notes: whole or not at all."""
        return note if self.sees(Datum.DOOR_NOTE) else ""

    def text(self, text: str) -> str:
        """Free text without phone numbers, house numbers, door codes and the secret of a family's link."""
        return text if self.sees(Datum.FREE_TEXT) else mask_links(mask_text(text))

    def words(self, text: str, *, names: Iterable[str] = (), known: Known | None = None) -> str:
        """Free text about these people without their names, numbers and addresses."""
        if self.sees(Datum.FREE_TEXT):
            return text
        given = known or Known(names=tuple(names))
        own = displayed(given.company_phone) if given.company_phone else ""
        if own:
            text = text.replace(own, _KEPT)
        # The longer one first: 김영자 must not be half hidden as 김영.
        for place in sorted(set(given.places), key=len, reverse=True):
            if len(place) >= LEAST_PART:
                text = text.replace(place, mask_address(place))
        for name in sorted({name for name in given.names if len(name) > 1}, key=len, reverse=True):
            text = text.replace(name, self.name(name))
        text = self.text(text)
        return text.replace(_KEPT, own) if own else text

    def sent(self, text: str, *, known: Known) -> str:
        """A text as it went out."""
        if self.sees(Datum.SENT_TEXT):
            return text
        return Masks(self.whole - {Datum.FREE_TEXT}).words(text, known=known)


MASKED = Masks()
"""For lists and searches: nobody has asked for this case alone."""
OPEN = Masks(frozenset(Datum))


def masks_for(role: Role, relation: Relation) -> Masks:
    """The hand for a reader of this role, so related to the case."""
    return Masks(seen_whole(role, relation))


def masks_for_ticket(session: Session, *, principal: Principal, ticket_id: int, now: datetime) -> Masks:
    """How this reader sees this ticket's people."""
    return _masks_for(session, principal, ("ticket", ticket_id), now)


def masks_for_household(session: Session, *, principal: Principal, household_id: int, now: datetime) -> Masks:
    """How this reader sees this household."""
    return _masks_for(session, principal, ("household", household_id), now)


def masks_for_households(
    session: Session, *, principal: Principal, household_ids: Iterable[int], now: datetime
) -> dict[int, Masks]:
    """The same for many households at once, by id."""
    subjects = [("household", household_id) for household_id in household_ids]
    opened = opened_among(session, principal=principal, subjects=subjects, now=now)
    return {subject[1]: _masks(principal, opened=subject in opened) for subject in subjects}


def masks_for_case(
    session: Session, *, principal: Principal, ticket_id: int, household_id: int, now: datetime
) -> Masks:
    """How this reader sees a case that he may have opened by its ticket or by its home."""
    subjects = [("ticket", ticket_id), ("household", household_id)]
    return _masks(
        principal, opened=bool(opened_among(session, principal=principal, subjects=subjects, now=now))
    )


def _masks_for(session: Session, principal: Principal, subject: tuple[str, int], now: datetime) -> Masks:
    opened = opened_among(session, principal=principal, subjects=[subject], now=now)
    return _masks(principal, opened=bool(opened))


def _masks(principal: Principal, *, opened: bool) -> Masks:
    return masks_for(principal.role, Relation.OPENED if opened else Relation.IN_REACH)
