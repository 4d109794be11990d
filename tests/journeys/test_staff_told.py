"""A technician is told of a job: on his phone first where he asked for it, else by text at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from sqlmodel import col, select

from core.actor import SYSTEM, Role
from dispatch.models import JobSeen
from notifications.models import Notice, NoticeAttempt, PushSubscription
from tests.faults.test_ways_of_texts import choose
from tests.journeys.house import House
from tests.journeys.steps import file, see
from tests.journeys.test_whole_journey import open_gangnam
from tests.notifications.push_makers import Phone, PushMaker, running_push_maker
from tests.serving import client_of
from workforce.accounts import issue_token
from workforce.models import Account, Person, Technician

HOME = ("김영자", "김민수", "735", "1203")
"""Whose home it is and where: nothing of it may stand on a locked screen."""


@dataclass
class Park:
    """The one technician of Gangnam, his browser and his phone."""

    house: House
    maker: PushMaker
    mobile: str
    page: httpx.Client

    def turn_on(self, name: str = "park") -> Phone:
        phone = self.maker.phone(name)
        assert self.page.post("/m/devices", data=phone.form).status_code == 204
        return phone

    def texts(self) -> list[dict[str, Any]]:
        return self.house.texts(to=self.mobile)

    def told(self, number: str) -> list[tuple[str, str, str]]:
        """What the API says that he was told: event, channel, state."""
        return [
            (it["event"], it["channel"], it["state"])
            for it in see(self.house, number)["messages"]
            if it["recipient"] == "technician"
        ]

    def seen(self) -> list[tuple[str, int, str]]:
        with self.house.database.reading() as session:
            rows = session.exec(select(JobSeen).order_by(col(JobSeen.id)))
            return [(row.event, row.generation, row.how) for row in rows]

    def wait(self, seconds: int) -> None:
        self.house.clock.forward(seconds=seconds)
        self.house.work()


@pytest.fixture
def park(house: House) -> Iterator[Park]:
    open_gangnam(house, technicians=1)
    with house.database.transaction() as session:
        person = session.exec(
            select(Person).join(Technician, col(Technician.person_id) == col(Person.id))
        ).one()
        session.add(Account(person_id=person.id or 0, login="park", created_at=house.clock()))
        session.flush()
        token = issue_token(
            session,
            role=Role.TECHNICIAN,
            company_code="onnuri",
            login="park",
            by=SYSTEM,
            now=house.clock(),
        )
        mobile = "0" + person.phone.removeprefix("+82")
    with (
        running_push_maker() as maker,
        client_of(house.url, headers={"Authorization": f"Bearer {token}"}) as page,
    ):
        yield Park(house, maker, mobile, page)


def test_without_a_push_a_text_goes_at_once(park: Park) -> None:
    number = file(park.house)
    assert len(park.texts()) == 1
    ((event, channel, state),) = park.told(number)
    assert (event, state) == ("JOB_ASSIGNED", "delivered") and channel in ("SMS", "LMS")
    assert park.page.post(f"/m/{number}/acknowledged").status_code == 303
    assert park.seen() == [("JOB_ASSIGNED", 1, "APP")]
    park.wait(600)
    assert len(park.texts()) == 1


def test_what_he_acknowledges_on_his_phone_is_not_texted(park: Park) -> None:
    phone = park.turn_on()
    number = file(park.house)
    ((name, body, headers),) = park.maker.pushes
    shown = phone.open(body)
    assert (name, shown["title"], int(headers["ttl"])) == ("park", "새 일", 180)
    assert "역삼동" in shown["body"] and "난방" in shown["body"]
    assert not any(word in str(shown) + str(headers) for word in HOME)
    assert park.told(number) == [("JOB_ASSIGNED", "PUSH", "delivered")]
    assert park.texts() == [] and park.seen() == []

    opened = park.page.get(f"/m/told/{shown['notice']}")
    assert opened.headers["location"] == f"/m/{number}"
    assert park.seen() == [], "looking alone says nothing"
    for _twice in range(2):
        assert park.page.post(f"/m/told/{shown['notice']}").status_code == 204
    assert park.seen() == [("JOB_ASSIGNED", 1, "PUSH")]
    park.wait(600)
    assert park.texts() == []
    assert park.told(number) == [("JOB_ASSIGNED", "PUSH", "delivered")]
    assert park.page.post(f"/m/told/{shown['notice'] + 999}").status_code == 404

    reason = {"reason": "고쳐졌다고 하심"}
    gone = park.house.api("agent").post(f"/tickets/{number}/cancellation", json=reason)
    assert gone.status_code == 200, gone.text
    park.house.work()
    changed = phone.open(park.maker.pushes[1][1])
    assert changed["title"] == "일 바뀜" and park.told(number)[1] == ("JOB_CHANGED", "PUSH", "delivered")
    park.wait(179)
    assert park.texts() == [] and len(park.seen()) == 1
    park.wait(1)
    (text,) = park.texts()
    assert number in text["text"] and "취소" in text["text"], "what he was told first he has seen, this not"


def test_what_he_does_not_acknowledge_is_texted_after_three_minutes_as_the_same_notice(park: Park) -> None:
    park.turn_on()
    number = file(park.house)
    park.wait(179)
    assert park.texts() == []
    park.wait(1)
    (text,) = park.texts()
    assert number in text["text"]
    ((event, channel, state),) = park.told(number)
    assert (event, state) == ("JOB_ASSIGNED", "delivered") and channel in ("SMS", "LMS")
    park.wait(600)
    assert len(park.texts()) == 1 and len(park.maker.pushes) == 1
    with park.house.database.reading() as session:
        tries = list(
            session.exec(
                select(NoticeAttempt.provider)
                .join(Notice, col(Notice.id) == col(NoticeAttempt.notice_id))
                .where(col(Notice.event) == "JOB_ASSIGNED")
                .order_by(col(NoticeAttempt.id))
            )
        )
    assert tries == ["webpush", "solapi"]


def test_a_browser_that_is_no_more_is_forgotten_and_the_text_goes_at_once(park: Park) -> None:
    park.turn_on()
    park.maker.answers = [410]
    number = file(park.house)
    assert len(park.texts()) == 1
    with park.house.database.reading() as session:
        assert session.exec(select(PushSubscription)).all() == []
    assert [told[1] for told in park.told(number)] != ["PUSH"]


def test_a_busy_service_is_asked_again_and_one_of_two_phones_is_enough(park: Park) -> None:
    park.turn_on("old")
    park.house.clock.forward(seconds=1)
    park.turn_on("new")
    park.maker.answers = [404, 429, 503]
    file(park.house)
    assert park.maker.pushes == [] and park.texts() == []
    with park.house.database.reading() as session:
        (left,) = session.exec(select(PushSubscription.endpoint)).all()
    assert left.endswith("/old"), "the one that answered 404 is forgotten"
    park.wait(6)
    assert park.maker.pushes == []
    park.wait(16)
    assert [name for name, _body, _headers in park.maker.pushes] == ["old"]
    park.wait(200)
    assert len(park.texts()) == 1


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://fcm.googleapis.com.evil.example/send/x",
        "http://10.0.0.7/send/x",
        "https://127.0.0.1@intranet.example/x",
        "file:///etc/passwd",
    ],
)
def test_pushes_go_to_push_services_alone(park: Park, endpoint: str) -> None:
    form = {**park.maker.phone("x").form, "endpoint": endpoint}
    assert park.page.post("/m/devices", data=form).status_code == 422


def test_who_has_not_called_the_family_is_rung_and_texted_when_he_does_not_answer(
    park: Park, monkeypatch: pytest.MonkeyPatch
) -> None:
    house, called = park.house, {"spoken": 0}
    choose(house, voice_enabled=True, voice_hours=[])

    def due(number: str) -> list[tuple[str, str]]:
        return [it[1:] for it in park.told(number) if it[0] == "CONTACT_DUE"]

    def new_calls() -> list[str]:
        spoken = [it["text"] for it in park.texts() if it["type"] == "VOICE"]
        fresh, called["spoken"] = spoken[called["spoken"] :], len(spoken)
        return fresh

    answered = file(house)
    park.wait(1799)
    assert due(answered) == []
    park.wait(1)
    (spoken,) = new_calls()
    assert "아직 전화하지 못하셨습니다" in spoken and "까지 고객께 전화해서" in spoken
    assert not any(word in spoken for word in (*HOME, answered, "http", "["))
    assert due(answered) == [("VOICE", "delivered")]
    assert park.seen() == [], "who picks up has been reached; that he saw the job is for him to say"
    park.wait(600)
    assert due(answered) == [("VOICE", "delivered")] and new_calls() == []

    house.control_provider(report_codes={f"VOICE:{park.mobile}": "9000"})
    unanswered = file(house, symptom="LEAK")
    park.wait(1800)
    ((channel, state),) = due(unanswered)
    assert (channel in ("SMS", "LMS"), state, len(new_calls())) == (True, "delivered", 1)
    (text,) = [it["text"] for it in park.texts() if "까지 전화해 주세요" in it["text"]]
    assert unanswered in text, "whatever else the plan had to tell him meanwhile"

    house.control_provider(report_codes={})
    monkeypatch.setattr(house, "flush_reports", lambda: None)
    unknown = file(house, symptom="NOISE")
    park.wait(1800)
    assert due(unknown) == [("VOICE", "accepted")]
    park.wait(179)
    assert due(unknown) == [("VOICE", "accepted")]
    park.wait(1)
    ((channel, state),) = due(unknown)
    assert (channel in ("SMS", "LMS"), state) == (True, "accepted"), "nobody says whether he picked up"
    assert len(new_calls()) == 1

    choose(house, text_accounts=["sens"])
    voiceless = file(house, symptom="POWER")
    park.wait(1800)
    ((channel, _state),) = due(voiceless)
    assert (channel in ("SMS", "LMS"), new_calls()) == (True, []), "no account has a voice"


def test_who_logs_out_is_told_on_that_browser_no_more(park: Park) -> None:
    browsers = [park.house.browser("technician", user="park") for _ in range(2)]
    for browser, name in zip(browsers, ("at-work", "at-home"), strict=True):
        assert browser.post("/m/devices", data=park.maker.phone(name).form).status_code == 204
    assert browsers[0].post("/logout").status_code == 303
    file(park.house)
    assert [name for name, _body, _headers in park.maker.pushes] == ["at-home"]
