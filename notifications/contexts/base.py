"""What the news of several kinds share: whose case it is, who comes, when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from notifications import texts

PartyRole = Literal["resident", "requester", "payer"]

_RELATIONSHIPS = {
    "child": "자녀분",
    "spouse": "배우자분",
    "parent": "부모님",
    "sibling": "형제자매분",
    "grandchild": "손주분",
    "relative": "친척분",
    "neighbour": "이웃분",
    "neighbor": "이웃분",
    "caregiver": "돌보시는 분",
    "landlord": "집주인",
    "tenant": "세입자",
}


@dataclass(frozen=True)
class Window:
    """An agreed time of arrival; both moments timezone-aware."""

    start: datetime
    end: datetime


@dataclass(frozen=True)
class Worker:
    """The technician as the family knows him: name and the number on his card."""

    name: str
    id_number: str


@dataclass(frozen=True)
class Case:
    """What every text to a family says: the maker first, where to call back, and who asked for whom.

    `call_back` is the maker's number (E.164). `relationship` is the requester's to the resident, as filed.
    `resident_reached` is how the resident hears of it (`RecipientPlan.resident_reached`); the requester's
    text says so. `requester` is None when the resident asked in person.
    """

    maker: str
    call_back: str
    ticket_number: str
    resident: str
    requester: str | None = None
    relationship: str | None = None
    payer: PartyRole = "resident"
    payer_name: str | None = None
    resident_reached: Literal["TEXT", "CALL"] | None = None
    checkup: bool = False
    """Nothing is broken: somebody comes to check the boiler."""
    link: str | None = None
    """This reader's way to the family's page, filled in for each text; None where there is none to give."""

    @property
    def asker(self) -> str | None:
        """`자녀분 김민수님`, or None when the resident asked in person."""
        if not self.requester or self.requester == self.resident:
            return None
        name = texts.shorten(self.requester, texts.NAME_BYTES, instead=texts.NAMELESS) + "님"
        word = _RELATIONSHIPS.get((self.relationship or "").strip().lower())
        return f"{word} {name}" if word else name

    @property
    def task(self) -> str:
        """What somebody comes for, in one word."""
        return "점검" if self.checkup else "수리"

    @property
    def knows_relationship(self) -> bool:
        """Whether the relationship is one that has a word."""
        return (self.relationship or "").strip().lower() in _RELATIONSHIPS

    @property
    def paid_by(self) -> str:
        """The name of who pays; the resident's when the payer was not named."""
        names = {"requester": self.requester, "payer": self.payer_name}
        return names.get(self.payer) or self.resident
