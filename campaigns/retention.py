"""Invitations of homes whose people are destroyed: whom they went to goes, the count stays."""

from __future__ import annotations

from collections.abc import Sequence

from sqlmodel import Session, col, select

from campaigns.models import Invitation
from core.retention import Cut
from notifications.invitations import texts_of_invitations
from notifications.retention import destroy_texts


def forget_homes(session: Session, *, household_ids: Sequence[int], cut: Cut) -> None:
    """Empty the texts to these homes and forget through whom they were invited."""
    rows = list(session.exec(select(Invitation).where(col(Invitation.household_id).in_(household_ids))))
    ids = [row.id or 0 for row in rows]
    destroy_texts(session, texts_of_invitations(session, invitation_ids=ids), cut)
    for row in rows:
        row.contact_id = None
        session.add(row)
    session.flush()
