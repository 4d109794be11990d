"""Results that nobody has posted to us: asked for, then taken like any report.

Some providers never post them; of the others, a report may have been lost while we were away.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from datetime import datetime

from sqlmodel import Session, col, func, select

from core.db import Database
from core.jobs import QUEUE_SMS, defer
from notifications import rules
from notifications.claiming import message_of
from notifications.models import Notice
from notifications.providers.base import Handed
from notifications.providers.choice import Carriers
from notifications.webhooks import take_receipts

TASK_REPORTS = "ask_for_reports"
AT_ONCE = 500


def defer_due_reports(session: Session, *, now: datetime) -> int:
    """Sweep: wake who asks, when there is something to ask about."""
    due = select(func.count()).select_from(Notice).where(col(Notice.report_due_at) <= now)
    if not session.exec(due).one():
        return 0
    return int(defer(session, TASK_REPORTS, queue=QUEUE_SMS, queueing_lock=TASK_REPORTS))


def ask_for_reports(database: Database, *, carriers: Carriers | None, clock: Callable[[], datetime]) -> int:
    """Ask what became of the texts that are due to be asked about. Returns how many reports were new."""
    if carriers is None:
        return 0
    fresh = 0
    for account, handed in _take_due(database, carriers=carriers, now=clock()).items():
        provider = carriers.accounts.get(account)
        receipts = provider.reports(handed, now=clock()) if provider is not None else []
        if receipts:
            with database.transaction() as session:
                fresh += take_receipts(session, provider_name=account, receipts=receipts, now=clock())
    return fresh


def _take_due(database: Database, *, carriers: Carriers, now: datetime) -> dict[str, list[Handed]]:
    """What is due by account, and each put off to the next time it would be asked about."""
    with database.transaction() as session:
        query = (
            select(Notice)
            .where(col(Notice.report_due_at) <= now)
            .order_by(col(Notice.report_due_at))
            .limit(AT_ONCE)
            .with_for_update(skip_locked=True)
        )
        of_account: dict[str, list[Handed]] = defaultdict(list)
        for notice in session.exec(query):
            accepted_at = notice.accepted_at or now
            provider = carriers.accounts.get(notice.provider)
            posted = provider is not None and not provider.polls
            notice.report_due_at = rules.next_question(accepted_at=accepted_at, now=now, posted=posted)
            session.add(notice)
            message = message_of(session, notice)
            handed = Handed(message, notice.provider_message_id or "", accepted_at)
            of_account[notice.provider].append(handed)
        return dict(of_account)
