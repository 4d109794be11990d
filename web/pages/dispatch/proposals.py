"""Plans that wait for a person: how many, what they would change, accept or reject."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from sqlmodel import Session

from core.actor import Actor, Principal
from core.clock import operating_day_bounds
from core.errors import DomainError, ForbiddenError, NotFoundError
from core.i18n import _
from dispatch.planning.proposals import Proposal, accept_proposal, list_proposals, reject_proposal
from web.context import context_of
from web.identity import Author, GuardedRoute, SignedIn, allow
from web.pages.dispatch.answers import toast
from web.pages.dispatch.reach import CONSOLE_ROLES, Reach, read_reach
from web.pages.posting import Posted, take_once
from web.templating import render_page
from workforce.queries import get_technicians, points_by_id

router = APIRouter(prefix="/dispatch/proposals", route_class=GuardedRoute)


class UnknownProposalError(NotFoundError):
    """No such proposal among the reader's points."""

    code = "unknown-proposal"


@router.get("/bar")
@allow(*CONSOLE_ROLES)
def show_bar(request: Request, principal: Principal = SignedIn) -> Response:
    """How many wait."""
    context = context_of(request)
    with context.database.reading() as session:
        reach = read_reach(session, request, principal=principal, now=context.clock())
        return render_page(
            request, "dispatch/_proposal_bar.html", bar_values(session, principal=principal, reach=reach)
        )


@router.get("")
@allow(*CONSOLE_ROLES)
def show_proposals(request: Request, principal: Principal = SignedIn) -> Response:
    """Each with its difference, in a dialog; without scripts as a page."""
    return _render(request, principal)


@router.post("/{plan_id}/decision")
@allow(*CONSOLE_ROLES)
def post_decision(
    request: Request, plan_id: int, posted: Posted, principal: Principal = SignedIn, by: Actor = Author
) -> Response:
    """ACCEPT publishes it; REJECT, with a reason, puts it away."""
    accepts = posted.get("decision") == "ACCEPT"

    def act(session: Session, now: datetime) -> None:
        decide = accept_proposal if accepts else reject_proposal
        decide(
            session,
            plan_id=plan_id,
            company_id=principal.company_id,
            reason=posted.get("reason").strip(),
            by=by,
            now=now,
        )

    taken = _("제안을 받아들였습니다. 새 일정이 적용되었습니다.")
    left = _("제안을 받지 않았습니다. 지금 일정이 그대로입니다.")
    return _decide(request, principal, plan_id, posted, act, said=taken if accepts else left)


def bar_values(session: Session, *, principal: Principal, reach: Reach) -> dict[str, Any]:
    """How many proposals wait at the reader's points."""
    waiting = list_proposals(session, company_id=principal.company_id, point_ids=reach.narrowed_ids)
    return {
        "proposal_count": len(waiting),
        "proposals_src": reach.address("/dispatch/proposals/bar"),
        "proposals_url": reach.address("/dispatch/proposals"),
    }


def _decide(
    request: Request,
    principal: Principal,
    plan_id: int,
    posted: Posted,
    act: Callable[[Session, datetime], None],
    *,
    said: str,
) -> Response:
    context = context_of(request)
    try:
        with context.database.transaction() as session:
            now = context.clock()
            if take_once(session, request, principal=principal, posted=posted, now=now):
                reach = read_reach(session, request, principal=principal, now=now)
                _require_own(session, principal, reach, plan_id)
                act(session, now)
    except (ForbiddenError, NotFoundError):
        raise
    except DomainError as error:
        return _render(request, principal, problem=(plan_id, error, posted.get("reason")))
    if "HX-Request" in request.headers:
        return _render(request, principal, said=said)
    return RedirectResponse("/dispatch", status_code=303)


def _require_own(session: Session, principal: Principal, reach: Reach, plan_id: int) -> None:
    """A member of one point decides about that point alone; what is closed already the door itself says."""
    if not reach.own_only:
        return
    own = list_proposals(session, company_id=principal.company_id, point_ids=reach.narrowed_ids)
    if plan_id not in {proposal.id for proposal in own}:
        raise UnknownProposalError(_("그런 제안이 없습니다."))


def _render(
    request: Request,
    principal: Principal,
    *,
    problem: tuple[int, DomainError, str] | None = None,
    said: str = "",
) -> Response:
    context = context_of(request)
    with context.database.reading() as session:
        now = context.clock()
        reach = read_reach(session, request, principal=principal, now=now)
        found = list_proposals(session, company_id=principal.company_id, point_ids=reach.narrowed_ids)
        points = points_by_id(session, point_ids={proposal.service_point_id for proposal in found})
        values = {
            "proposals": [
                _proposal(session, proposal, points[proposal.service_point_id].name, principal)
                for proposal in found
            ],
            "problem": problem,
        }
        is_part = "HX-Request" in request.headers
        template = "dispatch/_proposals.html" if is_part else "dispatch/proposals.html"
        status = problem[1].status if problem else 200
        return render_page(request, template, values, status_code=status, headers=toast(said))


def _proposal(session: Session, proposal: Proposal, point: str, principal: Principal) -> dict[str, Any]:
    sides = [side for change in proposal.changes for side in (change["from"], change["to"]) if side]
    crew = get_technicians(
        session,
        technician_ids={side["technician_id"] for side in sides},
        company_id=principal.company_id,
    )
    names = {who: info.name for who, info in crew.items()}
    changes = [
        {
            "number": change["number"],
            "what": change["what"],
            "before": _side(change["from"], names),
            "after": _side(change["to"], names),
        }
        for change in proposal.changes
    ]
    known = proposal.cost is not None and proposal.baseline_cost is not None
    return {
        "id": proposal.id,
        "point": point,
        "day": operating_day_bounds(proposal.day)[0],
        "made_at": proposal.made_at,
        "made_by": proposal.made_by,
        "reasons": proposal.reasons,
        "changes": sorted(changes, key=lambda change: change["what"] == "retimed"),
        "cost": proposal.cost,
        "baseline": proposal.baseline_cost,
        "gain": (proposal.baseline_cost or 0) - (proposal.cost or 0) if known else None,
    }


def _side(side: dict[str, Any] | None, names: dict[int, str]) -> dict[str, Any] | None:
    if side is None or side["technician_id"] is None:
        return None
    start = datetime.fromisoformat(side["start"]) if side["start"] else None
    return {"name": names.get(side["technician_id"], ""), "start": start}
