"""The door to every notice as plain frozen data: what happened, what its readers must be told.

`catalogue` says what holds for each event, `contexts` has the data, `wording` writes it.
"""

from __future__ import annotations

from collections.abc import Mapping

from notifications.catalogue import Event
from notifications.contexts.base import Case, PartyRole, Window, Worker
from notifications.contexts.campaigns import CAMPAIGN_NEWS, CheckupInvited
from notifications.contexts.case import (
    CASE_NEWS,
    CaseNews,
    ComplaintClosed,
    ContactFailed,
    HappyCallMissed,
    Late,
    OnHold,
    Revisit,
    TicketReceived,
)
from notifications.contexts.consent import CONSENT_NEWS, AdvertChoice, AdvertReconfirm, ConsentNews
from notifications.contexts.corrections import CORRECTION_NEWS, CorrectionNotice
from notifications.contexts.money import (
    MONEY_NEWS,
    ApprovalAsked,
    BillMismatchError,
    CostEstimate,
    CostLine,
    MoneyNews,
    VisitResult,
)
from notifications.contexts.staff import STAFF_NEWS, ContactDue, JobAssigned, JobChanged, StaffNews
from notifications.contexts.visits import (
    VISIT_NEWS,
    Absent,
    EnRoute,
    VisitNews,
    VisitScheduled,
    WindowChanged,
)

__all__ = [
    "CONTEXTS",
    "Absent",
    "AdvertChoice",
    "AdvertReconfirm",
    "ApprovalAsked",
    "BillMismatchError",
    "Case",
    "CheckupInvited",
    "ComplaintClosed",
    "ContactDue",
    "ContactFailed",
    "Context",
    "CorrectionNotice",
    "CostEstimate",
    "CostLine",
    "EnRoute",
    "Event",
    "FamilyNews",
    "HappyCallMissed",
    "JobAssigned",
    "JobChanged",
    "Late",
    "OnHold",
    "PartyRole",
    "Revisit",
    "TicketReceived",
    "VisitResult",
    "VisitScheduled",
    "Window",
    "WindowChanged",
    "Worker",
    "event_of",
]

FamilyNews = CaseNews | VisitNews | MoneyNews | CorrectionNotice | ConsentNews | CheckupInvited
"""What has a `case`."""
Context = FamilyNews | StaffNews
CONTEXTS: Mapping[Event, type[Context]] = {
    **CASE_NEWS,
    **VISIT_NEWS,
    **MONEY_NEWS,
    **CORRECTION_NEWS,
    **CONSENT_NEWS,
    **CAMPAIGN_NEWS,
    **STAFF_NEWS,
}


def event_of(context: Context) -> Event:
    """The event that a context belongs to."""
    return next(event for event, kind in CONTEXTS.items() if isinstance(context, kind))
