"""What `/metrics` shows: read from the rows at the moment of asking, and counted by this process."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from sqlalchemy import text
from sqlmodel import Session

from core.facts import SOLVE_SECONDS
from geo.road_fetching import COUNTS
from web.context import WebContext
from web.readiness import MEGABYTE, connections_of, free_megabytes
from web.request_times import RequestTimes

_OPEN_CONTACT = (
    "FROM ticket_clock WHERE kind = 'contact' AND stopped_at IS NULL AND state IN ('running','breached')"
)
_FROM_PAPER = "FROM ticket WHERE ticket.id = ticket_id AND ticket.late_entry_reason IS NOT NULL"
_JUST_FROM_PAPER = f"EXISTS (SELECT {_FROM_PAPER} AND ticket.recorded_at > :now - interval '1 hour')"
"""Nobody could have kept a limit that had passed when the ticket was entered; from its entry on an hour is
time enough for anybody."""


_COUNT = "SELECT '', value FROM operating_fact WHERE name = 'road_{name}'"


@dataclass(frozen=True)
class Figure:
    """A gauge read from the database. `query` gives (label, number) rows; without `label`, one number."""

    name: str
    says: str
    query: str
    label: str = ""
    counts: bool = False
    """It only grows."""


FIGURES: tuple[Figure, ...] = (
    Figure(
        "ondol_tickets_open",
        "Tickets not ended",
        "SELECT '', count(*) FROM ticket WHERE status NOT IN ('SELF_FIXED','COMPLETED','CLOSED','CANCELLED')",
    ),
    Figure(
        "ondol_tickets_unplanned",
        "Open tickets that no technician has",
        "SELECT '', count(*) FROM ticket WHERE status IN ('RECEIVED','UNASSIGNED','REOPENED')",
    ),
    Figure(
        "ondol_tickets_unowned",
        "Open tickets for which nobody answers: no rota covers this moment, and no member stands in",
        """
        SELECT '', count(*) FROM ticket WHERE status NOT IN ('SELF_FIXED','COMPLETED','CLOSED','CANCELLED')
        AND NOT EXISTS (
            SELECT 1 FROM duty_rota WHERE duty_rota.company_id = ticket.company_id
            AND (service_point_id = ticket.service_point_id OR service_point_id IS NULL)
            AND start_at <= :now AND end_at > :now)
        AND NOT EXISTS (
            SELECT 1 FROM membership WHERE membership.company_id = ticket.company_id
            AND role IN ('point','dispatcher','manager','admin','agent')
            AND valid_from <= :now AND (valid_to IS NULL OR valid_to > :now))
        """,
    ),
    Figure(
        "ondol_contact_breaches_open",
        "Open contact clocks past their limit, without tickets entered from paper within the last hour",
        f"SELECT '', count(*) {_OPEN_CONTACT} AND due_at < :now AND NOT {_JUST_FROM_PAPER}",
    ),
    Figure(
        "ondol_contact_breaches_late_entry",
        "Open contact clocks past their limit of tickets that were entered from paper afterwards",
        f"SELECT '', count(*) {_OPEN_CONTACT} AND due_at < :now AND EXISTS (SELECT {_FROM_PAPER})",
    ),
    Figure(
        "ondol_contacts_due_soon",
        "Open contact clocks that pass their limit within 15 minutes",
        f"SELECT '', count(*) {_OPEN_CONTACT} AND due_at >= :now AND due_at < :now + interval '15 min'",
    ),
    Figure(
        "ondol_outbox_oldest_seconds",
        "Age of the oldest text that is due and not sent",
        "SELECT '', coalesce(extract(epoch FROM :now - min(next_try_at)), 0) FROM notice"
        " WHERE state = 'queued' AND next_try_at <= :now",
    ),
    Figure(
        "ondol_events_oldest_seconds",
        "Age of the oldest event whose next step has not run and that is not put aside",
        "SELECT '', coalesce(extract(epoch FROM :now - min(at)), 0) FROM event"
        " WHERE handled_at IS NULL AND parked_at IS NULL",
    ),
    Figure(
        "ondol_events_failing",
        "Events whose last try failed; /admin/faults says why",
        "SELECT '', count(*) FROM event WHERE handled_at IS NULL AND last_error IS NOT NULL",
    ),
    Figure(
        "ondol_events_parked",
        "Events that failed too often and wait for a person on /admin/faults",
        "SELECT '', count(*) FROM event WHERE handled_at IS NULL AND parked_at IS NOT NULL",
    ),
    Figure(
        "ondol_solves_waiting",
        "Points whose plan waits to be improved",
        "SELECT '', count(*) FROM solve_request WHERE not_before <= :now",
    ),
    Figure(
        "ondol_solves_oldest_seconds",
        "How long the oldest due wish for a better plan has waited",
        "SELECT '', coalesce(extract(epoch FROM :now - min(not_before)), 0) FROM solve_request"
        " WHERE not_before <= :now",
    ),
    Figure(
        "ondol_tasks_open",
        "Tasks that wait for a person",
        "SELECT '', count(*) FROM task WHERE state = 'open'",
    ),
    Figure(
        "ondol_jobs_waiting",
        "Jobs in the queue",
        "SELECT '', count(*) FROM procrastinate_jobs WHERE status = 'todo'",
    ),
    Figure(
        "ondol_job_oldest_seconds",
        "How long the oldest due job of a queue has waited",
        # The queue keeps the database's time, so it is compared with that and not with a machine's clock.
        """
        SELECT queue_name, max(extract(epoch FROM now() - coalesce(job.scheduled_at, since.at)))
        FROM procrastinate_jobs AS job
        JOIN LATERAL (SELECT max(at) AS at FROM procrastinate_events WHERE job_id = job.id) AS since ON true
        WHERE status = 'todo' AND (scheduled_at IS NULL OR scheduled_at <= now()) GROUP BY queue_name
        """,
        label="queue",
    ),
    Figure(
        "ondol_worker_silent_seconds",
        "Time since a worker last gave a sign of life; absent when there was never one",
        "SELECT '', extract(epoch FROM now() - max(last_heartbeat)) FROM procrastinate_workers"
        " HAVING max(last_heartbeat) IS NOT NULL",
    ),
    Figure(
        "ondol_solve_seconds",
        "How long the last improving solve took",
        "SELECT '', value FROM operating_fact WHERE name = :solve",
    ),
    Figure(
        "ondol_last_seconds",
        "Time since the last backup, the last round of retention; absent when none is known",
        "SELECT name, extract(epoch FROM :now - at) FROM operating_fact"
        " WHERE name <> :solve AND name <> ALL (:road_counts)",
        label="what",
    ),
    Figure(
        "ondol_road_requests_total",
        "Questions to the road engine",
        _COUNT.format(name="requests"),
        counts=True,
    ),
    Figure(
        "ondol_road_failures_total",
        "Questions that the road engine did not answer",
        _COUNT.format(name="failures"),
        counts=True,
    ),
    Figure(
        "ondol_road_fall_backs_total",
        "Ways that were estimated because the road engine did not tell them in time",
        _COUNT.format(name="fall_backs"),
        counts=True,
    ),
    Figure(
        "ondol_road_cache_hits_total",
        "Ways that were known before anybody asked",
        _COUNT.format(name="cache_hits"),
        counts=True,
    ),
    Figure(
        "ondol_road_fetched_total",
        "Ways that the road engine has told",
        _COUNT.format(name="fetched"),
        counts=True,
    ),
    Figure("ondol_database_bytes", "Size of the database", "SELECT '', pg_database_size(current_database())"),
)


_QUESTION = text(
    " UNION ALL ".join(
        f"(SELECT {place} AS place, figure.* FROM ({each.query}) AS figure (label, value))"  # noqa: S608 - ours
        for place, each in enumerate(FIGURES)
    )
)


def collect(context: WebContext, *, now: datetime, times: RequestTimes) -> CollectorRegistry:
    """A registry that shows every figure as it is now, and the times of this process's requests."""
    registry = CollectorRegistry(auto_describe=False)
    with context.database.everywhere.reading() as session:
        found = [*_read(session, now=now), *_of_process(context)]
    registry.register(_Found(found))
    registry.register(times.registry)  # a registry collects like a collector
    return registry


