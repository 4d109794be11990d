"""A daughter presses the link in her text: she sees who comes, picks another time, and is heard."""

from __future__ import annotations

import html
import re
from typing import Any

import httpx
from sqlmodel import select

from core.secrets import hash_token
from dispatch.family_models import FamilyLink
from tests.journeys.house import House
from tests.journeys.steps import agree, file, finish, go_there, see
from tests.journeys.test_whole_journey import CALL, open_gangnam
from tests.serving import client_of

LINK = re.compile(r"(\S+/t/([A-Za-z0-9]{22,}))(?=\s|$)")


def link_of(ticket: dict[str, Any], event: str, recipient: str) -> str:
    """The link in the last text of an event to a party; its base is the installation's."""
    texts = [m["text"] for m in ticket["messages"] if (m["event"], m["recipient"]) == (event, recipient)]
    found = LINK.search(texts[-1])
    assert found is not None, texts
    return found.group(1)


def plain(answer: httpx.Response) -> str:
    """What a person reads of a page."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", answer.text)).split())


def press(family: httpx.Client, page: str, path: str, **chosen: str) -> httpx.Response:
    """Send the form of a page as a browser without scripts would."""
    form_key = re.search(r'name="form_key" value="([^"]+)"', page)
    assert form_key is not None
    return family.post(path, data={"form_key": form_key.group(1), **chosen}, follow_redirects=True)


def test_a_family_follows_its_case_on_the_link_from_the_first_text_to_the_bill(house: House) -> None:
    open_gangnam(house)
    number = file(house)
    agree(house, number)
    link = link_of(see(house, number), "VISIT_SCHEDULED", "requester")
    assert link.startswith(house.url)
    token = link.rsplit("/", 1)[1]
    with house.database.reading() as session:
        kept = set(session.exec(select(FamilyLink.token_hash)))
    assert hash_token(token) in kept and not any(token in each for each in kept)
    family = client_of(house.url)
    house.clients.append(family)
    base = link.removeprefix(house.url)

    home = family.get(base)
    assert home.status_code == 200 and home.headers["referrer-policy"] == "no-referrer"
    assert "에 기사가 갑니다" in plain(home) and "박기사" in plain(home) and "1588-1000" in plain(home)

    times = family.get(f"{base}/time").text
    offered = re.findall(r'name="window" value="([^"]+)"', times)
    moved = press(family, times, f"{base}/time", window=offered[-1])
    assert moved.status_code == 200 and "방문 시간을 정했습니다" in plain(moved)
    house.work()
    ticket = see(house, number)
    assert "/".join(ticket["visit"]["window"].values()) == offered[-1]
    assert "요청에 따라" in next(m for m in ticket["messages"] if m["event"] == "WINDOW_CHANGED")["text"]
    assert any(e["by"] == "가족이 링크에서" for e in ticket["timeline"])

    go_there(house, number)
    assert "기사가 도착했습니다" in plain(family.get(base))
    finish(house, number)
    house.work()
    ticket = see(house, number)
    bill = plain(family.get(f"{base}/cost"))
    assert all(f"{line['amount']:,}원" in bill for line in ticket["charge"]["lines"])
    assert f"({ticket['charge']['total']:,}원)" in bill

    call = family.get(f"{base}/call").text
    assert "전화하지 않겠습니다" not in call
    other = re.findall(r'name="at" value="([^"n][^"]+)"', call)[-1]
    assert "고르신 시간에 전화드리겠습니다" in plain(press(family, call, f"{base}/call", at=other))
    assert see(house, number)["happy_call"]["due_at"] == other

    form = family.get(f"{base}/complaint").text
    heard = press(family, form, f"{base}/complaint", words="방에 신발을 신고 들어오셨어요")
    assert "책임자에게 바로 전했습니다" in plain(heard)
    assert [t["state"] for t in see(house, number)["tasks"] if t["kind"] == "ESCALATION"] == ["open"]

    house.clock.forward(days=13)
    assert family.get(base).status_code == 200
    house.clock.forward(days=2)
    over = family.get(base)
    assert over.status_code == 410 and "1588-1000" in plain(over) and "박기사" not in over.text


def test_a_window_on_the_link_stops_no_contact_clock_and_the_call_after_it_does(house: House) -> None:
    """Nobody has rung when the first text with a link goes out: it is told of an absence, say."""
    open_gangnam(house)
    number = file(house)
    agree(house, number)
    go_there(house, number)
    technician = house.api("technician")
    house.clock.forward(minutes=10)
    for _try in range(2):
        technician.post(f"/tickets/{number}/contact-attempts", json={"outcome": "NO_ANSWER"})
    absent = technician.post(f"/tickets/{number}/visit/absent")
    assert absent.status_code == 200, absent.text
    house.work()
    link = link_of(see(house, number), "ABSENT", "requester").removeprefix(house.url)
    family = client_of(house.url)
    house.clients.append(family)
    assert "만나지 못했습니다" in plain(family.get(link))
    times = family.get(f"{link}/time").text
    offered = re.findall(r'name="window" value="([^"]+)"', times)
    assert "방문 시간을 정했습니다" in plain(press(family, times, f"{link}/time", window=offered[0]))
    house.work()
    ticket = see(house, number)
    assert ticket["status"] == "APPOINTED" and ticket["visit"]["state"] == "agreed"
    assert [t["state"] for t in ticket["tasks"] if t["kind"] == "REVISIT_CALL"] == ["done"]


def test_the_landlord_sees_the_bill_alone(house: House) -> None:
    open_gangnam(house)
    landlord = {"name": "이건물", "phone": "010-9444-8888", "relationship": "landlord"}
    number = file(house, payer=landlord, note="현관 비밀번호 1234#")
    agree(house, number)
    go_there(house, number)
    finish(house, number)
    link = link_of(see(house, number), "VISIT_RESULT", "payer").removeprefix(house.url)
    family = client_of(house.url)
    house.clients.append(family)
    pages = {path: family.get(link + path) for path in ("", "/cost", "/time", "/away", "/try", "/call")}
    assert "합계" in plain(pages["/cost"])
    assert "이 가운데 부가세" in plain(pages["/cost"])
    for path, page in pages.items():
        shown = plain(page)
        assert "박기사" not in shown and CALL["requester"]["name"] not in shown, path
        assert "1234" not in shown and "진행 순서" not in shown, path
    assert family.post(f"{link}/time", data={"window": "x/y"}).status_code == 403
