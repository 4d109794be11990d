"""Which lines of the safety advice were read out to a family: by whom and when, in the ticket's timeline."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlmodel import Session

from core.actor import Actor
from core.i18n import N_
from dispatch.detail_shapes import TimelineFacts
from dispatch.safety_script import script_steps
from dispatch.tickets import lock_ticket, note_change

ADVICE_READ = "SafetyAdviceRead"

SHORT = {
    "STOP_USE": N_("사용 중지"),
    "CLOSE_VALVE": N_("밸브 잠금"),
    "VENTILATE": N_("환기"),
    "NO_SWITCH": N_("스위치 손대지 않기"),
    "LEAVE": N_("밖으로 대피"),
    "CALL_119": N_("119"),
    "CALL_GAS_SAFETY": N_("가스안전공사"),
    "DO_NOT_RESET": N_("다시 켜지 않기"),
}
"""A line of the script in a word or two, for the timeline."""


def note_read(session: Session, *, ticket_id: int, steps: Iterable[str], by: Actor, now: datetime) -> None:
    """Keep which lines were read out; lines that the ticket's script does not have are left out.

    Raises UnknownTicketError.
    """
    ticket = lock_ticket(session, ticket_id=ticket_id)
    told = set(steps)
    read = [step.code for step in script_steps(symptom=ticket.symptom) if step.code in told]
    if read and ticket.safety:
        note_change(session, ticket=ticket, what=ADVICE_READ, by=by, now=now, data={"steps": read})


def lines_read(timeline: Sequence[TimelineFacts]) -> dict[str, TimelineFacts]:
    """Each line that was read out, with the first time that it was."""
    found: dict[str, TimelineFacts] = {}
    for entry in timeline:
        if entry.what == ADVICE_READ:
            for code in entry.data.get("steps", ()):
                found.setdefault(code, entry)
    return found
