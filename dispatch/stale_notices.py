"""What a family is not told any more: a step that is written down much later than it happened.

A text that says "on the way" is worth something for as long as he is. Entered from paper (or from a phone
that was offline) after `stale_step_s`, such a text is not written; the result of the visit, its bill and a
time that is still to come are told however late.
"""

from __future__ import annotations

from sqlmodel import Session

from core.dated import read_rules
from dispatch.steps import Taken


def is_stale(session: Session, taken: Taken) -> bool:
    """Whether a step is written down so late that its text would be about something that is over."""
    rules = read_rules(session, company_id=taken.case.ticket.company_id, at=taken.now)
    return (taken.now - taken.at).total_seconds() > rules.stale_step_s
