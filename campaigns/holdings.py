"""To what a person was invited, for the person who asks what is kept."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlmodel import Session, col, select

from campaigns.models import Campaign, Invitation
from core.clock import rfc3339_kst


def invitations_held(session: Session, *, contact_ids: Collection[int]) -> list[dict[str, Any]]:
    """When, by which campaign, as an advertisement or not, and what was answered."""
    query = (
        select(Invitation, Campaign.name)
        .join(Campaign, col(Campaign.id) == col(Invitation.campaign_id))
        .where(col(Invitation.contact_id).in_(contact_ids))
        .order_by(col(Invitation.id))
    )
    return [
        {
            "at": rfc3339_kst(row.invited_at),
            "campaign": name,
            "as_advert": row.as_advert,
            "because": row.because,
            "answer": row.state,
        }
        for row, name in session.exec(query)
    ]
