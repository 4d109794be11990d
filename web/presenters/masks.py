"""What of a person's data a reader sees: one place for pages, API and lists.

Everything is masked until this reader has unmasked this ticket, with a reason, a short while ago.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from core.actor import Principal
from core.i18n import N_, _
from core.masking import mask_address, mask_name, mask_phone, mask_text
from core.phones import parse_phone
from customers.schemas import AddressInfo
from dispatch.places import words_to_the_door
from workforce.access_log import is_open_for

UNNAMED = N_("이름 확인 중")
"""Stands where nobody had time to ask for a name: a danger is filed first."""


@dataclass(frozen=True)
class Masks:
    """How to show personal data. `is_open`: as it is stored."""

    is_open: bool

    def name(self, name: str) -> str:
        """`김*자`; what stands for an unknown name hides nobody and stays readable."""
        if name == UNNAMED:
            return _(UNNAMED)
        return name if self.is_open else mask_name(name)

    def phone(self, e164: str) -> str:
        """`010-****-5678`, from a stored number."""
        display = parse_phone(e164).display
        return display if self.is_open else mask_phone(display)

    def address(self, address: str) -> str:
        """Up to the 동."""
        return address if self.is_open else mask_address(address)

    def place(self, place: AddressInfo) -> str:
        """The whole address with 동·호 and the words that lead to the door, or up to the 동."""
        full = f"{place.normalised} {place.unit}".strip() or place.raw
        way = words_to_the_door(place) if self.is_open else ""
        return f"{full} ({way})" if way else self.address(full)

    def text(self, text: str) -> str:
        """Free text without phone numbers."""
        return text if self.is_open else mask_text(text)

    def words(self, text: str, *, names: Iterable[str]) -> str:
        """Free text about these people without phone numbers and without their names."""
        if self.is_open:
            return text
        # The longer name first: 김영자 must not be half hidden as 김영.
        for name in sorted({name for name in names if len(name) > 1}, key=len, reverse=True):
            text = text.replace(name, self.name(name))
        return self.text(text)


MASKED = Masks(is_open=False)
OPEN = Masks(is_open=True)


def masks_for_ticket(session: Session, *, principal: Principal, ticket_id: int, now: datetime) -> Masks:
    """How this reader sees this ticket's people."""
    subject = ("ticket", ticket_id)
    return OPEN if is_open_for(session, principal=principal, subject=subject, now=now) else MASKED


def masks_for_household(session: Session, *, principal: Principal, household_id: int, now: datetime) -> Masks:
    """How this reader sees this household."""
    subject = ("household", household_id)
    return OPEN if is_open_for(session, principal=principal, subject=subject, now=now) else MASKED
