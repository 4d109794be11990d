"""Whether the times on a paper form can be true."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from core.errors import FieldError, InvalidError
from dispatch.paper_checks import PaperCall, PaperRecord, in_field, moved_up, paper_problems
from dispatch.visit_schemas import AgreedWindow, Outcome

NOW = datetime(2026, 12, 1, 1, 0, tzinfo=UTC)
RECEIVED = NOW - timedelta(hours=3, seconds=-30)


def ago(minutes: float) -> datetime:
    return NOW - timedelta(minutes=minutes)


KEPT = PaperRecord(
    calls=(PaperCall(ago(170), Outcome.CONNECTED, window=AgreedWindow(ago(120), ago(10))),),
    departed_at=ago(110),
    arrived_at=ago(100),
    started_at=ago(95),
    completed_at=ago(50),
)


def fields(record: PaperRecord) -> list[str]:
    return [item.field for item in paper_problems(record, received_at=RECEIVED, now=NOW)]


def test_a_record_in_order_is_taken() -> None:
    assert fields(KEPT) == []
    same_minute = RECEIVED.replace(second=0)
    assert fields(replace(KEPT, calls=(PaperCall(same_minute, Outcome.BUSY),))) == []


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        (
            {"calls": (), "departed_at": None, "arrived_at": None, "started_at": None, "completed_at": None},
            ["calls.0.at"],
        ),
        ({"arrived_at": None}, ["calls.0.window", "arrived_at"]),
        ({"started_at": ago(105)}, ["started_at"]),
        ({"completed_at": NOW + timedelta(minutes=1)}, ["completed_at"]),
        ({"departed_at": ago(200)}, ["departed_at"]),
        ({"calls": (PaperCall(ago(150), Outcome.BUSY), PaperCall(ago(160), Outcome.BUSY))}, ["calls.1.at"]),
        ({"calls": (PaperCall(ago(-1), Outcome.BUSY),)}, ["calls.0.at"]),
        (
            {"calls": (PaperCall(ago(90), Outcome.CONNECTED, window=AgreedWindow(ago(80), ago(10))),)},
            ["calls.0.window"],
        ),
        (
            {"calls": (PaperCall(ago(90), Outcome.CONNECTED, window=AgreedWindow(ago(150), ago(100))),)},
            ["calls.0.window"],
        ),
    ],
)
def test_what_cannot_be_true_is_named_by_its_field(changes: dict[str, object], wrong: list[str]) -> None:
    assert fields(replace(KEPT, **changes)) == wrong  # type: ignore[arg-type]


def test_the_same_minute_is_not_before() -> None:
    assert moved_up(RECEIVED.replace(second=0), RECEIVED) == RECEIVED
    assert moved_up(ago(300), RECEIVED) == ago(300), "earlier than that is refused by the step itself"


def test_a_step_s_complaint_stands_at_its_field() -> None:
    with pytest.raises(InvalidError) as caught, in_field("arrived_at"):
        raise InvalidError("x", errors=(FieldError("at", "early"), FieldError("lines.0", "unknown")))
    assert [item.field for item in caught.value.errors] == ["arrived_at", "lines.0"]
