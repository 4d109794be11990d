"""When somebody comes, as a family hears it: the newest truth, once, beside what it heard last.

Its line holds what was told by text and what was said by telephone, so that a plan that moves five times is
one text, or none when it ends where it began.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlmodel import Session, col, func, select

from core.actor import SYSTEM
from core.clock import rfc3339_kst
from core.i18n import N_
from dispatch import notice_facts, tasks
from dispatch.family_links import link_maker
from dispatch.landline_calls import open_call
from dispatch.models import Visit
from dispatch.notice_facts import TicketFacts
from dispatch.notice_tasks import NOTICE_FAILED
from dispatch.pricing import estimate_visit
from notifications import messages
from notifications.catalogue import Role
from notifications.messages import Context, Event, Window
from notifications.newest import Heard, News, Truth, tell_newest
from notifications.queries import get_notices

LINE = "visit"
ARRIVAL = "arrival"
"""The line of when he will be there, beside what was agreed."""
EVENTS = (Event.VISIT_SCHEDULED, Event.WINDOW_CHANGED, Event.ON_HOLD)


def window_truth(visit: Visit) -> dict[str, Any]:
    """Who comes when, as it is kept with a text."""
    window = notice_facts.window_of(visit)
    return {"visit": visit.id, "window": written(window), "worker": visit.technician_id}


def written(window: Window | None) -> list[str] | None:
    """A window as plain values."""
    return [rfc3339_kst(window.start), rfc3339_kst(window.end)] if window else None


def read_window(truth: Truth | None) -> Window | None:
    """The window that a truth tells; None when it tells none."""
    pair = truth.get("window") if truth else None
    return Window(datetime.fromisoformat(pair[0]), datetime.fromisoformat(pair[1])) if pair else None


def of_window(
    session: Session,
    *,
    facts: TicketFacts,
    visit: Visit,
    window: Window,
    before: Window | None,
    reason: str | None,
    wished: bool,
    now: datetime,
) -> News:
    """The agreed window of a visit: a first time for who heard of none, a change for who heard of another."""
    worker = notice_facts.worker_of(session, visit=visit)
    fee = estimate_visit(session, ticket_id=facts.id, start=window.start, now=now).visit_fee
    why = notice_facts.sendable(reason, "") or None if reason else None

    def word(heard: Truth | None) -> Context:
        told = read_window(heard)
        if told is None or told == window or not _still_counts(heard, told):
            return messages.VisitScheduled(facts.case, worker, window, fee)
        return messages.WindowChanged(facts.case, worker, told, window, why, fee, wished)

    def _still_counts(heard: Truth | None, told: Window) -> bool:
        return told.end > now or (heard or {}).get("visit") == visit.id

    return News(
        line=LINE,
        truth=window_truth(visit),
        word=word,
        events=EVENTS,
        assumed={"visit": visit.id, "window": written(before), "worker": None} if before else {},
        generation=_window_generation(session, ticket_id=facts.id),
    )


def tell_family_newest(
    session: Session, *, facts: TicketFacts, news: News, now: datetime, only: frozenset[Role] | None = None
) -> None:
    """Let the family hear the newest truth of a line; calls about what is not so any more are void.

    Args:
        only: whom alone it concerns; None: whomever the event does.
    """
    known = notice_facts.family_of(session, facts)
    family = [party for party in known if only is None or party.role in only]
    spoken = _spoken(session, facts=facts, line=news.line)
    phones = {party.role.value: party.phone for party in family if party.phone}
    heard = {phone: spoken[role] for role, phone in phones.items() if role in spoken}
    calls = tell_newest(
        session,
        news=News(**{**vars(news), "heard": heard}),
        ticket_id=facts.id,
        company_id=facts.company.id,
        sender=facts.sender,
        people=family,
        now=now,
        links=link_maker(session, ticket=facts.ticket, now=now),
    )
    void_stale_tasks(session, facts=facts, news=news, now=now)
    for call in calls:
        open_call(
            session,
            facts=facts,
            context=call.context,
            call=call.task,
            generation=call.generation,
            truth=(news.line, news.truth),
            now=now,
        )


def void_stale_tasks(session: Session, *, facts: TicketFacts, news: News, now: datetime) -> None:
    """Nobody rings about what is not so any more: an unmade call, a text that did not arrive."""
    events = {event.value for event in news.events}
    failed = tasks.list_tasks(
        session, company_id=facts.company.id, ticket_id=facts.id, kinds=[NOTICE_FAILED], state="open"
    )
    ids = [task.data["notice_id"] for task in failed if task.data.get("notice_id")]
    superseded = {n.id for n in get_notices(session, notice_ids=ids) if n.is_overtaken}

    def is_stale(data: dict[str, Any]) -> bool:
        if "notice_id" in data:
            return data["notice_id"] in superseded
        return data.get("event") in events and data.get("truth") != news.truth

    tasks.close_tasks_of(
        session,
        ticket_id=facts.id,
        kinds=[tasks.CALL_LANDLINE, NOTICE_FAILED],
        only=is_stale,
        outcome=N_("새 소식으로 바뀌었습니다."),
        state="void",
        by=SYSTEM,
        now=now,
    )


def _spoken(session: Session, *, facts: TicketFacts, line: str) -> dict[str, Heard]:
    """What each party was told of a line by telephone last, by role."""
    kinds = (tasks.CALL_LANDLINE, NOTICE_FAILED)
    done = tasks.list_tasks(
        session, company_id=facts.company.id, ticket_id=facts.id, kinds=kinds, state="done"
    )
    ids = [task.data["notice_id"] for task in done if task.data.get("notice_id")]
    texts = {notice.id: notice for notice in get_notices(session, notice_ids=ids)} if ids else {}
    found: dict[str, Heard] = {}
    for task in sorted(done, key=lambda task: task.done_at or task.created_at):
        truth = task.data.get("truth") if task.data.get("line") == line else None
        text = texts.get(task.data.get("notice_id") or 0)
        if text is not None and text.line == line:
            truth = text.truth
        if truth is not None:
            found[task.recipient] = Heard(task.done_at or task.created_at, truth)
    return found


def _window_generation(session: Session, *, ticket_id: int) -> int:
    query = select(func.sum(Visit.window_generation)).where(col(Visit.ticket_id) == ticket_id)
    return int(session.exec(query).one() or 0)
