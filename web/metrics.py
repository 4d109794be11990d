"""What `/metrics` shows, read from the rows at the moment of asking."""

from __future__ import annotations

from datetime import datetime

from prometheus_client import CollectorRegistry, Gauge
from sqlalchemy import text

from web.context import WebContext

QUERIES: tuple[tuple[str, str, str], ...] = (
    (
        "ondol_tickets_open",
        "Tickets not ended",
        "SELECT count(*) FROM ticket WHERE status NOT IN ('SELF_FIXED','COMPLETED','CLOSED','CANCELLED')",
    ),
    (
        "ondol_tickets_unplanned",
        "Open tickets that no technician has",
        "SELECT count(*) FROM ticket WHERE status IN ('RECEIVED','UNASSIGNED','REOPENED')",
    ),
    (
        "ondol_contact_breaches_open",
        "Open contact clocks past their limit",
        "SELECT count(*) FROM ticket_clock WHERE kind = 'contact' AND stopped_at IS NULL"
        " AND state IN ('running','breached') AND due_at < :now",
    ),
    (
        "ondol_outbox_oldest_seconds",
        "Age of the oldest text that is due and not sent",
        "SELECT coalesce(extract(epoch FROM :now - min(next_try_at)), 0) FROM notice"
        " WHERE state = 'queued' AND next_try_at <= :now",
    ),
    (
        "ondol_events_oldest_seconds",
        "Age of the oldest event whose next step has not run",
        "SELECT coalesce(extract(epoch FROM :now - min(at)), 0) FROM event WHERE handled_at IS NULL",
    ),
    (
        "ondol_events_failing",
        "Events whose last try failed; the cause stands in event.last_error",
        "SELECT count(*) FROM event WHERE handled_at IS NULL AND last_error IS NOT NULL",
    ),
    (
        "ondol_solves_waiting",
        "Points whose plan waits to be improved",
        "SELECT count(*) FROM solve_request WHERE not_before <= :now",
    ),
    ("ondol_tasks_open", "Tasks that wait for a person", "SELECT count(*) FROM task WHERE state = 'open'"),
    (
        "ondol_jobs_waiting",
        "Jobs in the queue",
        "SELECT count(*) FROM procrastinate_jobs WHERE status = 'todo'",
    ),
)


def collect(context: WebContext, *, now: datetime) -> CollectorRegistry:
    """A fresh registry with every gauge set."""
    registry = CollectorRegistry()
    with context.database.everywhere.reading() as session:
        for name, text_, query in QUERIES:
            bound = {"now": now} if ":now" in query else {}
            Gauge(name, text_, registry=registry).set(float(session.execute(text(query), bound).scalar_one()))
    listeners = Gauge("ondol_live_listeners", "Open pages of this process", registry=registry)
    listeners.set(context.live.listener_count)
    return registry
