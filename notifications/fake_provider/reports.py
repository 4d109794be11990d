"""Delivery reports: made after a delay, posted to the webhook as an array, tried again when not taken."""

from __future__ import annotations

import heapq
import itertools
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from threading import Condition, Thread
from typing import Any

import httpx

from notifications.fake_provider.controls import Controls
from notifications.fake_provider.ledger import AT_CARRIER, DELIVERED, StoredMessage, iso

TRIES = 6
RETRY_AFTER_S = (0.5, 1.0, 2.0, 4.0, 8.0)
WEBHOOK_TIMEOUT_S = 5.0
NEVER = float("inf")
AT_ONCE = 500
"""Reports in one post."""
DELIVERED_AS = {
    ("solapi", False): DELIVERED,
    ("solapi", True): DELIVERED,
    ("sens", False): "0",
    ("sens", True): "0000",
    ("nhn", False): "1000",
}
"""By provider, and whether it is 알림톡."""


@dataclass
class _Report:
    """A report that is due: the first time its message is settled, later it is only posted again."""

    message: StoredMessage
    event_id: str
    code: str
    tries: int = 0

    def entry(self) -> dict[str, Any]:
        at = self.message.reported
        return {
            "eventDataId": self.event_id,
            "retryCount": self.tries,
            "data": {
                "messageId": self.message.message_id,
                "groupId": self.message.group_id,
                "to": self.message.to,
                "from": self.message.sender,
                "type": self.message.kind,
                "statusCode": self.code,
                "statusMessage": "수신 완료" if self.code == DELIVERED else "처리 결과",
                "dateProcessed": iso(self.message.created),
                "dateReported": iso(at) if at else None,
                "dateReceived": iso(at) if at else None,
                "networkCode": "10001",
                "customFields": self.message.custom_fields,
            },
        }


class Reporter:
    """One thread that makes reports when due. `controls` is read anew each time."""

    def __init__(self, *, controls: Callable[[], Controls], clock: Callable[[], datetime]) -> None:
        self._controls = controls
        self._clock = clock
        self._due: list[tuple[float, int, _Report]] = []
        self._sequence = itertools.count()
        self._wake = Condition()
        self._stopped = False
        self._client = httpx.Client(timeout=WEBHOOK_TIMEOUT_S, trust_env=False)
        self._thread = Thread(target=self._run, name="reports", daemon=True)

    def start(self) -> None:
        """Begin to report."""
        self._thread.start()

    def stop(self) -> None:
        """Stop; what was not reported stays unreported, as after a crash."""
        with self._wake:
            self._stopped = True
            self._wake.notify_all()
        self._thread.join()
        self._client.close()

    def schedule(self, message: StoredMessage) -> None:
        """Report the message after the set delay."""
        controls = self._controls()
        due = NEVER if controls.delay_s is None else time.monotonic() + controls.delay_s
        codes = controls.report_codes
        usual = DELIVERED_AS[message.provider, message.kind == "ATA"]
        code = codes.get(f"{message.kind}:{message.to}", codes.get(message.to, usual))
        self._push(due, _Report(message, _event_id(), code))

    def flush(self) -> int:
        """Report everything now, due or not, in the caller's thread; the number of messages settled."""
        return self._report(self._take(NEVER))

    def forget(self) -> None:
        """Drop every report that was not made yet."""
        self._take(NEVER)

    def _run(self) -> None:
        while True:
            with self._wake:
                if self._stopped:
                    return
                first = self._due[0][0] if self._due else NEVER
                wait_s = first - time.monotonic()
                if wait_s > 0:
                    self._wake.wait(None if first == NEVER else wait_s)
                    continue
            self._report(self._take(time.monotonic()))

    def _push(self, due: float, report: _Report) -> None:
        with self._wake:
            heapq.heappush(self._due, (due, next(self._sequence), report))
            self._wake.notify_all()

    def _take(self, until: float) -> list[_Report]:
        with self._wake:
            taken = []
            while self._due and self._due[0][0] <= until:
                taken.append(heapq.heappop(self._due)[2])
            return taken

    def _report(self, reports: list[_Report]) -> int:
        fresh = [report for report in reports if report.message.reported is None]
        for report in fresh:
            report.message.reported = self._clock()
            report.message.status_code = report.code
        controls = self._controls()
        settled = len(fresh)
        # The other providers post nothing: theirs are looked up.
        reports, fresh = (
            [report for report in each if report.message.provider == "solapi"] for each in (reports, fresh)
        )
        if not reports or controls.webhook_url is None:
            return settled
        ordered = reports[::-1] if controls.out_of_order else reports
        for _copy in range(1 + controls.duplicates):
            for begin in range(0, len(ordered), AT_ONCE):
                self._post(controls.webhook_url, ordered[begin : begin + AT_ONCE])
        if controls.out_of_order:
            stale = [_Report(report.message, _event_id(), AT_CARRIER) for report in fresh]
            for begin in range(0, len(stale), AT_ONCE):
                self._post(controls.webhook_url, stale[begin : begin + AT_ONCE])
        return settled

    def _post(self, url: str, reports: list[_Report]) -> None:
        if not reports:
            return
        try:
            taken = self._client.post(url, json=[report.entry() for report in reports]).is_success
        except httpx.HTTPError:
            taken = False
        if taken:
            return
        for report in reports:
            report.tries += 1
            if report.tries < TRIES:
                self._push(time.monotonic() + RETRY_AFTER_S[report.tries - 1], report)


def _event_id() -> str:
    return f"WH01ED{secrets.token_hex(12)}"
