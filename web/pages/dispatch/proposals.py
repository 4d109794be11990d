"""Plans that wait for a person: how many, what they would change, accept or reject."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from sqlmodel import Session

from core.actor import Actor, Principal
from core.errors import DomainError, ForbiddenError, NotFoundError
from core.i18n import _
from dispatch.planning.proposal_facts import just_decided
from dispatch.planning.proposals import accept_proposal, list_proposals, reject_proposal
from dispatch.planning.replans import replan_of
from web.context import context_of
from web.identity import Author, GuardedRoute, SignedIn, allow
from web.pages.dispatch.reach import CONSOLE_ROLES, Reach, read_reach
from web.pages.posting import Posted, take_once
from web.presenters.proposals import decision_words, proposal_cards, replan_words
from web.templating import render_page
from web.toasts import toast
from workforce.queries import get_point, points_by_id

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
        now = context.clock()
        reach = read_reach(session, request, principal=principal, now=now)
        return render_page(
            request,
            "dispatch/_proposal_bar.html",
            bar_values(session, principal=principal, reach=reach, now=now),
        )


@router.get("")
@allow(*CONSOLE_ROLES)
def show_proposals(request: Request, principal: Principal = SignedIn) -> Response:
    """Each with its difference, in a dialog; without scripts as a page."""
    is_part = "HX-Request" in request.headers
    return _render(request, principal, template="_proposals" if is_part else "proposals")


@router.get("/list")
@allow(*CONSOLE_ROLES)
def show_list(request: Request, principal: Principal = SignedIn) -> Response:
    """The list alone: it follows what colleagues decide, in the dialog as on the page."""
    return _render(request, principal, template="_proposal_list")


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


def bar_values(session: Session, *, principal: Principal, reach: Reach, now: datetime) -> dict[str, Any]:
    """How many proposals wait at the reader's points, and how his own re-plan stands."""
    waiting = list_proposals(session, company_id=principal.company_id, point_ids=reach.narrowed_ids)
    return {
        "proposal_count": len(waiting),
        "replan": own_replan(session, principal=principal, now=now),
        "proposals_src": reach.address("/dispatch/proposals/bar"),
        "proposals_url": reach.address("/dispatch/proposals"),
    }


def own_replan(session: Session, *, principal: Principal, now: datetime) -> dict[str, str] | None:
    """How the reader's last press for a new plan stands, in words."""
    found = replan_of(session, company_id=principal.company_id, account_id=principal.account_id, now=now)
    point = get_point(session, point_id=found.point_id).name if found is not None else ""
    return replan_words(found, point, now)


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
        is_part = "HX-Request" in request.headers
        template = "_proposal_list" if is_part else "proposals"
        problem = (plan_id, error, posted.get("reason"))
        return _render(request, principal, template=template, problem=problem)
    if "HX-Request" in request.headers:
        return _render(request, principal, template="_proposal_list", said=said)
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
    template: str,
    problem: tuple[int, DomainError, str] | None = None,
    said: str = "",
) -> Response:
    context = context_of(request)
    with context.database.reading() as session:
        now = context.clock()
        reach = read_reach(session, request, principal=principal, now=now)
        found = list_proposals(session, company_id=principal.company_id, point_ids=reach.narrowed_ids)
        done = just_decided(session, company_id=principal.company_id, point_ids=reach.narrowed_ids, now=now)
        ids = {one.service_point_id for one in found} | {one.service_point_id for one in done}
        points = points_by_id(session, point_ids=ids)
        cards = proposal_cards(session, found, company_id=principal.company_id, now=now)
        values = {
            "proposals": [
                {
                    **card,
                    "point": points[proposal.service_point_id].name,
                    "decide_url": reach.address(f"/dispatch/proposals/{proposal.id}/decision"),
                }
                for proposal, card in zip(found, cards, strict=True)
            ],
            "decided": [decision_words(one, points[one.service_point_id].name, now) for one in done],
            "list_src": reach.address("/dispatch/proposals/list"),
            "now": now,
            "problem": problem,
        }
        status = problem[1].status if problem else 200
        return render_page(
            request, f"dispatch/{template}.html", values, status_code=status, headers=toast(said)
        )
