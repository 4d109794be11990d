"""What went out ahead of a text did not reach him: the same notice goes on as the text.

A push that nobody acknowledged, a call that nobody answered. One row, one entry, the channel last used.
"""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session, col, select, update

from core.actor import SYSTEM
from core.db import count_changed
from core.i18n import N_
from core.jobs import QUEUE_SMS, defer, drop_waiting
from notifications.models import Notice
from notifications.outbox_rows import TASK_SEND, lock_key
from notifications.settling import note_change, notice_key, take_back
from notifications.texts import fit_channel

SWEEP_LIMIT = 200
SEEN = N_("기사가 이미 확인했습니다.")
NOT_SEEN = N_("알림을 확인하지 않아 문자로 보냅니다.")
NOT_ANSWERED = N_("음성 전화를 받았다는 소식이 없어 문자로 보냅니다.")
NOT_TAKEN = N_("알림을 보낼 수 없어 문자로 보냅니다.")
NO_VOICE = N_("음성 전화를 걸 수 없어 문자로 보냅니다.")
WAITED_FOR = {"PUSH": NOT_SEEN, "VOICE": NOT_ANSWERED}


def fall_back_unseen(session: Session, *, now: datetime) -> int:
    """Sweep: what nobody acknowledged or answered in time goes on as a text, unless there is later news."""
    query = (
        select(Notice)
        .where(col(Notice.fall_back_at) <= now)
        .order_by(col(Notice.fall_back_at))
        .limit(SWEEP_LIMIT)
        .with_for_update(skip_locked=True)
    )
    late = list(session.exec(query))
    for notice in late:
        why = WAITED_FOR.get(notice.channel)
        if why is None or notice.withdrawn_reason is not None or _is_old_news(session, notice):
            notice.fall_back_at = None
            session.add(notice)
        else:
            go_on_as_text(session, notice=notice, why=why, now=now)
    return len(late)


def stop_waiting(session: Session, *, ticket_id: int, person_id: int) -> int:
    """He has seen it: none of his pushes about this ticket goes on as a text. Returns how many waited."""
    return count_changed(
        session,
        update(Notice)
        .where(
            col(Notice.ticket_id) == ticket_id,
            col(Notice.person_id) == person_id,
            col(Notice.channel) == "PUSH",
            col(Notice.fall_back_at).is_not(None),
        )
        .values(fall_back_at=None),
    )


def go_on_as_text(session: Session, *, notice: Notice, why: str, now: datetime) -> None:
    """Put a locked notice into the queue again as its text; one that was withdrawn meanwhile is taken back.

    Of the way before only a delivery is news from now on.
    """
    if notice.withdrawn_reason is not None:
        take_back(session, notice=notice, by=SYSTEM, now=now)
        return
    notice.channel = fit_channel(notice.text)
    notice.state, notice.route, notice.failed_try = "queued", 0, notice.attempts
    notice.provider_message_id = notice.report_due_at = None
    notice.fall_back_at = notice.sending_since = notice.accepted_at = notice.settled_at = None
    notice.next_try_at = now
    note_change(session, notice=notice, what="NoticeFellBack", by=SYSTEM, now=now, reason=why)
    key = notice_key(notice)
    drop_waiting(session, [lock_key(key)])  # of the way before; one under way gives way to the next sweep
    defer(session, TASK_SEND, queue=QUEUE_SMS, queueing_lock=lock_key(key), notice_id=key)


def _is_old_news(session: Session, notice: Notice) -> bool:
    """Whether this person was told of a newer plan of the case: a text of the old one would mislead him.

    That a family waits for his call (VOICE) stays true whatever the plan is; who takes the job from him, or
    reaches the family, withdraws it.
    """
    if notice.channel == "VOICE":
        return False
    query = select(Notice.id).where(
        col(Notice.ticket_id) == notice.ticket_id,
        col(Notice.person_id) == notice.person_id,
        col(Notice.id) > notice_key(notice),
        col(Notice.state) != "withdrawn",
    )
    return session.exec(query.limit(1)).first() is not None
