"""What an import's kind is made of: its columns, one row with its readers, and what came of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import TypeVar

from sqlmodel import Session

from core.actor import Actor
from core.errors import DomainError, InvalidError
from core.i18n import _
from dispatch.schemas import CodeBook, clean_text
from exchange import cells
from exchange.table_file import Cut, UnreadableFileError, plain_name

T = TypeVar("T")

LONGEST_CELL = 4000


class RefusedRowError(InvalidError):
    """A row that cannot be taken; the detail names every bad cell."""

    code = "refused-row"


class Outcome(StrEnum):
    """What came of a row that was not refused."""

    TAKEN = "taken"
    PRESENT = "present"


@dataclass(frozen=True)
class Column:
    """A column by its key; `label` is its Korean heading, `names` other headings that mean it."""

    key: str
    label: str
    names: tuple[str, ...] = ()
    required: bool = False
    example: str = ""
    hint: str = ""

    @property
    def heading(self) -> str:
        """The label in the reader's language."""
        return _(self.label)

    def is_called(self, header: str) -> bool:
        """Whether a heading of a file means this column."""
        plain = plain_name(header)
        return plain in {plain_name(name) for name in (self.key, self.label, *self.names)}


@dataclass(frozen=True)
class Ground:
    """What an import stands on: whose data it is, who brings it and when."""

    company_id: int
    codes: CodeBook
    by: Actor
    now: datetime
    day: date | None = None
    """The day of every row of a list that has no column for it."""


@dataclass(frozen=True)
class Kind:
    """A kind of table that can be brought in.

    `fields` says which column a service's field path (`resident.phone`) was read from.
    """

    code: str
    label: str
    columns: tuple[Column, ...]
    take: Callable[[Session, Row, Ground], Outcome]
    take_together: Callable[[Session, Sequence[Row], Ground], list[Outcome | DomainError]] | None = None
    """The same for a chunk of rows at once, each with its outcome or why it is refused."""
    fields: Mapping[str, str] = field(default_factory=dict)
    note: str = ""
    day_column: str = ""
    """The column that one day may stand for, named once for the whole list; empty: there is none."""

    def column(self, key: str) -> Column | None:
        """A column by its key, or by the field path of a service's error."""
        wanted = self.fields.get(key, key)
        return next((column for column in self.columns if column.key == wanted), None)


@dataclass
class Row:
    """One row by column keys. Readers note what is wrong and go on; `check` then refuses with all of it."""

    kind: Kind
    line: int
    cells: Mapping[str, str]
    problems: list[str] = field(default_factory=list)
    blank: set[str] = field(default_factory=set)
    """The required columns that are empty: of these nothing else is said."""

    def text(self, key: str) -> str:
        """The cell without control characters; empty when absent."""
        value = clean_text(self.cells.get(key, ""))
        if len(value) > LONGEST_CELL:
            self.refuse(key, _("{n}자까지 적어 주세요.").format(n=LONGEST_CELL))
            return ""
        return value

    def day(self, key: str) -> date | None:
        """A date, None for an empty cell."""
        return self._read(key, cells.read_day)

    def moment(self, key: str) -> datetime | None:
        """A moment in UTC, None for an empty cell."""
        return self._read(key, cells.read_moment)

    def yes(self, key: str) -> bool | None:
        """Yes or no, None for an empty cell."""
        return self._read(key, cells.read_yes)

    def won(self, key: str) -> int | None:
        """Whole won, None for an empty cell."""
        return self._read(key, cells.read_won)

    def count(self, key: str) -> int | None:
        """A whole number, None for an empty cell."""
        return self._read(key, cells.read_count)

    def degrees(self, key: str) -> float | None:
        """Degrees, None for an empty cell."""
        return self._read(key, cells.read_degrees)

    def word(self, key: str, words: Mapping[str, str], default: str = "") -> str:
        """The code behind a word; `default` for an empty cell."""
        return self._read(key, lambda text: cells.read_word(text, words)) or default

    def refuse(self, key: str, why: str) -> None:
        """Note what is wrong with a cell."""
        if key in self.blank:
            return
        self.problems.append(_of_column(self.kind, key, why))

    def check(self) -> None:
        """Raises RefusedRowError when a reader noted something."""
        if self.problems:
            raise RefusedRowError(" / ".join(dict.fromkeys(self.problems)))

    def _read(self, key: str, reader: Callable[[str], T]) -> T | None:
        text = self.text(key)
        if not text:
            return None
        try:
            return reader(text)
        except DomainError as error:
            self.refuse(key, error.detail)
            return None


