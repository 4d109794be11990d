"""What no honest program sends: every route refuses it with a sentence, and no page falls over it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Any

import httpx
import pytest

from tests.journeys.test_whole_journey import CALL
from tests.web.conftest import ClientAs, WebWorld
from tests.web.rights_table import GUARDED, concrete
from web.body_limit import MOST_BYTES

JSON = {"Content-Type": "application/json"}
POSTS = [route.split(" ")[1] for route in map(concrete, GUARDED) if route.startswith("POST /api/")]
DEEP = b'{"a":' * 30_000 + b"1" + b"}" * 30_000
BODIES = {
    "not UTF-8": b'{"channel": "\xff\xfe\xba\xb8"}',
    "CP949": '{"note": "방이 추워요"}'.encode("cp949"),
    "not JSON": b"{",
    "deep": DEEP,
    "a list": b"[" * 5000 + b"]" * 5000,
    "not an object": b"7",
    "endless number": b'{"technician_id": ' + b"9" * 5000 + b"}",
    "not a number": b'{"technician_id": NaN, "reason": "x"}',
}


@dataclass
class Staff(dict[str, httpx.Client]):
    """Clients by role; whoever is not asked for does not sign in."""

    sign_in: ClientAs

    def __missing__(self, role: str) -> httpx.Client:
        self[role] = self.sign_in(role)
        return self[role]


@pytest.fixture
def staff(client_as: ClientAs) -> Staff:
    return Staff(client_as)


@pytest.mark.parametrize("kind", BODIES)
def test_every_call_refuses_a_body_that_is_none(staff: Staff, kind: str) -> None:
    for path in POSTS:
        statuses = [
            staff[role].post(path, content=BODIES[kind], headers=JSON).status_code
            for role in ("dispatcher", "qa")  # one of them may call each
        ]
        assert all(400 <= status < 500 for status in statuses), (path, statuses)


def announce(url: str, path: str, size: int) -> tuple[int, str]:
    """Say how long the body will be, and send none of it; the answer's status and text."""
    connection = HTTPConnection(url.removeprefix("http://"), timeout=10)
    with closing(connection):
        connection.putrequest("POST", path)
        connection.putheader("Content-Length", str(size))
        connection.endheaders()
        answer = connection.getresponse()
        return answer.status, answer.read().decode()


def test_a_body_that_is_too_large_is_refused_before_it_is_sent(web_world: WebWorld) -> None:
    paths = [path for method, path in (concrete(route).split(" ") for route in GUARDED) if method == "POST"]
    for path in [*paths, "/webhooks/solapi/test", "/login"]:
        status, told = announce(web_world.url, path, 10_000_000)
        assert status == 413, path
        assert "너무 큽니다" in told, path


@pytest.mark.parametrize("size", [10**30, -1])
def test_a_length_that_is_none_is_refused(web_world: WebWorld, size: int) -> None:
    assert announce(web_world.url, "/api/v1/tickets", size)[0] in (400, 413)


