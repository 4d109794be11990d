"""`run.py screenshots`: the README's pictures, taken from a fresh demo with a case on its way."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from benchmarks.running_demo import RunningDemo, running_demo
from tools.chromium import find_chromium

DESK = {"width": 1366, "height": 768}
PHONE = {"width": 390, "height": 844}
PAGES: tuple[tuple[str, str, str, str, dict[str, int]], ...] = (
    ("agent", "agent", "onnuri", "/agent/tickets/{number}", DESK),
    ("dispatch", "dispatcher", "onnuri", "/dispatch", DESK),
    ("point", "point", "haedam", "/point", DESK),
    ("technician", "technician", "onnuri", "/m", PHONE),
    ("phones", "agent", "onnuri", "/phones?ticket={number}", DESK),
    ("happy-calls", "qa", "onnuri", "/qa", DESK),
    ("admin", "admin", "onnuri", "/admin", DESK),
)
CALL: dict[str, Any] = {
    "channel": "phone",
    "resident": {
        "name": "김영자",
        "phone": "010-9333-0101",
        "address": "서울 강남구 역삼동 735, 101동 1203호",
    },
    "requester": {"name": "김민수", "phone": "010-9876-5432 (아들)", "relationship": "child"},
    "payer": "requester",
    "symptom": "NO_HEAT",
    "error_code": "03",
    "boiler": {"model": "ON-20K", "installed_on": "2019-11-02"},
    "priority_care": True,
    "age_band": "75+",
    "note": "방이 너무 추워요",
    "self_fix": {"card": "THERMOSTAT", "result": "FAILED"},
}


def take_screenshots(folder: Path) -> int:
    """Write one PNG a page into `folder`."""
    from playwright.sync_api import sync_playwright

    folder.mkdir(parents=True, exist_ok=True)
    with running_demo() as demo, sync_playwright() as play:
        number = _tell_a_case(demo)
        browser = play.chromium.launch(executable_path=str(find_chromium()), args=["--no-sandbox"])
        for name, role, company, path, size in PAGES:
            context = browser.new_context(viewport=size, locale="ko-KR", timezone_id="Asia/Seoul")  # type: ignore[arg-type]
            page = context.new_page()
            page.goto(demo.login_link(role, company))
            page.goto(demo.url + path.format(number=number))
            page.wait_for_selector('body[data-ready="1"]', state="attached")
            page.screenshot(path=folder / f"{name}.png")
            context.close()
            print(folder / f"{name}.png")
        browser.close()
    return 0


def _tell_a_case(demo: RunningDemo) -> str:
    """A call, a plan, an agreed window, and both texts delivered. Returns the ticket's number."""
    with demo.client("agent") as agent, demo.client("technician") as technician:
        number = str(agent.post("/tickets", json=CALL).raise_for_status().json()["number"])
        _until(lambda: agent.get(f"/tickets/{number}").json()["status"] == "ASSIGNED")
        slot = agent.get("/slots", params={"ticket": number}).json()[0]
        technician.post(
            f"/tickets/{number}/contact-attempts",
            json={
                "outcome": "CONNECTED",
                "with": "requester",
                "window": {"start": slot["start"], "end": slot["end"]},
            },
        ).raise_for_status()
        _until(
            lambda: any(
                message["state"] == "delivered" and message["event"] == "VISIT_SCHEDULED"
                for message in agent.get(f"/tickets/{number}").json()["messages"]
            )
        )
    return number


def _until(happened: Any, *, within_s: float = 60.0) -> None:
    until = time.monotonic() + within_s
    while not happened():
        if time.monotonic() > until:
            raise RuntimeError("the case did not get on; look at the demo's logs")
        time.sleep(0.3)
