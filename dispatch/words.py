"""Dispatch's codes in words that customers and technicians use."""

from __future__ import annotations

from core.i18n import N_, _

SYMPTOMS = {
    "NO_HEAT": N_("난방이 안 됨"),
    "NO_HOT_WATER": N_("온수가 안 나옴"),
    "LEAK": N_("물이 샘"),
    "NOISE": N_("소리가 남"),
    "ERROR_CODE": N_("오류 표시가 뜸"),
    "CONTROLLER": N_("온도조절기 이상"),
    "POWER": N_("전원이 안 켜짐"),
    "FREEZE": N_("얼었음"),
    "IGNITION": N_("불이 안 붙음"),
    "FLUE": N_("배기통 이상"),
    "GAS_SMELL": N_("가스 냄새"),
    "CO": N_("일산화탄소 경보"),
    "ODOUR_SMOKE": N_("탄 냄새나 연기"),
    "DANGER": N_("위험 신고 (종류 확인 중)"),
    "INSTALL": N_("설치나 이전"),
    "INSPECTION": N_("점검"),
    "CHECKUP": N_("사전점검"),
    "BILLING": N_("요금 문의"),
    "COMPLAINT": N_("불편 신고"),
}
"""Korean; a text to a phone is in its reader's language, whatever language the screen has."""

SHORT_SYMPTOMS = {
    "NO_HEAT": N_("난방"),
    "NO_HOT_WATER": N_("온수"),
    "LEAK": N_("누수"),
    "NOISE": N_("소음"),
    "ERROR_CODE": N_("오류"),
    "CONTROLLER": N_("조절기"),
    "POWER": N_("전원"),
    "FREEZE": N_("동파"),
    "IGNITION": N_("점화"),
    "FLUE": N_("배기통"),
    "GAS_SMELL": N_("가스"),
    "CO": N_("CO"),
    "ODOUR_SMOKE": N_("연기"),
    "DANGER": N_("위험"),
    "INSTALL": N_("설치"),
    "INSPECTION": N_("점검"),
    "CHECKUP": N_("사전점검"),
    "BILLING": N_("요금"),
    "COMPLAINT": N_("불편"),
}
"""One word for a bar of the timeline; its title says it in full."""

LATE_REASONS = {
    "NETWORK_DOWN": N_("인터넷이 끊김"),
    "SYSTEM_DOWN": N_("전산이 멈춤"),
    "POINT_PAPER": N_("서비스점이 종이로 받음"),
    "OTHER": N_("다른 까닭"),
}
"""Why a ticket was entered later than it was received."""


def late_reason_words(code: str | None) -> str:
    """The reason of a late entry in the language of this request; empty without one."""
    return _(LATE_REASONS[code]) if code in LATE_REASONS else ""


def symptom_words(symptom: str) -> str:
    """The symptom in the language of this request; an unknown code as it is."""
    return _(SYMPTOMS[symptom]) if symptom in SYMPTOMS else symptom


def short_symptom(symptom: str) -> str:
    """The same in one word; an unknown code as it is."""
    return _(SHORT_SYMPTOMS[symptom]) if symptom in SHORT_SYMPTOMS else symptom
