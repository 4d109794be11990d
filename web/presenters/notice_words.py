"""Why somebody is told or not, in words: people's choices, texts that were held back or taken back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from core.i18n import DEFAULT_LANGUAGE, N_, _
from customers.consents import Choice, ChoiceInfo, Door, Purpose
from customers.schemas import HouseholdDetail, MemberInfo
from notifications.catalogue import CATALOGUE, Event, Role
from notifications.ways import OFFERED, USUAL, Order, Way
from web.presenters.masks import Masks

DOORS = {
    Door.INTAKE: N_("접수하며"),
    Door.CALL: N_("전화로"),
    Door.TEXT: N_("문자로"),
    Door.PAGE: N_("가족 화면에서"),
    Door.FREE_CALL: N_("무료 수신 거부 전화로"),
}
_SAID = {
    Purpose.VISIT: (N_("알림에 동의함"), N_("알림을 원하지 않음")),
    Purpose.SURVEY: (N_("해피콜에 동의함"), N_("해피콜을 원하지 않음")),
    Purpose.ADVERT: (N_("광고를 받겠다고 함"), N_("광고를 받지 않겠다고 함")),
}
"""By what it was about: a yes, a no."""
LANGUAGE_NAMES = {"ko": N_("한국어"), "en": N_("영어")}
"""What people are written to in, as a desk chooses it."""
WITHHELD = {
    "REFUSED": N_("알림을 원하지 않으셨습니다."),
    "NO_PHONE": N_("번호가 없습니다."),
    "CANNOT_TEXT": N_("문자를 받지 못하는 번호입니다."),
}
"""Why a text was never written (`notifications.recipients.WithheldReason`)."""


RECIPIENTS: Mapping[Role, str] = {
    Role.RESIDENT: N_("거주자"),
    Role.REQUESTER: N_("접수하신 분"),
    Role.PAYER: N_("비용 내실 분"),
    Role.TECHNICIAN: N_("기사"),
    Role.POINT: N_("창구"),
}


def matrix_words(value: dict[str, dict[str, Any]]) -> str:
    """A stored matrix in words: what is told otherwise than usual."""
    parts = []
    for event, rule in value.items():
        if event in CATALOGUE:
            who = ", ".join(_(name) for role, name in RECIPIENTS.items() if role.value in rule["roles"])
            when = _("언제든") if rule["urgent"] else _("아침까지 기다림")
            parts.append(f"{_(CATALOGUE[Event(event)].label)}: {who} ({when})")
    return "; ".join(parts) or _("기본값")


def foreign_language(language: str) -> str:
    """The name of a language that is not ours; empty for Korean."""
    return "" if language == DEFAULT_LANGUAGE else _(LANGUAGE_NAMES[language])


def order_code(order: Order) -> str:
    """An order as a form names it."""
    return "-".join(order)


def order_words(order: Order) -> str:
    """An order as it is chosen, in words."""
    return _(OFFERED.get(order, OFFERED[USUAL]))


def ways_words(value: dict[str, dict[str, list[str]]]) -> str:
    """Stored orders in words: who is told of what on other ways than usual."""
    parts = [
        f"{_(CATALOGUE[Event(event)].label)} {_(RECIPIENTS[Role(role)])}: "
        + order_words(tuple(Way(each) for each in order))
        for event, orders in value.items()
        if event in CATALOGUE
        for role, order in orders.items()
    ]
    return "; ".join(parts) or _("기본값")


def notice_people(
    detail: HouseholdDetail,
    choices: Sequence[ChoiceInfo],
    refused: set[int],
    adverts: Mapping[int, dict[str, Any]],
    masks: Masks,
) -> list[dict[str, Any]]:
    """Each person of a home once: whether he is told, since whose word, and who may change it."""
    people = {member.contact.id: member for member in detail.members}
    residents = [m for m in people.values() if _is_resident(detail, m)]
    return [
        {
            "id": member.contact.id,
            "name": masks.name(member.contact.name),
            "told": member.contact.id not in refused,
            "can_text": member.contact.can_text,
            "advert": adverts.get(member.contact.id),
            "language": member.contact.language,
            "deciders": {m.contact.id: _own(m, member, masks) for m in (member, *residents)}.items(),
            "words": [_said(it, detail, masks) for it in choices if it.contact_id == member.contact.id],
        }
        for member in people.values()
    ]


def _is_resident(detail: HouseholdDetail, member: MemberInfo) -> bool:
    return any(m.contact.id == member.contact.id and m.relationship == "resident" for m in detail.members)


def _own(decider: MemberInfo, member: MemberInfo, masks: Masks) -> str:
    if decider.contact.id == member.contact.id:
        return _("본인")
    return _("거주자 {name}").format(name=masks.name(decider.contact.name))


def _said(it: ChoiceInfo, detail: HouseholdDetail, masks: Masks) -> dict[str, Any]:
    names = {m.contact.id: masks.name(m.contact.name) for m in detail.members}
    who = _("본인") if it.decided_by_id == it.contact_id else names.get(it.decided_by_id or 0, "")
    yes, no = _SAID[it.purpose]
    return {
        "at": it.at,
        "what": _(yes) if it.choice is Choice.AGREED else _(no),
        "who": who,
        "door": _(DOORS[it.door]),
        "reason": masks.words(it.reason, names=[m.contact.name for m in detail.members]),
        "refused": it.choice is Choice.REFUSED,
    }
