"""Two dispatchers on one ticket: the second hears who was faster, instead of undoing it unseen."""

from __future__ import annotations

from sqlmodel import Session

from core import audit
from core.actor import Principal
from core.errors import ConflictError
from core.i18n import _
from web.display import time_text
from web.presenters.timeline import WORDS

UNREMARKABLE = frozenset(
    {
        "CallJoined",
        "TaskOpened",
        "TaskClosed",
        "TaskHandedOver",
        "ClockAdvanced",
        "ClockStopped",
        "JobAcknowledged",
    }
)
"""Changes that no decision about a ticket rests on."""
LOOK_BACK = 50


class OvertakenError(ConflictError):
    """Another person decided about the ticket after this dialog was opened; the detail names them."""

    code = "overtaken"


def refuse_if_overtaken(session: Session, *, principal: Principal, ticket_id: int, seen: int | None) -> None:
    """Refuse when somebody else changed the ticket after timeline entry `seen`. Raises OvertakenError.

    Changes by rules of the house do not count: they may go on under an open dialog.
    """
    if seen is None:
        return
    entries = audit.list_changes(
        session, company_id=principal.company_id, subject=("ticket", ticket_id), limit=LOOK_BACK
    )
    for entry in entries:
        if (entry.id or 0) <= seen:
            return
        if entry.actor_kind != "person" or entry.account_id == principal.account_id:
            continue
        if entry.what in UNREMARKABLE:
            continue
        words = _(WORDS.get(entry.what, (entry.what, ""))[0])
        raise OvertakenError(
            _(
                "방금 {who} 님이 이 접수를 먼저 바꿨습니다({time}, {what}). 아래를 다시 보고 정해 주세요."
            ).format(who=entry.actor_name, time=time_text(entry.at), what=words)
        )
