"""The worker process: runs what `journey.py` says, sends texts, improves plans, sweeps for what is due."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import procrastinate
import structlog
from procrastinate import JobContext

import journey
from core.clock import now as wall_clock
from core.db import Database, make_engine
from core.events import TASK_DELIVER, deliver
from core.jobs import QUEUE_DEFAULT, QUEUE_SMS, QUEUE_SOLVE, make_worker_app
from core.settings import Settings
from dispatch.solving import TASK_SOLVE, SolverPool, run_solve
from notifications.delivery import send_notice
from notifications.providers.base import Provider
from notifications.providers.choice import make_provider
from notifications.service import TASK_SEND

log = structlog.get_logger(__name__)

SWEEP_CRON = "*/2 * * * * *"
"""Every other second: a limit that passes is acted on within a few seconds."""
RETRY_STALLED_CRON = "*/10 * * * * *"
STALLED_AFTER = timedelta(seconds=30)
KEEP_JOBS_HOURS = 24
QUEUES = (QUEUE_DEFAULT, QUEUE_SMS, QUEUE_SOLVE)


@dataclass(frozen=True)
class WorkerContext:
    """What the tasks of one worker process have."""

    settings: Settings
    database: Database
    clock: Callable[[], datetime] = field(default=wall_clock)
    provider: Provider | None = None
    """None with NOTICES=off: texts stay in the outbox."""
    solver: SolverPool | None = None


def run_worker(settings: Settings, *, clock: Callable[[], datetime]) -> None:
    """Work until a signal asks to stop; unfinished jobs are taken up by whoever starts next."""
    database = Database(make_engine(settings.database_url, pool_size=settings.worker_concurrency + 2))
    with SolverPool() as solver:
        context = WorkerContext(
            settings=settings,
            database=database,
            clock=clock,
            provider=make_provider(settings) if settings.sends_notices else None,
            solver=solver,
        )
        app = make_worker_app(settings.database_url)
        add_tasks(app, context)
        queues = [name for name in settings.worker_queues.split(",") if name] or list(QUEUES)
        asyncio.run(_work(app, concurrency=settings.worker_concurrency, queues=queues))
    database.dispose()


def add_tasks(app: procrastinate.App, context: WorkerContext) -> None:
    """Register every task on an app. The names are those under which rows were enqueued."""

    @app.task(name=TASK_DELIVER, queue=QUEUE_DEFAULT)
    def deliver_event(event_id: int) -> None:
        deliver(context.database, event_id=event_id, journey=journey.JOURNEY, now=context.clock())

    @app.task(name=TASK_SEND, queue=QUEUE_SMS)
    def send(notice_id: int) -> None:
        send_notice(context.database, notice_id=notice_id, provider=context.provider, clock=context.clock)

    @app.task(name=TASK_SOLVE, queue=QUEUE_SOLVE)
    def solve() -> None:
        if context.solver is not None:
            run_solve(
                context.database,
                solver=context.solver,
                clock=context.clock,
                seconds=context.settings.solve_seconds,
            )

    @app.periodic(cron=SWEEP_CRON)
    @app.task(name="sweep", queue=QUEUE_DEFAULT, queueing_lock="sweep", lock="sweep")
    def sweep(timestamp: int) -> None:
        log.debug("sweep", due=timestamp)
        run_sweeps(context)

    @app.periodic(cron=RETRY_STALLED_CRON)
    @app.task(name="retry_stalled", queue=QUEUE_DEFAULT, queueing_lock="retry_stalled", pass_context=True)
    async def retry_stalled(job: JobContext, timestamp: int) -> None:
        log.debug("retry_stalled", due=timestamp)
        await _retry_stalled(job.app.job_manager)

    @app.periodic(cron="17 * * * *")
    @app.task(name="remove_old_jobs", queue=QUEUE_DEFAULT, queueing_lock="remove_old_jobs", pass_context=True)
    async def remove_old_jobs(job: JobContext, timestamp: int) -> None:
        log.debug("remove_old_jobs", due=timestamp)
        await job.app.job_manager.delete_old_jobs(nb_hours=KEEP_JOBS_HOURS, include_failed=False)


def run_sweeps(context: WorkerContext) -> dict[str, int]:
    """Run every sweep once, each in its own transaction. One that fails does not stop the others."""
    moved = {}
    for sweep in journey.SWEEPS:
        name = f"{sweep.__module__}.{sweep.__qualname__}"
        try:
            with context.database.transaction() as session:
                moved[name] = sweep(session, now=context.clock())
        except Exception:
            log.exception("sweep_failed", sweep=name)
    return moved


async def _retry_stalled(manager: Any) -> None:
    """Jobs of workers that no longer beat go back into the queue; all our tasks are safe to run twice."""
    for stalled in await manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_AFTER.total_seconds()):
        await manager.retry_job(stalled)


async def _work(app: procrastinate.App, *, concurrency: int, queues: list[str]) -> None:
    async with app.open_async():
        await app.run_worker_async(
            concurrency=concurrency,
            queues=queues,
            fetch_job_polling_interval=1.0,
            shutdown_graceful_timeout=8,
            delete_jobs="successful",
        )
