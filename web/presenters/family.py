"""What the family's page says: plain words, in Korean as they are spoken, in English by the switch."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from billing.schemas import FEES
from core.clock import KST, kst
from core.i18n import DEFAULT_LANGUAGE, N_, _, get_language
from dispatch.approvals import ApprovalFacts
from dispatch.family_view import FamilyView, Stage
from dispatch.visit_rules import OVERDUE_AFTER
from notifications import english, texts
from notifications.messages import Window

SAID: Mapping[str, str] = {
    "agreed": N_("방문 시간을 정했습니다. 바뀐 내용은 문자로도 보내 드립니다."),
    "put_off": N_("방문을 멈추고 기사에게 알렸습니다. 아래에서 다른 시간을 골라 주세요."),
    "cost_agreed": N_("동의하신 것을 기사에게 바로 알렸습니다. 이 비용으로 수리합니다."),
    "cost_refused": N_("원하지 않으신다고 기사에게 바로 알렸습니다."),
    "complained": N_("적어 주신 내용을 책임자에게 바로 전했습니다. 책임자가 살펴보고 전화드립니다."),
    "call_wished": N_("고르신 시간에 전화드리겠습니다."),
    "no_call": N_("전화드리지 않겠습니다. 불편한 점이 있으면 언제든 알려 주세요."),
    "texts_on": N_("다시 문자를 보내 드립니다."),
    "texts_off": N_("이제 문자를 보내지 않습니다. 언제든 여기에서 다시 받으실 수 있습니다."),
    "adverts_on": N_("광고 문자를 받기로 하셨습니다. 적어 둔 내용을 문자로도 보내 드립니다."),
    "adverts_off": N_("이제 광고 문자를 보내지 않습니다. 수리 안내는 그대로 보내 드립니다."),
    "language": N_("이제 이 화면과 문자를 한국어로 보여 드립니다."),
    "already": N_("이미 받은 내용입니다. 지금 상황은 아래와 같습니다."),
}
"""What is said once something was done, by the word in the address."""

STEPS: tuple[tuple[str, frozenset[Stage]], ...] = (
    (N_("접수했습니다"), frozenset()),
    (N_("방문 시간 정하기"), frozenset({Stage.ARRANGING, Stage.MISSED, Stage.WAITING})),
    (N_("기사 방문"), frozenset({Stage.AGREED, Stage.ON_THE_WAY})),
    (N_("수리"), frozenset({Stage.AT_HOME})),
    (N_("끝"), frozenset({Stage.DONE})),
)
WORK = 3
"""The step that a check-up names otherwise."""
ROUNDED_TO_MIN = 5


def headline(view: FamilyView, *, now: datetime) -> str:
    """Where things stand, in one sentence; first of all that somebody waits for their answer."""
    if view.asked is not None:
        return _("기사가 답을 기다립니다")
    if view.link.pays_alone:
        return _("보일러 점검 비용") if view.case.checkup else _("보일러 수리 비용")
    if view.stage is Stage.AGREED and view.window is not None and now <= view.window.end:
        return _("{when}에 기사가 갑니다").format(when=window_words(view.window))
    special = {
        Stage.ARRANGING: view.safety,
        Stage.MISSED: view.missed_early,
        Stage.WAITING: view.waits_for_part,
    }
    return _((_SPECIAL if special.get(view.stage) else _HEADLINES)[view.stage])


_SPECIAL = {
    Stage.ARRANGING: N_("기사를 바로 보내고 있습니다"),
    Stage.MISSED: N_("약속보다 먼저 찾아가 만나지 못했습니다. 죄송합니다"),
    Stage.WAITING: N_("부품을 기다리고 있습니다"),
}
_HEADLINES = {
    Stage.ARRANGING: N_("방문 시간을 정하고 있습니다"),
    Stage.WAITING: N_("방문을 미루었습니다"),
    Stage.AGREED: N_("기사가 늦어지고 있습니다. 죄송합니다"),
    Stage.ON_THE_WAY: N_("기사가 가고 있습니다"),
    Stage.AT_HOME: N_("기사가 도착했습니다"),
    Stage.MISSED: N_("기사가 찾아갔지만 만나지 못했습니다"),
    Stage.DONE: N_("방문이 끝났습니다"),
    Stage.CANCELLED: N_("접수가 취소되었습니다"),
    Stage.MERGED: N_("먼저 하신 접수와 하나로 합쳤습니다"),
    Stage.SELF_FIXED: N_("직접 해결하셔서 접수를 마쳤습니다"),
}


def next_words(view: FamilyView, *, now: datetime) -> list[str]:
    """What happens next and by when, a sentence each."""
    if view.asked is not None:
        waits = _("답하실 때까지 고치지 않고 기다립니다.")
        asked = _("{name}님께 여쭈었습니다.").format(name=view.case.paid_by)
        return [waits] if view.pays else [asked, waits]
    refused = _refused(view)
    if view.link.pays_alone:
        words = (
            _("{name}님 댁 보일러 점검 비용을 보실 수 있습니다.")
            if view.case.checkup
            else _("{name}님 댁 보일러 수리 비용을 보실 수 있습니다.")
        )
        return [words.format(name=view.case.resident), *refused]
    again = [_("다시 접수되어 새로 방문합니다.")] if view.reopened else []
    return again + refused + _next(view, now)


def fee_anyway(asked: ApprovalFacts) -> str:
    """What is due for the visit also when nothing is repaired; empty when that is free."""
    fee = sum(line.amount for line in asked.lines if line.code in FEES)
    if not fee:
        return ""
    return _("고치지 않으셔도 기사가 다녀가는 비용 {amount}은 내셔야 합니다.").format(amount=money_words(fee))


def _refused(view: FamilyView) -> list[str]:
    if view.refused is None or not (after := after_refusal(view)):
        return []
    words = _("{name}님이 {amount}에 고치기를 원하지 않는다고 하셨습니다.")
    return [words.format(name=view.case.paid_by, amount=money_words(view.refused.total)), after]


def after_refusal(view: FamilyView) -> str:
    """What happens instead of the work that they did not want; empty once he has left."""
    if view.refused is None or view.stage is not Stage.AT_HOME:
        return ""
    after = _(
        "그 비용으로는 고치지 않습니다. 기사가 다른 방법을 의논드립니다. "
        "마음이 바뀌시면 기사에게 말씀해 주세요."
    )
    return " ".join(filter(None, (after, fee_anyway(view.refused))))


def _next(view: FamilyView, now: datetime) -> list[str]:
    if view.stage is Stage.ARRANGING and view.safety:
        return [
            _("시간을 정하지 않고 가장 가까운 기사가 바로 갑니다."),
            _("창문을 열고 집 밖에서 기다려 주세요. 불이나 전기 스위치는 켜지 마세요."),
        ]
    if view.stage is Stage.AGREED and view.window is not None and now > view.window.end:
        return [_("약속한 시간({when})이 지났습니다.").format(when=window_words(view.window)), _(_RING_US)]
    if view.stage is Stage.ON_THE_WAY:
        return _arrival(view, now)
    if view.stage is Stage.WAITING and view.waits_for_part:
        return _part(view)
    if view.stage in (Stage.ARRANGING, Stage.AGREED):
        return _call_words(view, now)
    return [_(words) for words in (_CHECKUP_NEXT if view.case.checkup else _NEXT).get(view.stage, ())]


_RING_US = N_("기다리기 어려우시면 아래 번호로 전화해 주세요.")
_NEXT: Mapping[Stage, tuple[str, ...]] = {
    Stage.MISSED: (N_("다시 찾아갈 시간을 골라 주세요. 고르지 않으시면 저희가 전화드립니다."),),
    Stage.WAITING: (N_("좋은 시간을 골라 주세요. 고르지 않으시면 저희가 전화드립니다."),),
    Stage.CANCELLED: (N_("취소하신 적이 없거나 다시 필요하시면 아래 번호로 전화해 주세요."),),
    Stage.MERGED: (
        N_("같은 일이 두 번 접수되어 하나로 합쳤습니다. 방문은 먼저 하신 접수로 그대로 갑니다."),
        N_("먼저 받으신 문자의 주소를 누르시거나, 아래 번호로 전화해 주세요."),
    ),
    Stage.SELF_FIXED: (N_("다시 안 되면 아래 번호로 전화해 주세요. 바로 이어서 도와드립니다."),),
    Stage.DONE: (N_("보일러가 다시 안 되면 아래 번호로 전화해 주세요."),),
    Stage.AT_HOME: (N_("수리가 끝나면 한 일과 비용을 문자로 알려 드립니다."),),
}
_CHECKUP_NEXT = {**_NEXT, Stage.AT_HOME: (N_("점검이 끝나면 한 일과 비용을 문자로 알려 드립니다."),)}


def _call_words(view: FamilyView, now: datetime) -> list[str]:
    if view.call_by is None:
        return [] if view.stage is Stage.AGREED else [_("곧 전화드려 방문 시간을 정하겠습니다.")]
    if now > view.call_by:
        return [_("전화가 늦어 죄송합니다. 곧 전화드리겠습니다."), _(_RING_US)]
    if view.stage is Stage.AGREED:
        text = _("{until}까지 기사가 전화를 한 번 드립니다. 보일러 상태를 여쭙습니다.")
    else:
        text = _("{until}까지 기사가 전화드려 방문 시간을 정합니다.")
    return [text.format(until=moment_words(view.call_by))]


def _arrival(view: FamilyView, now: datetime) -> list[str]:
    if view.arrives_at is None:
        return [_("곧 도착합니다.")]
    if now >= view.arrives_at + OVERDUE_AFTER:
        return [_("도착이 늦어지고 있습니다. 죄송합니다."), _(_RING_US)]
    soon = texts.round_up_minutes(view.arrives_at, ROUNDED_TO_MIN)
    return [_("{when}쯤 도착합니다.").format(when=clock_words(soon))]


def _part(view: FamilyView) -> list[str]:
    if view.part_due_at is None:
        return [_("부품이 언제 오는지 알아보고 전화드리겠습니다.")]
    day = day_words(view.part_due_at)
    return [_("부품은 {day}에 올 예정입니다. 그 뒤의 시간을 골라 주세요.").format(day=day)]


def steps_of(view: FamilyView) -> list[tuple[str, str]]:
    """The way from the call to the end: (words, `done`, `now` or `ahead`); none for a case called off."""
    at = next((n for n, (_words, stages) in enumerate(STEPS) if view.stage in stages), None)
    if at is None:
        return []
    said = [_(words) for words, _stages in STEPS]
    if view.case.checkup:
        said[WORK] = _("보일러 점검")
    return [(words, "now" if n == at else "done" if n < at else "ahead") for n, words in enumerate(said)]


def window_words(window: Window) -> str:
    """A window as texts say it: `12월 1일(화) 오후 2시~4시`, `Tue, Dec 1, 2 PM to 4 PM`."""
    words = texts.window_words if _is_korean() else english.window_words
    return words(window.start, window.end)


def moment_words(at: datetime) -> str:
    """`12월 1일(화) 오후 2시 30분`."""
    return texts.moment_words(at) if _is_korean() else english.moment_words(at)


def clock_words(at: datetime) -> str:
    """`오후 2시 30분`."""
    return texts.clock_words(at) if _is_korean() else english.clock_words(at)


def day_words(at: datetime | date) -> str:
    """`12월 1일(화)`."""
    moment = at if isinstance(at, datetime) else kst(at, 12)
    return texts.day_words(moment) if _is_korean() else english.day_words(moment)


def money_words(amount: int) -> str:
    """`3만 2천원(32,000원)`; digits alone in English."""
    return texts.won_words(amount) if _is_korean() else english.won_words(amount)


def price_item_words(label: str) -> str:
    """A line of a bill; in English where it is an item of the usual price list."""
    return label if _is_korean() else english.said(label)


def _is_korean() -> bool:
    return get_language() == DEFAULT_LANGUAGE


def near_words(at: datetime, now: datetime) -> str:
    """`오늘`, `내일` or nothing."""
    days = (at.astimezone(KST).date() - now.astimezone(KST).date()) // timedelta(days=1)
    return {0: _("오늘"), 1: _("내일")}.get(days, "")
