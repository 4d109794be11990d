"""The timeline speaks to people: every step of a ticket that the code can write has its sentence."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from core.clock import now
from dispatch.detail_shapes import TimelineFacts
from web.presenters.timeline import QUIET, WORDS, timeline_items

ROOT = Path(__file__).resolve().parents[2]
WRITERS = [path for package in ("dispatch", "happycall") for path in sorted((ROOT / package).glob("*.py"))]


@pytest.mark.parametrize("path", WRITERS, ids=lambda path: path.name)
def test_every_event_has_words(path: Path) -> None:
    written = set(re.findall(r'what="([A-Z][A-Za-z]+)"', path.read_text(encoding="utf-8")))
    assert written <= set(WORDS)


def entry(what: str, reason: str | None = None) -> TimelineFacts:
    return TimelineFacts(now(), "온돌", what, reason, None, "worker", {})


def test_newest_first_and_free_text_goes_through_the_readers_eyes() -> None:
    items = timeline_items([entry("TicketFiled"), entry("TicketCancelled", "이사")], lambda text: f"<{text}>")
    assert [item["what"] for item in items] == ["접수를 취소했습니다", "접수했습니다"]
    assert items[0]["why"] == "<이사>"


def test_the_way_of_a_text_is_left_out_and_the_unknown_shows_its_name() -> None:
    items = timeline_items([entry(what) for what in sorted(QUIET)] + [entry("SomethingNew")], str)
    assert [item["what"] for item in items] == ["SomethingNew"]
