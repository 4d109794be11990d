"""The matrix of a company: who is told of an event, and what waits for the morning."""

from __future__ import annotations

from datetime import date, time, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import Session, select

from core.clock import kst
from core.dated import NoticeRule
from notifications.catalogue import CATALOGUE, FAMILY, Event, Role
from notifications.languages import language_of
from notifications.messages import EnRoute, event_of
from notifications.models import Notice
from notifications.policy import (
    BadMatrixError,
    change_matrix,
    change_ways,
    orders_for,
    quiet_until,
    read_policy,
)
from notifications.recipients import CallTask, Delivery, Party, plan_recipients
from notifications.schemas import BrandFacts
from notifications.service import tell
from notifications.ways import OFFERED, USUAL, Order, Way
from notifications.wording import all_variants
from tests import world
from tests.notifications.test_service import BOTH, CASE, WORKER

DAY = date(2026, 12, 1)
NIGHT = (time(21), time(8))


@pytest.mark.parametrize(
    ("hour", "until"),
    [
        (20.99, None),
        (21, kst(DAY, 32)),
        (23.5, kst(DAY, 32)),
        (0, kst(DAY, 8)),
        (7.99, kst(DAY, 8)),
        (8, None),
    ],
)
def test_the_night_runs_over_midnight(hour: float, until: object) -> None:
    at = kst(DAY) + timedelta(hours=hour)
    assert quiet_until(at, begins=NIGHT[0], ends=NIGHT[1]) == until


def test_no_hour_is_quiet_when_both_ends_are_the_same() -> None:
    assert quiet_until(kst(DAY, 3), begins=time(0), ends=time(0)) is None


phones = st.sampled_from(["+821011112222", "+821033334444", "+8225550101", None])
PEOPLE = [Role.RESIDENT, Role.REQUESTER, Role.PAYER]
parties = st.builds(
    lambda role, phone, takes, language: Party(
        role, role.value, phone, bool(phone and phone[3:5] == "10"), takes, language=language
    ),
    st.sampled_from(PEOPLE),
    phones,
    st.booleans(),
    st.sampled_from(["ko", "en"]),
)
orders = st.dictionaries(st.sampled_from(PEOPLE), st.sampled_from(list(OFFERED)))


@given(
    event=st.sampled_from([event for event, rules in CATALOGUE.items() if Role.RESIDENT in rules.roles]),
    family=st.lists(parties, unique_by=lambda party: party.role),
    wanted=st.sets(st.sampled_from(PEOPLE)),
    chosen=orders,
)
def test_nobody_is_told_against_a_word_or_twice_and_whoever_is_wanted_is_accounted_for(
    event: Event, family: list[Party], wanted: set[Role], chosen: dict[Role, Order]
) -> None:
    roles = [role for role in CATALOGUE[event].roles if role in wanted]
    allowed = {role: o for role, o in chosen.items() if o in orders_for(event, role, has_voice=True)}
    plan = plan_recipients(event=event, parties=family, roles=roles, orders=allowed)
    by_role = {party.role: party for party in family}
    tellings: list[Delivery | CallTask] = [*plan.deliveries, *plan.calls]
    served = [role for told in tellings for role in told.serves]
    assert all(by_role[role].takes_notices and role in roles for role in served)
    numbers = [told.phone for told in tellings]
    assert len(numbers) == len(set(numbers)), "one number, one telling"
    accounted = served + [left.recipient for left in plan.withheld]
    assert sorted(accounted) == sorted(role for role in roles if role in by_role)
    must_know = {p.role for p in family if p.role in roles and p.phone and p.takes_notices and p.can_text}
    assert must_know <= set(served)
    for text in plan.deliveries:
        spoken = {by_role[role].language for role in text.serves}
        resident = by_role.get(Role.RESIDENT)
        if resident is not None and Role.RESIDENT in text.serves:
            spoken = {resident.language}
        assert language_of(text.variant) in spoken and text.variant in all_variants(event)
        assert text.order[-1] is Way.PERSON and text.order[0] is not Way.PERSON
        assert language_of(text.variant) == "ko" or Way.VOICE not in text.order