@dataclass(frozen=True)
class Heading:
    """Which place of a row holds which column, and the headings that mean nothing here."""

    keys: tuple[str | None, ...]
    unknown: tuple[str, ...]


def read_heading(kind: Kind, header: Sequence[str], *, day: date | None = None) -> Heading:
    """Find the columns by their names.

    Args:
        day: stands for the kind's `day_column` where the list has none.

    Raises:
        UnreadableFileError: a column is missing or stands there twice, or no day can be named for this kind.
    """
    if day is not None and not kind.day_column:
        raise UnreadableFileError(_("이 목록은 날짜를 따로 적지 않습니다. 날짜를 비우고 다시 해 주세요."))
    keys: list[str | None] = []
    for name in header:
        found = next((column for column in kind.columns if name and column.is_called(name)), None)
        keys.append(found.key if found else None)
    twice = next((key for key in keys if key is not None and keys.count(key) > 1), None)
    if twice is not None:
        label = kind.column(twice)
        raise UnreadableFileError(
            _("첫 줄에 ‘{name}’ 칸이 두 번 있습니다. 하나만 남겨 주세요.").format(
                name=label.heading if label else twice
            )
        )
    there = {*keys, kind.day_column} if day is not None else set(keys)
    missing = [column for column in kind.columns if column.required and column.key not in there]
    if missing:
        said = _("첫 줄에 필요한 칸 이름이 없습니다: {names}. 견본 파일의 첫 줄과 맞춰 주세요.").format(
            names=", ".join(column.heading for column in missing)
        )
        if kind.day_column in [column.key for column in missing]:
            once = _("날짜 칸이 없는 목록이면 그날을 한 번만 따로 적어 주세요.")
            said = f"{said} {once}"
        raise UnreadableFileError(said)
    unknown = tuple(name for name, key in zip(header, keys, strict=True) if name and key is None)
    return Heading(tuple(keys), unknown)


def make_row(kind: Kind, heading: Heading, cut: Cut, *, day: date | None = None) -> Row:
    """A row by its columns; that a required cell is empty is noted in it, beside whatever else will be.

    Raises RefusedRowError: it could not be cut, or has too few or too many cells.
    """
    if cut.problem:
        raise RefusedRowError(cut.problem)
    if len(cut.cells) < len(heading.keys):
        raise RefusedRowError(
            _("칸이 모자랍니다({found}칸, 첫 줄은 {wanted}칸). 줄이 끊기지 않았는지 보아 주세요.").format(
                found=len(cut.cells), wanted=len(heading.keys)
            )
        )
    if any(cut.cells[len(heading.keys) :]):
        raise RefusedRowError(_("칸이 남습니다. 내용에 쉼표가 있으면 그 칸을 따옴표로 묶어 주세요."))
    values = {key: cell for key, cell in zip(heading.keys, cut.cells, strict=False) if key is not None}
    if day is not None and kind.day_column not in heading.keys:
        values[kind.day_column] = day.isoformat()
    row = Row(kind, cut.line, values)
    for column in kind.columns:
        row.text(column.key)  # notes what is too long, also of a cell that is read after the row was checked
        if column.required and not clean_text(values.get(column.key, "")):
            row.refuse(column.key, _("빈칸입니다. 적어 주세요."))
            row.blank.add(column.key)
    return row


def reason_of(kind: Kind, error: DomainError, noted: Sequence[str] = ()) -> str:
    """Why a row was refused: what was noted in it, and each bad field of a service by its column's name."""
    if isinstance(error, RefusedRowError) and noted:
        return error.detail
    said = [_of_column(kind, each.field, each.message) for each in error.errors] or [error.detail]
    return " / ".join(dict.fromkeys([*noted, *said]))


def _of_column(kind: Kind, key: str, why: str) -> str:
    column = kind.column(key)
    return f"{column.heading}: {why}" if column is not None else why
