"""The timeline in words for people: what happened, by whom and why, the newest first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from core.i18n import N_, _
from dispatch.detail_shapes import TimelineFacts
from dispatch.family_steps import NAME as FAMILY
from web.presenters.timeline_facts import Names, facts_of, happened_words, reason_of

WORDS: dict[str, tuple[str, str]] = {
    "TicketFiled": (N_("접수했습니다"), ""),
    "PaperRecorded": (N_("종이에 적힌 일을 옮겨 적었습니다"), ""),
    "TicketImported": (N_("예전 시스템에서 가져왔습니다"), ""),
    "CallJoined": (N_("다시 전화를 받아 이어서 적었습니다"), ""),
    "SelfFixRecorded": (N_("직접 고쳐 보신 결과를 적었습니다"), ""),
    "SelfFixed": (N_("고객이 직접 해결했습니다"), "ok"),
    "LocationPicked": (N_("지도에서 집을 골랐습니다"), ""),
    "TicketPlaced": (N_("서비스점을 정했습니다"), ""),
    "PlacementAccepted": (N_("서비스점이 받았습니다"), "ok"),
    "PlacementRefused": (N_("서비스점이 받지 못했습니다"), "warn"),
    "PlacementWaits": (N_("받을 서비스점을 사람이 정해야 합니다"), "warn"),
    "TicketTransferred": (N_("다른 서비스점으로 옮겼습니다"), "warn"),
    "VisitPlanned": (N_("기사와 예정 시각을 정했습니다"), ""),
    "VisitMoved": (N_("다른 기사에게 옮겼습니다"), ""),
    "VisitRetimed": (N_("예정 시각을 바꿨습니다"), ""),
    "VisitAssignedByHand": (N_("사람이 기사를 정했습니다"), ""),
    "VisitNotPlanned": (N_("아직 기사를 정하지 못했습니다"), "warn"),
    "VisitTakenOff": (N_("일정에서 뺐습니다"), ""),
    "TechnicianWished": (N_("가족이 바라는 기사를 적었습니다"), ""),
    "VisitUnpinned": (N_("고정을 풀었습니다"), ""),
    "ProposalAccepted": (N_("바꾼 계획을 받아들였습니다"), ""),
    "ProposalRejected": (N_("바꾼 계획을 물리쳤습니다"), ""),
    "ReplanAsked": (N_("다시 계획하게 했습니다"), ""),
    "ReplanAnswered": (N_("다시 계획하기를 마쳤습니다"), ""),
    "JobAcknowledged": (N_("기사가 확인했습니다"), ""),
    "ContactAttempted": (N_("고객에게 전화했습니다"), ""),
    "ClockStopped": (N_("기한을 지켰습니다"), "ok"),
    "ClockAdvanced": (N_("기한이 다가와 알렸습니다"), "warn"),
    "ClocksVoided": (N_("기한을 더 재지 않습니다"), ""),
    "TechnicianDeparted": (N_("기사가 출발했습니다"), ""),
    "TechnicianArrived": (N_("기사가 도착했습니다"), ""),
    "WorkStarted": (N_("작업을 시작했습니다"), ""),
    "FamilyAbsent": (N_("아무도 안 계셨습니다"), "warn"),
    "FamilyAgreed": (N_("가족이 방문 시간을 골랐습니다"), "ok"),
    "FamilyNotAtHome": (N_("가족이 집에 없다고 알렸습니다"), "warn"),
    "CorrectionNoticeWritten": (N_("시정 권고문을 적었습니다"), "warn"),
    "BoilerCorrected": (N_("보일러 정보를 고쳤습니다"), ""),
    "VisitHeld": (N_("작업을 미뤘습니다"), "warn"),
    "HoldEnded": (N_("미룬 작업을 다시 시작합니다"), ""),
    "RevisitAsked": (N_("다시 찾아가기로 했습니다"), ""),
    "VisitCompleted": (N_("수리를 마쳤습니다"), "ok"),
    "VisitCharged": (N_("비용을 계산했습니다"), ""),
    "ChargeCorrected": (N_("비용을 고쳤습니다"), ""),
    "ApprovalAsked": (N_("비용을 여쭸습니다"), ""),
    "ApprovalGiven": (N_("비용에 동의했습니다"), "ok"),
    "ApprovalRefused": (N_("비용을 원하지 않았습니다"), "warn"),
    "PaymentTaken": (N_("받은 돈을 적었습니다"), "ok"),
    "UnpaidNoted": (N_("못 받은 돈을 적었습니다"), "warn"),
    "PaymentRefunded": (N_("돈을 돌려주었습니다"), ""),
    "PaymentCorrected": (N_("잘못 적은 돈을 되돌렸습니다"), ""),
    "TicketClosed": (N_("접수를 끝냈습니다"), "ok"),
    "TicketCancelled": (N_("접수를 취소했습니다"), "warn"),
    "DuplicateSuspected": (N_("통화 중에 보인 접수와 겹칠 수 있습니다"), ""),
    "DuplicateMerged": (N_("같은 건이라 앞선 접수로 합쳤습니다"), ""),
    "DuplicateTakenIn": (N_("같은 건으로 들어온 접수를 합쳤습니다"), ""),
    "DuplicateGivenBack": (N_("합쳤던 접수를 다시 나누었습니다"), ""),
    "DuplicateNowOf": (N_("겹치는지 살펴볼 접수가 바뀌었습니다"), ""),
    "DuplicateRuledOut": (N_("중복이 아니라고 확인했습니다"), ""),
    "TicketReopened": (N_("다시 열었습니다"), "bad"),
    "TicketEscalated": (N_("책임자에게 넘겼습니다"), "bad"),
    "StepRetried": (N_("멈춘 일을 다시 시도하게 했습니다"), ""),
    "StepDropped": (N_("멈춘 일을 접었습니다. 필요한 것은 사람이 합니다"), "warn"),
    "SafetyAdviceRead": (N_("안전 안내를 읽어 드렸습니다"), ""),
    "DangerNamed": (N_("무엇이 위험한지 확인했습니다"), ""),
    "SafetyAlarmRaised": (N_("안전 접수를 맡을 사람을 찾지 못해 알렸습니다"), "bad"),
    "TaskOpened": (N_("할 일이 생겼습니다"), ""),
    "TaskClosed": (N_("할 일을 마쳤습니다"), ""),
    "TaskHandedOver": (N_("할 일을 당직자에게 넘겼습니다"), ""),
    "NoticeDelivered": (N_("문자가 도착했습니다"), "ok"),
    "NoticeFailed": (N_("문자가 가지 않았습니다"), "warn"),
    "NoticeUnknown": (N_("문자가 갔는지 알 수 없습니다"), "warn"),
    "NoticeNotWritten": (N_("문자를 쓸 수 없었습니다"), "warn"),
    "NoticeResent": (N_("문자를 다시 보냅니다"), ""),
    "NoticeFellBack": (N_("휴대전화 알림 대신 문자로 보냅니다"), ""),
    "NoticeStuck": (N_("문자가 나가지 못하고 있습니다"), "warn"),
    "NoticeGoesAgain": (N_("문자를 다시 보냅니다"), ""),
    "NoticeWithheld": (N_("문자를 보내지 않기로 했습니다"), ""),
    "NoticesRefused": (N_("알림을 원하지 않는다고 하셨습니다"), "warn"),
    "NoticesAgreed": (N_("알림에 동의하셨습니다"), ""),
    "AdvertsRefused": (N_("광고를 받지 않겠다고 하셨습니다"), ""),
    "AdvertsAgreed": (N_("광고를 받겠다고 하셨습니다"), ""),
    "LanguageChosen": (N_("문자를 받을 언어를 골랐습니다"), ""),
    "NumberFoundWrong": (N_("잘못된 번호라 그 번호로는 알리지 않습니다"), "warn"),
    "NumberCorrected": (N_("바른 번호를 적었습니다"), "ok"),
    "NoticeWithdrawn": (N_("문자를 거뒀습니다"), ""),
    "NoticeQueued": (N_("문자를 준비했습니다"), ""),
    "NoticeAccepted": (N_("문자를 통신사에 넘겼습니다"), ""),
    "HappyCallScheduled": (N_("해피콜을 잡았습니다"), ""),
    "HappyCallAttempted": (N_("해피콜을 걸었습니다"), ""),
    "HappyCallWished": (N_("가족이 해피콜 시간을 골랐습니다"), ""),
    "HappyCallDone": (N_("해피콜을 마쳤습니다"), "ok"),
    "HappyCallClosed": (N_("해피콜을 끝냈습니다"), ""),
    "HappyCallWithdrawn": (N_("해피콜을 하지 않기로 했습니다"), ""),
    "HappyCallExpired": (N_("해피콜을 하지 못했습니다"), "warn"),
    "HappyCallMerged": (N_("해피콜을 하나로 합쳤습니다"), ""),
}
"""By the event's name: the sentence, and the tone of its mark."""


