"""Homes nobody has called from for years: their people and addresses are destroyed, the rows stay."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import DateTime, Integer, column, delete, exists, or_, table, update
from sqlmodel import Session, col, select

from core.db import count_changed
from core.retention import Cut, Ids, some_ids
from customers.models import Address, Boiler, Contact, Household, HouseholdMember

_TICKETS = table(
    "ticket",
    column("household_id", Integer),
    column("received_at", DateTime(timezone=True)),
    column("destroyed_at", DateTime(timezone=True)),
)
_PARTIES = table("ticket_party", column("contact_id", Integer))


def due_households(session: Session, company_id: int | None, cut: Cut, limit: int) -> Ids:
    """Homes without a case whose people are still kept, and without one since the cut."""
    in_use = exists().where(
        _TICKETS.c.household_id == col(Household.id),
        or_(_TICKETS.c.destroyed_at.is_(None), _TICKETS.c.received_at >= cut.before),
    )
    return some_ids(
        session,
        Household,
        limit,
        col(Household.company_id) == company_id,
        col(Household.destroyed_at).is_(None),
        col(Household.created_at) < cut.before,
        ~in_use,
    )


def destroy_households(session: Session, ids: Ids, cut: Cut) -> int:
    """Take the people, the address and the door note away. The 시군구 stays for the figures."""
    members = select(HouseholdMember.contact_id).where(col(HouseholdMember.household_id).in_(ids))
    contacts = list(session.exec(members))
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
    """Delete those of these people who belong to no home and no case any more."""
    session.execute(
        delete(Contact).where(
            col(Contact.id).in_(set(contact_ids)),
            ~exists().where(col(HouseholdMember.contact_id) == col(Contact.id)),
            ~exists().where(_PARTIES.c.contact_id == col(Contact.id)),
        )
    )


def _destroy_addresses(session: Session, household_ids: Ids) -> None:
    """Empty the addresses at which no home is kept any more, with what the boilers there say of them."""
    alive = select(Household.address_id).where(col(Household.destroyed_at).is_(None))
    theirs = select(Household.address_id).where(col(Household.id).in_(household_ids))
    empty = list(session.exec(theirs.where(col(Household.address_id).not_in(alive))))
    session.execute(
        update(Address)
        .where(col(Address.id).in_(empty))
        .values(raw="", normalised="", unit="", postcode="", lat=None, lon=None, precision="none", tokens=[])
    )
    session.execute(
        update(Boiler).where(col(Boiler.address_id).in_(empty)).values(serial=None, installer=None)
    )
