"""How soon the dispatcher's console stands, in a real browser, on the demo's world."""

from __future__ import annotations

from statistics import median

from benchmarks.running_demo import running_demo
from tools.chromium import find_chromium

MUST_S = 2.5
RUNS = 5
MARKS = ("queue", "timeline", "map")


def bench_console() -> int:
    """Print the table; 1 when the median missed its limit."""
    from playwright.sync_api import sync_playwright

    with running_demo() as demo, sync_playwright() as play:
        browser = play.chromium.launch(executable_path=str(find_chromium()), args=["--no-sandbox"])
        context = browser.new_context(viewport={"width": 1366, "height": 768}, locale="ko-KR")
        page = context.new_page()
        page.goto(demo.login_link("dispatcher"))
        console = [_ready_s(page, f"{demo.url}/dispatch") for _n in range(RUNS + 1)][1:]
        for mark in MARKS:
            page.locator(f'[data-testid="{mark}"]').first.wait_for(state="visible")
        page.context.clear_cookies()
        plain = [_ready_s(page, f"{demo.url}/login") for _n in range(RUNS + 1)][1:]
        browser.close()
    print("The console at 1366x768: from the address to body[data-ready] with queue, timeline and map\n")
    print("| page | median | slowest | must |")
    print("|---|---|---|---|")
    print(f"| /login (baseline) | {median(plain):.2f} s | {max(plain):.2f} s | |")
    print(f"| /dispatch | {median(console):.2f} s | {max(console):.2f} s | < {MUST_S} s |")
    print(f"| ratio | {median(console) / median(plain):.1f} | | |")
    return int(median(console) > MUST_S)


def _ready_s(page, url: str) -> float:  # type: ignore[no-untyped-def]  # Playwright is a bench-only import
    page.goto(url, wait_until="commit")
    page.wait_for_selector('body[data-ready="1"]', state="attached")
    return float(page.evaluate("performance.now()")) / 1000
