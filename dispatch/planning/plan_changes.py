"""How a draft differs from the published plan: for the timeline, for who is told, for who decides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from core.clock import KST, operating_day, rfc3339_kst
from core.i18n import _
from dispatch.planning.board_shapes import BoardVisit
from dispatch.planning.drafts import DayDraft, PlannedStop

NOTABLE_SHIFT_S = 900
"""A new time gets a line in the timeline from this much on; less is the drift of a working day."""
TOLD_SHIFT_S = 1800
"""A technician gets a text about a new time from this much on."""


@dataclass(frozen=True)
class Change:
    """One visit's way from the published plan to a draft; `before` is the visit as published."""

    before: BoardVisit
    after: PlannedStop | None

    @property
    def what(self) -> str:
        """`assigned`, `moved` (another technician or day), `retimed` or `taken_off`."""
        if self.after is None:
            return "taken_off"
        if not self.before.planned:
            return "assigned"
        same_day = self.before.planned_start is not None and operating_day(
            self.before.planned_start
        ) == operating_day(self.after.start_at)
        same_technician = self.after.technician_id == self.before.technician_id
        if same_technician and (same_day or self.before.under_way):
            return "retimed"
        return "moved"

    @property
    def technicians(self) -> set[int]:
        """Whose day is another than before."""
        before = self.before.technician_id if self.before.planned else None
        after = self.after.technician_id if self.after is not None else None
        return {who for who in (before, after) if who is not None}

    @property
    def shift_s(self) -> int:
        """Seconds by which the start moves; 0 when there was none, or is none."""
        if self.after is None or self.before.planned_start is None:
            return 0
        return abs(int((self.after.start_at - self.before.planned_start).total_seconds()))

    @property
    def notable(self) -> bool:
        """Worth a line in the timeline."""
        return self.what != "retimed" or self.shift_s >= NOTABLE_SHIFT_S

    @property
    def promised(self) -> bool:
        """The family has just agreed to another window, or to its first."""
        return self.after is not None and self.after.visit.window != self.before.window

    def as_json(self, names: dict[int, str]) -> dict[str, Any]:
        """As a plan's row keeps it, with a sentence for people."""
        before = _side(self.before.technician_id, self.before.planned_start) if self.before.planned else None
        after = _side(self.after.technician_id, self.after.start_at) if self.after else None
        return {
            "visit_id": self.before.visit_id,
            "ticket_id": self.before.ticket_id,
            "number": self.before.number,
            "what": self.what,
            "from": before,
            "to": after,
            "text": self.sentence(names),
        }

    def sentence(self, names: dict[int, str]) -> str:
        """One plain line: who and when before, who and when after."""
        nobody = _("미배정")
        before = _who_when(names, self.before.technician_id, self.before.planned_start) or nobody
        after = nobody
        if self.after is not None:
            after = _who_when(names, self.after.technician_id, self.after.start_at) or nobody
        return f"{self.before.number}: {before} → {after}"


def list_changes(drafts: Sequence[DayDraft]) -> list[Change]:
    """Every visit whose technician, time, pin or promise differs, over all the drafts' days, by visit id.

    What is under way keeps its planned time: only its booking follows the facts.
    """
    after = {visit_id: stop for draft in drafts for visit_id, stop in draft.by_visit.items()}
    before: dict[int, BoardVisit] = {stop.visit.visit_id: stop.visit for d in drafts for stop in d.stops}
    before |= {visit.visit_id: visit for draft in drafts for visit in draft.board.waiting}
    before |= {visit.visit_id: visit for draft in drafts for visit in draft.board.visits}
    found = [Change(visit, after.get(visit_id)) for visit_id, visit in sorted(before.items())]
    return [change for change in found if _differs(change)]


