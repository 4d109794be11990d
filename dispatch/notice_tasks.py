"""A text did not reach somebody: a named person tells him instead."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session, col, select

from core.actor import SYSTEM
from core.i18n import N_
from dispatch import tasks
from dispatch.approval_models import CostApproval
from dispatch.models import Ticket
from dispatch.states import ENDED_STATUSES
from notifications.catalogue import CATALOGUE, STAFF, Event, label_of
from notifications.delivery import NO_RECEIPT
from notifications.events import NoticeFailed
from notifications.queries import get_notices

NOTICE_FAILED = "NOTICE_FAILED"

UNASKED = (Event.ADVERT_RECONFIRM,)
"""Nobody is rung up to ask for advertisements, nor to hear one: without an answer there are none."""

_WHOM = {
    "resident": N_("거주자"),
    "requester": N_("접수하신 분"),
    "payer": N_("비용 내실 분"),
    "technician": N_("기사"),
    "point": N_("서비스점"),
}
_WHY = {
    "permanent": N_("문자를 받을 수 없는 번호입니다."),
    "too_late": N_("제때 보내지 못했습니다."),
    "unclear": N_("갔는지 알 수 없습니다."),
    "not_writable": N_("문자로 쓸 수 없는 내용입니다."),
    "not_reached": N_("음성 안내 전화를 받지 않으셨습니다."),
    "no_voice": N_("지금은 음성 전화로 알릴 수 없습니다."),
    "no_receipt": N_("사흘이 지나도 도착했다는 소식이 없습니다."),
}


def ask_to_call(*, session: Session, event: NoticeFailed, now: datetime) -> None:
    """Handler of NoticeFailed: whoever is on duty rings the recipient, unless it is no news any more."""
    ticket = session.get(Ticket, event.ticket_id)
    if ticket is None or not _is_news(session, event, ticket):
        return
    about = {"event": event.told, "generation": event.generation, "notice_id": event.notice_id}
    earlier = tasks.list_tasks(
        session,
        company_id=ticket.company_id,
        ticket_id=event.ticket_id,
        kinds=[NOTICE_FAILED],
        state=None,
    )
    if any(task.recipient == event.recipient and task.data == about for task in earlier):
        return
    if event.told != Event.TICKET_RECEIVED:  # who rings about what came of it need not ring about the receipt
        tasks.close_tasks_of(
            session,
            ticket_id=event.ticket_id,
            kinds=[NOTICE_FAILED],
            recipient=event.recipient,
            only=lambda data: data.get("event") == Event.TICKET_RECEIVED,
            outcome=N_("새 소식으로 바뀌었습니다."),
            state="void",
            by=SYSTEM,
            now=now,
        )
    tasks.open_task(
        session,
        ticket_id=event.ticket_id,
        kind=NOTICE_FAILED,
        recipient=event.recipient,
        generation=1 + sum(task.recipient == event.recipient for task in earlier),
        detail=N_("{whom}께 문자가 가지 않았습니다({what}). {why} 전화로 알려 주세요.").format(
            whom=_WHOM.get(event.recipient, event.recipient),
            what=label_of(event.told),
            why=_WHY.get(event.why, N_("통신사가 전하지 못했습니다.")),
        ),
        data=about,
        now=now,
    )


def _is_news(session: Session, event: NoticeFailed, ticket: Ticket) -> bool:
    rules = CATALOGUE[Event(event.told)]
    if (
        rules.advert
        or event.told in UNASKED
        or (ticket.status in ENDED_STATUSES and not rules.news_once_ended)
    ):
        return False
    if event.why == NO_RECEIPT and event.recipient in STAFF:
        return False  # three days on, their screens have told them
    if any(it.is_overtaken for it in get_notices(session, notice_ids=[event.notice_id or 0])):
        return False
    # An asking may have been answered meanwhile, or need no answer any more.
    return event.told != Event.APPROVAL_ASKED or _is_asked(session, ticket_id=event.ticket_id)


def _is_asked(session: Session, *, ticket_id: int) -> bool:
    query = select(CostApproval.id).where(
        col(CostApproval.ticket_id) == ticket_id, col(CostApproval.state) == "asked"
    )
    return session.exec(query).first() is not None
