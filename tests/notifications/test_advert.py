"""What makes a text an advertisement, what it then lacks, and when none may go out."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from core.clock import kst
from notifications import advert
from notifications.adverts import BadAdvertError, require_lawful
from notifications.providers.base import OutgoingMessage, requests_of

DAY = date(2026, 12, 1)
HOURS = {"day_from": "08:00", "day_until": "21:00"}
WHOLE = (
    "(광고) 온누리보일러입니다.\n새 보일러로 바꾸실 때 20만원 할인해 드립니다.\n문의 1588-1234\n"
    "무료 수신 거부 080-123-4567"
)


def test_an_advertisement_with_all_it_needs_may_go() -> None:
    verdict = advert.check(WHOLE, maker="온누리보일러")
    assert verdict.is_ad and verdict.may_go
    assert verdict.words == ("(광고)", "새 보일러로 바꾸", "할인")


@pytest.mark.parametrize(
    ("text", "lacks"),
    [
        (WHOLE.replace("(광고) ", ""), "mark"),
        (f"알립니다. {WHOLE}", "mark"),
        (WHOLE.replace("온누리보일러입니다", "저희입니다"), "maker"),
        (WHOLE.replace("\n문의 1588-1234", ""), "contact"),
        (WHOLE.replace("\n무료 수신 거부 080-123-4567", ""), "opt_out"),
        (WHOLE.replace("080-123-4567", "02-555-0101"), "opt_out"),
        (WHOLE + "\n고맙습니다.", "opt_out"),
    ],
)
def test_what_it_lacks_is_named(text: str, lacks: str) -> None:
    verdict = advert.check(text, maker="온누리보일러")
    assert verdict.faults == (lacks,) and not verdict.may_go


def test_one_promotional_line_makes_the_whole_an_advertisement() -> None:
    notice = "[온누리보일러] 김영자님, 기사가 출발했습니다.\n온도 센서: 무료(보증 기간)\n문의 1588-1234"
    assert advert.check(notice) == advert.AdVerdict()
    assert advert.check(notice + "\n지금 신제품 특가!").words == ("신제품", "특가")


@pytest.mark.parametrize(
    ("hour", "minute", "may"), [(7, 59, False), (8, 0, True), (20, 59, True), (21, 0, False), (0, 0, False)]
)
def test_none_goes_out_at_night(hour: int, minute: int, may: bool) -> None:
    at = kst(DAY, hour, minute)
    assert advert.may_go_at(at, **HOURS) is may
    opens = advert.next_hour(at, **HOURS)
    assert opens == at if may else opens == kst(DAY, 8 if hour < 8 else 32)


@pytest.mark.parametrize(
    ("text", "free_number", "said"),
    [
        (WHOLE, "+82801234567", None),
        (WHOLE, "+82807654321", "080"),
        (
            "[온누리보일러] 점검해 드립니다. 문의 1588-1234\n무료 수신 거부 080-123-4567",
            "+82801234567",
            "(광고)",
        ),
        (WHOLE.replace("온누리보일러입니다", "저희입니다"), "+82801234567", "회사 이름"),
    ],
)
def test_what_is_sent_as_an_advertisement_has_the_mark_and_the_companys_own_free_number(
    text: str, free_number: str, said: str | None
) -> None:
    if said is None:
        require_lawful(text, maker="온누리보일러", free_number=free_number)
        return
    with pytest.raises(BadAdvertError) as refused:
        require_lawful(text, maker="온누리보일러", free_number=free_number)
    assert said in refused.value.detail


def test_an_advertisement_shares_no_request_with_a_notice() -> None:
    """SENS says of a whole request which of the two it is."""
    notice = OutgoingMessage("1-1", "+821011112222", "+8215881234", "LMS", WHOLE)
    other = replace(notice, our_id="2-1", to="+821011113333")
    ours = [notice, replace(other, advert=True), replace(other, our_id="3-1", to="+821011114444")]
    assert [[each.our_id for each in request] for request in requests_of(ours, batch=10)] == [
        ["1-1", "3-1"],
        ["2-1"],
    ]
