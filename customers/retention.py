"""Homes nobody has called from for years: their people and addresses are destroyed, the rows stay."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import ColumnElement, DateTime, Integer, column, delete, exists, or_, table, update
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from core.db import count_changed
from core.retention import Cut, Ids, some_ids
from customers.consents import choices_about
from customers.locks import lock_keys
from customers.models import Address, Boiler, Contact, Household, HouseholdMember, NoticeChoice, RefusedNumber
from customers.rows import home_lock

_TICKETS = table(
    "ticket",
    column("household_id", Integer),
    column("received_at", DateTime(timezone=True)),
    column("destroyed_at", DateTime(timezone=True)),
)
_PARTIES = table("ticket_party", column("contact_id", Integer))


def due_households(session: Session, company_id: int | None, cut: Cut, limit: int) -> Ids:
    """Homes without a case whose people are still kept, and without one since the cut."""
    return some_ids(session, Household, limit, col(Household.company_id) == company_id, *_due(cut))


def _due(cut: Cut) -> tuple[ColumnElement[bool], ...]:
    in_use = exists().where(
        _TICKETS.c.household_id == col(Household.id),
        or_(_TICKETS.c.destroyed_at.is_(None), _TICKETS.c.received_at >= cut.before),
    )
    return col(Household.destroyed_at).is_(None), col(Household.created_at) < cut.before, ~in_use


def destroy_households(session: Session, ids: Ids, cut: Cut) -> int:
    """Take the people, the address and the door note away. The 시군구 stays for the figures.

    A family may ring just now for the first time in years: a call that comes in holds the home's lock, as
    this does, and whoever comes second sees what the first one did.
    """
    places = select(Address.company_id, Address.normalised, Address.unit).join(
        Household, col(Household.address_id) == col(Address.id)
    )
    homes = session.exec(places.where(col(Household.id).in_(ids)))
    lock_keys(session, *sorted({home_lock(company_id, place, unit) for company_id, place, unit in homes}))
    ids = some_ids(session, Household, len(ids), col(Household.id).in_(ids), *_due(cut))
    members = select(HouseholdMember.contact_id).where(col(HouseholdMember.household_id).in_(ids))
    contacts = list(session.exec(members))
    session.execute(delete(NoticeChoice).where(col(NoticeChoice.household_id).in_(ids)))
    session.execute(delete(HouseholdMember).where(col(HouseholdMember.household_id).in_(ids)))
    destroy_orphans(session, contacts)
    gone = count_changed(
        session,
        update(Household)
        .where(col(Household.id).in_(ids), col(Household.destroyed_at).is_(None))
        .values(access_note="", age_band=None, priority_care=False, destroyed_at=cut.now),
    )
    _destroy_addresses(session, ids)
    return gone


def destroy_orphans(session: Session, contact_ids: Iterable[int]) -> None:
    """Delete those of these people who belong to no home and no case any more, and their words on notices."""
    query = select(Contact.id).where(
        col(Contact.id).in_(set(contact_ids)),
        ~exists().where(col(HouseholdMember.contact_id) == col(Contact.id)),
        ~exists().where(_PARTIES.c.contact_id == col(Contact.id)),
    )
    orphans = [contact_id for contact_id in session.exec(query) if contact_id is not None]
    if not orphans:
        return
    session.execute(delete(NoticeChoice).where(choices_about(*orphans)))
    session.execute(delete(Contact).where(col(Contact.id).in_(orphans)))


def due_refused_numbers(session: Session, company_id: int | None, cut: Cut, limit: int) -> Ids:
    """Numbers that nobody we know has any more, refused before the cut: numbers are handed on to others."""
    return some_ids(session, RefusedNumber, limit, col(RefusedNumber.company_id) == company_id, *_unused(cut))


def destroy_refused_numbers(session: Session, ids: Ids, cut: Cut) -> int:
    """Delete them, but those that somebody has given meanwhile."""
    return count_changed(session, delete(RefusedNumber).where(col(RefusedNumber.id).in_(ids), *_unused(cut)))


def _unused(cut: Cut) -> tuple[ColumnElement[bool], ...]:
    given = exists().where(
        col(Contact.company_id) == col(RefusedNumber.company_id),
        col(Contact.phone) == col(RefusedNumber.phone),
    )
    return col(RefusedNumber.entered_at) < cut.before, ~given


def _destroy_addresses(session: Session, household_ids: Ids) -> None:
    """Empty the addresses at which no home is kept any more, with what the boilers there say of them."""
    neighbour = aliased(Household)
    lived_at = exists().where(
        col(neighbour.address_id) == col(Household.address_id), col(neighbour.destroyed_at).is_(None)
    )
    theirs = select(Household.address_id).where(col(Household.id).in_(household_ids), ~lived_at)
    empty = list(session.exec(theirs))
    session.execute(
        update(Address)
        .where(col(Address.id).in_(empty))
        .values(raw="", normalised="", unit="", postcode="", lat=None, lon=None, precision="none", tokens=[])
    )
    session.execute(
        update(Boiler).where(col(Boiler.address_id).in_(empty)).values(serial=None, installer=None)
    )
