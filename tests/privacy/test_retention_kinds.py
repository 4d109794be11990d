"""Every kind of data that retention destroys: its limit, what goes at it and what stays."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlmodel import Session, col, select

from billing.payment_models import DayClose
from core import audit
from core.clock import kst, today_kst
from core.db import Database
from core.models import DatedSetting, ReplayedRequest, StoredEvent
from dispatch.planning.plan_models import Plan
from exchange.models import DataImport
from notifications.models import ProviderReceipt
from privacy.kinds import KINDS
from privacy.models import RetentionRun
from privacy.retention import run_retention
from tests import world
from tests.privacy.old_cases import BY_CODE, days_of
from workforce.access_models import Device, RecoveryCode, SecondFactor
from workforce.models import AccessLog, Account, Company, Membership, SignInTry, WebSession


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
    expected = {
        "access_log",
        "request",
        "session",
        "sign_in_try",
        "receipt",
        "event",
        "timeline",
        "day_close",
        "import_refusal",
        "remembered_device",
        "recovery_code",
    }
    assert {code for (_company, code), count in done.items() if count == 1} >= expected
    assert set(run_retention(database, clock=lambda: now).values()) == {0}
    with database.reading() as session:
        kept = (AccessLog, ReplayedRequest, WebSession, SignInTry, ProviderReceipt, StoredEvent)
        for model in (*kept, Device, RecoveryCode):
            assert len(session.exec(select(model)).all()) == 1, model
        quoted = [(row.refused, len(row.refusals)) for row in session.exec(select(DataImport))]
        assert sorted(quoted) == [(1, 0), (1, 1)], "how many were refused stays, what they said goes"
        assert sorted(row.reason for row in session.exec(select(DayClose))) == ["", "김영자님 댁 거스름돈"]
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
    _closed_day(session, company, at("day_close"))
    _second_factor(session, key, at("session"), n)
    session.add(
        DataImport(
            company_id=company_id,
            kind="households",
            file_name="댁.csv",
            sha256="",
            state="done",
            at=at("import_refusal"),
            by_name="정영수",
            source="cli",
            lines=1,
            refused=1,
            refusals=[{"line": 2, "reason": "김영자: 전화번호를 확인해 주세요."}],
        )
    )
    audit.record(
        session,
        by=world.AGENT,
        at=at("timeline"),
        what="SettingChanged",
        subject=("company", company_id),
        company_id=company_id,
    )


def _second_factor(session: Session, account_id: int, at: datetime, n: int) -> None:
    """A browser that was remembered until then, and a code that was used then."""
    factor = world.add(
        session, SecondFactor(account_id=account_id, sealed_secret="-", confirmed_at=at, last_step=0)
    )
    session.add_all(
        [
            Device(
                account_id=account_id,
                token_hash=f"d{n}",
                name="내 휴대전화",
                browser="",
                created_at=at,
                trusted_until=at,
                last_seen_at=at,
                last_address="-",
            ),
            RecoveryCode(second_factor_id=factor.id or 0, code_hash=f"c{n}", made_at=at, used_at=at),
        ]
    )


def _closed_day(session: Session, company: Company, at: datetime) -> None:
    point = world.make_point(session, company=company, code=f"p{at.timestamp():.0f}")
    him = world.make_technician(session, point=point)
    methods = ("cash", "card", "transfer")
    counted = {f"{method}_{what}": 0 for method in methods for what in ("expected", "counted")}
    close: dict[str, Any] = {"company_id": company.id, "technician_id": him.id, "day": today_kst(at)}
    session.add(DayClose(**close, **counted, reason="김영자님 댁 거스름돈", closed_at=at))


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
