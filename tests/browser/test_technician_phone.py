"""The technician's phone: what was pressed is seen to have been kept, and what is gone cannot be pressed."""

from __future__ import annotations

from datetime import timedelta

from playwright.sync_api import Page, expect
from sqlmodel import Session, col, select

from core import live
from dispatch.models import Ticket, Visit
from tests.browser.intake import file_call
from tests.browser.screens import PHONE, Screens
from tests.browser.town import open_town
from workforce.models import Account, Technician


def his_phone(screens: Screens) -> tuple[Page, str]:
    """A case is filed; the page of whoever got it, and its number."""
    open_town(screens.house)
    number = file_call(screens, screens.sign_in("agent"))
    screens.work()
    login = screens.aside(lambda: login_of(screens, number))
    return screens.sign_in("technician", login=login, size=PHONE), number


def visit_of(session: Session, number: str) -> Visit:
    query = select(Visit).join(Ticket, col(Ticket.id) == col(Visit.ticket_id)).where(Ticket.number == number)
    return session.exec(query).one()


def give_away(screens: Screens, number: str) -> None:
    with screens.house.database.transaction() as session:
        visit = visit_of(session, number)
        others = select(Technician.id).where(col(Technician.id) != visit.technician_id)
        visit.technician_id = session.exec(others).first()
        ticket = session.get_one(Ticket, visit.ticket_id)
        session.add(visit)
        facts = {"company_id": ticket.company_id, "ticket_id": ticket.id, "number": number}
        live.announce(session, topic="ticket", service_point_id=ticket.service_point_id, **facts)


def agree_later(screens: Screens, number: str) -> None:
    with screens.house.database.transaction() as session:
        visit = visit_of(session, number)
        ticket = session.get_one(Ticket, visit.ticket_id)
        visit.state, ticket.status = "agreed", "APPOINTED"
        visit.window_start = screens.house.clock() + timedelta(hours=3)
        visit.window_end = visit.window_start + timedelta(hours=2)
        session.add_all([visit, ticket])


def login_of(screens: Screens, number: str) -> str:
    with screens.house.database.reading() as session:
        who = visit_of(session, number).technician_id
        person = session.get_one(Technician, who).person_id
        return session.exec(select(Account.login).where(col(Account.person_id) == person)).one()


def test_a_call_that_was_kept_and_a_time_that_was_not_chosen_are_said(screens: Screens) -> None:
    page, number = his_phone(screens)
    screens.go(page, f"/m/{number}")
    page.get_by_role("button", name="안 받음").click()
    expect(page.locator("#tries")).to_contain_text("안 받음")
    screens.go(page, f"/m/{number}?do=agree")
    for chosen in page.locator("[name=window]:checked").all():
        chosen.evaluate("radio => { radio.checked = false; }")
    page.get_by_role("button", name="이 시간으로 약속").click()
    expect(page.locator("#e-window")).to_contain_text("약속할 시간을 하나 골라 주세요")
    expect(page.locator("[name=window]:checked")).to_have_count(0)


def test_a_form_under_a_job_that_is_gone_cannot_be_pressed(screens: Screens) -> None:
    page, number = his_phone(screens)
    screens.go(page, f"/m/{number}?do=hold")
    expect(page.get_by_role("button", name="보류", exact=False).first).to_be_visible()
    screens.aside(lambda: give_away(screens, number))
    expect(page.get_by_text("이 접수는 다른 기사에게 넘어갔습니다.")).to_be_visible()
    for form in page.locator("#job form").all():
        expect(form).to_be_hidden()


def test_a_question_and_its_answers_are_seen_without_scrolling(screens: Screens) -> None:
    page, number = his_phone(screens)
    screens.aside(lambda: agree_later(screens, number))
    screens.go(page, f"/m/{number}")
    page.get_by_role("button", name="출발합니다").click()
    expect(page.get_by_text("지금 출발하시나요?")).to_be_in_viewport()
    for name in ("돌아가기", "그래도 출발"):
        expect(page.locator(".todo").get_by_text(name)).to_be_in_viewport()
    screens.go(page, f"/m/{number}?do=boiler")
    page.get_by_label("제조 번호").fill("ON20K-???")
    page.get_by_role("button", name="저장").click()
    expect(page.locator(".error-summary")).to_be_in_viewport()
    expect(page.locator("#e-serial")).to_be_visible()
