"""What a person has rejected is not proposed again while nothing changes on the routes it touches."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence

from sqlmodel import Session, col, select

from dispatch.planning.drafts import DayDraft
from dispatch.planning.plan_changes import Change
from dispatch.planning.plan_models import Plan


def fingerprint(draft: DayDraft, changes: Sequence[Change]) -> str:
    """The same for proposals that come to the same on the same routes.

    Starts drift by minutes from one solve to the next: who goes where counts, and what is on whose route.
    """
    touched = {c.before.technician_id for c in changes} | {c.after.technician_id for c in changes if c.after}
    board = draft.board
    moves = [
        (c.before.visit_id, c.what, c.before.technician_id, c.after.technician_id if c.after else None)
        for c in changes
        if c.what != "retimed"
    ]
    routes = [
        (v.visit_id, v.technician_id, str(v.window), v.under_way, board.expects(v))
        for v in board.visits
        if v.technician_id in touched
    ]
    hours = [
        (s.technician_id, str(s.end_at), s.left_early, s.came_late)
        for s in board.stretches
        if s.technician_id in touched
    ]
    told = json.dumps([sorted(moves, key=str), sorted(routes, key=str), sorted(hours, key=str)])
    return hashlib.sha256(told.encode()).hexdigest()


def was_refused(session: Session, *, draft: DayDraft, changes: Sequence[Change]) -> bool:
    """Whether a person has rejected this very proposal on the day's routes as they are."""
    query = select(Plan.id).where(
        col(Plan.service_point_id) == draft.board.point_id,
        col(Plan.day) == draft.board.day,
        col(Plan.state) == "rejected",
        col(Plan.fingerprint) == fingerprint(draft, changes),
    )
    return session.exec(query).first() is not None
