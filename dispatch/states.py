"""The words for states. Outside checks rely on them; a column's CHECK is made from these tuples."""

from __future__ import annotations

TICKET_STATUSES = (
    "RECEIVED",
    "SELF_FIXED",
    "UNASSIGNED",
    "ASSIGNED",
    "CONTACTED",
    "APPOINTED",
    "EN_ROUTE",
    "ARRIVED",
    "IN_PROGRESS",
    "ON_HOLD",
    "ABSENT",
    "COMPLETED",
    "CLOSED",
    "CANCELLED",
    "REOPENED",
)
ENDED_STATUSES = ("SELF_FIXED", "COMPLETED", "CLOSED", "CANCELLED")
"""Nobody has to go (any more)."""

VISIT_STATES = ("planned", "agreed", "en_route", "arrived", "in_progress", "absent", "completed", "cancelled")
OPEN_VISIT_STATES = ("planned", "agreed", "en_route", "arrived", "in_progress")
UNDER_WAY_STATES = ("en_route", "arrived", "in_progress")

CLOCK_STATES = ("running", "paused", "met", "breached", "void")
PLACEMENT_STATES = ("PASSED_OVER", "OFFERED", "ACCEPTED", "DECLINED", "EXPIRED", "WITHDRAWN")
TASK_STATES = ("open", "done", "void")
LATE_ENTRY_REASONS = ("NETWORK_DOWN", "SYSTEM_DOWN", "POINT_PAPER", "OTHER")
"""Why a ticket is entered later than it was received."""
