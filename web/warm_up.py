"""What the first caller of a new process would otherwise wait for: maps, calendars, compiled queries.

Six calls at once would each do it, and those behind them would stand in a queue for seconds. So it is done
beside the first requests, which may come before it has ended; nothing depends on it.
"""

from __future__ import annotations

import gc
from contextlib import ExitStack
from threading import Thread

import structlog
from sqlmodel import Session

from billing.queries import charges_of_ticket
from core.dated import read_calendar
from dispatch.list_queries import list_tickets
from dispatch.places import read_address
from dispatch.queries import ticket_detail
from happycall.queries import call_of_ticket
from notifications.queries import list_notices
from web.context import WebContext
from workforce.queries import company_ids

log = structlog.get_logger(__name__)

ANY_ADDRESS = "서울 강남구 역삼동 735"


def begin_warm_up(context: WebContext) -> Thread:
    """Start it; the returned thread may be left alone."""
    thread = Thread(target=_warm_up, args=(context,), name="warm-up", daemon=True)
    thread.start()
    return thread


def _warm_up(context: WebContext) -> None:
    try:
        read_address(ANY_ADDRESS)
        with ExitStack() as together:  # each its own connection: the first callers come at once, too
            for _nth in range(context.settings.web_threads):
                session = together.enter_context(context.database.everywhere.reading())
                for company_id in company_ids(session):
                    _look_at_one(session, context, company_id=company_id)
    except Exception:  # a database that is not there yet is met again, and told of, by the first request
        log.warning("warm_up_failed", exc_info=True)
    gc.collect()
    gc.freeze()  # what was read now stays: it is never looked through for garbage


def _look_at_one(session: Session, context: WebContext, *, company_id: int) -> None:
    now = context.clock()
    read_calendar(session, company_id=company_id).is_holiday(now.date())
    for item in list_tickets(session, company_id=company_id, now=now, limit=1).items:
        ticket_id = ticket_detail(session, company_id=company_id, number=item.number, now=now).id
        for read in (charges_of_ticket, list_notices, call_of_ticket):
            read(session, ticket_id=ticket_id)