def in_parts(size: int) -> Iterator[bytes]:
    """A body that does not say how long it is."""
    for _ in range(size // 50_000):
        yield b" " * 50_000


def test_a_body_of_unknown_length_is_stopped_where_it_grows_too_large(staff: Staff) -> None:
    answer = staff["agent"].post("/api/v1/tickets", content=in_parts(3 * MOST_BYTES), headers=JSON)
    assert answer.status_code == 413
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    page = staff["agent"].post("/agent/new", content=in_parts(3 * MOST_BYTES), headers=form)
    assert page.status_code in (400, 413), "one field alone is longer than any form's"


def call_with(**changes: Any) -> bytes:
    """A call as bytes; surrogates and NUL as JSON escapes."""
    return json.dumps({**CALL, "self_fix": None, **changes}).encode()


ODD = "a\x00b\u202e\u200b\U0001f525"
HALF_A_CHARACTER = "\ud800"
PAST = {"start": "2026-12-01T09:00:00+09:00", "end": "2026-12-01T09:59:00+09:00"}
AHEAD = {"start": "2026-12-01T05:00:00Z", "end": "2026-12-01T07:00:00Z"}


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"note": ODD}, 201),
        ({"note": HALF_A_CHARACTER}, 422),
        ({"resident": {**CALL["resident"], "name": HALF_A_CHARACTER}}, 422),
        ({"resident": {**CALL["resident"], "name": ODD}}, 201),
        ({"resident": {**CALL["resident"], "address": ODD}}, 201),
        ({"symptom": ODD}, 422),
        ({"error_code": ODD}, 201),
        ({"note": "가" * 4001}, 422),
        ({"boiler": {"model": "ON-20K", "installed_on": "0001-01-01"}}, 422),
        ({"received_at": "9999-12-31T23:59:59+14:00"}, 422),
        ({"received_at": "2026-12-01T09:00:00"}, 422),  # of which time zone?
        ({"received_at": "2026-11-30T19:00:00-05:00", "late_entry_reason": "NETWORK_DOWN"}, 201),
        ({"received_at": "2026-11-30T19:00:00-05:00", "late_entry_reason": ODD}, 422),
        ({"self_fix": {"result": "FAILED", "card_version": 2**70}}, 422),
        (
            {"wished_windows": [{"start": "2026-12-01T09:00:00+09:00", "end": "2026-12-01T09:59:00+09:00"}]},
            201,
        ),
        ({"wished_windows": [AHEAD]}, 201),
        ({"a field of tomorrow": {"nested": [1, 2, 3]}}, 201),
    ],
)
def test_odd_values_are_cleaned_or_named(staff: Staff, changes: dict[str, Any], status: int) -> None:
    answer = staff["agent"].post("/api/v1/tickets", content=call_with(**changes), headers=JSON)
    assert answer.status_code == status, answer.text
    if status == 422:
        assert answer.json()["errors"], "the field is named"
    else:
        assert "\x00" not in answer.json()["parties"][0]["name"]


@pytest.mark.parametrize(
    "number", ["%00", "%ff%fe", "%ED%A0%80", "a" * 3000, "9" * 40, "..%2f..", "%F0%9F%94%A5"]
)
def test_odd_addresses_lead_nowhere(staff: Staff, number: str) -> None:
    for path in (
        f"/api/v1/tickets/{number}",
        f"/agent/tickets/{number}",
        f"/api/v1/plans/{number}/2026-12-01",
    ):
        assert staff["admin"].get(path).status_code in (404, 422), path
    assert staff["qa"].post(
        f"/api/v1/happy-calls/{number}/attempts", json={"outcome": "BUSY"}
    ).status_code in (
        404,
        422,
    )


@pytest.mark.parametrize(
    "query", ["q=%00", "q=%ff", "cursor=%00", "cursor=AAAA", "limit=99999999999999999999"]
)
def test_odd_questions_are_answered(staff: Staff, query: str) -> None:
    assert staff["admin"].get(f"/api/v1/tickets?{query}").status_code in (200, 422)
    assert staff["admin"].get(f"/agent/search?{query}").status_code < 500


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ("en", "There is no"),
        ("en-US,en;q=0.9,ko;q=0.8", "There is no"),
        ("ko-KR,ko;q=0.9,en;q=0.8", "그런"),
        ("ja, en;q=0.1", "There is no"),
        ("*", "그런"),
        ("en;q=x", "그런"),
        ("", "그런"),
    ],
)
def test_errors_follow_the_language_that_is_asked_for(staff: Staff, asked: str, words: str) -> None:
    for path in ("/api/v1/tickets/NONE", "/api/v1/nowhere"):
        detail = staff["agent"].get(path, headers={"Accept-Language": asked}).json()["detail"]
        assert detail.startswith(words), (path, detail)


def test_pages_keep_to_korean_in_a_browser_that_was_installed_in_english(
    staff: Staff,
) -> None:
    page = staff["agent"].get("/agent", headers={"Accept-Language": "en-US,en;q=0.9"})
    assert '<html lang="ko"' in page.text
