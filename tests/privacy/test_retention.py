"""Retention: nothing goes before its date, nothing that is open goes at all, and figures stay."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlmodel import Session, col, select

from billing.models import Charge
from core import audit
from core.clock import kst, today_kst
from core.dated import read_rules, set_rule
from core.db import Database
from core.models import DatedSetting, ReplayedRequest, StoredEvent, TimelineEntry
from customers.models import Address, Contact, Household, HouseholdMember
from dispatch.models import ContactAttempt, Task, Ticket, TicketParty, Visit
from dispatch.planning.plan_models import Plan
from happycall.models import HappyCall, HappyCallAttempt
from notifications.models import Notice, ProviderReceipt
from privacy.kinds import KINDS
from privacy.models import RetentionRun
from privacy.retention import run_retention
from tests import world
from workforce.models import AccessLog, Account, Company, Membership, SignInTry, WebSession

SAID = "딸 010-7731-4492, 현관 58213#"
BY_CODE = {kind.code: kind for kind in KINDS}


def days_of(session: Session, company: Company, code: str, now: datetime) -> int:
    rules = read_rules(session, company_id=company.id or 0, at=now)
    return int(getattr(rules, BY_CODE[code].setting))


def case(
    session: Session,
    company: Company,
    *,
    ended: datetime | None,
    household: Household | None = None,
    **fields: Any,
) -> Ticket:
    """A case with every kind of word in it, that ended then or goes on."""
    point = world.make_point(session, company=company)
    received = (ended or world.NOW) - timedelta(days=2)
    ticket = world.make_ticket(
        session,
        company=company,
        household=household,
        point=point,
        received_at=received,
        completed_at=ended,
        note=SAID,
        **{"status": "COMPLETED" if ended else "ASSIGNED", **fields},
    )
    visit = world.make_visit(
        session, ticket=ticket, point=point, state="completed" if ended else "planned", note=SAID
    )
    key = ticket.id or 0
    at = ended or received
    call = world.add(
        session,
        HappyCall(
            company_id=ticket.company_id,
            ticket_id=key,
            visit_id=visit.id,
            state="done",
            due_at=at,
            until_at=at,
            reason=SAID,
            created_at=at,
        ),
    )
    session.add_all(
        [
            ContactAttempt(
                ticket_id=key, outcome="NO_ANSWER", evidence="SELF_REPORT", at=at, recorded_at=at, note=SAID
            ),
            Charge(
                company_id=ticket.company_id,
                ticket_id=key,
                visit_id=visit.id or 0,
                total=43000,
                fee_tier="day",
                warranty=False,
                warranty_reason="OUT_OF_WARRANTY",
                made_at=at,
            ),
            HappyCallAttempt(
                happy_call_id=call.id or 0,
                at=at,
                outcome="CONNECTED",
                answers={"fixed": True, "overall": 6, "verbatim": SAID},
                note=SAID,
            ),
            notice(ticket, at),
        ]
    )
    audit.record(
        session,
        by=world.AGENT,
        at=at,
        what="TicketFiled",
        subject=("ticket", key),
        company_id=ticket.company_id,
        reason=SAID,
    )
    session.flush()
    return ticket


def notice(ticket: Ticket, at: datetime) -> Notice:
    return Notice(
        company_id=ticket.company_id,
        ticket_id=ticket.id or 0,
        event="VISIT_RESULT",
        generation=1,
        recipient="resident",
        channel="LMS",
        to_phone="+821077314492",
        from_phone="+8215880000",
        text=SAID,
        bytes=40,
        template_version="1",
        state="delivered",
        created_at=at,
        next_try_at=at,
    )


def words_of(session: Session, ticket_id: int) -> dict[str, list[Any]]:
    """Everything a family said or was told in a case, and who they are."""
    calls = select(HappyCall.id).where(col(HappyCall.ticket_id) == ticket_id)
    return {
        "note": list(session.exec(select(Ticket.note).where(col(Ticket.id) == ticket_id))),
        "people": list(
            session.exec(
                select(TicketParty.name, TicketParty.phone).where(TicketParty.ticket_id == ticket_id)
            )
        ),
        "texts": list(
            session.exec(select(Notice.text, Notice.to_phone).where(Notice.ticket_id == ticket_id))
        ),
        "attempts": list(
            session.exec(select(ContactAttempt.note).where(ContactAttempt.ticket_id == ticket_id))
        ),
        "visit": list(session.exec(select(Visit.note).where(Visit.ticket_id == ticket_id))),
        "calls": list(
            session.exec(
                select(HappyCallAttempt.answers).where(col(HappyCallAttempt.happy_call_id).in_(calls))
            )
        ),
        "timeline": list(
            session.exec(select(TimelineEntry.reason).where(TimelineEntry.subject_id == ticket_id))
        ),
    }


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


def test_each_kind_keeps_what_is_young_and_records_what_it_destroyed(database: Database) -> None:
    now = world.NOW
    with database.transaction() as session:
        company = world.make_company(session)
        midnight = kst(today_kst(now))
        for shift in (-1, 1):  # a second too old, a second too young
            moment = timedelta(seconds=shift) + midnight

            def at(code: str, moment: datetime = moment) -> datetime:
                return moment - timedelta(days=days_of(session, company, code, now))

            _house_rows(session, company, at, shift)
    done = run_retention(database, clock=lambda: now)
    expected = {"access_log", "request", "session", "sign_in_try", "receipt", "event", "timeline"}
    assert {code for (_company, code), count in done.items() if count == 1} >= expected
    assert set(run_retention(database, clock=lambda: now).values()) == {0}
    with database.reading() as session:
        for model in (AccessLog, ReplayedRequest, WebSession, SignInTry, ProviderReceipt, StoredEvent):
            assert len(session.exec(select(model)).all()) == 1, model
        runs = {run.kind: run for run in session.exec(select(RetentionRun))}
        assert set(runs) == set(BY_CODE) and all(run.finished_at == now for run in runs.values())
        assert {runs[code].destroyed for code in expected} == {1}
        assert runs["sign_in_try"].company_id is None and runs["access_log"].company_id is not None


def _house_rows(session: Session, company: Company, at: Any, n: int) -> None:
    company_id = company.id or 0
    person = world.make_person(session)
    account = world.add(session, Account(person_id=person.id or 0, login=f"a{n}", created_at=at("session")))
    member = world.add(
        session,
        Membership(person_id=person.id or 0, company_id=company_id, role="agent", valid_from=at("session")),
    )
    key = account.id or 0
    session.add_all(
        [
            AccessLog(
                company_id=company_id,
                account_id=key,
                at=at("access_log"),
                from_address="-",
                subject_kind="ticket",
                subject_id=1,
                fields=["name"],
                reason="r",
            ),
            ReplayedRequest(
                company_id=company_id,
                account_id=key,
                key=f"k{n}",
                path="/",
                body_hash="",
                status=201,
                answer={},
                at=at("request"),
            ),
            WebSession(
                token_hash=f"t{n}",
                account_id=key,
                membership_id=member.id or 0,
                created_at=at("session"),
                expires_at=at("session"),
            ),
            SignInTry(login="nobody", from_address="-", at=at("sign_in_try")),
            ProviderReceipt(
                provider="fake", event_id=f"e{n}", received_at=at("receipt"), status_code="4000", body={}
            ),
            StoredEvent(
                name="TicketFiled",
                payload={},
                at=at("event"),
                next_try_at=at("event"),
                handled_at=at("event"),
            ),
        ]
    )
    audit.record(
        session,
        by=world.AGENT,
        at=at("timeline"),
        what="SettingChanged",
        subject=("company", company_id),
        company_id=company_id,
    )


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


def test_plans_that_were_driven_stay(database: Database) -> None:
    now = world.NOW
    old = today_kst(now) - timedelta(days=900)
    with database.transaction() as session:
        company = world.make_company(session)
        point = world.make_point(session, company=company)
        for version in (1, 2):
            plan = world.add(
                session,
                Plan(
                    service_point_id=point.id or 0,
                    company_id=company.id or 0,
                    day=old,
                    version=version,
                    base_version=version - 1,
                    origin="solve",
                    state="published",
                    made_at=now,
                    made_by="온돌",
                    routes=[],
                ),
            )
        session.execute(
            text("INSERT INTO point_day (service_point_id, day, version, plan_id) VALUES (:p, :d, 2, :plan)"),
            {"p": point.id, "d": old, "plan": plan.id},
        )
    run_retention(database, clock=lambda: now)
    with database.reading() as session:
        assert [plan.version for plan in session.exec(select(Plan))] == [2]


def test_every_limit_has_a_national_default_with_its_source(session: Session) -> None:
    keys = {kind.setting for kind in KINDS}
    query = select(DatedSetting).where(
        col(DatedSetting.key).in_(keys), col(DatedSetting.company_id).is_(None)
    )
    rows = {row.key: row for row in session.exec(query)}
    assert set(rows) == keys and all(row.source for row in rows.values())
    assert int(rows["retain_access_log_days"].value) >= 731
