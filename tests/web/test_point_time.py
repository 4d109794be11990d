"""The point's people: who answers when, who cannot come, when nothing new is taken."""

from __future__ import annotations

from datetime import timedelta

import httpx
from sqlmodel import col, select

from core.clock import operating_day
from core.models import StoredEvent
from tests import world
from tests.web.conftest import WebWorld
from tests.web.point_world import desk, kst_text, make_other_point
from workforce.models import Absence, DutyRota, Membership, PointClosure, Technician

__all__ = ["desk"]


def test_gaps_of_the_rota_are_red_and_filled_in_one_press(web_world: WebWorld, desk: httpx.Client) -> None:
    page = desk.get("/point/rota").text
    assert page.count('data-testid="duty-gap"') >= 4, "the rota ends after ten days"
    assert "14일 안에 당직이 빈 시간" in page
    assert desk.post("/point/duty/gaps").status_code == 303
    assert 'data-testid="duty-gap"' not in desk.get("/point/rota").text


def test_the_desk_sets_who_answers_and_a_later_entry_goes_first(
    web_world: WebWorld, desk: httpx.Client
) -> None:
    with web_world.database.reading() as session:
        member = session.exec(
            select(Membership.person_id)
            .where(col(Membership.service_point_id) == web_world.point.id, col(Membership.role) == "point")
            .order_by(col(Membership.id).desc())
        ).first()
    form = {
        "desk_person": str(member),
        "escalation": str(member),
        "from": kst_text(web_world.now),
        "to": kst_text(web_world.now + timedelta(hours=3)),
        "duty_technician": str(web_world.technician.id),
    }
    answer = desk.post("/point/duty", data=form)
    assert answer.status_code == 303, answer.text
    page = desk.get("/point").text
    assert "지금 담당: <strong>point" in page and "박기사" in page
    web_world.wait(hours=4)
    assert "지금 담당: <strong>정창구</strong>" in desk.get("/point").text


def test_changing_the_desks_person_keeps_who_else_was_named(web_world: WebWorld, desk: httpx.Client) -> None:
    other = make_other_point(web_world)
    now = web_world.now
    with web_world.database.reading() as session:
        member = session.exec(
            select(Membership.person_id)
            .where(col(Membership.service_point_id) == web_world.point.id, col(Membership.role) == "point")
            .order_by(col(Membership.id).desc())
        ).first()
    form = {"desk_person": str(member), "escalation": str(member), "substitute": str(other.id)}
    form |= {"from": kst_text(now + timedelta(hours=1)), "to": kst_text(now + timedelta(hours=3))}
    first = desk.post("/point/duty", data=form | {"duty_technician": str(web_world.technician.id)})
    assert first.status_code == 303
    web_world.wait(hours=2)
    page = desk.get("/point/rota").text
    for name in ("duty_technician", "escalation", "substitute"):
        select_box = page.partition(f'id="f-{name}"')[2].partition("</select>")[0]
        assert '<option value="keep" selected>그대로 둠' in select_box, name
    assert "그대로 둠 (지금 박기사)" in page
    kept = dict.fromkeys(("duty_technician", "escalation", "substitute"), "keep")
    kept |= {"desk_person": str(member), "from": kst_text(now), "to": kst_text(now + timedelta(hours=8))}
    assert desk.post("/point/duty", data=kept).status_code == 303
    head = desk.get("/point").text
    assert "박기사" in head and other.name in head
    web_world.wait(hours=2)
    later = desk.get("/point/parts/now").text
    assert "박기사" not in later, "each hour keeps what stood there, not what stands now"
    assert "윤소장" in later, "whoever answers above stays too"


def test_a_stranger_cannot_be_put_on_duty_nor_time_turned_round(
    web_world: WebWorld, desk: httpx.Client
) -> None:
    with web_world.database.transaction() as session:
        stranger = world.make_person(session, name="남남").id
        before = len(session.exec(select(DutyRota.id)).all())
    form = {"desk_person": str(stranger), "escalation": str(stranger)}
    form |= {"from": kst_text(web_world.now), "to": kst_text(web_world.now + timedelta(hours=3))}
    assert desk.post("/point/duty", data=form).status_code == 422
    turned = desk.post("/point/duty", data=form | {"to": kst_text(web_world.now - timedelta(hours=1))})
    assert turned.status_code == 422 and "뒤여야 합니다" in turned.text
    assert desk.post("/point/duty", data=form | {"from": "어제"}).status_code == 422
    with web_world.database.reading() as session:
        assert len(session.exec(select(DutyRota.id)).all()) == before


def test_who_cannot_come_is_entered_planned_around_and_taken_back(
    web_world: WebWorld, desk: httpx.Client
) -> None:
    form = {
        "technician": str(web_world.technician.id),
        "away_from": kst_text(web_world.now),
        "away_to": kst_text(web_world.now + timedelta(hours=6)),
        "away_reason": "몸살",
    }
    assert desk.post("/point/absences", data=form | {"away_reason": ""}).status_code == 422
    assert desk.post("/point/absences", data=form).status_code == 303
    with web_world.database.reading() as session:
        absence = session.exec(select(Absence)).one()
        changed = session.exec(select(StoredEvent).where(col(StoredEvent.name) == "CapacityChanged")).one()
        assert changed.payload["first_day"] == operating_day(web_world.now).isoformat()
    assert "몸살" in desk.get("/point/rota").text
    web_world.wait(hours=1)
    assert desk.post(f"/point/absences/{absence.id}/end").status_code == 303
    with web_world.database.reading() as session:
        assert session.get_one(Absence, absence.id).end_at == web_world.now


def test_another_points_people_are_not_ours_to_send_home(web_world: WebWorld, desk: httpx.Client) -> None:
    make_other_point(web_world)
    with web_world.database.transaction() as session:
        theirs = session.exec(
            select(Technician.id).where(col(Technician.id) != web_world.technician.id)
        ).one()
        start = web_world.now + timedelta(hours=1)
        away = Absence(technician_id=theirs, start_at=start, end_at=start + timedelta(hours=1), reason="교육")
        session.add(away)
        session.flush()
        absence_id = away.id
    form = {"technician": str(theirs), "away_reason": "몸살"}
    form |= {"away_from": kst_text(web_world.now), "away_to": kst_text(web_world.now + timedelta(hours=6))}
    assert desk.post("/point/absences", data=form).status_code == 404
    assert desk.post(f"/point/absences/{absence_id}/end").status_code == 404


def test_a_closure_has_a_reason_and_an_end(web_world: WebWorld, desk: httpx.Client) -> None:
    form = {
        "closed_from": kst_text(web_world.now),
        "closed_to": kst_text(web_world.now + timedelta(days=1)),
        "closed_reason": "",
    }
    assert desk.post("/point/closures", data=form).status_code == 422
    assert desk.post("/point/closures", data=form | {"closed_reason": "침수"}).status_code == 303
    assert "휴무 중" in desk.get("/point").text
    with web_world.database.reading() as session:
        closure_id = session.exec(select(PointClosure.id)).one()
    assert desk.post(f"/point/closures/{closure_id}/end").status_code == 303
    assert "휴무 중" not in desk.get("/point").text
