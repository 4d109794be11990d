"""Retention: nothing goes before its date, nothing that is open goes at all, and figures stay."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlmodel import Session, col, select

from billing.models import Charge
from core.clock import kst, today_kst
from core.dated import set_rule
from core.db import Database
from core.facts import RETENTION
from core.models import OperatingFact
from core.retention import Cut
from customers.models import Address, Contact, Household, HouseholdMember
from dispatch.models import Task, Ticket
from happycall.models import HappyCall
from privacy.kinds import Kind
from privacy.models import RetentionRun
from privacy.retention import run_retention
from tests import world
from tests.privacy.old_cases import BY_CODE, SAID, case, days_of, words_of


@pytest.mark.parametrize("seed", range(2))
def test_nothing_said_or_told_is_lost_before_its_date(database: Database, seed: int) -> None:
    """Cases of random ages on both sides of each limit: what is younger stays to the last letter."""
    dice, now = random.Random(seed), world.NOW
    with database.transaction() as session:
        company = world.make_company(session)
        case_days = days_of(session, company, "ticket", now)
        text_days = days_of(session, company, "text", now)
        midnight = kst(today_kst(now))
        ended: dict[int, datetime | None] = {}
        for limit in (case_days, text_days):
            for shift in (-1, 1, *(dice.randint(-700, 700) * 60 for _ in range(3))):
                moment = midnight - timedelta(days=limit) + timedelta(seconds=shift)
                ended[case(session, company, ended=moment).id or 0] = moment
        for _n in range(2):
            ended[case(session, company, ended=None).id or 0] = None
        before = {key: words_of(session, key) for key in ended}
    run_retention(database, clock=lambda: now, batch=2)
    with database.reading() as session:
        for key, moment in ended.items():
            found = words_of(session, key)
            age = (midnight - moment) if moment else timedelta(0)
            if age > timedelta(days=case_days):
                assert found["people"] == [] and found["timeline"] == [] and found["note"] == [""], key
                assert found["calls"] == [{"fixed": True, "overall": 6}]
                assert "010" not in str(found) and "58213" not in str(found)
            elif age > timedelta(days=text_days):
                assert found == {**before[key], "texts": [("", "")]}
            else:
                assert found == before[key], "too early"
        assert len(session.exec(select(Charge)).all()) == len(ended)
        assert sum(charge.total for charge in session.exec(select(Charge))) == 43000 * len(ended)


@pytest.mark.parametrize("keeps", ["task", "safety_hold", "open_home", "happy_call"])
def test_what_somebody_still_has_to_see_to_is_never_due(database: Database, keeps: str) -> None:
    now, old = world.NOW, world.NOW - timedelta(days=4000)
    with database.transaction() as session:
        company = world.make_company(session)
        home = world.make_household(session, company=company)
        ticket = case(session, company, ended=old, household=home, safety_hold=keeps == "safety_hold")
        owner = world.make_person(session)
        if keeps == "task":
            session.add(
                Task(
                    ticket_id=ticket.id or 0,
                    company_id=ticket.company_id,
                    kind="ESCALATION",
                    owner_person_id=owner.id or 0,
                    state="open",
                    created_at=old,
                )
            )
        if keeps == "open_home":
            world.make_ticket(session, company=company, household=home, symptom="COMPLAINT")
        if keeps == "happy_call":
            session.exec(select(HappyCall)).one().state = "scheduled"
        session.flush()
        key, before = ticket.id or 0, words_of(session, ticket.id or 0)
    run_retention(database, clock=lambda: now, kinds=[BY_CODE["ticket"], BY_CODE["household"]])
    with database.reading() as session:
        assert words_of(session, key) == before
        assert session.get_one(Ticket, key).destroyed_at is None


def finds_then(kind: Kind, meanwhile: Callable[[], None]) -> Kind:
    """The kind, and what somebody does between its finding and its destroying."""

    def find(session: Session, company_id: int | None, cut: Cut, limit: int) -> Any:
        found = kind.find(session, company_id, cut, limit)
        if found:
            meanwhile()
        return found

    return replace(kind, find=find)


def test_who_calls_while_it_runs_keeps_everything(database: Database) -> None:
    now, old = world.NOW, world.NOW - timedelta(days=4000)
    with database.transaction() as session:
        company = world.make_company(session)
        empty = world.make_household(session, company=company, resident=("또건이", "010-1111-2222"))
        empty.created_at = old
        again = case(session, company, ended=old)
        before = words_of(session, again.id or 0)

    def call() -> None:
        with database.transaction() as other:
            home = other.get_one(Household, empty.id)
            world.make_ticket(other, company=company, household=home)

    def reopen() -> None:
        with database.transaction() as other:
            other.get_one(Ticket, again.id).status = "REOPENED"

    kinds = [finds_then(BY_CODE["ticket"], reopen), finds_then(BY_CODE["household"], call)]
    assert set(run_retention(database, clock=lambda: now, kinds=kinds).values()) == {0}
    with database.reading() as session:
        assert words_of(session, again.id or 0) == before
        home = session.get_one(Household, empty.id)
        assert home.destroyed_at is None and session.get_one(Address, home.address_id).raw


def test_a_case_that_was_solved_by_phone_keeps_its_texts_from_then_on(database: Database) -> None:
    with database.transaction() as session:
        ticket = case(session, world.make_company(session), ended=world.NOW - timedelta(days=1500))
        ticket.status, ticket.solved_by_phone_at = "SELF_FIXED", world.NOW - timedelta(days=10)
        key = ticket.id or 0
    run_retention(database, clock=lambda: world.NOW)
    with database.reading() as session:
        assert words_of(session, key)["texts"] == [(SAID, "+821077314492")]
        fact = session.get_one(OperatingFact, RETENTION)
        assert fact.at == world.NOW, "the alert on its age has something to look at"


def test_a_home_goes_with_its_last_case_and_leaves_its_district(database: Database) -> None:
    now, old = world.NOW, world.NOW - timedelta(days=4000)
    with database.transaction() as session:
        company = world.make_company(session)
        gone = world.make_household(
            session, company=company, resident=("나간이", "010-1111-2222"), child=None
        )
        kept = world.make_household(
            session, company=company, resident=("사는이", "010-3333-4444"), child=None
        )
        for home in (gone, kept):
            home.created_at, home.access_note = old, SAID
        case(session, company, ended=old, household=gone)
        case(session, company, ended=now - timedelta(days=30), household=kept)
        ids = gone.id or 0, kept.id or 0
    for _night in range(2):  # the second run finds nothing to do
        run_retention(database, clock=lambda: now)
    with database.reading() as session:
        home = session.get_one(Household, ids[0])
        place = session.get_one(Address, home.address_id)
        assert (home.access_note, place.raw, place.unit, place.lat, place.tokens) == ("", "", "", None, [])
        assert home.destroyed_at == now and place.area_code == "11680"
        assert [c.name for c in session.exec(select(Contact))] == ["사는이"]
        assert [m.household_id for m in session.exec(select(HouseholdMember))] == [ids[1]]
        assert session.get_one(Household, ids[1]).access_note == SAID


def test_a_run_that_is_killed_goes_on_where_it_ended(database: Database) -> None:
    now, old = world.NOW, world.NOW - timedelta(days=4000)
    with database.transaction() as session:
        company = world.make_company(session)
        ids = [case(session, company, ended=old).id for _n in range(5)]
    kind, calls = BY_CODE["ticket"], []

    def destroy(session: Session, some: Any, cut: Any) -> int:
        calls.append(some)
        if len(calls) == 3:
            kind.destroy(session, some, cut)
            raise KeyboardInterrupt
        return kind.destroy(session, some, cut)

    with pytest.raises(KeyboardInterrupt):
        run_retention(database, clock=lambda: now, kinds=[replace(kind, destroy=destroy)], batch=2)
    with database.reading() as session:
        run = session.exec(select(RetentionRun)).one()
        gone = session.exec(select(Ticket).where(col(Ticket.destroyed_at).is_not(None))).all()
        assert (run.destroyed, len(gone), run.finished_at) == (4, 4, None), "whole batches, and their record"
    run_retention(database, clock=lambda: now, kinds=[kind], batch=2)
    with database.reading() as session:
        run = session.exec(select(RetentionRun)).one()
        assert (run.destroyed, run.finished_at) == (len(ids), now)


def test_a_kind_that_fails_holds_up_no_other(database: Database) -> None:
    now = world.NOW
    with database.transaction() as session:
        company = world.make_company(session)
        case(session, company, ended=now - timedelta(days=4000))

    def fail(*_given: Any) -> int:
        raise RuntimeError("broken")

    kinds = [replace(BY_CODE["text"], destroy=fail), BY_CODE["ticket"]]
    done = run_retention(database, clock=lambda: now, kinds=kinds)
    assert list(done.values()) == [1]
    with database.reading() as session:
        assert session.get(OperatingFact, RETENTION) is None, "a night with a fault is no round"


def test_a_company_keeps_longer_when_it_says_so(database: Database) -> None:
    now, old = world.NOW, world.NOW - timedelta(days=1900)
    with database.transaction() as session:
        company = world.make_company(session)
        key = case(session, company, ended=old).id or 0
        set_rule(
            session,
            company_id=company.id or 0,
            key="retain_ticket_days",
            value=3000,
            valid_from=now - timedelta(days=1),
            source="소송",
            by=world.AGENT,
            now=now,
        )
    run_retention(database, clock=lambda: now)
    with database.reading() as session:
        assert session.get_one(Ticket, key).note == SAID
