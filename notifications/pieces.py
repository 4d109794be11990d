"""The package's wordings taken apart: the text as a person may edit it, and the pieces that fill it.

`[{{ m.case.maker|name }}] …` becomes `[{회사 이름}] …`; a part or an `if` becomes one named piece. So the
default of a company's wording is made from the package's file itself, and a new event can be edited as soon
as it has templates.
"""

from __future__ import annotations

import re
import types
import typing
from collections.abc import Iterator
from dataclasses import dataclass, is_dataclass
from functools import cache
from typing import Any, Literal

from notifications import piece_names as names
from notifications.catalogue import Event
from notifications.languages import language_of, reader_of
from notifications.messages import CONTEXTS
from notifications.template_source import (
    PARTS,
    SUBJECT,
    TEMPLATE_DIR,
    compiled,
    environment,
    folder_of,
    source_of,
)

Kind = Literal["value", "lines", "within"]
"""`value`: a name, a time, a sum. `lines`: whole lines. `within`: words within a line."""

_INCLUDED = re.compile(r'"_parts/(?:\w+/)?(\w+)\.txt"')
_HEAD = re.compile(r"\{%-?\s*(\w+)\s*(.*?)\s*-?%\}", re.DOTALL)
_CODE = re.compile(r"\{[{%#].*?[}%#]\}", re.DOTALL)
_OPENS, _CLOSES = frozenset({"if", "for"}), frozenset({"endif", "endfor"})
_FIRST = "first_"
_AUTO_CHARACTERS = 12


@dataclass(frozen=True)
class Piece:
    """Something that is filled in where `{name}` stands. `source` is the package's own, never a person's."""

    name: str
    kind: Kind
    source: str
    language: str

    @property
    def must_stay(self) -> bool:
        """It may be moved, not left out."""
        return self.name in names.MUST_STAY

    def fill(self, values: dict[str, Any]) -> str:
        """What stands there: empty when there is nothing to say. Lines may begin with a blank one."""
        filled = compiled(self.source, self.language).render(values).rstrip("\n")
        return filled if self.kind == "lines" else filled.lstrip("\n")


@dataclass(frozen=True)
class Wording:
    """A package template as it can be edited: `text` with `{names}`, and what may stand in it by name."""

    text: str
    pieces: dict[str, Piece]
    own: frozenset[str]
    """The pieces that its own text has; the others are offered beside them."""


@dataclass(frozen=True)
class _Segment:
    kind: Literal["data", "variable", "include", "block"]
    source: str
    starts_line: bool


@cache
def default_wording(event: Event, variant: str) -> Wording:
    """The package's wording of an event for one reader, taken apart."""
    language, reader = language_of(variant), reader_of(variant)
    text, pieces = _taken_apart(source_of(event, variant), language)
    own = frozenset(pieces)
    offered = {piece.name: piece for piece in _values(event, language)}
    if reader == "payer":
        # A third payer learns of the money alone: nothing is offered that the package does not tell him.
        offered = {}
    elif reader != SUBJECT:
        offered |= {piece.name: piece for piece in _parts_of_others(event, language)}
    return Wording(text, {**offered, **pieces}, own)


@cache
def must_stay(event: Event, variant: str) -> frozenset[str]:
    """The names that no wording of an event for this reader may leave out."""
    if reader_of(variant) == SUBJECT:
        return frozenset()
    return default_wording(event, variant).own & names.MUST_STAY


def _taken_apart(source: str, language: str) -> tuple[str, dict[str, Piece]]:
    text = ""
    pieces: dict[str, Piece] = {}
    for segment in _segments(source):
        if segment.kind == "data":
            text += segment.source
            continue
        piece = _piece(segment, pieces, language)
        pieces[piece.name] = piece
        ends_line = segment.kind == "include" or piece.kind == "lines"
        text += f"{{{piece.name}}}" + ("\n" if ends_line else "")
    return text.strip(), pieces


