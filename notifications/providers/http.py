"""What the adapters share: a client that gives up in time, and what each way of not answering means."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

import httpx

from core.clock import KST
from notifications.providers.base import Fault, Handed, MessageState, Receipt, Refused, Unclear

T = TypeVar("T")

TIMEOUT_S = 5.0
CONNECT_TIMEOUT_S = 3.0

_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


class AnswerError(Exception):
    """A list that was asked for gave no usable answer."""


def open_client(base_url: str, *, timeout_s: float = TIMEOUT_S) -> httpx.Client:
    """A client of one provider; a house's proxy leads to it, but never back to a server on this machine."""
    return httpx.Client(
        base_url=base_url,
        timeout=httpx.Timeout(timeout_s, connect=min(timeout_s, CONNECT_TIMEOUT_S)),
        trust_env=httpx.URL(base_url).host not in _LOOPBACK,
    )


def ask_to_send(call: Callable[[], httpx.Response]) -> httpx.Response | Refused | Unclear:
    """The answer to a request to send, below 500; Refused only when nothing can have left this machine."""
    try:
        answer = call()
    except _NEVER_SENT as error:
        return Refused("NOT_SENT", Fault.RETRY, f"{type(error).__name__}: {error}")
    except httpx.HTTPError as error:
        return Unclear(f"{type(error).__name__}: {error}")
    return Unclear(f"HTTP {answer.status_code}") if answer.status_code >= 500 else answer


def is_about_the_body(status: int) -> bool:
    """Whether a refusal is about what the request carried, rather than about who sent it, or when."""
    return status in (400, 413, 422)


def json_of(answer: httpx.Response) -> dict[str, Any]:
    """The answer's object; empty when it is none."""
    try:
        body = answer.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def asked_in_turn(questions: Iterable[T], answer: Callable[[T], Iterable[Receipt]]) -> list[Receipt]:
    """What is known by now of each; what is not answered is asked again later."""
    receipts: list[Receipt] = []
    for question in questions:
        try:
            receipts += answer(question)
        except AnswerError:
            continue
        except httpx.HTTPError:  # it is away: so it is for the rest of them
            break
    return receipts


def looked_up(
    handed: Handed,
    entry: Mapping[str, Any],
    *,
    key: str,
    end: tuple[MessageState, str, Fault | None],
    at: datetime | None,
    kept: Sequence[str],
) -> list[Receipt]:
    """What the provider's list says of a text as one report, once it has ended; `kept` names what is stored.

    `key` with the code tells the report apart, however often it is looked up.
    """
    state, code, fault = end
    if state is MessageState.ACCEPTED:
        return []
    receipt = Receipt(
        event_id=f"{key}:{code}",
        our_id=handed.message.our_id,
        provider_id=handed.provider_id,
        state=state,
        code=code,
        fault=fault,
        at=at.astimezone(UTC) if at else None,
        body={name: entry.get(name) for name in kept},
    )
    return [receipt]


def korean_time(at: datetime) -> str:
    """`2026-12-01 14:00:00` in Korea, as providers without zones write it."""
    return at.astimezone(KST).strftime("%Y-%m-%d %H:%M:%S")


def read_korean_time(written: object) -> datetime | None:
    """The moment of such a writing; what is none is left out rather than guessed."""
    try:
        at = datetime.fromisoformat(str(written))
    except ValueError:
        return None
    return at if at.tzinfo else at.replace(tzinfo=KST)
