"""What the law wants told of a word about advertisements: what came of it, and that it is asked again.

Texts hang on cases, so it goes out under his newest one; whoever has none there, or no number that takes a
text, hears it from the person who writes it down.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from core.dated import read_rules
from core.i18n import DEFAULT_LANGUAGE
from customers.consent_rules import Choice, years_after
from customers.consents import ChoiceInfo, Purpose, agreeing, refusing
from customers.languages import languages_of
from customers.standings import yes_between
from dispatch.family_links import link_maker
from dispatch.models import Ticket, TicketParty
from dispatch.notice_facts import TicketFacts, facts_of_ticket
from notifications import advert, adverts, messages, service
from notifications.catalogue import FAMILY, Event, Role
from notifications.contexts.consent import ConsentNews
from notifications.queries import generations_told
from notifications.recipients import Party
from workforce.queries import company_ids

AT_ONCE = 200
"""So many are asked again in one run; the others in the next."""


def tell_choice(session: Session, *, word: ChoiceInfo, company_id: int, now: datetime) -> bool:
    """Tell somebody what was written down, once a word; False where no text can."""
    rules = read_rules(session, company_id=company_id, at=now)
    ends_at = years_after(word.at, rules.advert_consent_years)
    free = adverts.refusal_number(session, company_id=company_id, at=now)

    def write(facts: TicketFacts) -> ConsentNews:
        return messages.AdvertChoice(facts.case, word.choice is Choice.AGREED, word.at, ends_at, free)

    return _tell(
        session,
        company_id=company_id,
        contact_id=word.contact_id,
        generation=word.id,
        write=write,
        answers_until=ends_at,
        now=now,
    )


def ask_again(session: Session, *, now: datetime) -> int:
    """Ask who agreed almost so many years ago whether that holds: once a yes, in hours for advertisements.

    Who does not answer gets none from that day on. Returns how many were asked.
    """
    return sum(_ask_of_company(session, company_id, now=now) for company_id in company_ids(session))


def _ask_of_company(session: Session, company_id: int, *, now: datetime) -> int:
    rules = read_rules(session, company_id=company_id, at=now)
    if not advert.may_go_at(now, day_from=rules.advert_from, day_until=rules.advert_until):
        return 0
    ahead = timedelta(days=rules.advert_reconfirm_days)
    over, ending = (years_after(at, -rules.advert_consent_years) for at in (now, now + ahead))
    ending_soon = yes_between(session, company_id=company_id, after=over, until=ending)
    asked = generations_told(
        session, company_id=company_id, event=Event.ADVERT_RECONFIRM, since=now - ahead - timedelta(days=1)
    )
    waiting = [each for each in ending_soon if each[0] not in asked]
    people = {contact_id for _word, contact_id, _at in waiting}
    agreed = agreeing(session, company_id=company_id, contact_ids=people, purpose=Purpose.ADVERT, now=now)
    free = adverts.refusal_number(session, company_id=company_id, at=now)
    told = 0
    for word_id, contact_id, said_at in waiting:
        if contact_id not in agreed:
            continue
        ends_at = years_after(said_at, rules.advert_consent_years)
        told += _tell(
            session,
            company_id=company_id,
            contact_id=contact_id,
            generation=word_id,
            write=_asking(said_at, ends_at, free),
            answers_until=ends_at + ahead,
            now=now,
        )
        if told == AT_ONCE:
            break
    return told


def _asking(said_at: datetime, ends_at: datetime, free: str | None) -> Callable[[TicketFacts], ConsentNews]:
    return lambda facts: messages.AdvertReconfirm(facts.case, said_at, ends_at, free)


def _tell(
    session: Session,
    *,
    company_id: int,
    contact_id: int,
    generation: int,
    write: Callable[[TicketFacts], ConsentNews],
    answers_until: datetime,
    now: datetime,
) -> bool:
    """To his own number alone, under his newest case; not where a stranger was found on it."""
    party = _newest_part(session, company_id, contact_id)
    if party is None or party.phone_wrong_since is not None:
        return False
    facts = facts_of_ticket(session, ticket_id=party.ticket_id)
    refused = refusing(session, company_id=company_id, household_id=None, contact_ids=[contact_id])
    spoken = languages_of(session, contact_ids=[contact_id]).get(contact_id, DEFAULT_LANGUAGE)
    person = Party(Role(party.role), party.name, party.phone, party.can_text, not refused, language=spoken)
    context = write(facts)
    service.tell(
        session,
        event=messages.event_of(context),
        generation=generation,
        ticket_id=facts.id,
        company_id=company_id,
        sender=facts.sender,
        facts=context,
        people=[person],
        now=now,
        links=link_maker(session, ticket=facts.ticket, now=now, adverts_until=answers_until),
    )
    return party.can_text and not refused


def _newest_part(session: Session, company_id: int, contact_id: int) -> TicketParty | None:
    query = (
        select(TicketParty)
        .join(Ticket, col(Ticket.id) == col(TicketParty.ticket_id))
        .where(
            col(Ticket.company_id) == company_id,
            col(Ticket.destroyed_at).is_(None),
            col(TicketParty.contact_id) == contact_id,
            col(TicketParty.role).in_([role.value for role in FAMILY]),
        )
        .order_by(col(Ticket.id).desc(), col(TicketParty.role))
    )
    return session.exec(query.limit(1)).first()
