"""The rows of several tables that hang on one thing, in one way to the server.

A statement through the ORM costs a process far more than the few rows that it brings, and a case lies in many
tables. The rows come as JSON and become objects of their tables that belong to no session: they are read, and
never changed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import Any, TypeVar

from sqlalchemy import Date, DateTime, TypeDecorator
from sqlalchemy.types import TypeEngine
from sqlmodel import Session, SQLModel

Table = TypeVar("Table", bound=SQLModel)
Decode = Callable[[str], Any]

_DECODED: tuple[tuple[type, Decode], ...] = (
    (DateTime, lambda text: datetime.fromisoformat(text).astimezone(UTC)),
    (Date, date.fromisoformat),
)
"""What JSON knows no shape for; numbers, words, lists and JSON itself come as they are."""


class Rows:
    """What was read, by table."""

    def __init__(self) -> None:
        self._by_table: dict[type[SQLModel], list[Any]] = {}

    def of(self, table: type[Table]) -> list[Table]:
        """The rows of one of the tables in the order in which they were written."""
        return self._by_table.get(table, [])

    def add(self, table: type[SQLModel], row: SQLModel) -> None:
        """One more."""
        self._by_table.setdefault(table, []).append(row)


class Together:
    """One statement over several tables, put together once.

    Args:
        conditions: by table, which of its rows, as SQL with named parameters: `ticket_id = %(ticket_id)s`.
    """

    def __init__(self, conditions: Mapping[type[SQLModel], str]) -> None:
        self._tables = [(table, _decoders(table)) for table in conditions]
        # Names of tables and conditions are the code's own; what somebody asks for is a parameter.
        each = (
            f"SELECT {place} AS place, t.id, to_jsonb(t) FROM {table.__tablename__} t WHERE {condition}"  # noqa: S608
            for place, (table, condition) in enumerate(conditions.items())
        )
        self._statement = f"{' UNION ALL '.join(each)} ORDER BY place, id"

    def read(self, session: Session, **asked: Any) -> Rows:
        """The rows as they stand now, what this session has changed among them."""
        session.flush()  # a statement that is not the ORM's own sends nothing ahead of itself
        found = Rows()
        for place, _id, values in session.connection().exec_driver_sql(self._statement, asked):
            table, decoders = self._tables[place]
            for name, decode in decoders:
                if values[name] is not None:
                    values[name] = decode(values[name])
            found.add(table, table.model_construct(**values))
        return found


def _decoders(table: type[SQLModel]) -> list[tuple[str, Decode]]:
    return [
        (column.name, decode)
        for column in table.__table__.columns  # type: ignore[attr-defined]
        for kind, decode in _DECODED
        if isinstance(_plain(column.type), kind)
    ]


def _plain(kind: TypeEngine[Any]) -> TypeEngine[Any]:
    return kind.impl_instance if isinstance(kind, TypeDecorator) else kind
