"""`run.py fuzz`: whatever the OpenAPI document allows and does not is sent to the API by every role.

No answer may be a 5xx, and every answer has a status and a shape that the document names. The test run does
the same with few examples and a fixed seed (tests/web/api/test_fuzz.py).
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from itertools import cycle
from typing import Any

import requests
import schemathesis
from hypothesis import HealthCheck, Phase, Verbosity, given, seed, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import checks
from schemathesis.core.failures import Failure, FailureGroup, ServerError

from benchmarks.running_demo import RunningDemo, running_demo
from core.actor import Role

CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
)
MODES = (schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE)
EXAMPLES_A_ROUND = 25
MOST_TOLD = 20


@dataclass
class Findings:
    """What came of it: how often each status was answered, and what broke the document, once a kind."""

    statuses: Counter[int] = field(default_factory=Counter)
    faults: dict[str, str] = field(default_factory=dict)

    @property
    def calls(self) -> int:
        """Requests that were answered."""
        return self.statuses.total()


@dataclass
class Target:
    """An API with a token of each role. `known` gives things that exist: else most calls end at 404."""

    url: str
    document: dict[str, Any]
    tokens: Mapping[str, str]
    known: Callable[[], dict[str, Any]]


def fuzz(target: Target, *, examples: int, seed_: int, until: float | None = None) -> Findings:
    """Call every operation `examples` times with things that exist and a third of that with made-up ones.

    Args:
        until: `time.monotonic()` at which to stop early.
    """
    findings = Findings()
    schema = schemathesis.openapi.from_dict(target.document)
    with requests.Session() as session:
        session.trust_env = False
        roles = cycle(target.tokens.items())
        for nth, operation in enumerate(_operations(schema)):
            for place, mode in enumerate(MODES):
                for known in (target.known(), {}):
                    count = examples if known else max(1, examples // 3)
                    given_ = {k: v for k, v in known.items() if "{" + k + "}" in operation.path}
                    options = {"path_parameters": given_} if given_ else {}
                    strategy = operation.as_strategy(generation_mode=mode, **options)
                    call = _caller(target, session, roles, findings, until=until)
                    _examples(strategy, call, count=count, seed_=seed_ + 100 * nth + place)
    return findings


def run_fuzz(minutes: float) -> int:
    """Fuzz a demo of its own for so long, each round with another seed. Returns 1 when it found something."""
    until, total = time.monotonic() + minutes * 60, Findings()
    with running_demo() as demo:
        target = _target_of(demo)
        round_ = 0
        while time.monotonic() < until:
            found = fuzz(target, examples=EXAMPLES_A_ROUND, seed_=round_, until=until)
            total.statuses.update(found.statuses)
            total.faults |= found.faults
            round_ += 1
            sys.stdout.write(f"round {round_}: {total.calls} calls, {len(total.faults)} faults\n")
            sys.stdout.flush()
    for status, count in sorted(total.statuses.items()):
        sys.stdout.write(f"  {status}: {count}\n")
    for fault in list(total.faults.values())[:MOST_TOLD]:
        sys.stdout.write(f"\n{fault}\n")
    return 1 if total.faults else 0


def _target_of(demo: RunningDemo) -> Target:
    clients = {role.value: demo.client(role.value) for role in Role}
    document = clients["admin"].get(f"{demo.url}/openapi.json").json()
    tokens = {
        role: client.headers["Authorization"].removeprefix("Bearer ") for role, client in clients.items()
    }

    def known() -> dict[str, Any]:
        tickets = clients["dispatcher"].get("/tickets", params={"limit": 1}).json()["items"]
        calls = clients["qa"].get("/happy-calls", params={"limit": 1, "state": "scheduled"}).json()["items"]
        point = clients["dispatcher"].get("/service-points").json()["items"][0]["code"]
        return known_things(tickets, calls, point=point, day=time.strftime("%Y-%m-%d"))

    return Target(demo.url, document, tokens, known)


def known_things(
    tickets: Sequence[Mapping[str, Any]], calls: Sequence[Mapping[str, Any]], *, point: str, day: str
) -> dict[str, Any]:
    """Path parameters that lead somewhere."""
    found: dict[str, Any] = {"service_point": point, "day": day}
    if tickets:
        found["number"] = tickets[0]["number"]
    if calls:
        found["happy_call_id"] = calls[0]["id"]
    return found


def _operations(schema: Any) -> Iterator[Any]:
    for result in schema.get_all_operations():
        yield result.ok()


def _caller(
    target: Target,
    session: requests.Session,
    roles: Iterator[tuple[str, str]],
    findings: Findings,
    *,
    until: float | None,
) -> Callable[[Any], None]:
    def call(case: Any) -> None:
        if until is not None and time.monotonic() > until:
            return
        role, token = next(roles)
        case.headers = {**(case.headers or {}), "Authorization": f"Bearer {token}"}
        response = case.call(base_url=target.url, session=session, timeout=30)
        findings.statuses[response.status_code] += 1
        try:
            case.validate_response(response, checks=_checks())
        except (Failure, FailureGroup) as error:
            told = error.exceptions if isinstance(error, FailureGroup) else (error,)
            for fault in told:
                if case.operation.path.endswith("/ready") and isinstance(fault, ServerError):
                    continue  # its 503 is its answer
                kind = f"{case.method} {case.operation.path} {response.status_code} {type(fault).__name__}"
                told_how = f"{kind} as {role}: {fault} {case.as_curl_command()}"
                findings.faults.setdefault(kind, told_how[:3000])

    return call


@cache
def _checks() -> list[Any]:
    checks.load_all_checks()
    return [checks.CHECKS.get_one(name) for name in CHECKS]


def _examples(strategy: Any, call: Callable[[Any], None], *, count: int, seed_: int) -> None:
    @seed(seed_)
    @settings(
        max_examples=count,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        verbosity=Verbosity.quiet,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=strategy)
    def send(case: Any) -> None:
        call(case)

    with suppress(Unsatisfiable):  # an operation without parameters cannot be called wrongly
        send()
