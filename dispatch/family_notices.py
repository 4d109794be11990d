"""Who gets the texts of a case, and in which language, as its family decides on its page.

Each for himself, and the resident about who called. One number is one switch: who shares it gets one text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlmodel import Session

from core.dated import read_rules
from core.errors import ForbiddenError
from core.i18n import _
from customers.consent_rules import Choice, Door, Purpose, Standing, years_after
from customers.languages import languages_of
from customers.standings import standings
from dispatch.advert_words import take_advert_word
from dispatch.cases import parties_of
from dispatch.family_links import OpenLink
from dispatch.family_steps import family_actor
from dispatch.models import Ticket, TicketParty
from dispatch.notice_choices import Word, take_word
from dispatch.notice_facts import TicketFacts, facts_of_ticket, family_of
from dispatch.person_languages import keep_languages
from notifications.languages import known

Whose = Literal["own", "caller"]


@dataclass(frozen=True)
class Switch:
    """One number of the case that this link has a say about. `name` is whoever called, for `caller` alone."""

    whose: Whose
    name: str
    is_told: bool


def switches(session: Session, *, link: OpenLink) -> list[Switch]:
    """What the people of a link may turn on and off; nothing for a third person who pays."""
    if link.pays_alone:
        return []
    facts = facts_of_ticket(session, ticket_id=link.ticket_id)
    told = {party.role.value for party in family_of(session, facts) if party.takes_notices}
    found = []
    for whose in ("own", "caller"):
        people = _people(facts, link, whose)
        if people:
            name = people[0].name if whose == "caller" else ""
            found.append(Switch(whose, name, any(party.role in told for party in people)))
    return found


def turn(session: Session, *, link: OpenLink, whose: Whose, on: bool, now: datetime) -> None:
    """Tell these people from now on, or not any more; what waits for them is withdrawn at once.

    Raises:
        ForbiddenError: this link has no say about them (403).
    """
    facts = facts_of_ticket(session, ticket_id=link.ticket_id)
    people = [] if link.pays_alone else _people(facts, link, whose)
    if not people:
        raise ForbiddenError(_("본인이나, 그 댁에 사시는 분만 정할 수 있습니다."))
    for party in people:
        decider = party if whose == "own" else facts.parties["resident"]
        word = Word(
            contact_id=party.contact_id,
            decided_by_id=decider.contact_id,
            choice=Choice.AGREED if on else Choice.REFUSED,
            door=Door.PAGE,
        )
        take_word(
            session,
            company_id=link.company_id,
            household_id=facts.ticket.household_id,
            word=word,
            by=family_actor(link),
            now=now,
        )


@dataclass(frozen=True)
class AdvertSwitch:
    """Whether advertisements go to this number, and until when the yes holds (None: they do not)."""

    is_on: bool
    ends_at: datetime | None


def advert_switch(session: Session, *, link: OpenLink, now: datetime) -> AdvertSwitch | None:
    """How it stands with advertisements to the number of a link; None for a third person who pays."""
    if link.pays_alone:
        return None
    facts = facts_of_ticket(session, ticket_id=link.ticket_id)
    ids = [party.contact_id for party in _people(facts, link, "own")]
    found = standings(session, company_id=link.company_id, contact_ids=ids, purpose=Purpose.ADVERT, now=now)
    years = read_rules(session, company_id=link.company_id, at=now).advert_consent_years
    said = [heard.at for standing, heard in found.values() if standing is Standing.AGREED and heard.at]
    return AdvertSwitch(bool(said), years_after(max(said), years) if said else None)


def turn_adverts(session: Session, *, link: OpenLink, on: bool, now: datetime) -> None:
    """Their own word, from the telephone itself: advertisements from now on, or none any more.

    Raises:
        ForbiddenError: a third person who pays has no say here (403).
    """
    if link.pays_alone:
        raise ForbiddenError(_("본인이나, 그 댁에 사시는 분만 정할 수 있습니다."))
    facts = facts_of_ticket(session, ticket_id=link.ticket_id)
    take_advert_word(
        session,
        company_id=link.company_id,
        household_id=facts.ticket.household_id,
        contact_ids=list(dict.fromkeys(party.contact_id for party in _people(facts, link, "own"))),
        choice=Choice.AGREED if on else Choice.REFUSED,
        door=Door.PAGE,
        by=family_actor(link),
        now=now,
    )


def switch_language(session: Session, *, link: OpenLink, language: str, now: datetime) -> None:
    """The people of a link read another language: their page opens in it from now on, and texts come in it.

    Raises:
        UnknownLanguageError: nobody is written to in that language (422).
    """
    ticket = session.get_one(Ticket, link.ticket_id)
    people = [
        party for role, party in parties_of(session, ticket_id=link.ticket_id).items() if role in link.roles
    ]
    keep_languages(
        session,
        company_id=link.company_id,
        household_id=ticket.household_id,
        wanted={party.contact_id: language for party in people},
        by=family_actor(link),
        now=now,
    )


def language_of_link(session: Session, *, link: OpenLink) -> str:
    """In which language the page of a link opens: that in which its texts are written."""
    facts = parties_of(session, ticket_id=link.ticket_id)
    people = [
        facts[role] for role in ("resident", *sorted(link.roles)) if role in link.roles and role in facts
    ]
    spoken = languages_of(session, contact_ids=[party.contact_id for party in people])
    return known(spoken.get(people[0].contact_id) if people else None)


def _people(facts: TicketFacts, link: OpenLink, whose: str) -> Sequence[TicketParty]:
    """The parties behind a switch; the resident alone has a say about who called, on a number of his own."""
    if whose == "own":
        return [party for role, party in facts.parties.items() if role in link.roles]
    caller = facts.parties.get("requester")
    if caller is None or "resident" not in link.roles or "requester" in link.roles:
        return []
    return [] if caller.contact_id == facts.parties["resident"].contact_id else [caller]
