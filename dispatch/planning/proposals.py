"""Plans that no rule may publish by itself: a named person sees the difference, and accepts or rejects."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import and_
from sqlmodel import Session, col, select

from core import audit, live
from core.actor import Actor
from core.errors import ConflictError, FieldError, InvalidError, NotFoundError
from core.i18n import _
from dispatch.planning.authorship import Authorship
from dispatch.planning.board import horizon, load_boards
from dispatch.planning.day_locks import lock_point_day
from dispatch.planning.deserted import watch_day
from dispatch.planning.drafts import read_plan
from dispatch.planning.leftovers import with_later_days
from dispatch.planning.plan_models import Plan, PointDay
from dispatch.planning.proposal_gains import Gain, read_gain, today_of
from dispatch.planning.publishing import publish
from scheduling.evaluator import evaluate_plan


class UnknownProposalError(NotFoundError):
    """No such proposal, or another company's."""

    code = "unknown-proposal"


class ProposalClosedError(ConflictError):
    """Somebody has decided already; the detail names them."""

    code = "proposal-closed"


class ProposalOutdatedError(ConflictError):
    """The day has moved on since the proposal was made."""

    code = "proposal-outdated"


@dataclass(frozen=True)
class Proposal:
    """A plan that waits for a person. `changes` hold one sentence each (`text`), `reasons` why it asks."""

    id: int
    service_point_id: int
    day: date
    base_version: int
    made_at: datetime
    made_by: str
    cost: int | None
    baseline_cost: int | None
    reasons: tuple[str, ...]
    changes: tuple[dict[str, Any], ...]
    asked_by: str
    """Whose re-plan it answers; empty: a rule of the house asked."""
    gain: Gain | None
    is_outdated: bool
    """The day has a newer version than the one it started from."""


def list_proposals(
    session: Session, *, company_id: int, point_ids: Collection[int] | None = None
) -> list[Proposal]:
    """Open proposals of a company (or of some of its points), oldest first."""
    query = (
        select(Plan, PointDay.version)
        .join(
            PointDay,
            and_(
                col(PointDay.service_point_id) == col(Plan.service_point_id),
                col(PointDay.day) == col(Plan.day),
            ),
            isouter=True,
        )
        .where(col(Plan.company_id) == company_id, col(Plan.state) == "proposed")
        .order_by(col(Plan.id))
    )
    if point_ids is not None:
        query = query.where(col(Plan.service_point_id).in_(point_ids))
    return [_proposal(row, version) for row, version in session.exec(query)]


def accept_proposal(
    session: Session, *, plan_id: int, company_id: int, by: Actor, now: datetime, reason: str = ""
) -> int:
    """Publish a proposal; returns the new version.

    It is timed anew and checked against the day as it is now: facts may have overtaken it.

    Raises:
        UnknownProposalError, ProposalClosedError.
        ProposalOutdatedError: the day has a newer version, or the plan is no longer possible (409).
    """
    plan = _lock(session, plan_id=plan_id, company_id=company_id)
    found = today_of(session, plan, now=now)
    if found is None:
        raise _outdated()
    bp, sequences = found
    board = bp.board
    later = [day for day in horizon(board.rules, now) if day > board.day]
    boards = load_boards(session, point_id=board.point_id, days=later, now=now) if later else []
    drafts = with_later_days(read_plan(bp, evaluate_plan(bp.problem, sequences)), boards)
    plan.state, plan.decided_at, plan.decided_by = "accepted", now, by.name
    session.add(plan)
    session.flush()
    published = publish(session, drafts=drafts, author=Authorship(by, "solve", reason or None), now=now)
    _record(session, plan, what="ProposalAccepted", reason=reason or None, by=by, now=now)
    return published.versions[plan.day]


def reject_proposal(
    session: Session, *, plan_id: int, company_id: int, reason: str, by: Actor, now: datetime
) -> None:
    """Put a proposal away; what it would have answered is a named person's task from now on.

    Raises UnknownProposalError, ProposalClosedError, InvalidError (no reason).
    """
    if not reason.strip():
        message = _("왜 받지 않는지 적어 주세요.")
        raise InvalidError(message, errors=(FieldError("reason", message),))
    plan = _lock(session, plan_id=plan_id, company_id=company_id)
    plan.state, plan.decided_at, plan.decided_by = "rejected", now, by.name
    session.add(plan)
    session.flush()
    _record(session, plan, what="ProposalRejected", reason=reason, by=by, now=now)
    watch_day(session, point_id=plan.service_point_id, day=plan.day, now=now)


def _lock(session: Session, *, plan_id: int, company_id: int) -> Plan:
    """The proposal, its day held first: whoever publishes does it in this order."""
    seen = session.get(Plan, plan_id)
    if seen is None or seen.company_id != company_id or seen.state == "published":
        raise UnknownProposalError(_("그런 제안이 없습니다."))
    lock_point_day(session, point_id=seen.service_point_id, day=seen.day)
    session.refresh(seen)
    if seen.state == "outdated":
        raise _outdated()
    if seen.state != "proposed":
        raise ProposalClosedError(
            _("{who} 님이 이미 처리한 제안입니다.").format(who=seen.decided_by or _("다른 분"))
        )
    return seen


def _outdated() -> ProposalOutdatedError:
    return ProposalOutdatedError(
        _("그사이 일정이 바뀌어 이 제안은 맞지 않습니다. 다시 계획하도록 요청해 주세요.")
    )


def _record(session: Session, plan: Plan, *, what: str, reason: str | None, by: Actor, now: datetime) -> None:
    audit.record(
        session,
        by=by,
        at=now,
        what=what,
        subject=("service_point", plan.service_point_id),
        company_id=plan.company_id,
        reason=reason,
        data={"plan_id": plan.id, "day": plan.day.isoformat(), "version": plan.version},
    )
    # Colleagues may have it open: what is decided is no question any more.
    live.announce(
        session,
        company_id=plan.company_id,
        topic="proposal",
        service_point_id=plan.service_point_id,
    )


def _proposal(row: Plan, version: int | None) -> Proposal:
    assert row.id is not None
    return Proposal(
        id=row.id,
        service_point_id=row.service_point_id,
        day=row.day,
        base_version=row.base_version,
        made_at=row.made_at,
        made_by=row.made_by,
        cost=row.cost,
        baseline_cost=row.baseline_cost,
        reasons=tuple((row.decision_reason or "").splitlines()),
        changes=tuple(row.changes),
        # A solve's changes give as their reason who asked for it (`Authorship.reason` of a claim).
        asked_by=next((change["why"] for change in row.changes if change.get("why")), ""),
        gain=read_gain(row.gain),
        is_outdated=(version or 0) != row.base_version,
    )
