"""An administrator words a text anew: sees it on the phones, is refused what must not go out, goes back."""

from __future__ import annotations

import re

import httpx
import pytest
from sqlmodel import select

from core.actor import Actor
from core.db import Database
from notifications.alimtalk import approve_template
from notifications.catalogue import Event
from notifications.pieces import default_wording
from notifications.template_store import own_wordings
from notifications.wording_models import MessageText, TrialText
from tests.web.admin.forms import KEY, NOW, other_company, send, sign_in
from workforce.models import Company

EDITOR = "/admin/texts/VISIT_SCHEDULED/resident"
DEFAULT = default_wording(Event.VISIT_SCHEDULED, "resident").text
WARMER = DEFAULT.replace("보일러 {하는 일} 기사가 찾아갑니다.", "저희 기사가 댁으로 찾아갑니다.")


def save(
    client: httpx.Client, text: str, *, based_on: int = 0, reason: str = "더 따뜻하게"
) -> httpx.Response:
    answer = send(client, EDITOR, text=text, based_on=str(based_on), reason=reason, case="usual", phone="")
    assert isinstance(answer, httpx.Response)
    return answer


def stored_texts(database: Database) -> list[str | None]:
    with database.reading() as session:
        return list(session.exec(select(MessageText.text).order_by(MessageText.version)))  # type: ignore[arg-type]


def plain(answer: httpx.Response) -> str:
    return re.sub(r"<[^>]+>", " ", answer.text)


def test_a_wording_is_seen_stored_and_brought_back(client: httpx.Client, database: Database) -> None:
    assert "방문 안내" in client.get("/admin/texts").text
    found = client.get("/admin/texts", params={"q": "방문 안내 거주자"}).text
    assert 0 < found.count("row-link") < 30 and f"가운데 {found.count('row-link')}건" in found
    assert "찾은 것이 없습니다" in client.get("/admin/texts", params={"q": "방문 없는말"}).text
    opened = client.get(EDITOR)
    assert "{기사와 직원번호}" in opened.text and "{{" not in opened.text, "nobody sees a program"
    assert 'data-variant="resident"' in opened.text and 'data-variant="requester"' in opened.text
    assert "김영자님, 보일러 수리 기사가 찾아갑니다." in opened.text

    shown = client.post(
        f"{EDITOR}/preview", data={"text": WARMER, "case": "first"}, headers={"HX-Request": "true"}
    )
    assert "저희 기사가 댁으로 찾아갑니다." in shown.text and "자녀분 김민수님이" in shown.text
    assert "<html" not in shown.text and 'data-may-be-stored="1"' in shown.text
    whole = client.post(f"{EDITOR}/preview", data={"text": WARMER, "case": "usual"})
    assert "<html" in whole.text and "저희 기사가 댁으로" in whole.text, "without a script a button shows it"
    assert stored_texts(database) == []

    assert save(client, WARMER).status_code == 303
    listed = client.get("/admin/texts").text
    assert "회사 문구" in listed and "최관리" in listed
    stale = save(client, WARMER + "\n고맙습니다.", based_on=0)
    assert stale.status_code == 409 and "다른 사람이" in stale.text and "고맙습니다." in stale.text
    assert save(client, WARMER + "\n고맙습니다.", based_on=1, reason="인사").status_code == 303

    old = client.get(f"{EDITOR}?version=1")
    assert (
        "1번째 문구를 불러왔습니다." in old.text and "고맙습니다." not in old.text.partition("</textarea>")[0]
    )
    assert save(client, WARMER, based_on=2, reason="길어서").status_code == 303
    assert save(client, DEFAULT, based_on=3, reason="처음대로").status_code == 303
    assert stored_texts(database) == [WARMER, WARMER + "\n고맙습니다.", WARMER, None]
    history = plain(client.get("/admin/history"))
    assert "문자 문구를 처음 것으로 되돌림" in history and "알림: 방문 안내" in history and "인사" in history


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (DEFAULT.replace("{방문 시간}", ""), "언제 오는지"),
        (DEFAULT + "\n{% for a in m %}", "프로그램 글"),
        (DEFAULT + "\n신제품 할인!", "광고"),
        (DEFAULT + "\n" + "가" * 900, "줄여 주세요"),
        (DEFAULT + "\n😀", "😀"),
        ("", "적어 주세요"),
    ],
)
def test_what_must_not_go_out_is_refused_and_stays_as_typed(
    client: httpx.Client, database: Database, text: str, said: str
) -> None:
    answer = save(client, text)
    assert answer.status_code == 422 and said in plain(answer)
    assert text[-3:] in answer.text
    assert stored_texts(database) == []


