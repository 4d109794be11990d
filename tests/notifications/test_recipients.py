"""Who is told: nobody twice on one number, both when both must, a landline never by text."""

from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications import wording
from notifications.catalogue import CATALOGUE, STAFF_EVENTS, Role
from notifications.contexts.money import MONEY_NEWS
from notifications.messages import Event
from notifications.recipients import CallTask, Delivery, Party, RecipientPlan, Withheld, plan_recipients

MOBILE, OTHER, THIRD, LANDLINE = "+821011112222", "+821033334444", "+821055556666", "+8225550101"
RESIDENT = Party(Role.RESIDENT, "김영자", MOBILE, can_text=True)
REQUESTER = Party(Role.REQUESTER, "김민수", OTHER, can_text=True)
PAYER = Party(Role.PAYER, "이건물", THIRD, can_text=True)
FAMILY = [RESIDENT, REQUESTER, PAYER]

phones = st.sampled_from([MOBILE, OTHER, LANDLINE, None])


@st.composite
def parties_of_a_ticket(draw: st.DrawFn) -> list[Party]:
    roles = draw(st.lists(st.sampled_from(list(Role)), unique=True))
    return [
        Party(
            role=role,
            name=draw(st.sampled_from(["김영자", "김민수"])),
            phone=(phone := draw(phones)),
            can_text=phone is not None and phone != LANDLINE,
            takes_notices=draw(st.booleans()),
        )
        for role in roles
    ]


@given(st.sampled_from(list(Event)), parties_of_a_ticket())
def test_everyone_concerned_is_answered_for_exactly_once(event: Event, parties: list[Party]) -> None:
    plan = plan_recipients(event=event, parties=parties)
    answered = [role for delivery in plan.deliveries for role in delivery.serves]
    answered += [role for call in plan.calls for role in call.serves]
    answered += [entry.recipient for entry in plan.withheld]
    assert sorted(answered) == sorted(p.role for p in parties if p.role in CATALOGUE[event].roles)


@given(st.sampled_from(list(Event)), parties_of_a_ticket())
def test_no_number_is_told_twice_and_no_landline_is_texted(event: Event, parties: list[Party]) -> None:
    plan = plan_recipients(event=event, parties=parties)
    numbers = [delivery.phone for delivery in plan.deliveries] + [call.phone for call in plan.calls]
    assert len(numbers) == len(set(numbers))
    assert LANDLINE not in {delivery.phone for delivery in plan.deliveries}
    assert {call.phone for call in plan.calls} <= {LANDLINE}


@given(st.sampled_from(list(Event)), parties_of_a_ticket())
def test_who_wants_notices_and_has_a_mobile_is_told_on_his_own_number(
    event: Event, parties: list[Party]
) -> None:
    plan = plan_recipients(event=event, parties=parties)
    for party in parties:
        told = [d.phone for d in plan.deliveries if party.role in d.serves]
        wanted = party.takes_notices and party.can_text and party.role in CATALOGUE[event].roles
        assert told == ([party.phone] if wanted else [])


@given(st.sampled_from(list(Event)), parties_of_a_ticket())
def test_every_delivery_has_its_wording(event: Event, parties: list[Party]) -> None:
    for delivery in plan_recipients(event=event, parties=parties).deliveries:
        assert delivery.variant in wording.variants(event)
        assert delivery.recipient == delivery.serves[0]


@given(st.sampled_from(list(Event)), parties_of_a_ticket())
def test_the_order_of_the_parties_does_not_matter(event: Event, parties: list[Party]) -> None:
    first = plan_recipients(event=event, parties=parties)
    for order in list(permutations(parties))[:6]:
        assert plan_recipients(event=event, parties=order) == first


