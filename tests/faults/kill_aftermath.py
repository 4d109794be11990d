"""What must be true when everything runs again, whatever was killed: asked of the rows and the provider."""

from __future__ import annotations

from collections import Counter

from tests.faults.kill_drill import Drill

ENTRY_OF = {
    "visit/en-route": "TechnicianDeparted",
    "visit/arrived": "TechnicianArrived",
    "visit/started": "WorkStarted",
    "visit/completed": "VisitCompleted",
}


def find_faults(drill: Drill) -> list[str]:
    """One sentence for each thing that is not as it must be; empty is what one wants."""
    return [
        *drill.ledger.odd,
        *_tickets(drill),
        *_steps(drill),
        *_texts(drill),
        *_plans(drill),
        *_clocks(drill),
    ]


def _tickets(drill: Drill) -> list[str]:
    """Every ticket that was answered is there, once."""
    stored = Counter(note for (note,) in drill.installation.ask("SELECT note FROM ticket"))
    lost = drill.ledger.filed.keys() - stored.keys()
    twice = [note for note, times in stored.items() if times > 1]
    return [f"lost: {note}" for note in lost] + [f"filed twice: {note}" for note in twice]


def _steps(drill: Drill) -> list[str]:
    """Every step that was answered with yes is in the timeline, once."""
    query = (
        "SELECT t.number, e.what FROM timeline_entry e JOIN ticket t"
        " ON e.subject_kind = 'ticket' AND e.subject_id = t.id"
    )
    written = Counter((number, what) for number, what in drill.installation.ask(query))
    faults = []
    for (number, step), status in drill.ledger.steps.items():
        entry = ENTRY_OF.get(step)
        if entry is not None and status < 300 and written[number, entry] != 1:
            faults.append(f"{number} {step}: {written[number, entry]} times in the timeline")
    return faults


def _texts(drill: Drill) -> list[str]:
    """Each notice that was told is with the provider once, and nothing else is."""
    taken = Counter(
        text["customFields"]["noticeId"].partition("-")[0] for text in drill.installation.house.texts()
    )
    rows = drill.installation.ask("SELECT id FROM notice WHERE state IN ('accepted', 'delivered')")
    told = {str(i) for (i,) in rows}
    failed = drill.installation.ask("SELECT id, state FROM notice WHERE state IN ('failed', 'unknown')")
    faults = [f"notice {i} ended as {state}" for i, state in failed]
    faults += [f"notice {i} told {times} times" for i, times in taken.items() if times > 1]
    return faults + [f"notice {i} is called told and was not sent" for i in told - taken.keys()]


def _plans(drill: Drill) -> list[str]:
    """Every open visit with a time is booked at that time, and nothing else is; nobody is in two at once."""
    apart = drill.installation.ask(
        "SELECT coalesce(v.id, b.visit_id) FROM booking b FULL JOIN ("
        "  SELECT * FROM visit WHERE planned_start IS NOT NULL"
        "   AND state IN ('planned', 'agreed', 'en_route', 'arrived', 'in_progress')"
        ") v ON v.id = b.visit_id AND v.technician_id = b.technician_id"
        "   AND v.planned_start = b.start_at AND v.planned_end = b.end_at"
        " WHERE v.id IS NULL OR b.visit_id IS NULL"
    )
    both = drill.installation.ask(
        "SELECT a.visit_id, b.visit_id FROM booking a JOIN booking b ON a.technician_id = b.technician_id"
        " AND a.visit_id < b.visit_id AND a.start_at < b.end_at AND b.start_at < a.end_at"
    )
    return [f"visit {i} and its booking differ" for (i,) in apart] + [f"at once: {pair}" for pair in both]


def _clocks(drill: Drill) -> list[str]:
    """Each ticket has its three clocks from the moment of the call; the hour ends with the talk alone."""
    query = (
        "SELECT t.number, c.kind, c.started_at = t.received_at, c.stopped_at IS NOT NULL,"
        " c.stopped_at >= t.received_at"
        " FROM ticket t LEFT JOIN ticket_clock c ON c.ticket_id = t.id AND c.generation = 1"
    )
    faults = []
    spoken = {
        n for (n, step), status in drill.ledger.steps.items() if step == "contact-attempts" and status < 300
    }
    clocks: Counter[tuple[str, str]] = Counter()
    for number, kind, from_the_call, stopped, after in drill.installation.ask(query):
        clocks[number, kind] += 1
        if not from_the_call:
            faults.append(f"{number}: the {kind} clock did not start with the call")
        if stopped and not after:
            faults.append(f"{number}: the {kind} clock ended before it began")
        if kind == "contact" and stopped != (number in spoken):
            faults.append(f"{number}: the contact clock is {'ended' if stopped else 'running'}")
    faults += [f"{number}: {n} {kind} clocks" for (number, kind), n in clocks.items() if n != 1]
    return faults
