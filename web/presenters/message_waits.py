"""Why a text has not gone out yet, until when it waits, and what somebody can do about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from core.i18n import N_, _
from notifications import advert
from notifications.adverts import are_adverts
from notifications.catalogue import Event
from notifications.schemas import NoticeInfo

QUIET = N_("밤이라 급하지 않은 소식은 아침까지 둡니다.")
ADVERT_QUIET = N_("광고는 밤에 보내지 않습니다.")
IN_TURN = N_("보낼 차례를 기다립니다.")
_BY_ITSELF = N_("그때 저절로 나갑니다. 그 전에 꼭 아셔야 하면 전화로 말씀드려 주세요.")
_INVITED = N_("그때 저절로 나갑니다. 사전점검을 그만두거나 고장이 몰리면 보내지 않고 거둡니다.")
_SOON = N_("몇 초 안에 저절로 나갑니다. 몇 분이 지나도 그대로면 관리자에게 알려 주세요.")
_FAULTS: Mapping[str, tuple[str, str]] = {
    "retry": (
        N_("통신사가 바쁘거나 멈춰 있습니다."),
        N_("저절로 다시 보냅니다. 오래 걸리면 전화로 말씀드려 주세요."),
    ),
    "configuration": (
        N_("발신 번호, 열쇠, 문안 가운데 고칠 것이 있습니다."),
        N_("관리자가 고치면 저절로 나갑니다. 그동안 급한 소식은 전화로 말씀드려 주세요."),
    ),
    "operator": (
        N_("통신사 잔액이나 계정에 문제가 있습니다."),
        N_("온돌을 운영하는 분이 바로잡으면 저절로 나갑니다. 그동안 급한 소식은 전화로 말씀드려 주세요."),
    ),
    "unclear": (
        N_("통신사가 받았는지 답이 없습니다."),
        N_("받았는지 물어보는 중입니다. 두 번 가지 않게, 알기 전에는 다시 보내지 않습니다."),
    ),
}
"""By the first word of `problem`: why, and what to do."""


@dataclass(frozen=True)
class Wait:
    """Why a text waits and what to do, in words. `until`: when it is tried next; None: at any moment."""

    why: str
    todo: str
    until: datetime | None
    gives_up_at: datetime | None
    """From then on it is taken back instead."""


def wait_of(notice: NoticeInfo, *, now: datetime) -> Wait | None:
    """Of a text that has not gone out; None of every other."""
    if notice.state != "queued":
        return None
    why, todo = _words_of(notice, now)
    until = max((at for at in (notice.held_until, notice.next_try_at) if at is not None), default=now)
    return Wait(_(why), _(todo), until if until > now else None, notice.not_after)


def _words_of(notice: NoticeInfo, now: datetime) -> tuple[str, str]:
    if notice.held_until is not None and notice.held_until > now:
        is_advert = are_adverts(Event(notice.event)) or notice.text.startswith(advert.MARK)
        return (
            ADVERT_QUIET if is_advert else QUIET,
            _INVITED if notice.invitation_id is not None else _BY_ITSELF,
        )
    return _FAULTS.get((notice.problem or "").partition(":")[0].strip(), (IN_TURN, _SOON))
