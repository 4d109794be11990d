"""What the fake remembers and how it misbehaves, whichever provider it is asked as."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from datetime import datetime
from threading import Event, Lock
from typing import TypeVar

from notifications.fake_provider.controls import Controls, SendFault
from notifications.fake_provider.credentials import NHN_SECRET, SENS_KEY, SENS_SECRET
from notifications.fake_provider.intake import Refusal, SendMessage, take
from notifications.fake_provider.ledger import Ledger, StoredMessage, new_id
from notifications.fake_provider.reports import Reporter
from notifications.fake_provider.signatures import ApiError, NaverSignatureCheck, SignatureCheck

T = TypeVar("T")


class FakeProvider:
    """The state behind the routes of one process."""

    def __init__(
        self, *, api_key: str, api_secret: str, controls: Controls, clock: Callable[[], datetime], seed: int
    ) -> None:
        self.clock = clock
        self.signatures = SignatureCheck(api_key=api_key, api_secret=api_secret)
        self.naver = NaverSignatureCheck(access_key=SENS_KEY, secret_key=SENS_SECRET)
        self.nhn_secret = NHN_SECRET
        self.ledger = Ledger(clock())
        self.controls = controls
        self._first_controls = controls
        self.stopping = Event()
        self.reporter = Reporter(controls=lambda: self.controls, clock=clock)
        self._chance = random.Random(seed)  # noqa: S311 - the luck of a fault, not a secret
        self._lock = Lock()
        self._faults = 0
        self.requests = 0

    def answered(self, provider: str, answer: Callable[[], T]) -> T:
        """`answer` takes the texts; a fault makes it late, bad or both. Raises ApiError for a bad one."""
        with self._lock:
            self.requests += 1
        if provider in self.controls.busy:
            raise ApiError(429, "TooManyRequests", "요청이 너무 많습니다.")
        fault = self._next_fault()
        if fault is None:
            return answer()
        kept = [answer()] if fault.stored else []
        if fault.stall_s:
            self.stopping.wait(fault.stall_s)
        if fault.status is not None:
            raise ApiError(fault.status, "InternalError", "서버에 오류가 있습니다.")
        return kept[0] if kept else answer()

    def take(
        self, provider: str, messages: Sequence[SendMessage], *, group_id: str
    ) -> list[StoredMessage | Refusal]:
        """Keep each message that passes, and report on it when its time has come."""
        now = self.clock()
        results: list[StoredMessage | Refusal] = []
        for message in messages:
            result = take(message, provider=provider, group_id=group_id, controls=self.controls, now=now)
            if isinstance(result, StoredMessage):
                self.ledger.add(result)
                self.reporter.schedule(result)
            results.append(result)
        return results

    def new_group(self) -> str:
        """An id for a request."""
        return new_id("G4V", self.clock())

    def change(self, changes: Controls) -> Controls:
        """Set the fields that were given, leave the rest."""
        with self._lock:
            given = {name: getattr(changes, name) for name in changes.model_fields_set}
            self.controls = self.controls.model_copy(update=given)
            return self.controls

    def reset(self) -> None:
        """As just started: no messages, no reports under way, the first settings. Used signatures stay."""
        with self._lock:
            self.reporter.forget()
            self.ledger = Ledger(self.clock())
            self.controls = self._first_controls
            self.requests = 0

    def _next_fault(self) -> SendFault | None:
        with self._lock:
            if self.controls.next_faults:
                first, *rest = self.controls.next_faults
                self.controls = self.controls.model_copy(update={"next_faults": rest})
                return first
            luck, errors = self._chance.random(), self.controls.error_rate
            if luck >= errors + self.controls.stall_rate:
                return None
            self._faults += 1
            stored = self._faults % 2 == 0
            if luck < errors:
                return SendFault(status=503, stored=stored)
            return SendFault(stall_s=self.controls.stall_s, status=504, stored=stored)
