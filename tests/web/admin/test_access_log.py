"""The access log: who saw whose data, found again, taken out with a reason, checked every month."""

from __future__ import annotations

import csv
import io
from datetime import date, datetime, timedelta

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError
from sqlmodel import select

from core.actor import Actor
from core.clock import kst
from core.models import TimelineEntry
from privacy.models import AccessReview
from privacy.reviews import confirm_month
from tests import world
from tests.web.agent_world import make_case, make_home
from tests.web.conftest import ClientAs, WebWorld
from workforce.models import AccessLog, Company

LOG = "/admin/access-log"


@pytest.fixture
def admin(web_world: WebWorld, client_as: ClientAs) -> httpx.Client:
    with web_world.database.transaction() as session:
        session.get_one(Company, web_world.company.id).created_at = web_world.now - timedelta(days=400)
    return client_as("admin")


def lines(web: WebWorld) -> list[AccessLog]:
    with web.database.reading() as session:
        return list(session.exec(select(AccessLog).order_by(AccessLog.id)))


def test_what_was_opened_is_found_by_reader_by_customer_and_by_day(
    web_world: WebWorld, client_as: ClientAs
) -> None:
    agent = client_as("agent")
    with web_world.database.transaction() as session:
        company = session.merge(web_world.company, load=False)
        home = world.make_household(session, company=company, resident=("최해바라기", "010-2222-8181"))
        first = world.make_ticket(session, company=company, household=home).number
    second = make_case(web_world)
    agent.post(f"/unmask/ticket/{first}", data={"reason_code": "CALL", "reason": "전화 요청 010-9999-8888"})
    web_world.wait(days=1)
    other, admin = client_as("agent"), client_as("admin")
    other.post(f"/unmask/ticket/{second}", data={"reason": "본인 확인"})
    page = admin.get(LOG).text
    assert first in page and second in page and "고객에게 전화: 전화 요청 010-****-8888" in page
    assert "최해바라기" not in page and "010-9999-8888" not in page
    reader = str(lines(web_world)[0].account_id)
    for query, found, missing in (
        ({"who": reader}, first, second),
        ({"q": "010-2222-8181"}, first, second),
        ({"q": "최해바라기"}, first, second),
        ({"since": "2026-12-02"}, second, first),
        ({"until": "2026-12-01"}, first, second),
    ):
        page = admin.get(LOG, params=query).text
        assert found in page and missing not in page, query
    assert first not in admin.get(LOG, params={"q": "없는사람"}).text
    for odd in ("9" * 18 + "x", "9" * 40, "²"):
        assert admin.get(LOG, params={"who": odd}).status_code == 200, odd


def test_a_page_of_a_home_is_one_line_in_half_an_hour_and_opens_nothing(
    web_world: WebWorld, client_as: ClientAs
) -> None:
    home, agent = make_home(web_world), client_as("agent")
    for _ in range(3):
        assert "김영자" not in agent.get(f"/agent/households/{home}").text
    assert [(line.act, line.subject_kind, line.subject_id) for line in lines(web_world)] == [
        ("viewed", "household", home)
    ]
    web_world.wait(minutes=31)
    agent.get(f"/agent/households/{home}")
    assert len(lines(web_world)) == 2


def test_pages_follow_each_other(web_world: WebWorld, client_as: ClientAs, admin: httpx.Client) -> None:
    agent, number = client_as("agent"), make_case(web_world)
    for n in range(52):
        agent.post(f"/unmask/ticket/{number}", data={"reason": f"까닭-{n:02d}-끝"})
    page = admin.get(LOG).text
    assert "까닭-51-끝" in page and "까닭-01-끝" not in page
    older = page.split('class="pager"')[1].split('href="')[1].split('"')[0]
    assert "까닭-01-끝" in admin.get(older).text


