"""Which way a family's texts take through a whole visit, and who rings when none arrives."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from core.actor import SYSTEM
from core.dated import set_rule
from notifications.alimtalk import approve_template
from notifications.catalogue import Event
from tests.journeys.house import House
from tests.journeys.steps import agree, file, go_there, see
from tests.journeys.test_whole_journey import CALL, company_of, open_gangnam


def choose(house: House, **rules: Any) -> int:
    """The company's numbers from yesterday on. Returns its id."""
    with house.database.transaction() as session:
        company_id = company_of(session).id or 0
        for key, value in rules.items():
            set_rule(
                session,
                company_id=company_id,
                key=key,
                value=value,
                valid_from=house.clock() - timedelta(days=1),
                source="시험",
                by=SYSTEM,
                now=house.clock(),
            )
    return company_id


def told(ticket: dict[str, Any], event: str) -> dict[str, tuple[str, str]]:
    """By recipient: the channel and the state; one entry each."""
    entries = [m for m in ticket["messages"] if m["event"] == event]
    found = {m["recipient"]: (m["channel"], m["state"]) for m in entries}
    assert len(found) == len(entries)
    return found


def test_from_alimtalk_over_another_provider_to_the_text(calm_house: House) -> None:
    """NAVER SENS is busy at first; 알림톡 reaches the daughter, whose father has no KakaoTalk."""
    house = calm_house
    open_gangnam(house)
    company_id = choose(house, text_accounts=["sens", "solapi"])
    with house.database.transaction() as session:
        for variant in ("resident", "requester"):
            approve_template(
                session,
                company_id=company_id,
                account="solapi",
                event=Event.EN_ROUTE,
                variant=variant,
                channel_key="@onnuri",
                code=f"EN_ROUTE_{variant}",
                by=SYSTEM,
                now=house.clock(),
            )
    number = file(house)
    agree(house, number)
    house.clock.forward(seconds=5)
    house.work()
    scheduled = told(see(house, number), "VISIT_SCHEDULED")
    assert {state for _channel, state in scheduled.values()} == {"delivered"}, "asked for: SENS never reports"
    house.control_provider(busy=["sens"], report_codes={f"ATA:{_digits('resident')}": "3104"})
    go_there(house, number)
    house.work()
    on_the_way = told(see(house, number), "EN_ROUTE")
    assert on_the_way["requester"] == ("ALIMTALK", "delivered")
    assert on_the_way["resident"][0] in ("SMS", "LMS") and on_the_way["resident"][1] == "delivered"
    kinds = [(m["provider"], m["type"]) for m in house.texts(to=_digits("resident"))]
    assert kinds[-2:] == [("solapi", "ATA"), ("solapi", on_the_way["resident"][0])]


def test_a_voice_rings_the_landline_and_then_a_person_does(calm_house: House) -> None:
    house = calm_house
    open_gangnam(house)
    choose(house, voice_enabled=True, voice_hours=[["00:00", "23:59"]])
    house.control_provider(report_codes={"VOICE:025550101": "9000"})
    number = file(house, resident={**CALL["resident"], "phone": "02-555-0101"})
    agree(house, number)
    ticket = see(house, number)
    assert told(ticket, "VISIT_SCHEDULED")["resident"] == ("VOICE", "failed")
    (task,) = [each for each in ticket["tasks"] if each["state"] == "open"]
    assert (task["kind"], task["recipient"]) == ("NOTICE_FAILED", "resident")
    (spoken,) = house.texts(to="025550101")
    assert "http" not in spoken["text"]


def _digits(role: str) -> str:
    return "".join(filter(str.isdigit, str(CALL[role]["phone"])))
