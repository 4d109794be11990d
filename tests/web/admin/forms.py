"""What an administrator does in a browser: log in, open a form, send it."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx
from sqlmodel import col, select

from core.db import Database
from tests.serving import client_of
from web.identity import COOKIE
from workforce.accounts import open_session
from workforce.founding import found_company
from workforce.models import Account, Company, Membership, Technician

NOW = datetime(2026, 12, 1, 1, 0, tzinfo=UTC)
TODAY = date(2026, 12, 1)
PASSWORD = "a-long-password"
KEY = re.compile(r'name="idempotency_key" value="([0-9a-f]+)"')


def open_browser(address: str) -> httpx.Client:
    """A browser that nobody has signed in."""
    return client_of(address)


def sign_in(browser: httpx.Client, login: str, password: str = PASSWORD) -> int:
    """The status of a log-in; the cookie stays with the browser."""
    browser.cookies.clear()
    return browser.post("/login", data={"login": login, "password": password}).status_code


def enter(browser: httpx.Client, database: Database, person_id: int) -> None:
    """Signed in without a password, for tests that are not about passwords."""
    with database.transaction() as session:
        account = Account(person_id=person_id, login=f"login-{person_id}", created_at=NOW)
        seat = session.exec(select(Membership).where(col(Membership.person_id) == person_id)).one()
        session.add(account)
        session.flush()
        browser.cookies.set(
            COOKIE, open_session(session, account=account, membership=seat, from_address="test", now=NOW)
        )


def send(browser: httpx.Client, path: str, *, page: str | None = None, **fields: Any) -> Any:
    """Open a form, fill it in and send it as a browser would."""
    opened = browser.get(page or path)
    assert opened.status_code == 200, opened.text[:500]
    key = KEY.search(opened.text)
    assert key is not None
    return browser.post(path, data={"idempotency_key": key[1], **fields})


def stored(response: Any) -> str:
    """Where a form that was taken leads."""
    assert response.status_code == 303, re.sub(r"\s+", " ", response.text)[-3000:]
    return str(response.headers["location"])


def add_point(browser: httpx.Client, code: str = "gangnam", name: str = "") -> None:
    stored(
        send(
            browser,
            "/admin/points/new",
            code=code,
            name=name or ("강남점" if code == "gangnam" else f"{code}점"),
            address="서울 강남구 역삼동 735",
            desk_phone="02-555-0100",
            daily_limit="",
            kind="direct",
            lat="37.4999",
            lon="127.0374",
        )
    )


def add_person(browser: httpx.Client, **fields: Any) -> int:
    values = {
        "name": "김기사",
        "phone": "010-2222-3333",
        "role": "technician",
        "point": "gangnam",
        "badge_number": "K-1",
        "valid_from": TODAY.isoformat(),
        "login": "",
        "password": "",
        **fields,
    }
    return int(stored(send(browser, "/admin/people/new", **values)).rsplit("/", 1)[1])


def technician_id(database: Database, person_id: int) -> int:
    with database.reading() as session:
        found = session.exec(select(Technician.id).where(col(Technician.person_id) == person_id)).one()
        assert found is not None
        return found


def other_company(database: Database) -> Company:
    with database.transaction() as session:
        found_company(
            session,
            code="haedam",
            name="해담보일러",
            phone="1577-0000",
            admin_login="other",
            admin_name="나관리",
            password=PASSWORD,
            now=NOW - timedelta(days=1),
        )
        return session.exec(select(Company).where(col(Company.code) == "haedam")).one()
