"""An administrator brings a list in by the browser: looks first, takes it, finds it on record."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import httpx
import pytest
from sqlmodel import select

from core.db import Database
from customers.models import Household
from exchange.kinds import KINDS
from exchange.models import UploadedFile
from privacy.short_lived import drop_short_lived
from tests.web.admin.forms import stored
from web.pages.admin.imports import MAX_UPLOAD_BYTES, MOST_ROWS

HOMES = """고객명,전화번호,설치 주소,특이
김영자,02-555-0101,"서울 강남구 역삼동 735, 101동 1203호",x
박노인,<b>없음</b>,서울 강남구 역삼동 736,
"""


def send(client: httpx.Client, kind: str, content: bytes, name: str = "homes.csv") -> httpx.Response:
    return client.post("/admin/imports", data={"kind": kind}, files={"file": (name, content, "text/csv")})


def homes(database: Database) -> int:
    with database.reading() as session:
        return len(session.exec(select(Household)).all())


def test_look_first_then_take_and_find_it_again(client: httpx.Client, database: Database) -> None:
    page = stored(send(client, "households", HOMES.encode("cp949")))
    look = client.get(page)
    assert look.status_code == 200
    assert "이 칸은 읽지 않습니다: 특이" in look.text
    assert "거주자 전화: 전화번호가 너무 짧습니다." in look.text
    assert homes(database) == 0
    record = stored(client.post(page))
    shown = client.get(record)
    assert "1줄을 가져왔습니다. 이미 있던 것 0줄, 가져오지 못한 것 1줄." in shown.text
    assert re.search(r"[0-9a-f]{64}", shown.text)
    assert homes(database) == 1
    assert client.post(page).status_code == 404
    assert "homes.csv" in client.get("/admin/imports").text
    assert "목록을 가져옴" in client.get("/admin/history").text
    again = client.get(stored(send(client, "households", HOMES.encode())))
    assert "새로 가져올 줄이 없습니다." in again.text
    with database.reading() as session:
        assert [row.kind for row in session.exec(select(UploadedFile))] == ["households"]


def test_a_list_without_a_date_is_taken_with_the_day_that_was_named_once(client: httpx.Client) -> None:
    bare = {"file": ("080.csv", "번호\n010-1234-5678\n".encode(), "text/csv")}
    wrong = client.post("/admin/imports", data={"kind": "refusals", "day": "언젠가"}, files=bare)
    assert wrong.status_code == 422 and 'value="언젠가"' in wrong.text and "날짜를" in wrong.text
    page = stored(client.post("/admin/imports", data={"kind": "refusals", "day": "2026-11-20"}, files=bare))
    look = client.get(page)
    assert "2026-11-20에 거부한 것으로 봅니다" in look.text and 'name="day" value="2026-11-20"' in look.text
    taken = client.post(page.partition("?")[0], data={"day": "2026-11-20"})
    assert "1줄을 가져왔습니다." in client.get(stored(taken)).text


def test_a_file_that_nobody_takes_is_gone_after_a_day(
    client: httpx.Client, database: Database, moment: list[datetime]
) -> None:
    page = stored(send(client, "households", HOMES.encode()))
    assert drop_short_lived(database, now=moment[0] + timedelta(hours=23)) == 0
    with database.transaction() as session:
        session.exec(select(UploadedFile)).one().at -= timedelta(days=1, seconds=1)
    for found in (client.get(page), client.post(page)):
        assert found.status_code == 404 and "하루가 지났습니다" in found.text
    assert drop_short_lived(database, now=moment[0]) == 1
    with database.reading() as session:
        assert not session.exec(select(UploadedFile)).all()
    assert homes(database) == 0


def test_what_cannot_be_looked_at_says_why(client: httpx.Client) -> None:
    many = b"a,b\n" + b"1,2\n" * (MOST_ROWS + 1)
    for kind, content, why in (
        ("", b"a,b\n1,2\n", "무엇의 목록인지 골라 주세요."),
        ("../etc", b"a,b\n1,2\n", "무엇의 목록인지 골라 주세요."),
        ("points", b"", "빈 파일입니다."),
        ("points", many, "run.py import"),
        ("points", b"x" * (MAX_UPLOAD_BYTES + 1), "파일이 너무 큽니다."),
    ):
        answer = send(client, kind, content)
        assert (answer.status_code, why in answer.text) == (422, True), why
    assert client.post("/admin/imports", data={"kind": "points"}).status_code == 422
    wrong = client.get(stored(send(client, "points", b"a,b\n1,2\n")))
    assert wrong.status_code == 422
    assert "필요한 칸 이름이 없습니다" in wrong.text


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_a_file_to_fill_in(client: httpx.Client, kind: str) -> None:
    answer = client.get(f"/admin/imports/templates/{kind}")
    assert answer.status_code == 200
    assert answer.content.startswith(b"\xef\xbb\xbf")
    assert "attachment" in answer.headers["content-disposition"]


def test_another_companys_files_and_records_are_not_there(client: httpx.Client) -> None:
    for path in ("/admin/imports/999", "/admin/imports/files/999", "/admin/imports/templates/nothing"):
        assert client.get(path).status_code == 404


def test_the_files_to_fill_in_can_be_taken_one_after_the_other(client: httpx.Client) -> None:
    """Behind the wall between companies, as everything that a signed-in person does."""
    for kind in KINDS:
        content = client.get(f"/admin/imports/templates/{kind}").content
        page = stored(send(client, kind, content, f"{kind}.csv"))
        assert "가져올 수 없는 줄과 까닭" not in client.get(page).text, kind
        assert "1줄을 가져왔습니다." in client.get(stored(client.post(page))).text, kind
    again = stored(send(client, "tickets", client.get("/admin/imports/templates/tickets").content))
    assert "새로 가져올 줄이 없습니다." in client.get(again).text
