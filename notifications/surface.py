"""A wording as a person wrote it: text with `{names}` in it, and nothing else that could do anything.

What stands between braces is the name of a piece of the package's; the text itself is never read as a
program. A piece that has nothing to say takes its line with it, so nobody writes an "if".
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from core.errors import InvalidError
from core.i18n import _
from notifications.catalogue import Event
from notifications.pieces import Piece, default_wording

_NAMED = re.compile(r"\{([^{}\n]*)\}")
_PROGRAM = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}|\{\{|\}\}|\{%|%\}|\{#|#\}")
_BLANK_LINES = re.compile(r"\n{3,}")
_KEPT = 2048


class WordingError(InvalidError):
    """A wording that cannot be read; `detail` names what is wrong in it."""

    code = "wording-not-readable"


@dataclass(frozen=True)
class Compiled:
    """A wording that has been read: its lines, each of literal words and pieces."""

    lines: tuple[tuple[str | Piece, ...], ...]

    def render(self, values: Mapping[str, Any]) -> str:
        """Fill it in; `values` as the package's templates get them."""
        told = (self._line(line, dict(values)) for line in self.lines)
        whole = "\n".join(line.rstrip() for line in told if line is not None)
        return _BLANK_LINES.sub("\n\n", "\n".join(line.rstrip() for line in whole.splitlines())).strip()

    @property
    def names(self) -> frozenset[str]:
        """The pieces that stand in it."""
        return frozenset(part.name for line in self.lines for part in line if isinstance(part, Piece))

    def _line(self, line: tuple[str | Piece, ...], values: dict[str, Any]) -> str | None:
        told = ""
        has_pieces = False
        for part in line:
            if isinstance(part, str):
                told += part
                continue
            has_pieces = True
            filled = part.fill(values)
            if not filled and part.kind != "within":
                return None
            told += filled
        return None if has_pieces and not told.strip() else told


@lru_cache(_KEPT)
def read(event: Event, variant: str, text: str) -> Compiled:
    """Read a wording. Raises `WordingError`, naming what the event does not know or what is no wording."""
    pieces = default_wording(event, variant).pieces
    return Compiled(tuple(tuple(_parts(line, pieces)) for line in text.strip().split("\n")))


def _parts(line: str, pieces: Mapping[str, Piece]) -> Iterator[str | Piece]:
    program = _PROGRAM.search(line)
    if program:
        message = _("‘{code}’ 같은 프로그램 글은 쓸 수 없습니다. 넣을 것은 목록에서 골라 주세요.")
        raise WordingError(message.format(code=program[0][:40]))
    at = 0
    for found in _NAMED.finditer(line):
        yield from _literal(line[at : found.start()])
        yield _known(found[1], pieces)
        at = found.end()
    yield from _literal(line[at:])


def _literal(words: str) -> Iterator[str]:
    if "{" in words or "}" in words:
        message = _("‘{words}’에 짝이 없는 괄호가 있습니다. 넣을 것의 이름은 {example}처럼 적습니다.")
        raise WordingError(message.format(words=words.strip()[:40], example="{회사 이름}"))
    if words:
        yield words


def _known(name: str, pieces: Mapping[str, Piece]) -> Piece:
    plain = " ".join(name.split())
    if plain in pieces:
        return pieces[plain]
    near = difflib.get_close_matches(plain, list(pieces), n=1, cutoff=0.4)
    written = f"{{{plain[:40]}}}"
    if near:
        message = _("{name}은(는) 이 문자에 없는 이름입니다. {near}을(를) 뜻하셨나요?")
        raise WordingError(message.format(name=written, near=f"{{{near[0]}}}"))
    message = _("{name}은(는) 이 문자에 없는 이름입니다. 목록에 있는 이름만 쓸 수 있습니다.")
    raise WordingError(message.format(name=written))
