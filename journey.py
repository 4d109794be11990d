"""The story of a ticket on one screen: what happens next after each fact. READ THIS FIRST.

A daughter calls because her parents' boiler is dead. The agent writes it down (`dispatch/intake.py`); if the
self-fix card does not help, `TicketFiled` is announced, and from there this table carries the case:

    CallTaken ──> the family gets its number and the hour of our call       dispatch/case_notices.py
    TicketFiled ──> placed at the nearest service point that can come,      dispatch/placing.py
                    and put into a technician's route in the same step      dispatch/assignment.py
    TicketPlaced (farther away, by hand, safety) ──> put into a route       dispatch/assignment.py
                 ──> a safety case without a technician: an alarm           dispatch/safety.py
    PlacementRefused ──> the next point is asked, the reason kept           dispatch/placement.py
        … the technician calls within the hour and agrees a window,         dispatch/first_contact.py
          drives, works, bills; both parties are told by text               dispatch/visits.py
    VisitCompleted ──> a happy call is owed                                 happycall/service.py
    TicketEnded (solved by phone, cancelled) ──> a happy call, or why not   happycall/service.py
    TicketReopened (not fixed, unhappy) ──> placed and planned anew         dispatch/placement.py
                                        ──> its pending happy call waits    happycall/service.py
                                        ──> was it merged, it takes back    dispatch/unmerging.py
    NoticeFailed ──> a named person rings whom no text reached              dispatch/notice_tasks.py
    CheckupDisplaced (by a fault) ──> its family and the desk hear of it    dispatch/checkups.py
    CapacityChanged (absence, shift, licence, point) ──> planned anew       dispatch/planning/new_capacity.py

Steps that must share a transaction call each other; steps after which time passes stand here. Handlers have
the form `handler(*, session, event, now)`, run in a transaction of their own, and are safe to run twice.

What time alone makes happen (a limit passes, a text is due) stands in SWEEPS: rows are the truth, and a sweep
looks for rows whose time has come, so a lost wake-up delays a step by seconds and never loses it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from campaigns import waves
from core import events
from core.events import Event, Handler
from core.sweeping import EachAlone
from dispatch import (
    arrival_checks,
    assignment,
    case_notices,
    checkups,
    clocks,
    notice_tasks,
    numbers_elsewhere,
    placement,
    revisits,
    safety,
    safety_watch,
    task_hand_over,
    unmerging,
)
from dispatch.events import (
    CallTaken,
    CheckupDisplaced,
    NumberNews,
    NumberNewsElsewhere,
    PlacementRefused,
    TicketEnded,
    TicketFiled,
    TicketPlaced,
    TicketReopened,
    VisitCompleted,
)
from dispatch.planning import new_capacity, road_return, solving
from happycall import service as happy_calls
from notifications import delivery as notices
from notifications import polling, text_instead
from notifications.events import NoticeFailed
from workforce.events import CapacityChanged

JOURNEY: Mapping[type[Event], Sequence[Handler]] = {
    TicketFiled: (placement.place_ticket,),
    CallTaken: (case_notices.tell_received,),
    TicketPlaced: (assignment.plan_ticket, safety.give_at_once),
    PlacementRefused: (placement.place_ticket,),
    VisitCompleted: (happy_calls.schedule_call,),
    TicketEnded: (happy_calls.schedule_call,),
    TicketReopened: (placement.place_ticket, unmerging.give_back, happy_calls.withdraw_call),
    CheckupDisplaced: (checkups.put_off_displaced,),
    NumberNews: (numbers_elsewhere.spread_number,),
    NumberNewsElsewhere: (numbers_elsewhere.follow_number,),
    NoticeFailed: (notice_tasks.ask_to_call,),
    CapacityChanged: (new_capacity.plan_anew,),
}

Sweep = Callable[..., int] | EachAlone
"""`sweep(session, *, now) -> how many rows it moved`; bounded, skips rows that another worker holds."""

SWEEPS: Sequence[Sweep] = (
    events.defer_overdue,
    placement.expire_unanswered,
    clocks.advance_clocks,
    arrival_checks.ask_who_is_missing,
    safety_watch.warn_of_the_unmoved,
    task_hand_over.hand_over_tasks,
    revisits.resume_due_holds,
    notices.defer_due_notices,
    polling.defer_due_reports,
    text_instead.fall_back_unseen,
    solving.defer_due_solves,
    solving.ask_for_waiting,
    road_return.ask_where_estimated,
    happy_calls.close_expired_calls,
    waves.advance_campaigns,
)
