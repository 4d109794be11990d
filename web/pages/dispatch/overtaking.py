"""Two dispatchers, or two windows, on one ticket: the second hears who was faster and decides anew."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session

from core import audit
from core.actor import Principal
from core.errors import ConflictError
from core.i18n import _
from core.models import TimelineEntry
from dispatch.queries import ticket_detail
from web.display import when_text
from web.presenters.timeline import line_of
from web.presenters.timeline_facts import names_in

UNREMARKABLE = frozenset(
    {
        "CallJoined",
        "TaskOpened",
        "TaskClosed",
        "TaskHandedOver",
        "ClockAdvanced",
        "ClockStopped",
        "JobAcknowledged",
        "SafetyAdviceRead",
        "BoilerCorrected",
        "ChargeCorrected",
        "PaymentTaken",
        "UnpaidNoted",
        "PaymentRefunded",
        "PaymentCorrected",
    }
)
"""Changes that no decision about a ticket rests on."""
LOOK_BACK = 50


class OvertakenError(ConflictError):
    """Somebody decided about the ticket after this dialog was opened; the detail says who, what and when."""

    code = "overtaken"


def refuse_if_overtaken(
    session: Session,
    *,
    principal: Principal,
    number: str,
    ticket_id: int,
    seen: int | None,
    now: datetime,
) -> None:
    """Refuse when a person changed the ticket after timeline entry `seen`. Raises OvertakenError.

    A dialog is fresh after each of its own decisions: one's own change that it has not seen comes from
    another window. Changes by rules of the house do not count: they may go on under an open dialog.
    """
    if seen is None:
        return
    entries = audit.list_changes(
        session, company_id=principal.company_id, subject=("ticket", ticket_id), limit=LOOK_BACK
    )
    newer = (entry for entry in entries if (entry.id or 0) > seen)
    by_people = (e for e in newer if e.actor_kind == "person" and e.what not in UNREMARKABLE)
    found = next(by_people, None)
    if found is None:
        return
    what = _what(session, principal, number, found, now=now)
    if found.account_id == principal.account_id:
        said = _("{time}에 다른 창에서 직접 먼저 바꾸셨습니다. {what}.")
    else:
        said = _("{time}에 {who} 님이 이 접수를 먼저 바꿨습니다. {what}.")
    told = said.format(time=when_text(found.at, now), who=found.actor_name, what=what)
    what_now = _(
        "적은 것은 저장하지 않았습니다. 이대로 좋으면 닫고, 바꾸려면 지금 내용을 보고 다시 저장해 주세요."
    )
    raise OvertakenError(f"{told} {what_now}")


def _what(session: Session, principal: Principal, number: str, found: TimelineEntry, *, now: datetime) -> str:
    """The change as the ticket's timeline tells it."""
    detail = ticket_detail(session, company_id=principal.company_id, number=number, now=now)
    shown = next(e for e in reversed(detail.timeline) if (e.at, e.what) == (found.at, found.what))
    return line_of(shown, names_in(session, detail))
