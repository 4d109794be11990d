"""The point's own tickets: found by number, phone or name, narrowed by state."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from core.actor import Principal
from core.errors import InvalidError
from dispatch.list_queries import TicketPage, list_tickets
from web.context import context_of
from web.identity import GuardedRoute, SignedIn, allow
from web.pages.point.desk import frame, item_row
from web.pages.point.reach import ROLES, read_desk
from web.pages.point.words import STATUSES
from web.templating import render_page

router = APIRouter(prefix="/point/tickets", route_class=GuardedRoute)

PAGE = 40


@router.get("")
@allow(*ROLES)
def show_tickets(
    request: Request,
    q: str = "",
    status: str = "",
    late: str = "",
    cursor: str = "",
    principal: Principal = SignedIn,
) -> Response:
    """Newest first. `late`: `1` for those alone that were entered later than they were received."""
    context = context_of(request)
    q, error = q.strip()[:100], None
    with context.database.reading() as session:
        now = context.clock()
        desk = read_desk(session, request, principal=principal, now=now)
        try:
            page = list_tickets(
                session,
                company_id=desk.point.company_id,
                now=now,
                service_point_id=desk.point.id,
                q=q or None,
                status=status or None,
                late_entry=True if late == "1" else None,
                cursor=cursor or None,
                limit=PAGE,
            )
        except InvalidError as refused:
            page, error = TicketPage((), None), refused
    more = desk.address("/point/tickets", q=q, status=status, late=late, cursor=page.next_cursor)
    values = frame(desk, "tickets") | {
        "rows": [item_row(item) for item in page.items],
        "q": q,
        "status": status,
        "late": late == "1",
        "statuses": STATUSES,
        "next_url": more if page.next_cursor else None,
        "error": error,
    }
    code = error.status if error else 200
    return render_page(request, "point/tickets.html", values, status_code=code)
