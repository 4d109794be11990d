"""After a leak: whose data an account has seen, which fields, since when, and how many must be told."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from pathlib import Path

import pytest
from sqlmodel import Session, select

import main
from core.db import Database
from core.models import TimelineEntry
from operators.typed import moment
from privacy.breach import HEADS, UnknownAccountError, report_breach
from tests import world
from workforce.models import AccessLog, Account, Company, Membership


def reader(session: Session, company: Company, login: str) -> Account:
    person = world.make_person(session, name="유출자")
    world.add(
        session,
        Membership(person_id=person.id or 0, company_id=company.id or 0, role="agent", valid_from=world.NOW),
    )
    return world.add(session, Account(person_id=person.id or 0, login=login, created_at=world.NOW))


def look(
    session: Session, account: Account, company: Company, subject: tuple[str, int], **fields: object
) -> None:
    given = {
        "at": world.NOW,
        "act": "opened",
        "fields": ["name", "phone"],
        "reason": "r",
        "from_address": "10.0.0.7",
    }
    world.add(
        session,
        AccessLog(
            company_id=company.id or 0,
            account_id=account.id or 0,
            subject_kind=subject[0],
            subject_id=subject[1],
            **{**given, **fields},  # type: ignore[arg-type]
        ),
    )


def leak(session: Session) -> tuple[Company, str]:
    """One account that opened a ticket twice and a home, another that opened one more."""
    company = world.make_company(session)
    homes = [
        world.make_household(session, company=company, resident=(name, phone), child=None)
        for name, phone in (("김하나", "010-1111-1111"), ("이둘", "010-2222-2222"), ("박셋", "010-3333-3333"))
    ]
    ticket = world.make_ticket(session, company=company, household=homes[0])
    thief, honest = reader(session, company, "thief"), reader(session, company, "honest")
    key = ("ticket", ticket.id or 0)
    look(session, thief, company, key)
    look(session, thief, company, key, at=world.NOW + timedelta(hours=2), from_address="10.0.0.8")
    look(
        session,
        thief,
        company,
        ("household", homes[1].id or 0),
        act="viewed",
        fields=["history"],
        session_id=77,
    )
    look(session, thief, company, ("household", 999_999), at=world.NOW + timedelta(hours=1))
    look(session, thief, company, key, at=world.NOW - timedelta(days=9))
    look(session, honest, company, ("household", homes[2].id or 0))
    return company, ticket.number


def test_an_account_has_seen_these_people(session: Session) -> None:
    company, number = leak(session)
    report = report_breach(session, company_id=company.id or 0, since=world.NOW, login="thief")
    rows = [dict(zip(HEADS, row, strict=True)) for row in report.rows()]
    assert [(row["person"], row["phone"]) for row in rows] == [
        ("김하나", "010-1111-1111"),
        ("이둘", "010-2222-2222"),
    ]
    first = rows[0]
    assert (first["fields"], first["times"], first["tickets"]) == ("name phone", "2", number)
    assert (first["by"], first["from"]) == ("thief", "10.0.0.7 10.0.0.8")
    assert first["first_seen"] < first["last_seen"]
    assert (report.lines, report.unknown, report.must_be_reported) == (4, 1, False)


def test_an_address_and_a_stretch_of_time_narrow_it(session: Session) -> None:
    company, _number = leak(session)
    company_id = company.id or 0
    everybody = report_breach(session, company_id=company_id, since=world.NOW)
    assert {each.name for each in everybody.people} == {"김하나", "이둘", "박셋"}
    from_there = report_breach(session, company_id=company_id, since=world.NOW, from_address="10.0.0.8")
    assert [each.name for each in from_there.people] == ["김하나"]
    stolen = report_breach(session, company_id=company_id, since=world.NOW, session_id=77)
    assert [(each.name, each.readers) for each in stolen.people] == [("이둘", {"thief"})]
    before = report_breach(
        session, company_id=company_id, since=world.NOW - timedelta(days=20), until=world.NOW
    )
    assert [each.moments for each in before.people] == [[world.NOW - timedelta(days=9)]]


def test_a_log_in_of_another_company_is_unknown(session: Session) -> None:
    leak(session)
    other = world.make_company(session, code="haedam")
    with pytest.raises(UnknownAccountError):
        report_breach(session, company_id=other.id or 0, since=world.NOW, login="thief")
    assert not report_breach(session, company_id=other.id or 0, since=world.NOW).people


def test_the_command_writes_a_file_for_its_owner_alone(
    database: Database,
    database_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("DATABASE_URL", database_url)
    with database.transaction() as session:
        leak(session)
    out = tmp_path / "breach.csv"
    arguments = ["breach-report", "--company", "onnuri", "--since", "2026-11-30", "--account", "thief"]
    assert main.main([*arguments, "--out", str(out)]) == 0
    rows = list(csv.DictReader(io.StringIO(out.read_text(encoding="utf-8").lstrip("\ufeff"))))
    assert [row["person"] for row in rows] == ["김하나", "이둘"]
    assert out.stat().st_mode & 0o077 == 0
    said = capsys.readouterr().out
    assert "2명" in said and "72시간" in said and "김하나" not in said
    assert main.main([*arguments, "--session", "5", "--out", str(out)]) == 0
    assert "0명" in capsys.readouterr().out
    with database.reading() as session:
        told = session.exec(select(TimelineEntry).where(TimelineEntry.what == "BreachReported")).all()
    assert [(each.actor_kind, each.data["count"]) for each in told] == [("command", 2), ("command", 0)]
    assert main.main([*arguments[:2], "nobody", *arguments[3:], "--out", str(out)]) == 2


def test_a_moment_without_a_zone_is_korean() -> None:
    assert moment("2026-12-01").isoformat() == "2026-12-01T00:00:00+09:00"
