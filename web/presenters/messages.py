"""Notices in words for the messages screen: to whom, how it went, and why not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from core.i18n import N_, _
from core.phones import PhoneError
from dispatch.detail_shapes import TicketDetail
from dispatch.message_facts import CaseOfNotice
from notifications.catalogue import label_of
from notifications.queries import ARRIVED
from notifications.schemas import NoticeInfo, Trouble
from web.presenters.masks import OPEN, Masks
from web.presenters.message_waits import Wait, wait_of

ROLES = {
    "resident": N_("거주자"),
    "requester": N_("접수하신 분"),
    "payer": N_("비용 내시는 분"),
    "technician": N_("기사"),
    "point": N_("서비스점"),
}
STATES = {
    "queued": N_("대기"),
    "accepted": N_("접수됨"),
    "delivered": N_("도착"),
    "failed": N_("실패"),
    "unknown": N_("확인 안 됨"),
    "withdrawn": N_("거둠"),
}
CHANNELS = {
    "PUSH": N_("휴대전화 알림"),
    "SMS": N_("단문(SMS)"),
    "LMS": N_("장문(LMS)"),
    "ALIMTALK": N_("알림톡"),
    "VOICE": N_("음성"),
}
STAFF = ("technician", "point")
FAULTS = {
    "retry": N_("통신사가 바쁘거나 멈춰 있어 다시 보냅니다"),
    "permanent": N_("문자를 받을 수 없는 번호입니다"),
    "configuration": N_("발신 번호, 열쇠, 문안 가운데 고칠 것이 있습니다"),
    "operator": N_("통신사 잔액이나 계정을 바로 확인해야 합니다"),
    "too_late": N_("제때 보내지 못해 사람이 알리게 했습니다"),
    "unclear": N_("갔는지 알 수 없습니다"),
    "no_receipt": N_("통신사가 사흘 동안 결과를 알려 주지 않았습니다"),
}
"""By the first word of `problem`."""
OUTCOMES = {
    "accepted": (N_("받아 주었습니다"), "ok"),
    "refused_retry": (N_("바빠서 받지 않았습니다. 다시 보냅니다"), "warn"),
    "refused_permanent": (N_("보낼 수 없는 곳이라고 했습니다"), "bad"),
    "refused_configuration": (N_("설정이 틀려 받지 않았습니다"), "bad"),
    "refused_operator": (N_("잔액이나 계정 문제로 받지 않았습니다"), "bad"),
    "unclear": (N_("받았는지 답이 없었습니다"), "warn"),
    "find_settle": (N_("물어보니 받아 두었습니다"), "ok"),
    "find_ask_again": (N_("물어보았으나 아직 모릅니다"), "warn"),
    "find_send_again": (N_("물어보니 받지 않아 다시 보냅니다"), "warn"),
    "find_give_up": (N_("끝내 알 수 없었습니다"), "bad"),
}


@dataclass(frozen=True)
class MessageRow:
    """One notice in a list. `number`: its ticket's; `why`: what went wrong, in our words."""

    notice: NoticeInfo
    number: str
    event: str
    role: str
    name: str
    phone: str
    channel: str
    why: str
    wait: Wait | None = None
    """Why it has not gone out yet, and until when."""


def row_of(
    notice: NoticeInfo,
    *,
    case: CaseOfNotice | None,
    masks: Masks,
    staff: Mapping[str, str],
    now: datetime,
) -> MessageRow:
    """As this reader sees it. Colleagues are named; of a family the masks decide."""
    is_staff = notice.recipient in STAFF
    names = case.names if case else {}
    name = staff.get(notice.to_phone, "") if is_staff else names.get(notice.recipient, "")
    hand = OPEN if is_staff else masks
    return MessageRow(
        notice=notice,
        number=case.number if case else "",
        event=_(label_of(notice.event)),
        role=_(ROLES.get(notice.recipient, notice.recipient)),
        name=hand.name(name) if name else "",
        phone=_phone(hand, notice.to_phone),
        channel=_(CHANNELS.get(notice.channel, notice.channel)),
        why=why_of(notice, masks=masks, names=names.values()),
        wait=wait_of(notice, now=now),
    )


def went_astray(notice: NoticeInfo, detail: TicketDetail) -> str:
    """That a text reached a number which by now is not known as his for whom it was; empty: it is."""
    party = detail.party(notice.recipient)
    if party is None or not notice.to_phone or notice.state not in ARRIVED:
        return ""
    if notice.to_phone != party.phone:
        return _("지금 번호와 다른 번호로 나감")
    return _("잘못된 번호로 나감") if party.wrong else ""


def why_of(notice: NoticeInfo, *, masks: Masks, names: Iterable[str]) -> str:
    """Why it did not go out, or waits; empty when nothing is wrong. A person may have typed it."""
    if notice.withdrawn_reason:
        return masks.words(_(notice.withdrawn_reason), names=names)
    return fault_words(notice.problem or "")


def fault_words(problem: str) -> str:
    """`permanent:3010 …` in our words with the provider's code; empty for none."""
    if not problem:
        return ""
    fault, _colon, rest = problem.partition(":")
    code = (
        rest.split()[0]
        if rest.split() and fault in ("retry", "permanent", "configuration", "operator")
        else ""
    )
    words = _(FAULTS.get(fault.strip(), N_("통신사가 전하지 못했습니다")))
    return f"{words} ({code})" if code else words


def trouble_words(trouble: Trouble) -> str:
    """One cause for which texts wait."""
    words = _(FAULTS.get(trouble.fault, trouble.fault))
    return f"{words} ({trouble.code.split()[0]})" if trouble.code.split() else words


def _phone(masks: Masks, e164: str) -> str:
    try:
        return masks.phone(e164) if e164 else ""
    except PhoneError:
        return ""