def _segments(source: str) -> Iterator[_Segment]:
    """Text, variables, parts and whole `if`s in their order; what lies within an `if` stays within it."""
    gathered, depth, before = "", 0, "\n"
    for _line, part, value in environment().lex(source):
        if part == "data" and depth == 0 and not gathered:
            yield _Segment("data", value, before.endswith("\n"))
            before = value
            continue
        gathered += value
        if part == "variable_end" and depth == 0:
            yield _Segment("variable", gathered, before.endswith("\n"))
            before, gathered = "}", ""
        elif part == "block_end":
            word = _HEAD.findall(gathered)[-1][0]
            depth += (word in _OPENS) - (word in _CLOSES)
            if depth == 0:
                kind: Literal["include", "block"] = "include" if word == "include" else "block"
                yield _Segment(kind, gathered, before.endswith("\n"))
                before, gathered = ("\n" if value.endswith("\n") else "}"), ""


def _piece(segment: _Segment, known: dict[str, Piece], language: str) -> Piece:
    if segment.kind == "variable":
        expression = segment.source[2:-2].strip()
        name, kind = names.VALUES.get(expression), "value"
    elif segment.kind == "include":
        part = _INCLUDED.findall(segment.source)[0]
        name, kind = _part_name(part, language), "lines"
    else:
        condition = _HEAD.findall(segment.source)[0][1]
        kind = "lines" if segment.starts_line and segment.source.endswith("\n") else "within"
        name = (names.LINES if kind == "lines" else names.WITHIN).get(condition)
    name = name or _named_by_its_words(segment.source)
    found = Piece(name, typing.cast("Kind", kind), segment.source, language)
    while known.get(found.name, found) != found:  # the same words for something else
        found = Piece(f"{found.name} 다음", found.kind, found.source, language)
    return found


def _part_name(part: str, language: str) -> str:
    if part in names.PARTS:
        return names.PARTS[part]
    path = TEMPLATE_DIR / folder_of(PARTS, language) / f"{part}.txt"
    return _named_by_its_words(path.read_text(encoding="utf-8"))


def _named_by_its_words(source: str) -> str:
    """A name for what has none of its own: how its text begins."""
    said = " ".join(re.sub(r"[^가-힣A-Za-z0-9 ]", " ", _CODE.sub(" ", source)).split())
    return (said[:_AUTO_CHARACTERS].rstrip() or "값") + " 줄"


@cache
def _values(event: Event, language: str) -> tuple[Piece, ...]:
    """The values that the data of an event has; one that may be absent is empty then."""
    found = []
    for expression, name in names.VALUES.items():
        path = expression.partition("|")[0]
        has, optional = _lookup(CONTEXTS[event], path.split(".")[1:])
        if has:
            filled = f"{{{{ {expression} }}}}"
            source = f"{{% if {path} is not none %}}{filled}{{% endif %}}" if optional else filled
            found.append(Piece(name, "value", source, language))
    return tuple(found)


def _lookup(kind: type[Any], path: list[str]) -> tuple[bool, bool]:
    """Whether the data has such a field, and whether it may be None."""
    name, *rest = path
    hint = typing.get_type_hints(kind).get(name) if is_dataclass(kind) else None
    if hint is None:
        found = getattr(kind, name, None)
        if not isinstance(found, property):
            return False, False
        hint = typing.get_type_hints(found.fget)["return"]
    optional = typing.get_origin(hint) in (types.UnionType, typing.Union)
    if not rest:
        return True, optional
    inner = next(each for each in typing.get_args(hint) if each is not type(None)) if optional else hint
    has, below = _lookup(inner, rest)
    return has, optional or below


@cache
def _parts_of_others(event: Event, language: str) -> tuple[Piece, ...]:
    """Parts that the event's wordings for other readers have: they fit its data as well."""
    found: dict[str, Piece] = {}
    for path in sorted((TEMPLATE_DIR / folder_of(event.value.lower(), language)).glob("*.txt")):
        if path.stem in ("payer", SUBJECT):
            continue
        for part in _INCLUDED.findall(path.read_text(encoding="utf-8")):
            if not part.startswith(_FIRST):
                source = f'{{% include "{folder_of(PARTS, language)}/{part}.txt" %}}\n'
                name = _part_name(part, language)
                found[name] = Piece(name, "lines", source, language)
    return tuple(found.values())


def must_tell(event: Event, language: str) -> dict[str, Piece]:
    """The values of an event that a reader must learn wherever the package's own wording tells them."""
    return {piece.name: piece for piece in _values(event, language) if piece.name in names.MUST_TELL}
