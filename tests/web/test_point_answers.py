"""The point's desk answers offers: in time, once, with a reason; what went on to another point says so."""

from __future__ import annotations

import re
from datetime import timedelta

import httpx
from sqlmodel import col, delete

from core.clock import rfc3339_kst
from tests import world
from tests.web.conftest import ClientAs, WebWorld
from tests.web.point_world import (
    desk,
    make_offer,
    make_other_point,
    make_planned,
    make_ticket,
    placement_of,
    section,
    ticket_of,
)
from workforce.models import ServicePoint, Shift

__all__ = ["desk"]

KEY = re.compile(r'name="idempotency_key" value="([^"]+)"')


def test_what_waits_for_an_answer_reads_so_with_the_time_left(
    web_world: WebWorld, desk: httpx.Client, client_as: ClientAs
) -> None:
    """Planned tentatively it is nobody's yet: "배정" would say that somebody has it."""
    offer = make_offer(web_world, status="ASSIGNED")
    other = make_planned(web_world)
    answer = rfc3339_kst(web_world.now + timedelta(minutes=5))
    dispatcher = client_as("dispatcher")
    part = {"HX-Request": "true"}
    pages = (
        desk.get(f"/point/tickets?q={offer}").text,
        desk.get(f"/point/tickets/{offer}").text,
        dispatcher.get(f"/dispatch/queue?q={offer}").text,
        dispatcher.get(f"/dispatch/tickets/{offer}", headers=part).text,
    )
    for page in pages:
        badge = re.search(r'data-status="ASSIGNED">.*?</span>', page, re.DOTALL)
        assert badge and "응답 대기" in badge.group(), page
        assert re.search(rf'data-kind="answer"[^>]*data-due="{re.escape(answer)}"', page)
    assert "응답 대기" not in dispatcher.get(f"/dispatch/queue?q={other}").text


def test_a_ticket_that_leaves_under_an_open_page_says_so_once_and_asks_no_more(
    web_world: WebWorld, desk: httpx.Client, client_as: ClientAs
) -> None:
    number = make_offer(web_world)
    head = f"/point/tickets/{number}/head"
    assert "data-live-src" in desk.get(head).text
    desk.post(f"/point/tickets/{number}/refusal", data={"why": "other", "reason": "눈길"})
    looker = client_as("manager").get(head)
    assert looker.status_code == 200 and "data-live-src" in looker.text, "it gets a point in a moment"
    gone = desk.get(head)
    assert gone.status_code == 200 and "다른 서비스점으로 넘어간 접수입니다" in gone.text
    assert "data-live" not in gone.text and 'href="/point"' in gone.text
    assert desk.get("/point/tickets/ON-NONE/head").status_code == 404


def test_whoever_looks_at_all_points_hears_that_a_ticket_has_moved_on(
    web_world: WebWorld, client_as: ClientAs
) -> None:
    """An answer pressed on a page of the first point is none for the second."""
    number, here = make_offer(web_world), web_world.point.code
    dispatcher = client_as("dispatcher")
    page = dispatcher.get(f"/point/tickets/{number}").text
    assert f'data-live-src="/point/tickets/{number}/head?point={here}"' in page
    assert "묻는 까닭" in page and "맡은 까닭" not in page, "nobody has taken it"
    there = make_other_point(web_world)
    with web_world.database.transaction() as session:
        ticket, row = ticket_of(session, number), placement_of(session, number)
        ticket.service_point_id = row.service_point_id = there.id or 0
        session.add_all([ticket, row])
    gone = dispatcher.get(f"/point/tickets/{number}/head?point={here}").text
    assert "data-gone" in gone and f"지금은 {there.name}에 있습니다" in gone
    late = dispatcher.post(f"/point/tickets/{number}/acceptance?point={here}")
    assert late.status_code == 404 and f"지금은 {there.name}에 있습니다" in late.text
    with web_world.database.reading() as session:
        assert placement_of(session, number).state == "OFFERED"


def test_accepting_twice_is_accepting_once(web_world: WebWorld, desk: httpx.Client) -> None:
    number = make_offer(web_world)
    key = KEY.search(desk.get("/point").text)
    assert key is not None
    form = {"idempotency_key": key.group(1)}
    for _press in range(2):
        answer = desk.post(f"/point/tickets/{number}/acceptance", data=form)
        assert (answer.status_code, answer.headers["location"].split("?")[0]) == (303, "/point")
    with web_world.database.reading() as session:
        assert placement_of(session, number).state == "ACCEPTED"
    assert f'data-number="{number}"' not in section(desk.get("/point").text, "offers")


def test_what_was_taken_says_who_goes_when_and_where_it_is_now(
    web_world: WebWorld, desk: httpx.Client
) -> None:
    number = make_offer(web_world, status="ASSIGNED")
    with web_world.database.transaction() as session:
        start = web_world.now + timedelta(hours=2)
        ticket, who = ticket_of(session, number), web_world.technician
        world.make_visit(session, ticket=ticket, point=web_world.point, technician=who, start=start)
    answer = desk.post(f"/point/tickets/{number}/acceptance")
    page = desk.get(answer.headers["location"]).text
    toast = page[page.index('id="toasts"') :]
    toast = toast[: toast.index("</div>")]
    assert f"{number} 접수를 맡았습니다. 박기사 기사가 오늘 12:00쯤 갑니다." in toast
    assert f'href="/point/tickets/{number}"' in toast
    strange = desk.get("/point?done=accepted&number=ON-NONE")
    assert strange.status_code == 200 and "ON-NONE" not in strange.text