@pytest.mark.parametrize("event", [e for e in Event if e not in STAFF_EVENTS])
def test_resident_and_requester_are_both_told_in_own_words(event: Event) -> None:
    told = {d.recipient: d.variant for d in plan_recipients(event=event, parties=FAMILY).deliveries}
    assert told[Role.RESIDENT] == "resident"
    assert told[Role.REQUESTER] == "requester"
    assert (Role.PAYER in told) == (event in MONEY_NEWS)


def test_a_shared_number_gets_one_text_under_the_requester() -> None:
    shared = [RESIDENT, Party(Role.REQUESTER, "김민수", MOBILE, can_text=True)]
    plan = plan_recipients(event=Event.VISIT_SCHEDULED, parties=shared)
    assert plan == RecipientPlan(
        deliveries=(Delivery(Role.REQUESTER, MOBILE, "shared", (Role.REQUESTER, Role.RESIDENT)),)
    )
    assert plan.resident_reached == "TEXT"


def test_one_person_in_two_roles_is_not_told_about_himself() -> None:
    same = [RESIDENT, Party(Role.REQUESTER, "김 영자", MOBILE, can_text=True)]
    (delivery,) = plan_recipients(event=Event.VISIT_SCHEDULED, parties=same).deliveries
    assert (delivery.recipient, delivery.variant) == (Role.REQUESTER, "resident")


def test_a_resident_with_a_landline_is_called_and_the_requester_told() -> None:
    parties = [Party(Role.RESIDENT, "김영자", LANDLINE, can_text=False), REQUESTER]
    plan = plan_recipients(event=Event.VISIT_SCHEDULED, parties=parties)
    assert [d.recipient for d in plan.deliveries] == [Role.REQUESTER]
    assert plan.calls == (CallTask(Role.RESIDENT, LANDLINE, (Role.RESIDENT,)),)
    assert plan.resident_reached == "CALL"


def test_a_shared_landline_is_one_call() -> None:
    parties = [
        Party(Role.RESIDENT, "김영자", LANDLINE, can_text=False),
        Party(Role.REQUESTER, "김민수", LANDLINE, can_text=False),
    ]
    plan = plan_recipients(event=Event.EN_ROUTE, parties=parties)
    assert plan.deliveries == ()
    assert [(c.recipient, c.serves) for c in plan.calls] == [
        (Role.REQUESTER, (Role.REQUESTER, Role.RESIDENT))
    ]


def test_a_payer_on_the_residents_number_finds_the_bill_there() -> None:
    parties = [RESIDENT, REQUESTER, Party(Role.PAYER, "이건물", MOBILE, can_text=True)]
    plan = plan_recipients(event=Event.VISIT_RESULT, parties=parties)
    assert Delivery(Role.RESIDENT, MOBILE, "resident", (Role.RESIDENT, Role.PAYER)) in plan.deliveries
    assert len(plan.deliveries) == 2


def test_who_refused_is_left_out_and_the_other_on_the_same_number_is_told() -> None:
    refusing = Party(Role.REQUESTER, "김민수", MOBILE, can_text=True, takes_notices=False)
    plan = plan_recipients(event=Event.VISIT_RESULT, parties=[RESIDENT, refusing])
    assert [(d.recipient, d.variant) for d in plan.deliveries] == [(Role.RESIDENT, "resident")]
    assert plan.withheld == (Withheld(Role.REQUESTER, "REFUSED"),)


def test_a_desk_without_a_mobile_is_withheld_not_called() -> None:
    desk = Party(Role.POINT, "역삼지점", LANDLINE, can_text=False)
    plan = plan_recipients(event=Event.JOB_ASSIGNED, parties=[desk])
    assert plan == RecipientPlan(withheld=(Withheld(Role.POINT, "CANNOT_TEXT"),))


def test_a_flag_that_contradicts_itself_is_read_as_no_text() -> None:
    parties = [RESIDENT, Party(Role.REQUESTER, "김민수", MOBILE, can_text=False)]
    plan = plan_recipients(event=Event.ABSENT, parties=parties)
    assert plan.deliveries == ()
    assert len(plan.calls) == 1
