"""Why a visit is not planned, in the reader's language and without codes, whoever made the plan."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from core.i18n import set_language
from dispatch.placement_rules import reason_unqualified
from dispatch.planning.reason_words import own_reason, planners_reason, told
from scheduling.plan import Reason, Repair

LACKING = {"skills": "COMMERCIAL, TWO_PERSON"}
MISSING = Reason("SKILL_MISSING", "proof", "t1", LACKING, Repair("ADD_SKILL", LACKING))


@pytest.fixture
def english() -> Iterator[None]:
    set_language("en")
    yield
    set_language("ko")


def test_a_missing_licence_is_told_by_its_name() -> None:
    kept = planners_reason(MISSING)
    for text in (kept["text"], kept["repair"]["text"]):
        assert "자격(업소용·대용량, 2인 작업)" in text
        assert "COMMERCIAL" not in text
    assert "자격(콘덴싱 보일러)" in reason_unqualified(frozenset({"CONDENSING"})).text


def test_a_kept_reason_is_told_in_the_readers_language() -> None:
    kept = [
        planners_reason(MISSING),
        own_reason("DAILY_LIMIT", limit=4),
        planners_reason(Reason("NO_TIME_LEFT", "best_guess")),
    ]
    set_language("en")
    try:
        said = [told(reason) for reason in kept]
    finally:
        set_language("ko")
    texts = [reason["text"] for reason in said] + [said[0]["repair"]["text"]]
    assert not [text for text in texts if re.search("[가-힣]", text)], texts
    assert "Commercial" in texts[0] and "4" in texts[1]
    assert [reason["code"] for reason in said] == ["SKILL_MISSING", "DAILY_LIMIT", "NO_TIME_LEFT"]


@pytest.mark.usefixtures("english")
def test_a_row_without_its_numbers_stays_as_it_was_written() -> None:
    old = {"code": "SKILL_MISSING", "kind": "proof", "text": "이 기사에게는 자격이 없습니다.", "repair": None}
    assert told(old)["text"] == old["text"]
