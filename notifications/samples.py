"""Invented facts of every event, made from the shape of its data: usual, sparse, unusual, widest.

A new event needs nothing here: its fields say by their types what can stand in them.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any, Literal, cast

from core.clock import kst
from core.errors import InvalidError
from core.i18n import N_
from notifications import texts
from notifications.catalogue import Event
from notifications.contexts.base import Window
from notifications.messages import CONTEXTS, Context, FamilyNews

Style = Literal["usual", "sparse", "widest"]

DAY = date(2026, 12, 1)
WIDEST_LINES = 20
"""Of a bill: more than any visit of which we know has had."""
WIDEST_WON = 88_888_888
"""Spoken at its longest: `8,888만 8,888원(88,888,888원)`."""

_WORDS = {
    "maker": "온누리보일러",
    "call_back": "+8215881234",
    "ticket_number": "ON-261201-0007",
    "resident": "김영자",
    "requester": "김민수",
    "relationship": "child",
    "payer_name": "이건물",
    "name": "박철수",
    "worker_name": "박철수",
    "caller": "최창구",
    "id_number": "1042",
    "place": "강남구 역삼동",
    "symptom": "난방 안 됨",
    "change": "담당이 바뀌었습니다.",
    "reason": "앞 댁 수리가 길어졌습니다",
    "work": "점화장치 청소",
    "refusal_number": "+82801234567",
}
_NAMES = frozenset({"resident", "requester", "payer_name", "name", "worker_name", "caller"})
_LABELS = frozenset({"id_number", "place", "symptom", "label"})
_AS_USUAL = frozenset({"maker", "call_back", "relationship", "refusal_number"})
"""No wider than they are: the company's own, and words of ours."""
_BILL = (("출장비", 18_000, False), ("점화장치 수리", 14_000, False), ("온도 센서", 0, True))
_AMOUNTS = {"visit_fee": 18_000, "total": 32_000, "tries": 2, "years": 9, "fee": 0}
_ALWAYS_KNOWN = frozenset({"requester"})
"""A text for both parties is written only when there are two."""
_UNUSUAL = frozenset({"came_before", "comes_before", "caller", "planned_at"})
"""What is there only in a case of its own."""
_CASES = {
    "came_before": N_("약속보다 먼저 찾아간 때"),
    "comes_before": N_("약속보다 먼저 가는 때"),
    "caller": N_("창구가 대신 연락하는 때"),
    "planned_at": N_("계획한 시간이 있는 때"),
    "wished": N_("고객이 바꿔 달라고 한 때"),
    "corrected": N_("비용을 바로잡은 때"),
    "is_first": N_("첫 일인 때"),
    "said_yes": N_("광고를 받겠다고 하신 때"),
    "urgency=CARE": N_("먼저 살펴야 할 댁"),
    "urgency=SAFETY": N_("안전 접수"),
    "checkup": N_("고장이 아니라 점검하러 가는 때"),
    "payer=requester": N_("접수한 분이 내는 때"),
    "payer=payer": N_("다른 분이 내는 때"),
    "resident_reached=TEXT": N_("거주자도 문자를 받는 때"),
    "resident_reached=CALL": N_("거주자께 전화로 알리는 때"),
}
OTHER_CASE = N_("다른 사정")


@dataclass(frozen=True)
class Sample:
    """Facts to fill a wording with. `code` is stable, `label` a message id."""

    code: str
    label: str
    context: Context
    first: bool = False
    """Nothing was ever sent to this number."""


@dataclass(frozen=True)
class Brand:
    """Whose texts they are: the name and number (E.164) that every one of them bears."""

    maker: str
    call_back: str


@cache
def samples(event: Event, brand: Brand | None = None) -> tuple[Sample, ...]:
    """Every case of an event, the usual one first, the widest one last."""
    kind = CONTEXTS[event]
    usual = _branded(_make(kind, "usual", set()), brand)
    widest = _branded(_make(kind, "widest", set()), brand)
    made = [
        Sample("usual", N_("보통"), usual),
        Sample("first", N_("이 번호로 처음 보내는 때"), usual, first=True),
        Sample("sparse", N_("모르는 것이 많은 때"), _branded(_make(kind, "sparse", set()), brand)),
    ]
    made += [
        Sample(code, _CASES.get(code, OTHER_CASE), context) for code, context in _variations(usual, kind)
    ]
    made.append(Sample("widest", N_("가장 긴 값"), widest, first=True))
    made += [
        Sample(f"widest {code}", N_("가장 긴 값"), context, first=True)
        for code, context in _variations(widest, kind)
    ]
    return tuple(made)


