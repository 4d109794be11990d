"""Numbers that a person rings, and reads out to them what a text would have said."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlmodel import Session

from core.actor import SYSTEM
from core.i18n import DEFAULT_LANGUAGE, N_
from dispatch import tasks
from dispatch.notice_facts import TicketFacts
from notifications import messages, wording
from notifications.catalogue import CATALOGUE, Event
from notifications.languages import reader_of
from notifications.messages import Context
from notifications.newest import Truth
from notifications.recipients import CallTask
from notifications.template_store import own_wordings

SPEAKS_ENGLISH = N_("영어로 말씀드려야 하는 분입니다.")
"""Before what is read out to who was promised English."""


def is_moot_once_ended(data: dict[str, Any]) -> bool:
    """Whether nobody need ring once nobody drives any more; what stays news (a bill, a danger) is rung."""
    event = data.get("event")
    return event not in CATALOGUE or not CATALOGUE[Event(event)].news_once_ended


def _is_replaced(data: dict[str, Any]) -> bool:
    return data.get("event") in CATALOGUE and not CATALOGUE[Event(data["event"])].stands_alone


def open_call(
    session: Session,
    *,
    facts: TicketFacts,
    context: Context,
    call: CallTask,
    generation: int,
    now: datetime,
    truth: tuple[str, Truth] | None = None,
) -> None:
    """A person must ring a number that takes no text; newer news of the visit replaces what was not said yet.

    What stands alone (money, a danger, a complaint) replaces nothing, and what comes later does not replace
    it. What a corrected bill replaces is for `bill_notices` to say, what an answered asking does for
    `money_notices`.

    Args:
        truth: of which line it is, and what is so (`notifications.newest`): the same is not asked for twice.
    """
    event = messages.event_of(context)
    about: dict[str, Any] = {"event": event.value, "generation": generation}
    if truth is not None:
        about |= {"line": truth[0], "truth": dict(truth[1])}
    earlier = tasks.list_tasks(
        session, company_id=facts.company.id, ticket_id=facts.id, kinds=[tasks.CALL_LANDLINE], state=None
    )
    to_him = [task for task in earlier if task.recipient == call.recipient.value]
    if any(task.data == about for task in to_him):
        return
    if truth is not None and any(
        task.state == "open" and task.data.get("truth") == about["truth"] for task in to_him
    ):
        return
    if not CATALOGUE[event].stands_alone:
        tasks.close_tasks_of(
            session,
            ticket_id=facts.id,
            kinds=[tasks.CALL_LANDLINE],
            recipient=call.recipient.value,
            only=_is_replaced,
            outcome=N_("새 소식으로 바뀌었습니다."),
            state="void",
            by=SYSTEM,
            now=now,
        )
    tasks.open_task(
        session,
        ticket_id=facts.id,
        kind=tasks.CALL_LANDLINE,
        recipient=call.recipient.value,
        generation=1 + len(to_him),
        detail=_words_for(context, call, own_wordings(session, company_id=facts.company.id, event=event)),
        data=about,
        now=now,
    )


def _words_for(context: Context, call: CallTask, own: wording.OwnWordings) -> str:
    """What is read out; to whom English is spoken, in English first, and in Korean for whoever rings."""
    words = wording.render(context=context, variant=call.variant, own=own).text
    if call.language == DEFAULT_LANGUAGE:
        return words
    korean = wording.render(context=context, variant=reader_of(call.variant), own=own).text
    return f"{SPEAKS_ENGLISH}\n\n{words}\n\n{korean}"
