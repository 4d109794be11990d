"""Numbers that take no text: a named person rings them and reads out what a text would have said."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlmodel import Session

from core.actor import SYSTEM
from core.i18n import N_
from dispatch import tasks
from dispatch.notice_facts import TicketFacts
from notifications import messages, wording
from notifications.catalogue import Role
from notifications.contexts.money import MONEY_NEWS
from notifications.messages import Context
from notifications.recipients import CallTask


def is_no_bill(data: dict[str, Any]) -> bool:
    """Whether a call is about the visit itself: a bill stays news when nobody drives any more."""
    return data.get("event") != messages.Event.VISIT_RESULT.value


def _is_no_money(data: dict[str, Any]) -> bool:
    return data.get("event") not in {event.value for event in MONEY_NEWS}


def open_call(
    session: Session, *, facts: TicketFacts, context: Context, call: CallTask, generation: int, now: datetime
) -> None:
    """A person must ring a number that takes no text; newer news replaces what was not said yet.

    News of money is news of its own: it replaces nothing, and what comes later does not replace it. What a
    corrected bill replaces is for `bill_notices` to say, what an answered asking does for `money_notices`.
    """
    event = messages.event_of(context)
    about = {"event": event.value, "generation": generation}
    earlier = tasks.list_tasks(
        session, company_id=facts.company.id, ticket_id=facts.id, kinds=[tasks.CALL_LANDLINE], state=None
    )
    if any(task.recipient == call.recipient.value and task.data == about for task in earlier):
        return
    variant = _words_for(call, wording.variants(event))
    if event not in MONEY_NEWS:
        tasks.close_tasks_of(
            session,
            ticket_id=facts.id,
            kinds=[tasks.CALL_LANDLINE],
            recipient=call.recipient.value,
            only=_is_no_money,
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
        generation=1 + sum(task.recipient == call.recipient.value for task in earlier),
        detail=wording.render(context=context, variant=variant).text,
        data=about,
        now=now,
    )


def _words_for(call: CallTask, known: frozenset[str]) -> str:
    both = {Role.RESIDENT, Role.REQUESTER} <= set(call.serves) and "shared" in known
    return "shared" if both else call.recipient.value
