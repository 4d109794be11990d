"""`/messages/costs`: what a company's messages cost in a month, by channel and the tariffs of their days."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from core.actor import Principal, Role
from core.clock import kst
from core.dated import read_rules
from core.i18n import _
from dispatch.money_lists import next_month
from notifications.message_list import count_sent
from notifications.tariff import costs_of
from web.context import context_of
from web.identity import GuardedRoute, SignedIn, allow
from web.pages.months import BadMonthError, asked_month, months_beside
from web.presenters.messages import CHANNELS
from web.templating import render_page
from workforce.queries import get_company

router = APIRouter(prefix="/messages/costs", route_class=GuardedRoute)


@router.get("")
@allow(Role.MANAGER, Role.ADMIN)
def show_costs(
    request: Request,
    month: Annotated[str, Query(max_length=10)] = "",
    principal: Principal = SignedIn,
) -> Response:
    """One month; `month=2026-12`, this month without it."""
    context = context_of(request)
    now, wrong = context.clock(), ""
    try:
        first = asked_month(month, now)
    except BadMonthError as error:
        first, wrong = asked_month("", now), error.detail
    with context.database.reading() as session:
        company_id = principal.company_id
        sent = count_sent(session, company_id=company_id, start=kst(first), end=kst(next_month(first)))
        costs = costs_of(
            sent,
            tariff_at=lambda at: read_rules(session, company_id=company_id, at=at).message_tariff,
        )
        company = get_company(session, company_id=company_id)
    before, after = months_beside(first, now)
    values = {
        "month": first,
        "wrong": wrong,
        "costs": [(cost, _(CHANNELS.get(cost.channel, cost.channel))) for cost in costs],
        "total": sum(cost.won for cost in costs),
        "count": sum(cost.count for cost in costs),
        "company": company,
        "before": before,
        "after": after,
        "may_set": principal.role is Role.ADMIN,
    }
    return render_page(request, "messages/costs.html", values, status_code=422 if wrong else 200)