def test_a_company_tells_the_resident_alone_from_a_day_on(session: Session) -> None:
    company = world.make_company(session)
    ticket = world.make_ticket(session, company=company)
    tomorrow = world.NOW + timedelta(days=1)
    rule = NoticeRule(roles=["resident"], urgent=False)
    change_matrix(
        session,
        company_id=company.id or 0,
        wanted={Event.EN_ROUTE: rule},
        valid_from=tomorrow,
        source="가족 회의",
        by=world.AGENT,
        now=world.NOW,
    )
    for generation, at in ((1, world.NOW), (2, tomorrow.replace(hour=14))):  # 23:00 in Korea
        session.flush()
        context = EnRoute(CASE, WORKER)
        tell(
            session,
            event=event_of(context),
            generation=generation,
            ticket_id=ticket.id or 0,
            company_id=company.id or 0,
            sender=BrandFacts(company.id or 0, company.sender_number),
            facts=context,
            people=BOTH,
            now=at,
        )
    rows = session.exec(select(Notice)).all()
    assert sorted((row.generation, row.recipient, row.held_until is None) for row in rows) == [
        (1, "requester", True),
        (1, "resident", True),
        (2, "resident", False),
    ]
    assert [row.held_until for row in rows if row.generation == 2] == [kst(DAY, 56)]
    policy = read_policy(session, company_id=company.id or 0, at=tomorrow)
    assert policy.is_changed(Event.EN_ROUTE) and not policy.is_changed(Event.ABSENT)


def test_a_planned_change_undoes_none_that_is_made_meanwhile(session: Session) -> None:
    company_id = world.make_company(session).id or 0
    alone = {role: NoticeRule(roles=[role], urgent=True) for role in ("resident", "requester")}
    usual = NoticeRule(roles=["requester", "resident"], urgent=True)

    def change(event: Event, rule: NoticeRule, day: int) -> None:
        at = world.NOW + timedelta(days=day)
        change_matrix(
            session,
            company_id=company_id,
            wanted={event: rule},
            valid_from=at,
            source="시험",
            by=world.AGENT,
            now=world.NOW,
        )
        session.flush()

    def told(day: int) -> list[tuple[Role, ...]]:
        policy = read_policy(session, company_id=company_id, at=world.NOW + timedelta(days=day))
        return [policy.roles(event) for event in (Event.ABSENT, Event.REVISIT, Event.LATE)]

    change(Event.ABSENT, alone["requester"], 7)
    change(Event.REVISIT, alone["requester"], 9)
    change(Event.REVISIT, alone["resident"], 1)
    change(Event.LATE, alone["resident"], 1)
    change(Event.LATE, usual, 8)
    requester, resident, both = (Role.REQUESTER,), (Role.RESIDENT,), FAMILY
    assert told(0) == [both, both, both]
    assert told(2) == [both, resident, resident]
    assert told(7) == [requester, resident, resident], "the change of day 1 goes on"
    assert told(8) == [requester, resident, both]
    assert told(9) == [requester, requester, both], "what was planned for itself holds"


@pytest.mark.parametrize("roles", [[], ["payer"], ["resident", "technician"]])
def test_somebody_of_the_family_always_stays_and_strangers_never_come(
    session: Session, roles: list[str]
) -> None:
    company = world.make_company(session)
    with pytest.raises(BadMatrixError):
        change_matrix(
            session,
            company_id=company.id or 0,
            wanted={Event.EN_ROUTE: NoticeRule(roles=roles, urgent=True)},
            valid_from=world.NOW,
            source="시험",
            by=world.AGENT,
            now=world.NOW,
        )
    assert FAMILY == (Role.REQUESTER, Role.RESIDENT)


@pytest.mark.parametrize(
    ("event", "role", "order"),
    [
        (Event.EN_ROUTE, Role.RESIDENT, (Way.VOICE, Way.PERSON)),  # the company has no voice
        (Event.TICKET_RECEIVED, Role.RESIDENT, (Way.PERSON,)),  # no reason to ring
        (Event.EN_ROUTE, Role.RESIDENT, (Way.ALIMTALK, Way.PERSON)),  # reaches only whom KakaoTalk knows
        (Event.EN_ROUTE, Role.RESIDENT, ()),
        (Event.EN_ROUTE, Role.PAYER, (Way.TEXT, Way.PERSON)),  # not concerned
        (Event.JOB_ASSIGNED, Role.TECHNICIAN, (Way.TEXT, Way.PERSON)),  # a push first, always
    ],
)
def test_an_order_that_might_reach_nobody_is_refused(
    session: Session, event: Event, role: Role, order: Order
) -> None:
    company = world.make_company(session)
    dated: dict[str, Any] = {"valid_from": world.NOW, "source": "시험", "by": world.AGENT, "now": world.NOW}
    company_id = company.id or 0
    with pytest.raises(BadMatrixError) as refused:
        change_ways(session, company_id=company_id, event=event, wanted={role: order}, **dated)
    assert refused.value.errors[0].field == f"ways_{role}"
    assert not change_ways(
        session, company_id=company_id, event=Event.EN_ROUTE, wanted={Role.RESIDENT: USUAL}, **dated
    )
    assert read_policy(session, company_id=company_id, at=world.NOW).orders(event) == {}
