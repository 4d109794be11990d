"""Tickets over HTTP at twenty a second, and how soon each stands in a technician's route."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from statistics import quantiles
from typing import Any

import httpx

from benchmarks.running_demo import running_demo

RATE = 20
SECONDS = 15
WARM_UP_S, SETTLE_S = 2, 20
"""A desk does not begin its day in the second in which the house was built."""
P95_MUST_MS = 150.0
PLANNED_WITHIN_S = 90.0
PLACES = (
    "서울 강남구 역삼동",
    "서울 송파구 잠실동",
    "서울 노원구 상계동",
    "서울 강서구 화곡동",
    "서울 관악구 신림동",
    "서울 은평구 불광동",
    "인천 부평구 부평동",
    "인천 서구 청라동",
    "인천 남동구 구월동",
    "수원시 영통구 매탄동",
    "성남시 분당구 서현동",
    "고양시 일산동구 마두동",
    "용인시 수지구 풍덕천동",
    "부천시 중동",
    "안산시 단원구 고잔동",
    "화성시 반송동",
    "부산 해운대구 우동",
    "부산 사하구 하단동",
    "대구 달서구 상인동",
    "대구 수성구 범어동",
    "대전 유성구 봉명동",
    "광주 북구 용봉동",
    "울산 남구 삼산동",
    "창원시 성산구 상남동",
    "청주시 흥덕구 복대동",
    "전주시 완산구 효자동",
    "천안시 서북구 불당동",
    "포항시 북구 장성동",
    "제주시 노형동",
    "춘천시 퇴계동",
)
"""A winter night's calls come from the whole country."""


@dataclass(frozen=True)
class Sent:
    """One POST: how long it took, and the ticket."""

    seconds: float
    status: int
    number: str


def bench_intake() -> int:
    """Print the table; 1 when p95 missed its limit or a ticket was refused."""
    with running_demo() as demo, demo.client("agent") as client:
        _send(client, seconds=WARM_UP_S)
        time.sleep(SETTLE_S)
        base = _milliseconds([_timed(client, "GET", "/health")[0] for _n in range(200)])
        sent = _send(client)
        took = _milliseconds([one.seconds for one in sent])
        refused = sum(one.status != 201 for one in sent)
        planned = _until_planned(client, [one.number for one in sent if one.status == 201])
    ratio = [mine / theirs for mine, theirs in zip(took, base, strict=True)]
    print(f"{RATE} tickets a second over HTTP for {SECONDS} s into the demo's world, all on 2 cores\n")
    print("| what | p50 | p95 | p99 |")
    print("|---|---|---|---|")
    _row("GET /health (baseline), ms", base, ".0f")
    _row("POST /tickets, ms", took, ".0f")
    _row("POST / baseline", ratio, ".1f")
    if planned:
        _row("from the call to a technician's route, s", _points(planned), ".1f")
    print(f"\n{len(sent)} sent, {refused} refused, {len(planned)} planned by themselves, the rest explained.")
    return int(refused > 0 or took[1] > P95_MUST_MS)


def _row(what: str, figures: Sequence[float], form: str) -> None:
    print(f"| {what} | " + " | ".join(format(figure, form) for figure in figures) + " |")


def _send(client: httpx.Client, *, seconds: int = SECONDS) -> list[Sent]:
    chance = random.Random(seconds)
    bodies = [_call(n, chance) for n in range(RATE * seconds)]
    began = time.perf_counter()

    def send(n: int) -> Sent:
        time.sleep(max(0.0, began + n / RATE - time.perf_counter()))
        seconds, answer = _timed(client, "POST", "/tickets", json=bodies[n])
        number = answer.json().get("number", "") if answer.status_code == 201 else ""
        return Sent(seconds, answer.status_code, number)

    with ThreadPoolExecutor(max_workers=32) as pool:
        return list(pool.map(send, range(len(bodies))))


def _call(n: int, chance: random.Random) -> dict[str, Any]:
    return {
        "channel": "phone",
        "resident": {
            "name": "김영자",
            "phone": f"010-9{chance.randrange(1000):03}-{n:04}",
            "address": f"{chance.choice(PLACES)} {700 + n}, {101 + n % 9}동 {1 + n % 20}03호",
        },
        "symptom": chance.choice(("NO_HEAT", "NO_HOT_WATER", "LEAK", "NOISE")),
        "self_fix": {"card": "RESET", "result": "FAILED"},
    }


def _until_planned(client: httpx.Client, numbers: list[str]) -> list[float]:
    """Seconds from intake to the plan, for those that were planned; waits for the stragglers."""
    until = time.monotonic() + PLANNED_WITHIN_S
    waits: list[float] = []
    for number in numbers:
        ticket = client.get(f"/tickets/{number}").json()
        while _waits(ticket) and time.monotonic() < until:
            time.sleep(0.5)
            ticket = client.get(f"/tickets/{number}").json()
        at = [line["at"] for line in ticket["timeline"] if line["what"] == "VisitPlanned"]
        if at:
            received = datetime.fromisoformat(ticket["received_at"])
            waits.append((datetime.fromisoformat(at[0]) - received).total_seconds())
    return waits


def _waits(ticket: dict[str, Any]) -> bool:
    """On its way to a route, and not to a person who points at the map."""
    return ticket["status"] in ("RECEIVED", "UNASSIGNED") and not ticket["tasks"]


def _timed(client: httpx.Client, method: str, path: str, **rest: Any) -> tuple[float, httpx.Response]:
    began = time.perf_counter()
    answer = client.request(method, path, **rest)
    return time.perf_counter() - began, answer


def _milliseconds(seconds: list[float]) -> tuple[float, float, float]:
    p50, p95, p99 = _points(seconds)
    return p50 * 1000, p95 * 1000, p99 * 1000


def _points(values: list[float]) -> tuple[float, float, float]:
    cuts = quantiles(values, n=100, method="inclusive")
    return cuts[49], cuts[94], cuts[98]