def test_hard_words_are_marked_with_plain_ones_and_do_not_hinder(client: httpx.Client) -> None:
    typed = DEFAULT + "\n금일 A/S 엔지니어가 출동합니다."
    shown = client.post(f"{EDITOR}/preview", data={"text": typed}, headers={"HX-Request": "true"})
    for pair in ("금일 → 오늘", "A/S → 수리", "엔지니어 → 기사"):
        assert pair in " ".join(plain(shown).split())
    assert 'data-may-be-stored="1"' in shown.text
    technician = client.get("/admin/texts/JOB_ASSIGNED/technician").text
    assert "어려운 말" not in technician, "a technician knows the words of the trade"


def test_a_trial_is_asked_for_once_and_what_was_typed_stays(client: httpx.Client, database: Database) -> None:
    key = KEY.search(client.get(EDITOR).text)
    assert key is not None
    fields = {"idempotency_key": key[1], "text": WARMER, "case": "first", "phone": "010-2222-3333"}
    for _ in range(2):
        answer = client.post(f"{EDITOR}/trial", data=fields)
        assert answer.status_code == 200 and "저희 기사가 댁으로" in answer.text
    with database.reading() as session:
        [row] = session.exec(select(TrialText)).all()
    assert row.text.startswith("(시험) [온누리보일러] 김영자님") and row.channel == "LMS"
    assert (row.to_phone, row.from_phone) == ("+821022223333", "+8215881234")
    assert stored_texts(database) == []
    for changed, said in (
        ({"phone": "02-555-0101"}, "휴대전화"),
        ({"text": "할인"}, "저장할 수 있는 문구만"),
    ):
        again = client.get(EDITOR)
        key = KEY.search(again.text)
        assert key is not None
        refused = client.post(f"{EDITOR}/trial", data={**fields, "idempotency_key": key[1], **changed})
        assert refused.status_code == 422 and said in plain(refused)


def test_another_company_neither_sees_nor_sends_it(client: httpx.Client, database: Database) -> None:
    save(client, WARMER)
    other = other_company(database)
    sign_in(client, "other")
    assert "저희 기사가 댁으로" not in client.get(EDITOR).text
    with database.reading() as session:
        assert not own_wordings(session, company_id=other.id or 0, event=Event.VISIT_SCHEDULED)


@pytest.mark.parametrize("path", ["/admin/texts/NOTHING/resident", "/admin/texts/VISIT_SCHEDULED/payer"])
def test_what_is_not_there_is_not_found(client: httpx.Client, path: str) -> None:
    assert client.get(path).status_code == 404
    assert client.post(path, data={"text": "x"}).status_code == 404
    assert client.get(f"{EDITOR}?version=7").status_code == 404


def test_the_approvals_of_alimtalk_stand_beside_the_wordings(
    client: httpx.Client, database: Database
) -> None:
    assert "알림톡" not in client.get("/admin/texts").text
    with database.transaction() as session:
        company = session.exec(select(Company)).one().id or 0
        approve_template(
            session,
            company_id=company,
            account="solapi",
            event="VISIT_SCHEDULED",
            variant="resident",
            channel_key="KA01",
            code="T1",
            by=Actor(kind="command", name="운영", source="test"),
            now=NOW,
        )
    listed = client.get("/admin/texts").text
    assert listed.count("data-approval") == 1 and "승인 없음" in listed
    assert "data-approval" in client.get(EDITOR).text
    assert save(client, WARMER).status_code == 303
    assert "data-approval" not in client.get("/admin/texts").text, "another wording is not what was approved"
