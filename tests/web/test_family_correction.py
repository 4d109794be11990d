"""시정 권고문: the technician writes it at the home, both parties hear of it, the link shows it plainly."""

from __future__ import annotations

from sqlmodel import select

from core.clock import KST
from dispatch.family_models import CorrectionNotice
from dispatch.models import Task
from notifications.models import Notice
from tests.web.conftest import ClientAs, WebWorld
from tests.web.family_world import RESIDENT, Family, link_to, read
from tests.web.technician_world import at_the_door, open_phone


def test_what_does_not_fit_is_told_to_both_shown_on_the_link_and_followed_up(web_world: WebWorld) -> None:
    phone = at_the_door(open_phone(web_world, resident=RESIDENT))
    form = phone.get("?do=correction")
    assert "배기통 빠짐·틈" in form and "일산화탄소 경보기" in form
    said = {"items": ["NO_CO_ALARM", "FLUE_LOOSE"], "note": "오늘은 끄고 가겠습니다"}
    assert phone.post("correction", said).status_code == 422, "whether they heard it is asked"
    assert phone.post("correction", {"acknowledged": "signed"}).status_code == 422, "and what it is about"
    assert phone.post("correction", {"items": ["ROOF"], "acknowledged": "signed"}).status_code == 422
    assert phone.post("correction", {**said, "acknowledged": "signed"}).status_code == 303
    with web_world.database.reading() as session:
        (notice,) = session.exec(select(CorrectionNotice)).all()
        told = session.exec(select(Notice).where(Notice.event == "CORRECTION_NOTICE")).all()
        (check,) = session.exec(select(Task).where(Task.kind == "CORRECTION_CHECK")).all()
    assert (notice.items, notice.use_stop) == (["FLUE_LOOSE", "NO_CO_ALARM"], True)
    assert (notice.put_right_by - web_world.now.astimezone(KST).date()).days == 3, "the gravest item's days"
    assert {text.recipient for text in told} == {"resident", "requester"}
    assert all("쓰지 마세요" in text.text and "오늘은 끄고" not in text.text for text in told)
    assert check.due_at is not None and check.due_at.astimezone(KST).date() == notice.put_right_by
    family = Family(
        web_world,
        phone.client,
        link_to(web_world, phone.ticket_id, phone.visit_id, ("requester",)),
        phone.ticket_id,
        phone.visit_id,
    )
    assert "고쳐야 할 것 보기" in read(family.get())
    page = read(family.get("/correction"))
    assert "연기가 집 안으로 들어와" in page and "고칠 때까지 보일러를 쓰지 마세요" in page
    assert page.index("연기가 나가는 통") < page.index("경보기가 없거나"), "the gravest first"
    assert "오늘은 끄고 가겠습니다" in page


def test_nobody_writes_one_before_he_is_there(web_world: WebWorld) -> None:
    phone = open_phone(web_world)
    answer = phone.post("correction", {"items": ["DRAIN"], "acknowledged": "nobody"})
    assert answer.status_code == 409
    with web_world.database.reading() as session:
        assert session.exec(select(CorrectionNotice)).first() is None


def test_all_see_that_a_window_was_picked_and_somebody_still_has_to_ring(
    web_world: WebWorld, client_as: ClientAs
) -> None:
    phone = open_phone(web_world)
    token = link_to(web_world, phone.ticket_id, phone.visit_id, ("requester",))
    family = Family(web_world, phone.client, token, phone.ticket_id, phone.visit_id)
    family.post("/time", window=family.offered()[0], form_key="a")
    page = phone.get()
    assert "시간 약속함, 통화 전" in page and "한 번 전화해 주세요" in page
    number = family.ticket().number
    lists = [
        ("agent", f"/agent/search?q={number}"),
        ("dispatcher", "/dispatch/queue"),
        ("point", "/point/tickets"),
    ]
    seen = [client_as(role).get(path) for role, path in lists]
    assert [number in answer.text and "시간 약속함, 통화 전" in answer.text for answer in seen] == [True] * 3
    assert phone.post("attempt", {"outcome": "CONNECTED", "with": "resident"}).status_code == 303
    assert "시간 약속함, 통화 전" not in phone.get()
    seen = [client_as(role).get(path) for role, path in lists]
    assert not any("시간 약속함, 통화 전" in answer.text for answer in seen)
    assert family.clock("contact").state == "met" and family.ticket().status == "APPOINTED"