def test_a_download_takes_a_reason_and_is_a_line_itself(
    web_world: WebWorld, client_as: ClientAs, admin: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = make_case(web_world)
    client_as("agent").post(f"/unmask/ticket/{number}", data={"reason": "=1+1 본인 확인"})
    refused = admin.post(f"{LOG}/file", data={"reason": " "})
    assert refused.status_code == 422 and "왜 내려받는지 적어 주세요." in refused.text
    answer = admin.post(f"{LOG}/file", data={"reason": "월간 점검"})
    assert answer.headers["content-type"].startswith("text/csv")
    rows = list(csv.reader(io.StringIO(answer.text.lstrip("\ufeff"))))
    assert len(rows) == 2 and number in rows[1][4] and rows[1][6] == "'=1+1 본인 확인"
    assert "김영자" not in answer.text and "김*자" in answer.text
    last = lines(web_world)[-1]
    assert (last.act, last.subject_kind, last.reason) == ("downloaded", "access_log", "월간 점검")
    assert client_as("manager").post(f"{LOG}/file", data={"reason": "월간 점검"}).status_code == 403
    monkeypatch.setattr("web.pages.admin.access_log.MOST_LINES", 1)
    cut = admin.post(f"{LOG}/file", data={"reason": "월간 점검"}).text
    assert len(list(csv.reader(io.StringIO(cut)))) == 3 and "1줄까지만 담았습니다" in cut


def test_last_month_waits_for_its_check_and_is_checked_once(
    web_world: WebWorld, client_as: ClientAs, admin: httpx.Client
) -> None:
    assert "2026-11 열람 기록을 확인해 주세요" in admin.get("/admin").text
    refused = admin.post(f"{LOG}/reviews", data={"note": ""})
    assert refused.status_code == 422 and "이상 없음" in refused.text
    for note in ("이상 없음", "두 번째"):
        assert admin.post(f"{LOG}/reviews", data={"note": note}).status_code == 303
    assert "열람 기록을 확인해 주세요" not in admin.get("/admin").text
    assert "이상 없음" in admin.get(LOG).text
    with web_world.database.reading() as session:
        assert [(r.month, r.note) for r in session.exec(select(AccessReview))] == [
            (date(2026, 11, 1), "이상 없음")
        ]
        entry = session.exec(select(TimelineEntry).where(TimelineEntry.what == "AccessLogReviewed")).one()
        assert entry.reason == "이상 없음" and entry.account_id is not None
    with web_world.database.transaction() as session:  # two who press at once both found the month open
        confirm_month(
            session,
            company_id=web_world.company.id or 0,
            month=date(2026, 11, 1),
            note="동시에",
            by=Actor(kind="person", name="다른 관리자", source="10.0.0.9", account_id=entry.account_id),
            now=web_world.now,
        )
        assert len(session.exec(select(AccessReview)).all()) == 1
    web_world.now = kst(date(2027, 1, 1))
    assert "2026-12 열람 기록을 확인해 주세요" in client_as("admin").get("/admin").text


def test_a_month_before_the_company_is_not_asked_for(web_world: WebWorld, client_as: ClientAs) -> None:
    with web_world.database.transaction() as session:
        session.get_one(Company, web_world.company.id).created_at = web_world.now - timedelta(hours=3)
    assert "열람 기록을 확인해 주세요" not in client_as("admin").get("/admin").text


@pytest.mark.parametrize("change", ["DELETE FROM access_log", "UPDATE access_log SET reason = ''"])
def test_a_line_cannot_be_changed(web_world: WebWorld, client_as: ClientAs, change: str) -> None:
    client_as("agent").post(f"/unmask/ticket/{make_case(web_world)}", data={"reason": "본인 확인"})
    with (
        pytest.raises(ProgrammingError, match="append-only"),
        web_world.database.transaction() as session,
    ):
        session.execute(text(change))


def test_a_technicians_own_visit_stands_in_the_log(
    web_world: WebWorld, client_as: ClientAs, now: datetime
) -> None:
    from tests.web.point_world import make_planned

    number = make_planned(web_world)
    phone = client_as("technician", technician=web_world.technician)
    assert "김영자" in phone.get(f"/m/{number}").text
    assert [(line.act, line.at) for line in lines(web_world)] == [("viewed", now)]
