"""How a campaign stands, counted from its invitations, their texts and their cases: nobody's name in it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection
from datetime import datetime

from sqlmodel import Session, col, func, select

from campaigns.models import Invitation
from campaigns.schemas import PointFigures
from dispatch.checkup_results import checkup_results
from notifications.invitations import states_of_invitations


def figures_of(session: Session, *, company_id: int, campaign_id: int) -> list[PointFigures]:
    """The whole company first (`service_point_id` None), then each point with an invitation."""
    query = select(Invitation.id, Invitation.service_point_id, Invitation.state, Invitation.ticket_id).where(
        col(Invitation.company_id) == company_id,
        col(Invitation.campaign_id) == campaign_id,
        col(Invitation.state) != "withdrawn",
    )
    rows = session.exec(query).all()
    texts = states_of_invitations(session, invitation_ids=[key for key, *_rest in rows if key is not None])
    tickets = [ticket_id for *_rest, ticket_id in rows if ticket_id is not None]
    results = checkup_results(session, company_id=company_id, ticket_ids=tickets)
    counted: dict[int | None, Counter[str]] = defaultdict(Counter)
    counted[None] = Counter()
    for key, point_id, state, ticket_id in rows:
        result = results.get(ticket_id or 0)
        facts = {
            "invited": True,
            "waiting": texts.get(key or 0) == "queued",
            "told": texts.get(key or 0) == "delivered",
            "booked": state == "booked",
            "done": result is not None and result.done,
            "declined": state == "declined",
            "refused": state == "refused",
            "faults": result is not None and result.fault,
        }
        met = [name for name, holds in facts.items() if holds]
        counted[None].update(met)
        counted[point_id].update(met)
    points = sorted(key for key in counted if key is not None)
    return [PointFigures(key, **counted[key]) for key in (None, *points)]


def begun(session: Session, *, company_id: int, campaign_ids: Collection[int]) -> set[int]:
    """Those of these campaigns of which a text has gone out."""
    query = select(Invitation.id, Invitation.campaign_id).where(
        col(Invitation.company_id) == company_id,
        col(Invitation.campaign_id).in_(campaign_ids),
        col(Invitation.state) != "withdrawn",
    )
    of = {key: campaign_id for key, campaign_id in session.exec(query) if key is not None}
    states = states_of_invitations(session, invitation_ids=of)
    return {of[key] for key, state in states.items() if state not in ("queued", "withdrawn")}


def invited_since(session: Session, *, campaign_id: int, since: datetime) -> int:
    """How many homes a campaign invited from a moment on."""
    query = select(func.count()).where(
        col(Invitation.campaign_id) == campaign_id, col(Invitation.invited_at) >= since
    )
    return session.exec(query).one()
