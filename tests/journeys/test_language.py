"""A tenant from abroad and her Korean landlord: each reads of the same repair in a language of their own."""

from __future__ import annotations

import re
from collections import Counter

from tests.journeys.house import House
from tests.journeys.steps import agree, file, finish, go_there, see
from tests.journeys.test_family_page import link_of, plain
from tests.journeys.test_whole_journey import open_gangnam
from tests.serving import client_of

TENANT = {
    "name": "Jane Miller",
    "phone": "010-2345-6789",
    "address": "서울 강남구 역삼동 735, 101동 1203호",
    "language": "en",
}
LANDLORD = {"name": "이건물", "phone": "010-8765-4321", "relationship": "landlord"}
KOREAN = re.compile("[가-힣]")


def test_a_tenant_reads_english_and_her_landlord_korean_until_she_says_otherwise(house: House) -> None:
    open_gangnam(house)
    number = file(house, resident=TENANT, requester=None, payer=LANDLORD)
    agree(house, number)
    house.work()
    ticket = see(house, number)
    told = {(m["event"], m["recipient"]): m for m in ticket["messages"]}
    scheduled = told["VISIT_SCHEDULED", "resident"]
    assert scheduled["language"] == "en" and "is coming to repair your boiler" in scheduled["text"]
    assert re.search(r"Time of the visit: \w{3}, \w{3} \d+, [\d:]+ [AP]M to ", scheduled["text"])
    assert told["ESTIMATE", "payer"]["language"] == "ko" and "이건물님" in told["ESTIMATE", "payer"]["text"]
    assert told["JOB_ASSIGNED", "technician"]["language"] == "ko"

    link = link_of(ticket, "VISIT_SCHEDULED", "resident")
    phone = client_of(house.url)
    house.clients.append(phone)
    base = link.removeprefix(house.url)
    page = phone.get(base)
    assert '<html lang="en">' in page.text and "set-cookie" not in page.headers

    korean = phone.post(f"{base}/language", data={"lang": "ko"}, follow_redirects=True)
    assert '<html lang="ko">' in korean.text and "한국어로 보여 드립니다" in plain(korean)
    other_phone = client_of(house.url)
    house.clients.append(other_phone)
    assert '<html lang="ko">' in other_phone.get(base).text, "kept for her, by no browser"
    phone.post(f"{base}/language", data={"lang": "en"})

    go_there(house, number)
    finish(house, number)
    house.work()
    ticket = see(house, number)
    bills = {m["recipient"]: m for m in ticket["messages"] if m["event"] == "VISIT_RESULT"}
    total = f"{ticket['charge']['total']:,}"
    assert bills["resident"]["language"] == "en" and f"Total: {total} won" in bills["resident"]["text"]
    assert bills["payer"]["language"] == "ko" and f"({total}원)" in bills["payer"]["text"]
    for message in ticket["messages"]:
        ours = re.sub("이건물|박기사|\\[.*?\\]", "", message["text"])
        assert bool(KOREAN.search(ours)) == (message["language"] == "ko"), message
    told_times = Counter((m["event"], m["recipient"], m["text"]) for m in ticket["messages"])
    assert set(told_times.values()) == {1}
    chosen = [entry for entry in ticket["timeline"] if entry["what"] == "LanguageChosen"]
    assert [entry["by"] for entry in chosen] == ["가족이 링크에서", "가족이 링크에서"]