def _branded(context: Context, brand: Brand | None) -> Context:
    if brand is None:
        return context
    if isinstance(context, FamilyNews):
        case = replace(context.case, maker=brand.maker, call_back=brand.call_back)
        return replace(context, case=case)
    return replace(context, maker=brand.maker)


def _variations(context: Any, kind: type[Any]) -> Iterator[tuple[str, Context]]:
    """The same facts with one thing otherwise: each yes or no turned, each other word, each rarity."""
    for code, changed in _changes(context, kind):
        yield code, cast("Context", changed)
    if hasattr(context, "case"):
        for code, changed in _changes(context.case, type(context.case)):
            yield code, replace(context, case=changed)


def _changes(thing: Any, kind: type[Any]) -> Iterator[tuple[str, Any]]:
    hints = typing.get_type_hints(kind)
    for field in fields(kind):
        hint, now = _inner(hints[field.name]), getattr(thing, field.name)
        others: list[tuple[str, Any]] = []
        if hint is bool:
            others = [(field.name, not now)]
        elif typing.get_origin(hint) is Literal:
            others = [(f"{field.name}={word}", word) for word in typing.get_args(hint) if word != now]
        elif now is None and field.name in _UNUSUAL:
            others = [(field.name, _value(field.name, hint, "usual", set()))]
        for code, value in others:
            try:
                yield code, replace(thing, **{field.name: value})
            except InvalidError:
                continue  # the event's own rule says that this cannot be


def _make(kind: type[Any], style: Style, met: set[str]) -> Any:
    hints = typing.get_type_hints(kind)
    values = {field.name: _value(field.name, hints[field.name], style, met) for field in fields(kind)}
    if "lines" in values and "total" in values:
        values["total"] = sum(line.amount for line in values["lines"])
    return kind(**values)


def _value(name: str, hint: Any, style: Style, met: set[str]) -> Any:
    inner = _inner(hint)
    left_out = style == "sparse" and name not in _ALWAYS_KNOWN
    if inner is not hint and (left_out or (style == "usual" and name in _UNUSUAL)):
        return None
    origin = typing.get_origin(inner)
    if origin is Literal:
        return typing.get_args(inner)[0]
    if origin is tuple:
        return _several(name, typing.get_args(inner)[0], style, met)
    if inner is Window:
        return _window(style, met)
    if is_dataclass(inner):
        return _make(cast("type[Any]", inner), style, met)
    return _plain(name, inner, style, met)


def _inner(hint: Any) -> Any:
    """`X` of `X | None`; anything else as it is."""
    if typing.get_origin(hint) in (types.UnionType, typing.Union):
        return next(each for each in typing.get_args(hint) if each is not type(None))
    return hint


def _plain(name: str, kind: Any, style: Style, met: set[str]) -> Any:
    if kind is bool:
        return False
    if kind is int:
        return WIDEST_WON if style == "widest" else _AMOUNTS.get(name, 12_000)
    if kind is datetime:
        return _moment(style, met)
    if kind is date:
        return DAY
    if style == "widest" and name not in _AS_USUAL:
        return _wide_word(name)
    return _WORDS.get(name, "보기")


def _wide_word(name: str) -> str:
    if name == "ticket_number":
        return "ONNURI-261201-00007"
    if name in _NAMES:
        return "갈" * (texts.NAME_BYTES // 2)
    return "갈" * ((texts.LABEL_BYTES if name in _LABELS else texts.NOTE_BYTES) // 2)


def _several(name: str, kind: Any, style: Style, met: set[str]) -> tuple[Any, ...]:
    if style == "sparse" and name != "lines":
        return ()
    if name == "lines":
        rows = [("갈" * (texts.LABEL_BYTES // 2), 888_888, False)] * WIDEST_LINES
        told = rows if style == "widest" else _BILL
        one = _make(kind, style, met)
        return tuple(replace(one, label=a, amount=b, warranty=c) for a, b, c in told)
    return tuple(_value(name, kind, style, met) for _ in range(2))


def _window(style: Style, met: set[str]) -> Window:
    start = _moment(style, met)
    return Window(start, start + timedelta(hours=10 if style == "widest" else 2))


def _moment(style: Style, met: set[str]) -> datetime:
    """Another moment each time it is asked, so that none stands for another."""
    place = len(met)
    met.add(str(place))
    if style == "widest":
        return kst(date(2026, 12, 10 + place), 22, 50)
    return kst(DAY, 9 + place, 10 if place % 2 else 0)