QUIET = frozenset({"NoticeQueued", "NoticeAccepted"})
"""Steps of a text on its way; what became of it is told elsewhere."""


BY_HAND = frozenset({"VisitPlanned", "VisitMoved", "VisitRetimed"})
"""What a decision by hand does to the plan."""


MISSED = (N_("기한을 넘겼습니다"), "bad")
EARLY = (N_("기사가 일찍 도착했습니다"), "warn")


def timeline_items(
    entries: Sequence[TimelineFacts], show: Callable[[str], str], names: Names
) -> list[dict[str, Any]]:
    """For `ticket.events`: {at, by, what, why, tone}, newest first.

    Args:
        show: free text as this reader may see it, e.g. `masks.text`.
        names: who and which point the ids of these entries are.
    """
    items = []
    decided = {(e.at, e.data.get("visit_id")) for e in entries if e.what == "VisitAssignedByHand"}
    for entry in reversed(entries):
        # A person's decision and the change of the plan that it made are one act.
        told = entry.what in BY_HAND and (entry.at, entry.data.get("visit_id")) in decided
        if entry.what in QUIET or told:
            continue
        who = _(entry.by) if entry.by == FAMILY else entry.by
        by = f"{who} ({entry.on_behalf_of})" if entry.on_behalf_of else who
        why = show(reason_of(entry.what, entry.reason, entry.data))
        what, tone = line_of(entry, names), _words_of(entry)[1]
        items.append({"at": entry.at, "by": by, "what": what, "why": why, "tone": tone})
    return items


def line_of(entry: TimelineFacts, names: Names) -> str:
    """What happened, with old and new: `예정 시각을 바꿨습니다: 12월 1일 (화) 14:00 → 15:30`."""
    sentence = _(_words_of(entry)[0])
    parts = (facts_of(entry.what, entry.data, names), happened_words(entry.what, entry.data))
    facts = ", ".join(part for part in parts if part)
    return f"{sentence}: {facts}" if facts else sentence


def _words_of(entry: TimelineFacts) -> tuple[str, str]:
    if entry.what == "ClockStopped" and entry.data.get("state") == "breached":
        return MISSED
    if entry.what == "TechnicianArrived" and entry.data.get("early_s"):
        return EARLY
    return WORDS.get(entry.what, (entry.what, ""))
