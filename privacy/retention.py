"""The nightly run that destroys what is over its time, in small batches, and writes down what it did.

A batch and its line in `retention_run` are one transaction: a run that is killed has destroyed and recorded
whole batches, and the next one goes on where it ended.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import structlog
from sqlalchemy import func, text
from sqlmodel import Session, col, select

from core.clock import kst, today_kst
from core.dated import read_rules
from core.db import Database
from core.facts import RETENTION, note_fact
from core.retention import Cut, allow_destruction
from privacy.kinds import KINDS, Kind
from privacy.models import RetentionRun
from workforce.queries import company_ids

log = structlog.get_logger(__name__)

TASK_RETENTION = "retention"
BATCH = 200
MOST_BATCHES = 100
"""A night's bound for each kind of a company; the rest follows the next night."""
MOST_COUNTED = 10_000
_LOCK = 0x0D13


@dataclass(frozen=True)
class KindState:
    """How a kind stands: how long it is kept, what is due now, what the last run did.

    `due` is counted up to `MOST_COUNTED`.
    """

    kind: Kind
    days: int
    before: datetime
    due: int
    last_day: date | None
    last_destroyed: int
    last_finished: bool
    destroyed_in_all: int


def run_retention(
    database: Database,
    *,
    clock: Callable[[], datetime],
    kinds: Sequence[Kind] = KINDS,
    batch: int = BATCH,
    most_batches: int = MOST_BATCHES,
) -> dict[tuple[int | None, str], int]:
    """Destroy what is due, company by company, kind by kind. Returns how much, by company and kind.

    A kind that fails is logged and met again the next night; it does not keep the others waiting. The figure
    for `/metrics` is noted when none has failed: its age is what the alert looks at.
    """
    with database.reading() as session:
        companies = company_ids(session)
    done: dict[tuple[int | None, str], int] = {}
    failed = False
    for kind in kinds:
        for company_id in companies if kind.of_company else [None]:
            try:
                done[company_id, kind.code] = _run_kind(
                    database, kind, company_id, clock=clock, batch=batch, most_batches=most_batches
                )
            except Exception:  # one kind that cannot be destroyed must not hold up the others
                log.exception("retention_failed", kind=kind.code, company_id=company_id)
                failed = True
    if not failed:
        with database.transaction() as session:
            note_fact(session, name=RETENTION, value=sum(done.values()), now=clock())
    return done


def _run_kind(
    database: Database,
    kind: Kind,
    company_id: int | None,
    *,
    clock: Callable[[], datetime],
    batch: int,
    most_batches: int,
) -> int:
    destroyed = 0
    for _n in range(most_batches):
        with database.transaction() as session:
            found = _destroy_batch(session, kind, company_id, now=clock(), batch=batch)
        if found is None:
            break
        destroyed += found
    return destroyed


def _destroy_batch(
    session: Session, kind: Kind, company_id: int | None, *, now: datetime, batch: int
) -> int | None:
    """One batch and its record; None when nothing is due any more, or others hold what is left just now."""
    key = {"space": _LOCK, "kind": f"{kind.code}/{company_id}"}
    taken = text("SELECT pg_try_advisory_xact_lock(:space, hashtext(:kind))")
    if not session.execute(taken, key).scalar_one():
        return None
    cut = cut_of(session, kind, company_id, now=now)
    run = _run_of_tonight(session, kind, company_id, cut)
    ids = kind.find(session, company_id, cut, batch)
    if not ids:
        run.finished_at = run.finished_at or now
        session.add(run)
        return None
    allow_destruction(session)
    destroyed = kind.destroy(session, ids, cut)
    run.destroyed += destroyed
    run.finished_at = None
    session.add(run)
    return destroyed or None


def cut_of(session: Session, kind: Kind, company_id: int | None, *, now: datetime) -> Cut:
    """What is older than this is due: whole days back from today's midnight in Korea."""
    days = days_kept(session, kind, company_id, now=now)
    return Cut(before=kst(today_kst(now) - timedelta(days=days)), now=now)


def days_kept(session: Session, kind: Kind, company_id: int | None, *, now: datetime) -> int:
    """By the company's rule as it holds now; for what is the installation's, the longest of them all."""
    companies = [company_id] if company_id is not None else company_ids(session)
    rules = [read_rules(session, company_id=each, at=now) for each in companies]
    return max((int(getattr(each, kind.setting)) for each in rules), default=LONGEST_KEPT)


LONGEST_KEPT = 3653
"""Where no company says how long: ten years."""


def states_of(session: Session, *, company_id: int, now: datetime) -> list[KindState]:
    """Every kind as a company's administrator sees it."""
    states = []
    for kind in KINDS:
        owner = company_id if kind.of_company else None
        cut = cut_of(session, kind, owner, now=now)
        last = session.exec(_runs(kind, owner).order_by(col(RetentionRun.day).desc()).limit(1)).first()
        total = session.exec(
            select(func.coalesce(func.sum(RetentionRun.destroyed), 0)).where(*_of(kind, owner))
        ).one()
        states.append(
            KindState(
                kind=kind,
                days=days_kept(session, kind, owner, now=now),
                before=cut.before,
                due=len(kind.find(session, owner, cut, MOST_COUNTED)),
                last_day=last.day if last else None,
                last_destroyed=last.destroyed if last else 0,
                last_finished=last is not None and last.finished_at is not None,
                destroyed_in_all=int(total),
            )
        )
    return states


def _run_of_tonight(session: Session, kind: Kind, company_id: int | None, cut: Cut) -> RetentionRun:
    day = today_kst(cut.now)
    run = session.exec(_runs(kind, company_id).where(col(RetentionRun.day) == day)).first()
    return run or RetentionRun(
        company_id=company_id,
        kind=kind.code,
        day=day,
        until_at=cut.before,
        destroyed=0,
        started_at=cut.now,
    )


def _runs(kind: Kind, company_id: int | None):  # type: ignore[no-untyped-def] # a growing Select
    return select(RetentionRun).where(*_of(kind, company_id))


def _of(kind: Kind, company_id: int | None):  # type: ignore[no-untyped-def]
    owner = col(RetentionRun.company_id)
    return (
        owner == company_id if company_id is not None else owner.is_(None),
        col(RetentionRun.kind) == kind.code,
    )
