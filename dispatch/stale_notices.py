"""What a family is not told any more: a step that is written down much later than it happened.

A text that says "on the way" is worth something for as long as he is. Entered from paper (or from a phone
that was offline) after `stale_step_s`, such a text is not written, and one that waits in the outbox is taken
back; the result of the visit, its bill and a time that is still to come are told however late.
"""

from __future__ import annotations

from sqlmodel import Session

from core.dated import read_rules
from dispatch.steps import Taken
from notifications import service as outbox
from notifications.catalogue import leading_to_a_visit


def is_stale(session: Session, taken: Taken) -> bool:
    """Whether a step is written down so late that its text would be about something that is over."""
    rules = read_rules(session, company_id=taken.case.ticket.company_id, at=taken.now)
    return (taken.now - taken.at).total_seconds() > rules.stale_step_s


def withdraw_stale(session: Session, taken: Taken, *, why: str) -> None:
    """After a stale step: take back what still waits to be told of the way to it."""
    if is_stale(session, taken):
        outbox.withdraw(
            session, ticket_id=taken.case.ticket_id, events=leading_to_a_visit(), reason=why, now=taken.now
        )
