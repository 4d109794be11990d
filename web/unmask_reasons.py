"""Why somebody may want to see what is masked: a short list to choose from, and free words."""

from __future__ import annotations

from core.i18n import N_, _

REASONS: tuple[tuple[str, str], ...] = (
    ("IDENTITY", N_("상담 통화 중 본인 확인")),
    ("CALL", N_("고객에게 전화")),
    ("VISIT", N_("방문할 집 찾기")),
    ("CORRECTION", N_("틀린 정보 고치기")),
    ("COMPLAINT", N_("불편·비용 문의 처리")),
    ("REQUEST", N_("고객의 열람·정정·삭제 요구")),
    ("OTHER", N_("그 밖 (아래에 적기)")),
)
"""Code -> words. `OTHER` alone says nothing: it needs words of its own."""
OTHER = "OTHER"


def unmask_reasons() -> list[tuple[str, str]]:
    """The list in the reader's language, for forms."""
    return [(code, _(words)) for code, words in REASONS]


def reason_words(code: str, typed: str) -> str:
    """What is kept as the reason: the chosen words, then what was typed. Empty when nothing was said.

    Kept in Korean whatever language the reader has: the log is read, and reviewed, by others.
    """
    chosen = dict(REASONS).get(code, "") if code != OTHER else ""
    return ": ".join(part for part in (chosen, typed.strip()) if part)
