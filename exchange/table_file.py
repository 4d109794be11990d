"""A table as people save it: any encoding, separator and line break that a spreadsheet writes, cut into rows.

Pure: bytes in, rows out. What cannot be cut is kept with its line number and a reason, never guessed.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field

from core.errors import InvalidError
from core.i18n import _

MAX_FILE_BYTES = 64 * 1024 * 1024
"""Far above a maker's whole history; a file beyond it is no table of these kinds."""
LONGEST_ROW = 100_000
"""Characters. A quote that is never closed would otherwise swallow the rest of the file."""
MOST_LINES_IN_QUOTES = 200
SEPARATORS = (",", ";", "\t")
_SEPARATOR_LINE = re.compile(r'^"?sep=(.)"?\s*$', re.IGNORECASE)
_FORMULA_TEXT = re.compile(r'="(.*)"', re.DOTALL)
_GUARDED = re.compile(r"'[=+\-@\t\r']")
_REMARK = re.compile(r"[(\[][^)\]]*[)\]]")


class UnreadableFileError(InvalidError):
    """The file as a whole cannot be read; the detail says how to save it."""

    code = "unreadable-file"


@dataclass(frozen=True)
class Cut:
    """One row of a file: its first line (from 1), and its cells or why it cannot be taken."""

    line: int
    cells: tuple[str, ...] = ()
    problem: str = ""


@dataclass(frozen=True)
class TableFile:
    """A file cut into its header and rows; rows without any content are left out."""

    header: tuple[str, ...]
    rows: tuple[Cut, ...] = field(repr=False)


def read_table(content: bytes) -> TableFile:
    """Cut a file into rows. Raises UnreadableFileError: too large, no text, or nothing in it."""
    if len(content) > MAX_FILE_BYTES:
        limit = MAX_FILE_BYTES // (1024 * 1024)
        raise UnreadableFileError(
            _("파일이 너무 큽니다. {limit}MB 안으로 나누어 주세요.").format(limit=limit)
        )
    lines = re.split(r"\r\n|\n|\r", decode(content))
    start, separator = _begin(lines)
    rows = list(_cut(lines, start=start, separator=separator))
    header = rows.pop(0) if rows else Cut(1)
    if header.problem or not any(header.cells):
        raise UnreadableFileError(_("빈 파일입니다. 첫 줄에 칸 이름을, 그다음 줄부터 내용을 적어 주세요."))
    return TableFile(header.cells, tuple(rows))


def decode(content: bytes) -> str:
    """Text of a file: UTF-8 with or without Excel's mark, UTF-16 with one, else CP949. Raises as above."""
    encodings = ["utf-8-sig", "cp949"]
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        encodings = ["utf-16"]
    for encoding in encodings:
        try:
            return content.decode(encoding).replace("\0", "")
        except UnicodeDecodeError:
            continue
    raise UnreadableFileError(
        _("글자를 읽을 수 없습니다. 엑셀에서 ‘CSV UTF-8(쉼표로 분리)’로 저장해 주세요.")
    )


def plain_name(header: str) -> str:
    """A column's name as it is compared: half-width, without case, blanks, marks and remarks in brackets."""
    text = unicodedata.normalize("NFKC", header).casefold()
    without = _REMARK.sub("", text) or text
    return "".join(c for c in without if c.isalnum())


def unguard(cell: str) -> str:
    """A cell without what spreadsheets and our own export put around it (`="010…"`, `'=1+1`)."""
    text = cell.strip()
    if found := _FORMULA_TEXT.fullmatch(text):
        return found.group(1).replace('""', '"').strip()
    return text[1:] if _GUARDED.match(text) else text


def _begin(lines: list[str]) -> tuple[int, str]:
    """Where the header stands, and what parts its cells: the mark that parts it most often."""
    start = next((n for n, line in enumerate(lines) if line.strip(" ,;\t")), 0)
    if said := _SEPARATOR_LINE.match(lines[start]):
        return start + 1, said.group(1)
    outside = re.sub(r'"[^"]*"', "", lines[start])
    return start, max(SEPARATORS, key=outside.count)


def _cut(lines: list[str], *, start: int, separator: str) -> Iterator[Cut]:
    at = start
    while at < len(lines):
        length = _lines_of_row(lines, at, separator)
        text = "\n".join(lines[at : at + length])
        if text.strip(f' \t{separator}"'):
            yield _row(text, line=at + 1, separator=separator)
        at += length


def _lines_of_row(lines: list[str], at: int, separator: str) -> int:
    """How many lines one row takes: more than one while a quote is open; one when it is never closed."""
    opened, size = False, 0
    for count, line in enumerate(lines[at : at + MOST_LINES_IN_QUOTES], start=1):
        size += len(line)
        if size > LONGEST_ROW:
            return 1
        opened = _open_after(line, separator=separator, opened=opened)
        if not opened:
            return count
    return 1


def _open_after(line: str, *, separator: str, opened: bool) -> bool:
    """Whether a quote is open at a line's end. It opens at the start of a cell alone: `5"` is a size."""
    if '"' not in line:
        return opened
    at_start = not opened
    skip = False
    for n, c in enumerate(line):
        if skip:
            skip = False
        elif opened and c == '"':
            skip = line[n + 1 : n + 2] == '"'
            opened = skip
        elif not opened:
            opened = at_start and c == '"'
            at_start = c == separator or (at_start and c == " ")
    return opened


def _row(text: str, *, line: int, separator: str) -> Cut:
    if len(text) > LONGEST_ROW:
        problem = _("한 줄이 너무 깁니다({n}자). 줄바꿈이나 따옴표가 빠지지 않았는지 보아 주세요.")
        return Cut(line, problem=problem.format(n=f"{len(text):,}"))
    if _open_after_all(text, separator):
        return Cut(line, problem=_('따옴표(")가 닫히지 않았습니다. 이 줄의 따옴표를 확인해 주세요.'))
    cells = next(csv.reader([text], delimiter=separator, skipinitialspace=True), [])
    return Cut(line, tuple(unguard(cell) for cell in cells))


def _open_after_all(text: str, separator: str) -> bool:
    opened = False
    for line in text.split("\n"):
        opened = _open_after(line, separator=separator, opened=opened)
    return opened
