"""Whether an advertisement may go out: words by every door, of every age, and what stands against them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from core.clock import kst
from customers.consent_rules import Choice, Door, Heard, Standing, judge, years_after

NOW = datetime(2026, 11, 23, 3, tzinfo=UTC)
YES, NO = Choice.AGREED, Choice.REFUSED
DAY = timedelta(days=1)


def heard(choice: Choice, door: Door = Door.CALL, *, days: float = 1, **against: object) -> Heard:
    # The table gives fields by name.
    return Heard(choice, door, NOW - days * DAY, **against)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("known", "standing"),
    [
        (Heard(), Standing.NEVER),
        *[(heard(YES, door), Standing.AGREED) for door in Door],
        *[(heard(NO, door), Standing.REFUSED) for door in Door],
        (heard(YES, days=0), Standing.AGREED),
        (heard(YES, days=729), Standing.AGREED),
        (heard(YES, days=730), Standing.LAPSED),
        (heard(NO, days=5000), Standing.REFUSED),
        (heard(YES, refused_all=True), Standing.ALL_REFUSED),
        (Heard(refused_all=True), Standing.ALL_REFUSED),
        (heard(YES, shared_refused=True), Standing.SHARED_REFUSED),
        (Heard(shared_refused=True), Standing.SHARED_REFUSED),
        (Heard(number_refused_at=NOW - 900 * DAY), Standing.NUMBER_REFUSED),
        (heard(NO, Door.FREE_CALL, number_refused_at=NOW - DAY), Standing.NUMBER_REFUSED),
        (heard(NO, Door.PAGE, number_refused_at=NOW - 2 * DAY), Standing.REFUSED),
        *[
            (heard(YES, door, number_refused_at=NOW - 2 * DAY), Standing.NUMBER_REFUSED)
            for door in Door
            if door is not Door.PAGE
        ],
        (heard(YES, Door.PAGE, number_refused_at=NOW - 2 * DAY), Standing.AGREED),
        (heard(YES, Door.PAGE, days=3, number_refused_at=NOW - 2 * DAY), Standing.NUMBER_REFUSED),
        (heard(YES, Door.PAGE, days=730, number_refused_at=NOW - 740 * DAY), Standing.LAPSED),
        (
            heard(YES, Door.PAGE, number_refused_at=NOW - 2 * DAY, shared_refused=True),
            Standing.SHARED_REFUSED,
        ),
    ],
    ids=str,
)
def test_a_yes_lets_it_go_for_its_years_unless_any_no_stands_against_it(
    known: Heard, standing: Standing
) -> None:
    assert judge(known, years=2, now=NOW) is standing


def test_years_end_at_the_same_hour_in_korea_and_29_february_has_no_other() -> None:
    assert years_after(kst(date(2024, 2, 29), 10), 2) == kst(date(2026, 2, 28), 10)
    assert years_after(kst(date(2028, 2, 29), 10), -2) == kst(date(2026, 2, 28), 10)
    just_before, then = (years_after(NOW, -2) + timedelta(seconds=s) for s in (1, 0))
    yes = (Heard(YES, Door.CALL, at) for at in (just_before, then))
    assert [judge(each, years=2, now=NOW) for each in yes] == [Standing.AGREED, Standing.LAPSED]
