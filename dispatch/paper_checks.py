"""What stands on a paper form, and whether its times can be true: pure decisions, a sentence a field."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime

from core.errors import FieldError, InvalidError
from core.i18n import _
from dispatch.visit_schemas import AgreedWindow, CompletionRequest, Outcome


@dataclass(frozen=True)
class PaperCall:
    """A call as it was written down. `window`: what was agreed in it, when the family was reached."""

    at: datetime
    outcome: Outcome
    with_role: str | None = None
    window: AgreedWindow | None = None
    note: str = ""


@dataclass(frozen=True)
class PaperRecord:
    """A paper form about one ticket: calls in their order, and the visit as far as it went.

    `technician_id`: who made the visit; None: whoever it is planned with. `completion` counts with
    `completed_at`.
    """

    calls: tuple[PaperCall, ...] = ()
    technician_id: int | None = None
    departed_at: datetime | None = None
    arrived_at: datetime | None = None
    started_at: datetime | None = None
    completed_at: datetime | None = None
    completion: CompletionRequest = field(default_factory=CompletionRequest)

    @property
    def was_visited(self) -> bool:
        """Somebody has been at the door."""
        return self.arrived_at is not None


def paper_problems(record: PaperRecord, *, received_at: datetime, now: datetime) -> tuple[FieldError, ...]:
    """Every time that is ahead, before the one it follows, or missing, by its field."""
    received = received_at.replace(second=0, microsecond=0)
    problems = [*_calls(record, received=received, now=now), *_steps(record, received=received, now=now)]
    if not record.calls and record.arrived_at is None and not problems:
        text = _("통화나 방문 가운데 한 가지는 적어 주세요.")
        problems.append(FieldError("calls.0.at", text))
    return tuple(problems)


def moved_up(at: datetime, floor: datetime) -> datetime:
    """Paper knows minutes: what happened in the same minute as the step before did not happen before it."""
    return floor if at < floor and at >= floor.replace(second=0, microsecond=0) else at


@contextmanager
def in_field(name: str) -> Iterator[None]:
    """A step's complaint about its `at` is told beside the form's field for that step."""
    try:
        yield
    except InvalidError as error:
        error.errors = tuple(replace(item, field=_named(item.field, name)) for item in error.errors)
        raise


def _named(inner: str, name: str) -> str:
    if name.startswith("calls."):
        return f"{name}.{inner.partition('.')[0]}"
    return name if inner == "at" else inner


def _calls(record: PaperRecord, *, received: datetime, now: datetime) -> Iterator[FieldError]:
    before = received
    for place, call in enumerate(record.calls):
        name = f"calls.{place}"
        if call.at > now:
            yield FieldError(f"{name}.at", _("아직 오지 않은 시각입니다. 실제로 전화한 시각을 적어 주세요."))
        elif call.at < received:
            yield FieldError(f"{name}.at", _("접수를 받은 시각보다 앞섭니다. 날짜와 시각을 확인해 주세요."))
        elif call.at < before:
            yield FieldError(f"{name}.at", _("앞에 적은 통화보다 이릅니다. 전화한 차례대로 적어 주세요."))
        before = max(before, call.at)
        yield from _window(record, call, name=name, now=now)


def _window(record: PaperRecord, call: PaperCall, *, name: str, now: datetime) -> Iterator[FieldError]:
    window = call.window
    if window is None:
        return
    if call.outcome is not Outcome.CONNECTED:
        yield FieldError(f"{name}.window", _("방문 시간은 통화가 된 경우에만 약속할 수 있습니다."))
    elif window.end <= window.start:
        yield FieldError(f"{name}.window", _("끝 시각이 시작 시각보다 늦어야 합니다."))
    elif window.end <= call.at:
        yield FieldError(
            f"{name}.window", _("전화한 때보다 앞선 시간입니다. 약속한 날짜와 시각을 확인해 주세요.")
        )
    elif window.end <= now and record.arrived_at is None:
        text = _(
            "약속한 시간이 지났습니다. 다녀왔으면 도착한 시각을 적고, 못 갔으면 약속 시간을 비워 주세요."
        )
        yield FieldError(f"{name}.window", text)
    elif record.arrived_at is not None and call.at > record.arrived_at:
        yield FieldError(f"{name}.window", _("도착한 뒤의 통화입니다. 약속 시간을 비워 주세요."))


def _steps(record: PaperRecord, *, received: datetime, now: datetime) -> Iterator[FieldError]:
    steps = (
        ("departed_at", record.departed_at),
        ("arrived_at", record.arrived_at),
        ("started_at", record.started_at),
        ("completed_at", record.completed_at),
    )
    told = [name for name, at in steps if at is not None]
    if told and record.arrived_at is None:
        yield FieldError("arrived_at", _("도착한 시각을 적어 주세요. 종이에 없으면 대략의 시각도 됩니다."))
    before = received
    for name, at in steps:
        if at is None:
            continue
        if at > now:
            yield FieldError(name, _("아직 오지 않은 시각입니다. 실제로 한 시각을 적어 주세요."))
        elif at < received:
            yield FieldError(name, _("접수를 받은 시각보다 앞섭니다. 날짜와 시각을 확인해 주세요."))
        elif at < before:
            yield FieldError(name, _("앞 단계보다 이릅니다. 출발, 도착, 시작, 끝의 차례로 적어 주세요."))
        before = max(before, at)
