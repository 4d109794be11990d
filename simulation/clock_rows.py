"""The three clocks of a seeded ticket: stopped by facts, still running, or over."""

from __future__ import annotations

from datetime import datetime

from dispatch import clock_rules
from dispatch.models import TicketClock
from simulation.bulk import Row
from simulation.casefile import CaseFile


def add_clocks(case: CaseFile, *, started: int, generation: int = 1) -> None:
    """The clocks that began at a moment, with what the case's `clock_stops` say by now."""
    office, company_id = case.office, case.story.company_id
    rules, days_off = office.rules[company_id], office.calendars[company_id]
    began = case.at(started)
    for kind in clock_rules.KINDS:
        stages = clock_rules.stages_of(
            kind, started_at=began, safety=case.moments.safety, rules=rules, days_off=days_off
        )
        due = stages[-1].at
        stopped, evidence = case.clock_stops.get(kind, (None, None))
        row: Row = {
            "ticket_id": case.ticket_id,
            "kind": kind,
            "generation": generation,
            "started_at": began,
            "due_at": due,
        }
        if stopped is not None and case.past(stopped):
            state = "met" if case.at(stopped) <= due else "breached"
            row.update(
                state=state,
                stopped_at=case.at(stopped),
                evidence=evidence,
                stage=clock_rules.stage_reached(stages, now=case.at(stopped)),
                breached_at=due if state == "breached" else None,
            )
        elif case.over is not None and case.at(case.over) <= due:
            row.update(state="void")
        else:
            row.update(_running(stages, due=due, now=office.now, ended=case.over is not None))
        case.batch.add(TicketClock, **row)


def _running(stages: tuple[clock_rules.Stage, ...], *, due: datetime, now: datetime, ended: bool) -> Row:
    reached = clock_rules.stage_reached(stages, now=now)
    over = reached == "escalated"
    return {
        "state": "breached" if over else "running",
        "stage": reached,
        "breached_at": due if over else None,
        "next_stage_at": None if ended else clock_rules.next_stage_at(stages, stage=reached),
    }
