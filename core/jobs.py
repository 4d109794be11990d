"""Wake-ups on procrastinate. Rows are the truth, jobs are timers: one that comes twice or late is harmless.

`defer` writes into the caller's transaction, so a job exists exactly when its change does.
The tasks themselves are registered in `worker.py`, where handlers are known.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import nullcontext
from datetime import datetime
from typing import Any

import procrastinate
import psycopg
import structlog
from procrastinate.exceptions import AlreadyEnqueued, ConnectorException, UniqueViolation
from procrastinate.jobs import Status
from procrastinate.manager import JobManager
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from sqlmodel import Session

from core.db import libpq_url
from core.news import tell_after_commit

log = structlog.get_logger(__name__)

QUEUE_DEFAULT = "default"
QUEUE_SMS = "sms"
QUEUE_SOLVE = "solve"

_WAKE_UP = json.dumps({"type": "job_inserted"})
"""As procrastinate's own trigger says it, which is switched off: it would tell inside the transaction."""

_deferring_app = procrastinate.App(connector=procrastinate.SyncPsycopgConnector())
"""Never opened: it only shapes the INSERT that runs on the caller's connection."""


_NOT_FOR_JOBS = ("synchronous_commit", "enable_seqscan")
"""A wake-up that a crash takes back is asked for again by a sweep: no need to wait for the disk. And a queue
that was empty when PostgreSQL looked holds a thousand jobs a minute later: scanning it is never right."""


def make_worker_app(url: str, *, pool_size: int = 4) -> procrastinate.App:
    """The app that a worker process opens; its tasks are added by `main.py`."""
    connector = procrastinate.PsycopgConnector(
        conninfo=libpq_url(url),
        min_size=1,
        max_size=pool_size,
        # A database that went away is noticed within seconds; the worker then begins again.
        timeout=5.0,
        reconnect_timeout=5.0,
        kwargs={"connect_timeout": 5, "options": " ".join(f"-c {name}=off" for name in _NOT_FOR_JOBS)},
    )
    return procrastinate.App(connector=connector)


def defer(
    session: Session,
    task: str,
    *,
    queue: str = QUEUE_DEFAULT,
    lock: str | None = None,
    queueing_lock: str | None = None,
    at: datetime | None = None,
    priority: int = 0,
    first: bool = False,
    **arguments: Any,
) -> bool:
    """Ask for a job in the caller's transaction.

    Args:
        lock: jobs with the same lock run one after the other.
        queueing_lock: at most one waiting job has it; a second asking is dropped.
        at: not before this moment.
        first: nobody can have asked under this `queueing_lock` yet, because what it names is new.

    Returns:
        False when a job with the same `queueing_lock` is already waiting.
    """
    # Only a job that may be refused wants a savepoint: its refusal must not end the caller's transaction.
    may_be_refused = queueing_lock is not None and not first
    try:
        with session.begin_nested() if may_be_refused else nullcontext():
            # Asked for in here, because only then is the savepoint set.
            connection = session.connection().connection.driver_connection
            _deferring_app.configure_task(
                task,
                allow_unknown=True,
                queue=queue,
                lock=lock,
                queueing_lock=queueing_lock,
                schedule_at=at,
                priority=priority,
                connection=connection,
            ).defer(**arguments)
        if at is None:
            tell_after_commit(session, f"procrastinate_queue_v1#{queue}", _WAKE_UP)
    except AlreadyEnqueued:
        return False
    except ConnectorException as error:
        if isinstance(error.__cause__, psycopg.OperationalError):  # as every other statement says it
            raise OperationalError(f"defer {task}", None, error.__cause__) from error
        raise
    return True


_DROP = text(
    "DELETE FROM procrastinate_jobs WHERE id IN ("
    "SELECT id FROM procrastinate_jobs WHERE queueing_lock = ANY(CAST(:locks AS text[])) "
    "AND status = 'todo' FOR UPDATE SKIP LOCKED)"
)


def drop_waiting(session: Session, queueing_locks: Sequence[str]) -> None:
    """Take back wake-ups that wait under these locks: in this transaction, what they were for is done."""
    session.execute(_DROP, {"locks": list(queueing_locks)})


async def retry_stalled_jobs(manager: JobManager, *, stalled_after_s: float) -> int:
    """Jobs of workers that no longer beat go back into the queue; all our tasks are safe to run twice.

    Where the same wake-up waits already, the old one is done with. Returns how many were taken up.
    """
    taken_up = 0
    for stalled in await manager.get_stalled_jobs(seconds_since_heartbeat=stalled_after_s):
        try:
            await manager.retry_job(stalled)
        except UniqueViolation:
            await manager.finish_job(stalled, Status.FAILED, delete_job=True)
        except ConnectorException as error:  # its worker was only slow, and has finished it meanwhile
            log.warning("stalled_job_left", job_id=stalled.id, error=repr(error.__cause__))
            continue
        taken_up += 1
        log.warning("stalled_job_taken_up", job_id=stalled.id, task=stalled.task_name)
    return taken_up