class _Found:
    """Metrics that were read already, as the client library wants them."""

    def __init__(self, metrics: list[Metric]) -> None:
        self._metrics = metrics

    def collect(self) -> list[Metric]:
        return self._metrics


def _read(session: Session, *, now: datetime) -> Iterator[Metric]:
    """Every figure, in one statement."""
    rows = session.execute(_QUESTION, {"now": now, "solve": SOLVE_SECONDS, "road_counts": list(COUNTS)}).all()
    for place, each in enumerate(FIGURES):
        family = CounterMetricFamily if each.counts else GaugeMetricFamily
        gauge = family(each.name, each.says, labels=[each.label] if each.label else [])
        for row_place, label, value in rows:
            if row_place == place:
                gauge.add_metric([label] if each.label else [], float(value))
        yield gauge


def _of_process(context: WebContext) -> Iterator[Metric]:
    """What only this process knows."""
    in_use, most = connections_of(context.database.engine)
    free = free_megabytes(context.settings.watched_disks)
    for name, says, value in (
        ("ondol_live_listeners", "Open pages of this process", context.live.listener_count),
        ("ondol_pool_in_use", "Database connections of this process that are in use", in_use),
        ("ondol_pool_most", "Database connections that this process opens at most", most),
        ("ondol_disk_free_bytes", "Free space on the fullest watched disk", (free or 0) * MEGABYTE),
    ):
        yield GaugeMetricFamily(name, says, value=float(value))
