"""Who is told of an event, on which number, in which wording: pure decisions, from the parties alone.

- Resident and requester are both told, each in own words. A payer who is a third person gets the bill alone.
- Parties who share a number get one text, under the first of requester, resident, payer
  (contracts: "under the requester"), in a wording that serves them all.
- Each is written to in his own language; a number that several share in the resident's.
- A company may want somebody rung at once (`ways`): then there is no text to him.
- A number that takes no text is called by a person (`CALL_LANDLINE`): it never counts as told.
- Who refused notices is left out, with the reason kept; another party on the same number is still told.
- Staff are told by text or not at all: their screens and the escalation are the other way. So is the family
  where an event is no reason to ring somebody (`EventRules.rings`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from core.i18n import DEFAULT_LANGUAGE
from notifications.catalogue import CATALOGUE, FAMILY, STAFF_EVENTS, Event, Role
from notifications.languages import in_language
from notifications.ways import USUAL, Order, Way, without_voice

_ORDER = tuple(Role)
"""The role that a shared number is filed under is the first of these."""

WithheldReason = Literal["REFUSED", "NO_PHONE", "CANNOT_TEXT"]
Reach = Literal["TEXT", "CALL"] | None
"""How the resident hears of something; None: not at all, or he knows it."""


@dataclass(frozen=True)
class Party:
    """One party of a ticket, at most one a role. `phone` is E.164; `can_text` is False for landlines.

    `takes_notices` is False when this person does not want notices, or the resident refused that this
    person gets them. A payer is a party only when a third person.
    """

    role: Role
    name: str
    phone: str | None
    can_text: bool
    takes_notices: bool = True
    person_id: int | None = None
    """Of staff alone: whose devices they are."""
    language: str = DEFAULT_LANGUAGE
    """In which they are written to."""


@dataclass(frozen=True)
class Delivery:
    """One text to one number: filed under `recipient`, worded by `variant`, telling all in `serves`."""

    recipient: Role
    phone: str
    variant: str
    serves: tuple[Role, ...]
    person_id: int | None = None
    order: Order = USUAL
    """In which order the ways to this number are tried."""


@dataclass(frozen=True)
class CallTask:
    """One number that a person must ring, because it takes no text, or the company wants it rung at once.

    `language`: in which whoever answers is to be told. `by_voice`: a voice may do it instead, where the
    company has one; it speaks Korean alone.
    """

    recipient: Role
    phone: str
    serves: tuple[Role, ...]
    kind: Literal["CALL_LANDLINE"] = "CALL_LANDLINE"
    language: str = DEFAULT_LANGUAGE
    by_voice: bool = True

    @property
    def variant(self) -> str:
        """The wording that is read out."""
        both = {Role.RESIDENT, Role.REQUESTER} <= set(self.serves)
        return in_language("shared" if both else self.recipient.value, self.language)


@dataclass(frozen=True)
class Withheld:
    """A party concerned by the event who is neither texted nor rung, and why."""

    recipient: Role
    reason: WithheldReason


@dataclass(frozen=True)
class RecipientPlan:
    """The whole answer: every concerned party is in exactly one delivery, call or withheld entry."""

    deliveries: tuple[Delivery, ...] = ()
    calls: tuple[CallTask, ...] = ()
    withheld: tuple[Withheld, ...] = ()

    @property
    def resident_reached(self) -> Reach:
        """How the resident hears of it, for `messages.Case.resident_reached`."""
        if any(Role.RESIDENT in delivery.serves for delivery in self.deliveries):
            return "TEXT"
        return "CALL" if any(Role.RESIDENT in call.serves for call in self.calls) else None


def plan_recipients(
    *,
    event: Event,
    parties: Iterable[Party],
    roles: Collection[Role] | None = None,
    orders: Mapping[Role, Order] | None = None,
) -> RecipientPlan:
    """Decide who is told of `event`. Deterministic; the order of `parties` does not matter.

    Args:
        roles: whom the company wants told (`policy.NoticePolicy`); the catalogue's without.
        orders: in which order it wants the ways to them tried; the usual one without. A number that several
            share goes by the order of the one it is filed under.
    """
    wanted = CATALOGUE[event].roles if roles is None else roles
    concerned = sorted((p for p in parties if p.role in wanted), key=lambda p: _ORDER.index(p.role))
    deliveries: list[Delivery] = []
    calls: list[CallTask] = []
    withheld: list[Withheld] = []
    by_phone: dict[str, list[Party]] = {}
    for party in concerned:
        if not party.takes_notices:
            withheld.append(Withheld(party.role, "REFUSED"))
        elif not party.phone:
            withheld.append(Withheld(party.role, "NO_PHONE"))
        else:
            by_phone.setdefault(party.phone, []).append(party)
    for phone, sharers in by_phone.items():
        serves = tuple(party.role for party in sharers)
        language = _language(sharers)
        order = (orders or {}).get(serves[0], USUAL)
        order = order if language == DEFAULT_LANGUAGE else without_voice(order)
        rung = order[0] is Way.PERSON
        if all(party.can_text for party in sharers) and not rung:
            person_id = sharers[0].person_id
            deliveries.append(Delivery(serves[0], phone, _variant(sharers), serves, person_id, order))
        elif event in STAFF_EVENTS or not CATALOGUE[event].rings or CATALOGUE[event].advert:
            withheld += [Withheld(role, "CANNOT_TEXT") for role in serves]
        else:
            by_voice = language == DEFAULT_LANGUAGE and not rung
            calls.append(CallTask(serves[0], phone, serves, language=language, by_voice=by_voice))
    return RecipientPlan(tuple(deliveries), tuple(calls), tuple(withheld))


def _variant(sharers: list[Party]) -> str:
    """The template for the parties of one number, in role order.

    `shared` speaks to resident and requester at once; when they are the same person it would tell him of
    himself, so he gets the resident's words. A payer on another's number finds the bill in that text.
    """
    roles = {party.role for party in sharers}
    reader = sharers[0].role.value
    if roles >= {Role.REQUESTER, Role.RESIDENT}:
        names = {"".join(p.name.split()) for p in sharers if p.role in FAMILY}
        reader = "resident" if len(names) == 1 else "shared"
    return in_language(reader, _language(sharers))


def _language(sharers: list[Party]) -> str:
    """Of a number that several share, the resident's: it is told of his home."""
    return next((p.language for p in sharers if p.role is Role.RESIDENT), sharers[0].language)
