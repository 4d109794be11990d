"""Whose home an invitation went to: what a screen of texts names it by."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlmodel import Session, col, select

from campaigns.models import Campaign, Invitation
from customers.queries import contacts_by_id


@dataclass(frozen=True)
class InvitedHome:
    """An invitation's home. `name`: of whom the text went to, raw: the reader masks; empty: destroyed."""

    campaign_id: int
    campaign: str
    household_id: int
    name: str


def invited_homes(
    session: Session, *, company_id: int, invitation_ids: Collection[int]
) -> dict[int, InvitedHome]:
    """These invitations of a company, by id; unknown ids are left out."""
    if not invitation_ids:
        return {}
    query = (
        select(Invitation, Campaign.name)
        .join(Campaign, col(Campaign.id) == col(Invitation.campaign_id))
        .where(col(Invitation.company_id) == company_id, col(Invitation.id).in_(set(invitation_ids)))
    )
    rows = session.exec(query).all()
    ids = {row.contact_id for row, _name in rows if row.contact_id is not None}
    people = contacts_by_id(session, company_id=company_id, contact_ids=ids)
    return {
        row.id or 0: InvitedHome(
            row.campaign_id,
            campaign,
            row.household_id,
            people[row.contact_id].name if row.contact_id in people else "",
        )
        for row, campaign in rows
    }
