"""States never go back, and an unclear send is repeated only on proof."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.providers.base import (
    Fault,
    FindOutcome,
    Found,
    MessageState,
    NextStep,
    NotFound,
    Unclear,
    after_unclear,
    later_state,
)
from notifications.providers.solapi_codes import fault_of, fault_of_error, state_of

TRIED = datetime(2026, 12, 1, 5, tzinfo=UTC)
states = st.sampled_from(list(MessageState))


@given(st.lists(states))
def test_the_order_of_reports_does_not_matter(reports: list[MessageState]) -> None:
    def after(order: list[MessageState]) -> MessageState:
        state = MessageState.ACCEPTED
        for report in order:
            state = later_state(state, report)
        return state

    assert after(reports) == after(reports[::-1]) == after([*reports, *reports])


def test_delivered_stays_delivered_and_a_late_receipt_ends_unknown() -> None:
    assert later_state(MessageState.DELIVERED, MessageState.ACCEPTED) is MessageState.DELIVERED
    assert later_state(MessageState.DELIVERED, MessageState.FAILED) is MessageState.DELIVERED
    assert later_state(MessageState.UNKNOWN, MessageState.DELIVERED) is MessageState.DELIVERED


@given(
    st.sampled_from([NotFound(remembers=True), NotFound(remembers=False), Unclear("x")]),
    st.integers(min_value=0, max_value=3600),
)
def test_sent_again_only_on_proof(outcome: FindOutcome, seconds: int) -> None:
    step = after_unclear(outcome, tried_at=TRIED, now=TRIED + timedelta(seconds=seconds))
    proven = outcome == NotFound(remembers=True) and seconds >= 15
    assert (step is NextStep.SEND_AGAIN) == proven
    assert (step is NextStep.GIVE_UP) == (not proven and seconds >= 600)


def test_found_settles_at_any_time() -> None:
    found = Found("M1", MessageState.FAILED, "3050", Fault.PERMANENT)
    assert after_unclear(found, tried_at=TRIED, now=TRIED + timedelta(days=3)) is NextStep.SETTLE


@pytest.mark.parametrize(
    ("code", "state", "fault"),
    [
        ("2000", MessageState.ACCEPTED, None),
        ("3000", MessageState.ACCEPTED, None),
        ("4000", MessageState.DELIVERED, None),
        ("3014", MessageState.UNKNOWN, None),
        ("3043", MessageState.FAILED, Fault.RETRY),
        ("3032", MessageState.FAILED, Fault.PERMANENT),
        ("3059", MessageState.FAILED, Fault.CONFIGURATION),
        ("2230", MessageState.FAILED, Fault.OPERATOR),
        ("9999", MessageState.FAILED, Fault.OPERATOR),
    ],
)
def test_codes_become_our_words(code: str, state: MessageState, fault: Fault | None) -> None:
    assert (state_of(code), fault_of(code)) == (state, fault)


def test_refused_requests_become_our_words() -> None:
    assert fault_of_error("DuplicatedSignature", 403) is Fault.RETRY
    assert fault_of_error("SomethingNew", 402) is Fault.OPERATOR
    assert fault_of_error("SomethingNew", 400) is Fault.CONFIGURATION
