"""Pure decisions about visit steps: what may follow what, when absence counts, what looks odd."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from core.clock import KST
from core.errors import FieldError
from core.i18n import _
from dispatch.states import ENDED_STATUSES

EARLY_ENOUGH_TO_ASK = timedelta(minutes=15)
"""A family dresses, cooks, comes home by the time that it was told."""
EARLY_BY_DAY = timedelta(minutes=30)
"""Who would be there sooner than this before the agreed time is asked first: as long as an ordinary drive may
vary, beyond it the family is not at home or not ready."""
EARLY_AT_NIGHT = EARLY_ENOUGH_TO_ASK
"""At night nobody may be woken, and the drive varies little."""
OVERDUE_AFTER = timedelta(minutes=15)
"""So long behind the expected arrival whoever asks hears that it is late, no more that he comes soon."""

TOLD_TO = timedelta(minutes=5)
"""An expected arrival is told rounded up to this."""


class Step(StrEnum):
    """A fact that a technician (or a desk for him) reports."""

    DEPART = "depart"
    ARRIVE = "arrive"
    START = "start"
    ABSENT = "absent"
    HOLD = "hold"
    COMPLETE = "complete"


_FOLLOWS: dict[Step, tuple[str, ...]] = {
    Step.DEPART: ("planned", "agreed"),
    Step.ARRIVE: ("en_route",),
    Step.START: ("arrived",),
    Step.ABSENT: ("arrived",),
    Step.HOLD: ("planned", "agreed", "en_route", "arrived", "in_progress"),
    Step.COMPLETE: ("arrived", "in_progress"),
}
_LEADS_TO = {
    Step.DEPART: "en_route",
    Step.ARRIVE: "arrived",
    Step.START: "in_progress",
    Step.ABSENT: "absent",
    Step.COMPLETE: "completed",
}


class Verdict(StrEnum):
    """Whether a step is taken."""

    TAKE = "take"
    REPEATED = "repeated"
    REFUSE = "refuse"


def part_due(*, status: str, hold_reason: str | None, hold_due_at: datetime | None) -> datetime | None:
    """When the part comes for which a case waits, by its newest visit; None: none, or nobody knows."""
    return hold_due_at if status == "ON_HOLD" and hold_reason == "parts_wait" else None


def judge_step(
    step: Step, *, ticket_status: str, visit_state: str | None, has_technician: bool, on_hold: bool
) -> Verdict:
    """Whether a step may follow. Only the state of this ticket and visit counts, never a plan or a clock.

    Args:
        on_hold: the visit was broken off to wait (for a part, or on the customer's wish).
    """
    if visit_state is None:
        return Verdict.REFUSE
    repeats = on_hold if step is Step.HOLD else visit_state == _LEADS_TO[step] and not on_hold
    if repeats:
        return Verdict.REPEATED
    if ticket_status in ENDED_STATUSES or not has_technician:
        return Verdict.REFUSE
    return Verdict.TAKE if visit_state in _FOLLOWS[step] else Verdict.REFUSE


def absence_errors(
    *, arrived_at: datetime, at: datetime, tries: int, wait_s: int, tries_needed: int
) -> tuple[FieldError, ...]:
    """What still lacks before a family counts as absent: time at the door, and calls since the arrival."""
    errors = []
    left = arrived_at + timedelta(seconds=wait_s) - at
    if left > timedelta(0):
        until = at + left
        until += timedelta(seconds=-until.timestamp() % 60)  # the minute in which it is surely over
        text = _("도착하고 {wait}분은 기다려야 합니다. {until}까지 기다려 주세요.")
        errors.append(
            FieldError("at", text.format(wait=wait_s // 60, until=f"{until.astimezone(KST):%H:%M}"))
        )
    if tries < tries_needed:
        text = _("도착한 뒤 전화를 {needed}번 걸고 기록해야 합니다. 지금까지 {tries}번 기록했습니다.")
        errors.append(FieldError("attempts", text.format(needed=tries_needed, tries=tries)))
    return tuple(errors)


def early_by(*, at: datetime, window_start: datetime | None) -> timedelta | None:
    """How much earlier than agreed somebody is at the door, when that is worth a word with the family."""
    if window_start is None or window_start - at < EARLY_ENOUGH_TO_ASK:
        return None
    return window_start - at


def is_told_before(*, arrives_at: datetime, window_start: datetime | None) -> bool:
    """Whether the arrival that a family is told lies before the time that it was promised."""
    return window_start is not None and window_start - arrives_at >= TOLD_TO


def is_night(at: datetime, *, opens: str, closes: str) -> bool:
    """Whether a moment lies outside the visiting hours (`HH:MM` KST, the same twice: at any hour)."""
    clock = f"{at.astimezone(KST):%H:%M}"
    inside = opens <= clock < closes if opens < closes else clock >= opens or clock < closes
    return opens != closes and not inside


def missed_early(*, state: str, ended_at: datetime | None, window_start: datetime | None) -> bool:
    """Nobody opened, but the agreed time had not begun: we came too early, the family did nothing wrong."""
    return state == "absent" and ended_at is not None and window_start is not None and ended_at < window_start


@dataclass(frozen=True)
class OtherVisit:
    """Another open visit of the same technician."""

    number: str
    state: str
    planned_start: datetime | None


def oddities(
    *,
    at: datetime,
    window: tuple[datetime, datetime] | None,
    planned_start: datetime | None,
    others: Sequence[OtherVisit],
) -> dict[str, list[str]]:
    """What is unusual about setting out or arriving now. It is noted, never a reason to refuse.

    Returns:
        Codes with the ticket numbers they are about: `EARLY`, `LATE`, `ANOTHER_VISIT_OPEN`, `OUT_OF_ORDER`.
    """
    found: dict[str, list[str]] = {}
    if window is not None and at < window[0]:
        found["EARLY"] = []
    if window is not None and at > window[1]:
        found["LATE"] = []
    open_now = [o.number for o in others if o.state in ("en_route", "arrived", "in_progress")]
    if open_now:
        found["ANOTHER_VISIT_OPEN"] = open_now
    earlier = [
        o.number
        for o in others
        if o.state in ("planned", "agreed")
        and planned_start
        and o.planned_start
        and o.planned_start < planned_start
    ]
    if earlier:
        found["OUT_OF_ORDER"] = earlier
    return found