def reasons_to_ask(drafts: Sequence[DayDraft], changes: Sequence[Change], *, now: datetime) -> list[str]:
    """Why a named person must decide about these changes; empty: an automatic plan may publish itself.

    Domain rule: no agreed window, no contacted job's technician, no next stop, and at most one change of
    route a technician in the pause. A check-up that makes room for a fault is no such promise. A danger is
    served sooner without asking, never later. A technician who does not come to work has no next stop.
    """
    settled = {who for draft in drafts for who in draft.board.settled}
    # Another time of the same technician's next stop is the facts' doing (he left late), not the plan's.
    next_stops = {v.visit_id for draft in drafts for v in _next_stops(draft, now)}
    deserted = {v.visit_id for d in drafts for v in d.board.visits if v.planned and not d.board.can_go(v)}
    for_a_fault = any(c.what == "assigned" and not c.before.yields for c in changes)
    late_before = {v.visit_id for draft in drafts for v in draft.board.visits if _breaks(v, v.planned_start)}
    reasons = []
    for change in changes:
        visit, stop = change.before, change.after
        if visit.under_way:
            continue  # it is where it is
        if visit.yields and change.what == "taken_off" and for_a_fault:
            continue  # a check-up was agreed under this very condition
        if visit.safety:
            if _comes_later(change):
                reasons.append(_("{number}: 안전 접수에 더 늦게 갑니다.").format(number=visit.number))
            continue
        broken = stop is not None and not stop.late and _breaks(visit, stop.start_at)
        if broken and visit.visit_id not in late_before:
            reasons.append(_("{number}: 약속한 시간을 지키지 못합니다.").format(number=visit.number))
        if change.what in ("moved", "taken_off") and visit.contacted:
            reasons.append(_("{number}: 고객과 통화한 기사가 바뀝니다.").format(number=visit.number))
        elif change.what in ("moved", "taken_off") and visit.pinned_technician:
            reasons.append(_("{number}: 사람이 정한 기사가 바뀝니다.").format(number=visit.number))
        elif visit.visit_id in next_stops and change.what != "retimed":
            reasons.append(_("{number}: 기사의 다음 방문이 바뀝니다.").format(number=visit.number))
        kept = visit.planned and visit.visit_id not in deserted
        sides = {visit.technician_id if kept else None, stop.technician_id if stop else None}
        if change.what != "retimed" and sides & settled:
            reasons.append(
                _("{number}: 조금 전에 바뀐 기사의 일정이 또 바뀝니다.").format(number=visit.number)
            )
    return reasons


def _differs(change: Change) -> bool:
    before, after = change.before, change.after
    if after is None:
        return before.planned and not before.under_way
    if before.under_way:
        return before.planned_end != after.end_at
    stands = (before.technician_id, before.planned_start, before.planned_end, *_pins(before))
    would = (after.technician_id, after.start_at, after.end_at, *_pins(after.visit))
    return change.promised or stands != would


def _comes_later(change: Change) -> bool:
    """Whether somebody else would go, later than is planned now; the drift of one technician's day is not."""
    start, stop = change.before.planned_start, change.after
    if start is None or change.what not in ("moved", "taken_off"):
        return False
    return stop is None or stop.start_at > start + timedelta(seconds=NOTABLE_SHIFT_S)


def _pins(visit: BoardVisit) -> tuple[bool, bool]:
    return visit.pinned_technician, visit.pinned_time


def _next_stops(draft: DayDraft, now: datetime) -> list[BoardVisit]:
    if not draft.board.is_today:
        return []
    first: dict[int | None, BoardVisit] = {}
    board = draft.board
    waiting = (v for v in board.visits if v.planned and not v.under_way and board.expects(v))
    for visit in sorted(waiting, key=lambda v: v.planned_start or now):
        first.setdefault(visit.technician_id, visit)
    return list(first.values())


def _breaks(visit: BoardVisit, start: datetime | None) -> bool:
    return (
        visit.window is not None
        and start is not None
        and not visit.under_way
        and not visit.window[0] <= start <= visit.window[1]
    )


def _side(technician_id: int | None, start: datetime | None) -> dict[str, Any]:
    return {"technician_id": technician_id, "start": rfc3339_kst(start) if start else None}


def _who_when(names: dict[int, str], technician_id: int | None, start: datetime | None) -> str | None:
    if technician_id is None or start is None:
        return None
    at = start.astimezone(KST)
    return _("{month}/{day} {time} {name} 기사").format(
        month=at.month, day=at.day, time=at.strftime("%H:%M"), name=names.get(technician_id, "")
    )
