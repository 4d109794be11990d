"""The timeline speaks to people: every step of a ticket that the code can write has its sentence."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from core.clock import now
from core.i18n import set_language
from dispatch.detail_shapes import TimelineFacts
from web.presenters.timeline import QUIET, WORDS, timeline_items
from web.presenters.timeline_facts import Names

ROOT = Path(__file__).resolve().parents[2]
WRITERS = [path for package in ("dispatch", "happycall") for path in sorted((ROOT / package).glob("*.py"))]


@pytest.mark.parametrize("path", WRITERS, ids=lambda path: path.name)
def test_every_event_has_words(path: Path) -> None:
    written = set(re.findall(r'what="([A-Z][A-Za-z]+)"', path.read_text(encoding="utf-8")))
    assert written <= set(WORDS)


NAMES = Names({7: "박성호", 8: "이정민"}, {1: "강남점", 2: "서초점"}, {"requester": "김*수"})
TWO, FOUR, SIX = ("2026-12-01T14:00:00+09:00", "2026-12-01T16:00:00+09:00", "2026-12-01T18:00:00+09:00")
MORNING = "2026-12-02T09:00:00+09:00"


def entry(what: str, reason: str | None = None, **data: Any) -> TimelineFacts:
    return TimelineFacts(now(), "온돌", what, reason, None, "worker", data)


def test_a_decision_by_hand_is_told_once() -> None:
    """What it did to the plan is the same act; what it did to another visit is not."""
    at = now()

    def line(what: str, **data: Any) -> TimelineFacts:
        return TimelineFacts(at, "오배차", what, None, None, "console", {"technician_id": 7, **data})

    entries = [
        line("VisitRetimed", visit_id=2, start=SIX),
        line("VisitPlanned", visit_id=1, start=FOUR),
        line("VisitAssignedByHand", visit_id=1, start=FOUR),
    ]
    told = [item["what"].split(":")[0] for item in timeline_items(entries, str, NAMES)]
    assert told == ["사람이 기사를 정했습니다", "예정 시각을 바꿨습니다"]


@pytest.fixture
def english() -> Iterator[None]:
    set_language("en")
    yield
    set_language("ko")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (
            entry("VisitRetimed", technician_id=7, from_technician_id=7, from_start=TWO, start=FOUR),
            "예정 시각을 바꿨습니다: 박성호, 12월 1일 (화) 14:00 → 16:00",
        ),
        (
            entry("VisitMoved", technician_id=8, from_technician_id=7, from_start=TWO, start=MORNING),
            "다른 기사에게 옮겼습니다: 박성호 → 이정민, 12월 1일 (화) 14:00 → 12월 2일 (수) 09:00",
        ),
        (
            entry("VisitTakenOff", from_technician_id=7, from_start=TWO, technician_id=None),
            "일정에서 뺐습니다: 박성호, 12월 1일 (화) 14:00",
        ),
        (
            entry("ContactAttempted", outcome="NO_ANSWER", **{"with": "requester"}),
            "고객에게 전화했습니다: 안 받음 (접수하신 분)",
        ),
        (
            entry(
                "ContactAttempted",
                outcome="CONNECTED",
                window=[FOUR, SIX],
                window_before=[TWO, FOUR],
                asked_by="family",
            ),
            "고객에게 전화했습니다: 연결됨, 12월 1일 (화) 14:00~16:00 → "
            "12월 1일 (화) 16:00~18:00, 고객이 원함",
        ),
        (
            entry("NumberFoundWrong", roles=["requester"]),
            "잘못된 번호라 그 번호로는 알리지 않습니다: 접수하신 분 김*수",
        ),
        (entry("TicketTransferred", **{"from": 1, "to": 2}), "다른 서비스점으로 옮겼습니다: 강남점 → 서초점"),
        (entry("PlacementRefused", service_point_id=1), "서비스점이 받지 못했습니다: 강남점"),
        (entry("ClockStopped", kind="contact", state="met"), "기한을 지켰습니다: 연락"),
        (entry("ClockStopped", kind="contact", state="breached"), "기한을 넘겼습니다: 연락"),
        (
            entry("HappyCallAttempted", outcome="BUSY", outside_hours=True, **{"with": "resident"}),
            "해피콜을 걸었습니다: 통화 중 (거주자), 전화 시간 밖",
        ),
        (entry("TechnicianArrived", early_s=47 * 60), "기사가 일찍 도착했습니다: 약속보다 47분 빠름"),
        (entry("VisitCompleted", total=32_000), "수리를 마쳤습니다: 32,000원"),
        (
            entry("TechnicianWished", preferred_technician_id=7, excluded_technician_id=None),
            "가족이 바라는 기사를 적었습니다: 박성호 기사를 바람",
        ),
        (entry("TicketReopened", excluded_technician_id=7), "다시 열었습니다: 박성호 기사는 뺌"),
        (
            entry("VisitHeld", hold_reason="parts_wait", due=MORNING),
            "작업을 미뤘습니다: 부품 대기, 12월 2일 (수) 09:00까지",
        ),
        (entry("VisitMoved", technician_id=99), "다른 기사에게 옮겼습니다"),
    ],
    ids=lambda value: value.what if isinstance(value, TimelineFacts) else "",
)
def test_a_line_says_from_what_to_what_and_how_it_went(line: TimelineFacts, words: str) -> None:
    assert [item["what"] for item in timeline_items([line], str, NAMES)] == [words]


@pytest.mark.usefixtures("english")
def test_a_line_is_in_the_readers_language_whoever_pressed() -> None:
    moved = entry("VisitMoved", "집에 아무도 없었습니다.", technician_id=8, from_technician_id=7)
    called = entry("ContactAttempted", outcome="NO_ANSWER", **{"with": "requester"})
    placed = entry("TicketPlaced", "가장 가까운 서비스점, 차로 14분", code="NEAREST", travel_s=840)
    lines = timeline_items([placed, moved, called], str, Names({7: "A", 8: "B"}))
    for item in lines:
        assert not re.search("[가-힣]", f"{item['what']} {item['why']}"), item
    assert lines[1]["what"].endswith(": A → B")


def test_newest_first_and_free_text_goes_through_the_readers_eyes() -> None:
    items = timeline_items(
        [entry("TicketFiled"), entry("TicketCancelled", "이사")], lambda text: f"<{text}>", NAMES
    )
    assert [item["what"] for item in items] == ["접수를 취소했습니다", "접수했습니다"]
    assert items[0]["why"] == "<이사>"


def test_the_way_of_a_text_is_left_out_and_the_unknown_shows_its_name() -> None:
    items = timeline_items([entry(what) for what in sorted(QUIET)] + [entry("SomethingNew")], str, NAMES)
    assert [item["what"] for item in items] == ["SomethingNew"]
