"""The push services of the browser makers over HTTP (RFC 8030): one POST, one device, one try."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

import httpx

from notifications.devices import LOOPBACK, Device, is_push_service
from notifications.providers.base import Accepted, Fault, Refused, SendOutcome, Unclear
from notifications.web_push import Sender, seal

TIMEOUT_S = 5.0
CONNECT_TIMEOUT_S = 3.0
GONE_STATUSES = (404, 410)
BUSY_FROM = 500
TOO_MANY = 429
_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


@dataclass(frozen=True)
class Push:
    """One message. `body` is plain; a later one of the same `topic` (32 characters) takes its place.

    `ttl`: how long a service keeps it for a phone that is switched off.
    """

    body: bytes
    topic: str
    ttl: timedelta


class PushService:
    """Sends as one installation; thread-safe; no database. `close` lets its connections go."""

    def __init__(
        self, *, sender: Sender, services: Collection[str], client: httpx.Client | None = None
    ) -> None:
        self._sender = sender
        self._services = tuple(services)
        self._client = client or httpx.Client(
            timeout=httpx.Timeout(TIMEOUT_S, connect=CONNECT_TIMEOUT_S),
            follow_redirects=False,
            # A house's proxy leads outside, but never to a service on this machine.
            mounts={f"all://{host}": None for host in LOOPBACK},
        )

    def close(self) -> None:
        """Let go of the connections."""
        self._client.close()

    def send(self, push: Push, *, device: Device, now: datetime) -> SendOutcome:
        """Hand over one message. Never raises for the service's faults; `gone`: it is no more."""
        if not is_push_service(device.endpoint, services=self._services):
            return Refused("not_allowed", Fault.CONFIGURATION, "the host is not in PUSH_SERVICES")
        headers = {
            "Authorization": self._sender.authorization(device.endpoint, now=now),
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "TTL": str(int(push.ttl.total_seconds())),
            "Urgency": "high",
            "Topic": push.topic,
        }
        body = seal(push.body, device=device.keys)
        try:
            answer = self._client.post(device.endpoint, content=body, headers=headers)
        except _NEVER_SENT as error:
            return Refused("NOT_SENT", Fault.RETRY, type(error).__name__)
        except httpx.HTTPError as error:
            return Unclear(type(error).__name__)
        return _read(answer)


def _read(answer: httpx.Response) -> SendOutcome:
    status = answer.status_code
    if 200 <= status < 300:
        return Accepted(answer.headers.get("location", "")[-200:])
    if status in GONE_STATUSES:
        return Refused("gone", Fault.PERMANENT, f"HTTP {status}")
    if status == TOO_MANY or status >= BUSY_FROM:
        return Refused(f"HTTP_{status}", Fault.RETRY, f"HTTP {status}")
    return Refused(f"HTTP_{status}", Fault.CONFIGURATION, f"HTTP {status}")
