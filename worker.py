"""The worker process: runs what `journey.py` says, sends texts, improves plans, sweeps for what is due."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import time
from collections.abc import Callable, Coroutine, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import procrastinate
import psycopg
import structlog
from procrastinate import JobContext
from sqlalchemy import text
from structlog.contextvars import bound_contextvars

import journey
from core.clock import now as wall_clock
from core.db import Database, libpq_url, make_engine
from core.events import TASK_DELIVER, deliver
from core.jobs import QUEUE_DEFAULT, QUEUE_SMS, QUEUE_SOLVE, make_worker_app, retry_stalled_jobs
from core.live import LOOK_AGAIN
from core.news import tell
from core.settings import Settings
from core.sweeping import EachAlone
from customers.standings import agreeing_numbers
from dispatch.advert_notices import ask_again
from dispatch.family_links import links_info
from dispatch.planning.road_ahead import RoadAhead
from dispatch.planning.solving import TASK_SOLVE, SolverPool, run_solve
from geo.osrm import Osrm
from geo.road_cache import ROADS, RoadMemory
from geo.road_engine import GuardedEngine
from geo.road_fetching import RoadFetcher
from notifications.delivery import send_notice
from notifications.outbox_rows import TASK_PUSH, TASK_SEND
from notifications.polling import TASK_REPORTS, ask_for_reports
from notifications.providers.choice import Carriers, make_carriers
from notifications.push import send_push
from notifications.push_choice import make_push_service
from notifications.push_service import PushService
from notifications.trial_texts import TASK_SEND_TRIAL, send_trial
from privacy.retention import TASK_RETENTION, run_retention
from privacy.short_lived import TASK_SHORT_LIVED, drop_short_lived

log = structlog.get_logger(__name__)

SWEEP_CRON = "* * * * * */2"
"""Every other second (the sixth field): a limit that passes is acted on within a few seconds."""
RETRY_STALLED_CRON = "* * * * * */5"
ROADS_CRON = "* * * * *"
"""Whether a road engine that was away is back."""
DAY_SHEETS_CRON = "*/15 * * * *"
ADVERTS_CRON = "*/10 * * * *"
"""A yes to advertisements is asked again within minutes of its day, and never all at once."""
KEEP_JOBS_HOURS = 24
RETENTION_CRON = "23 18 * * *"
"""03:23 in Korea, when the fewest people work (procrastinate reads it as UTC)."""
SHORT_LIVED_CRON = "43 * * * *"
QUEUES = (QUEUE_DEFAULT, QUEUE_SMS, QUEUE_SOLVE)
AGAIN_AFTER_S = 1.0
"""Pause before the worker takes up its queues again after the database went away."""
STOP_WITHIN_S = 8
_SWEEP_LOCK_SPACE = 0x0D02


@dataclass(frozen=True)
class WorkerContext:
    """What the tasks of one worker process have."""

    settings: Settings
    database: Database
    replayable: Database
    """For events alone: what a crash of PostgreSQL takes back of them is handled again."""
    clock: Callable[[], datetime] = field(default=wall_clock)
    carriers: Carriers | None = None
    """None with NOTICES=off: texts stay in the outbox."""
    push: PushService | None = None
    """None without a key: technicians are told by text."""
    solver: SolverPool | None = None
    roads: RoadAhead | None = None
    """None without a road engine: travel times are estimated."""


def run_worker(settings: Settings, *, clock: Callable[[], datetime]) -> None:
    """Work until a signal asks to stop; unfinished jobs are taken up by whoever comes next.

    A database that goes away is waited for, however long that takes.
    """
    lanes = lanes_of(settings)
    threads = sum(lanes.values())
    memory = road_memory(settings)
    info = {**memory, **links_info(settings)}
    roads = roads_ahead(settings, memory, clock=clock)
    database = Database(make_engine(settings.database_url, pool_size=threads + 1), info=info)
    replayable = Database(
        make_engine(settings.database_url, pool_size=settings.worker_events, durable=False), info=info
    )
    with SolverPool() as solver:
        context = WorkerContext(
            settings=settings,
            database=database,
            replayable=replayable,
            clock=clock,
            carriers=make_carriers(settings) if settings.sends_notices else None,
            push=make_push_service(settings),
            solver=solver,
            roads=roads,
        )
        with asyncio.Runner() as runner:
            runner.get_loop().set_default_executor(ThreadPoolExecutor(threads))
            runner.run(_work_for_ever(context, lanes=lanes))
    if roads is not None:
        roads.close()
    database.dispose()
    replayable.dispose()


def road_memory(settings: Settings) -> dict[str, RoadMemory]:
    """What every session of this process carries; nothing without a road engine."""
    return {ROADS: RoadMemory()} if settings.osrm_url else {}


def roads_ahead(
    settings: Settings, memory: Mapping[str, RoadMemory], *, clock: Callable[[], datetime]
) -> RoadAhead | None:
    """Who asks the road engine before a step; None without one."""
    if not settings.osrm_url:
        return None
    osrm = Osrm(settings.osrm_url, table_size=settings.osrm_table_size)
    fetcher = RoadFetcher(GuardedEngine(osrm, pause_s=settings.osrm_pause_s), memory[ROADS])
    return RoadAhead(
        fetcher, clock, budget_s=settings.osrm_budget_s, solve_budget_s=settings.osrm_solve_budget_s
    )


def lanes_of(settings: Settings) -> dict[str, int]:
    """How many jobs of each queue run at once: texts that hang at the provider never hold up a ticket."""
    queues = [name.strip() for name in settings.worker_queues.split(",") if name.strip()] or list(QUEUES)
    at_once = {QUEUE_SOLVE: 1, QUEUE_SMS: settings.worker_texts}
    return {name: at_once.get(name, settings.worker_events) for name in queues}


def add_tasks(app: procrastinate.App, context: WorkerContext) -> None:
    """Register every task on an app. The names are those under which rows were enqueued."""

    @app.task(name=TASK_DELIVER, queue=QUEUE_DEFAULT, pass_context=True)
    def deliver_event(job: JobContext, event_id: int) -> None:
        with written_down(job, event_id=event_id):
            deliver(
                context.replayable,
                event_id=event_id,
                journey=journey.JOURNEY,
                now=context.clock(),
                prepare=partial(context.roads.before_event, context.replayable) if context.roads else None,
            )

    @app.task(name=TASK_SEND, queue=QUEUE_SMS, pass_context=True)
    def send(job: JobContext, notice_id: int) -> None:
        with written_down(job, notice_id=notice_id):
            send_notice(
                context.database,
                notice_id=notice_id,
                carriers=context.carriers,
                clock=context.clock,
                agreeing=agreeing_numbers,
            )

    @app.task(name=TASK_REPORTS, queue=QUEUE_SMS, pass_context=True)
    def ask(job: JobContext) -> None:
        with written_down(job):
            ask_for_reports(context.database, carriers=context.carriers, clock=context.clock)

    @app.task(name=TASK_SEND_TRIAL, queue=QUEUE_SMS, pass_context=True)
    def send_one_trial(job: JobContext, trial_id: int) -> None:
        with written_down(job, trial_id=trial_id):
            send_trial(context.database, trial_id=trial_id, carriers=context.carriers, clock=context.clock)

    @app.task(name=TASK_PUSH, queue=QUEUE_SMS, pass_context=True)
    def push(job: JobContext, notice_id: int) -> None:
        if context.carriers is None:  # texts are switched off, and a push is one
            return
        with written_down(job, notice_id=notice_id):
            send_push(context.database, notice_id=notice_id, service=context.push, clock=context.clock)

    @app.task(name=TASK_SOLVE, queue=QUEUE_SOLVE, pass_context=True)
    def solve(job: JobContext) -> None:
        if context.solver is None:
            return
        with written_down(job):
            run_solve(
                context.database,
                solver=context.solver,
                clock=context.clock,
                seconds=context.settings.solve_seconds,
                roads=context.roads,
            )

    @app.periodic(cron=SWEEP_CRON)
    @app.task(name="sweep", queue=QUEUE_DEFAULT, queueing_lock="sweep")
    def sweep(timestamp: int) -> None:
        log.debug("sweep", due=timestamp)
        run_sweeps(context)

    @app.periodic(cron=RETRY_STALLED_CRON)
    @app.task(name="retry_stalled", queue=QUEUE_DEFAULT, queueing_lock="retry_stalled", pass_context=True)
    async def retry_stalled(job: JobContext, timestamp: int) -> None:
        log.debug("retry_stalled", due=timestamp)
        await retry_stalled_jobs(job.app.job_manager, stalled_after_s=context.settings.worker_stalled_s)

    @app.periodic(cron=RETENTION_CRON)
    @app.task(name=TASK_RETENTION, queue=QUEUE_DEFAULT, queueing_lock=TASK_RETENTION)
    def retention(timestamp: int) -> None:
        log.debug("retention", due=timestamp)
        run_retention(context.database, clock=context.clock)

    @app.periodic(cron=SHORT_LIVED_CRON)
    @app.task(name=TASK_SHORT_LIVED, queue=QUEUE_DEFAULT, queueing_lock=TASK_SHORT_LIVED)
    def short_lived(timestamp: int) -> None:
        log.debug("short_lived", due=timestamp)
        drop_short_lived(context.database, now=context.clock())

    @app.periodic(cron=ADVERTS_CRON)
    @app.task(name="ask_adverts_again", queue=QUEUE_DEFAULT, queueing_lock="ask_adverts_again")
    def ask_adverts_again(timestamp: int) -> None:
        log.debug("ask_adverts_again", due=timestamp)
        with context.database.transaction() as session:
            ask_again(session, now=context.clock())

    if context.roads is not None:
        _add_road_tasks(app, context, context.roads)

    if context.settings.day_sheets_dir:

        @app.periodic(cron=DAY_SHEETS_CRON)
        @app.task(name="day_sheets", queue=QUEUE_DEFAULT, queueing_lock="day_sheets")
        def day_sheets(timestamp: int) -> None:
            from web.day_sheet_files import write_day_sheets  # only where somebody wants them

            log.debug("day_sheets", due=timestamp)
            folder = Path(context.settings.day_sheets_dir)
            write_day_sheets(context.database, folder=folder, now=context.clock())

    @app.periodic(cron="17 * * * *")
    @app.task(name="remove_old_jobs", queue=QUEUE_DEFAULT, queueing_lock="remove_old_jobs", pass_context=True)
    async def remove_old_jobs(job: JobContext, timestamp: int) -> None:
        log.debug("remove_old_jobs", due=timestamp)
        await job.app.job_manager.delete_old_jobs(nb_hours=KEEP_JOBS_HOURS, include_failed=False)


def _add_road_tasks(app: procrastinate.App, context: WorkerContext, roads: RoadAhead) -> None:
    @app.periodic(cron=ROADS_CRON)
    @app.task(name="look_for_roads", queue=QUEUE_SOLVE, queueing_lock="look_for_roads")
    def look_for_roads(timestamp: int) -> None:
        log.debug("look_for_roads", due=timestamp)
        roads.look_again(context.database)


@contextmanager
def written_down(job: JobContext, **about: int) -> Iterator[None]:
    """A line of the log for a job, and its id on every line that it writes meanwhile.

    Args:
        about: ids of what the job works on.
    """
    began = time.perf_counter()
    with bound_contextvars(job_id=job.job.id, task=job.job.task_name, **about):
        try:
            yield
        except Exception:
            log.exception("job_failed", attempts=job.job.attempts)
            raise
        log.info("job", ms=round((time.perf_counter() - began) * 1000, 1))


def run_sweeps(context: WorkerContext) -> dict[str, int]:
    """Run every sweep once, each in its own transaction. One that fails does not stop the others.

    A sweep that another worker runs just now is left to it. The lock ends with its transaction, and so with
    a worker that is killed. Of an `EachAlone` it covers the finding alone: two workers may find the same
    rows, and each step looks again under its own lock.
    """
    moved = {}
    for place, sweep in enumerate(journey.SWEEPS):
        name = sweep.name if isinstance(sweep, EachAlone) else f"{sweep.__module__}.{sweep.__qualname__}"
        try:
            if isinstance(sweep, EachAlone):
                found = _sweep_once(context, sweep.find, place=place)
                moved[name] = sweep.take(context.database, found or (), now=context.clock())
            else:
                moved[name] = _sweep_once(context, sweep, place=place) or 0
        except Exception:
            log.exception("sweep_failed", sweep=name)
    return moved


def _sweep_once(context: WorkerContext, sweep: Callable[..., Any], *, place: int) -> Any:
    """What the sweep returns; None when another worker runs it just now."""
    with context.database.transaction() as session:
        key = {"space": _SWEEP_LOCK_SPACE, "place": place}
        taken = session.execute(text("SELECT pg_try_advisory_xact_lock(:space, :place)"), key)
        return sweep(session, now=context.clock()) if taken.scalar_one() else None


async def _work_for_ever(context: WorkerContext, *, lanes: dict[str, int]) -> None:
    """Until SIGINT or SIGTERM: work, and after a failure of the database begin again."""
    loop, asked_to_stop = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, asked_to_stop.set)
    while not asked_to_stop.is_set():
        await _until(asked_to_stop, _database_answers(context.settings.database_url))
        if not asked_to_stop.is_set():
            await _until(asked_to_stop, _work_once(context, lanes=lanes))
        if not asked_to_stop.is_set():
            log.warning("worker_begins_again")
            await asyncio.sleep(AGAIN_AFTER_S)


async def _until(asked_to_stop: asyncio.Event, work: Coroutine[None, None, None]) -> None:
    """Run `work`; when we are asked to stop, let it end in order. Its failures are logged."""
    working, waiting = asyncio.create_task(work), asyncio.create_task(asked_to_stop.wait())
    await asyncio.wait((working, waiting), return_when=asyncio.FIRST_COMPLETED)
    for task in (working, waiting):
        task.cancel()
        try:
            await task
        except asyncio.CancelledError:
            continue
        except Exception:
            log.exception("worker_failed")


async def _database_answers(url: str) -> None:
    """Return once the database takes connections."""
    while True:
        with contextlib.suppress(psycopg.OperationalError):
            connection = await psycopg.AsyncConnection.connect(libpq_url(url), connect_timeout=5)
            await connection.close()
            return
        await asyncio.sleep(AGAIN_AFTER_S)


async def _work_once(context: WorkerContext, *, lanes: dict[str, int]) -> None:
    """One procrastinate worker a queue, until one of them gives up or we are cancelled."""
    tell(context.database.engine, LOOK_AGAIN)
    app = make_worker_app(context.settings.database_url, pool_size=2 * len(lanes) + 2)
    add_tasks(app, context)
    async with app.open_async():
        workers = [
            asyncio.create_task(
                app.run_worker_async(
                    name=name,
                    concurrency=concurrency,
                    queues=[name],
                    fetch_job_polling_interval=1.0,
                    shutdown_graceful_timeout=STOP_WITHIN_S,
                    delete_jobs="successful",
                    install_signal_handlers=False,
                    update_heartbeat_interval=context.settings.worker_heartbeat_s,
                    stalled_worker_timeout=context.settings.worker_stalled_s,
                )
            )
            for name, concurrency in lanes.items()
        ]
        try:
            await asyncio.wait(workers, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for worker in workers:
                worker.cancel()
            ended = await asyncio.gather(*workers, return_exceptions=True)
        for error in ended:
            if isinstance(error, Exception):
                raise error
