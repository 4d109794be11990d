"""A maker moves in with its old list: what is open goes on from the old call, what is over stays quiet."""

from __future__ import annotations

from pathlib import Path

import pytest

from main import main
from tests.journeys.house import House
from tests.journeys.test_whole_journey import open_gangnam

HEADINGS = "접수번호,접수일시,처리상태,완료일,고장 증상,고객명,전화번호,주소,보호자,보호자 전화\n"
OPEN = 'A-1,2026-12-01 09:20,진행,,난방 불량,김영자,02-555-0101,"서울 강남구 역삼동 7, 1동 2호",김민수,{0}\n'
OVER = 'A-2,2026-11-29 09:20,완료,2026-11-30,온수,박노인,{1},"서울 강남구 역삼동 740, 1동 3호",,\n'
CHILD, OLD = "010-9876-5432", "010-5555-6666"


def test_open_tickets_go_on_and_closed_ones_are_left_in_peace(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_gangnam(house, kind="direct")
    monkeypatch.setenv("DATABASE_URL", house.settings.database_url)
    monkeypatch.setattr("main.clock.now", house.clock)
    file = tmp_path / "old.csv"
    file.write_text((HEADINGS + OPEN + OVER).format(CHILD, OLD), encoding="cp949")
    for _time in range(2):  # the second time adds nothing
        assert main(["import", "tickets", str(file), "--company", "onnuri"]) == 0
        house.work()
    api = house.api("dispatcher")
    found = {item["symptom"]: item["number"] for item in api.get("/tickets").json()["items"]}
    assert sorted(found) == ["NO_HEAT", "NO_HOT_WATER"]
    going, over = (api.get(f"/tickets/{found[symptom]}").json() for symptom in ("NO_HEAT", "NO_HOT_WATER"))
    assert going["status"] == "ASSIGNED"
    assert going["clocks"]["contact"]["due_at"] == "2026-12-01T10:20:00+09:00"
    assert going["timeline"][0]["what"] == "TicketFiled"
    assert "A-1" in next(line["text"] for line in going["timeline"] if line["what"] == "TicketImported")
    assert (over["status"], over["visits"], over["messages"], over["tasks"]) == ("CLOSED", [], [], [])
    assert (over["happy_call"], over["clocks"]["contact"]) == (None, {})
    assert house.texts(to=OLD.replace("-", "")) == []
    house.clock.forward(hours=1)
    house.work()
    assert api.get(f"/tickets/{over['number']}").json()["timeline"] == over["timeline"]
    assert api.get(f"/tickets/{going['number']}").json()["clocks"]["contact"]["state"] == "breached"