def test_declining_needs_a_reason_and_a_second_press_is_harmless(
    web_world: WebWorld, desk: httpx.Client
) -> None:
    number = make_offer(web_world)
    empty = desk.post(f"/point/tickets/{number}/refusal", data={"why": "other", "idempotency_key": "k1"})
    assert empty.status_code == 422
    assert "맡을 수 없는 까닭을 적어 주세요." in empty.text
    form = {"why": "part", "reason": "펌프가 없습니다", "idempotency_key": "k2"}
    for _press in range(2):
        answer = desk.post(f"/point/tickets/{number}/refusal", data=form)
        assert (answer.status_code, answer.headers["location"].split("?")[0]) == (303, "/point")
    with web_world.database.reading() as session:
        row = placement_of(session, number)
        assert (row.state, row.reason_text) == ("DECLINED", "맞는 부품이 없음: 펌프가 없습니다")
    back = desk.get(f"/point/tickets/{number}?do=decline")
    assert back.status_code == 404, "it is not theirs any more"
    assert "다른 서비스점으로 넘어간 접수입니다" in back.text and 'href="/point"' in back.text
    for path in ("", "/decline"):
        gone = desk.get(f"/point/tickets/{number}{path}", headers={"HX-Request": "true"})
        assert "<dialog" in gone.text and "다른 서비스점으로 넘어간 접수입니다" in gone.text, path
    other = make_ticket(web_world, point=make_other_point(web_world))
    assert "그런 접수가 없습니다" in desk.get(f"/point/tickets/{other}").text, "never asked, never named"
    lost = desk.get("/point").text
    assert number in section(lost, "lost") and "펌프가 없습니다" in lost


def test_after_the_limit_the_answer_comes_too_late(web_world: WebWorld, desk: httpx.Client) -> None:
    number = make_offer(web_world)
    web_world.wait(minutes=5, seconds=1)
    late = desk.post(f"/point/tickets/{number}/acceptance")
    assert late.status_code == 409
    assert "답할 시간이 지나" in late.text


def test_declining_is_asked_in_a_dialog_over_the_desk(web_world: WebWorld, desk: httpx.Client) -> None:
    number = make_offer(web_world)
    dialog = desk.get(f"/point/tickets/{number}/decline", headers={"HX-Request": "true"}).text
    assert "<dialog" in dialog and "<html" not in dialog
    assert "오늘 기사 일정이 가득 참" in dialog


def test_who_could_go_is_shown_as_the_dispatcher_sees_it(web_world: WebWorld, desk: httpx.Client) -> None:
    """Free time, missing licences and days off instead of a list of names; soonest first."""
    with web_world.database.transaction() as session:
        point = session.get_one(ServicePoint, web_world.point.id)
        idle = world.make_technician(session, point=point, name="강기사", now=web_world.now)
        session.execute(delete(Shift).where(col(Shift.technician_id) == idle.id))
    number = make_ticket(web_world)
    page = section(desk.get(f"/point/tickets/{number}?do=assign").text, "assign").partition("</form>")[0]
    assert "남은 일" not in page
    assert page.index("박기사") < page.index("강기사"), "who can come stands first"
    assert "일정에 넣으면 도착" in page and "모레까지 근무 없음" in page


def test_a_complaint_about_declining_stays_in_the_dialog(web_world: WebWorld, desk: httpx.Client) -> None:
    number, path = make_offer(web_world), {"HX-Request": "true"}
    dialog = desk.get(f"/point/tickets/{number}/decline", headers=path).text
    assert f'hx-post="/point/tickets/{number}/refusal"' in dialog
    empty = desk.post(f"/point/tickets/{number}/refusal", data={"why": "other"}, headers=path)
    assert empty.status_code == 422
    assert "<dialog" in empty.text and "<html" not in empty.text
    assert 'id="e-reason"' in empty.text and re.search('value="other" checked', empty.text)
    page = desk.post(f"/point/tickets/{number}/refusal", data={"why": "other"}).text
    assert 'href="#e-reason">덧붙일 말</a>' in page, "never a bare number"
    form = {"why": "other", "reason": "눈길"}
    gone = desk.post(f"/point/tickets/{number}/refusal", data=form, headers=path)
    assert (gone.status_code, gone.headers["HX-Redirect"]) == (200, "/point?done=declined")
    late = desk.post(f"/point/tickets/{make_planned(web_world)}/refusal", data=form | {"reason": ""})
    assert 'href="#e-' not in late.text, "a form that is not on the page is not led to"


def test_managers_look_on_but_do_not_answer(web_world: WebWorld, client_as: ClientAs) -> None:
    number = make_offer(web_world)
    manager = client_as("manager")
    assert number in manager.get("/point").text
    assert manager.post(f"/point/tickets/{number}/acceptance").status_code == 403
