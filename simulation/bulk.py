"""Rows by the ten thousand: plain dictionaries, own ids, PostgreSQL's COPY."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from psycopg import sql
from psycopg.types.json import Jsonb
from sqlalchemy import Table, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Session, SQLModel

from billing.models import Charge, ChargeLine, PriceItem, WarrantyRule
from billing.payment_models import Payment
from callcenter.models import ErrorCode
from core.models import DatedSetting, Holiday, TimelineEntry
from customers.models import Address, Boiler, BoilerModel, Contact, Household, HouseholdMember
from dispatch.models import (
    Booking,
    ContactAttempt,
    FamilyLink,
    Placement,
    Plan,
    PointDay,
    Task,
    Ticket,
    TicketClock,
    TicketParty,
    TriageStep,
    Visit,
    WishedWindow,
)
from happycall.models import HappyCall, HappyCallAttempt
from notifications.models import Notice
from workforce.models import (
    Absence,
    Account,
    Company,
    DutyRota,
    Membership,
    OpeningHours,
    Person,
    PointClosure,
    Qualification,
    ServicePoint,
    Shift,
    Technician,
    Territory,
)

Row = dict[str, Any]

LOAD_ORDER: tuple[type[SQLModel], ...] = (
    Company,
    ServicePoint,
    Person,
    Account,
    Membership,
    Technician,
    Territory,
    OpeningHours,
    PointClosure,
    Qualification,
    Shift,
    Absence,
    DutyRota,
    DatedSetting,
    Holiday,
    PriceItem,
    WarrantyRule,
    ErrorCode,
    Address,
    Household,
    Contact,
    HouseholdMember,
    BoilerModel,
    Boiler,
    Ticket,
    TicketParty,
    WishedWindow,
    TriageStep,
    TicketClock,
    Placement,
    Visit,
    ContactAttempt,
    Task,
    Booking,
    Charge,
    ChargeLine,
    Payment,
    HappyCall,
    HappyCallAttempt,
    FamilyLink,
    Notice,
    Plan,
    PointDay,
    TimelineEntry,
)
"""Parents before children."""


def table_of(model: type[SQLModel]) -> Table:
    """The SQLAlchemy table of a model."""
    table: Table = model.__table__  # type: ignore[attr-defined]
    return table


class Batch:
    """Rows waiting to be loaded, with ids given out here. `starts` are the first free ids by table name."""

    def __init__(self, starts: dict[str, int]) -> None:
        self._next = dict(starts)
        self.rows: dict[type[SQLModel], list[Row]] = {}

    def add(self, model: type[SQLModel], **values: Any) -> int:
        """Keep a row; returns its id (0 for tables without one). Missing columns get the model's defaults."""
        row_id = 0
        if "id" in values:
            row_id = values["id"]
        elif "id" in model.model_fields:
            row_id = values["id"] = self.reserve(model)
        self.rows.setdefault(model, []).append(values)
        return row_id

    def reserve(self, model: type[SQLModel]) -> int:
        """The next free id of a table."""
        name = table_of(model).name
        taken = self._next[name]
        self._next[name] = taken + 1
        return taken

    def next_id(self, model: type[SQLModel]) -> int:
        """What `reserve` would give."""
        return self._next[table_of(model).name]


def first_free_ids(session: Session) -> dict[str, int]:
    """One more than the highest id ever given out, by table."""
    starts = {}
    for model in LOAD_ORDER:
        table = table_of(model)
        if "id" not in table.columns:
            continue
        name = session.execute(
            text("SELECT pg_get_serial_sequence(:table, 'id')"), {"table": table.name}
        ).scalar_one()
        last, called = session.execute(text(f"SELECT last_value, is_called FROM {name}")).one()  # noqa: S608 - the sequence's own name
        highest = session.execute(text(f"SELECT coalesce(max(id), 0) FROM {table.name}")).scalar_one()  # noqa: S608
        starts[table.name] = max(highest, last if called else last - 1) + 1
    return starts


def load(session: Session, batch: Batch) -> int:
    """Write a batch and set the sequences past its ids. Returns how many rows."""
    total = 0
    for model in LOAD_ORDER:
        rows = batch.rows.get(model, [])
        if rows:
            _copy(session, model, rows)
            total += len(rows)
        table = table_of(model)
        if rows and "id" in table.columns:
            session.execute(
                text("SELECT setval(pg_get_serial_sequence(:table, 'id'), :last)"),
                {"table": table.name, "last": batch.next_id(model) - 1},
            )
    return total


def _copy(session: Session, model: type[SQLModel], rows: Iterable[Row]) -> None:
    table = table_of(model)
    columns = [column.name for column in table.columns if column.computed is None]
    json_columns = {column.name for column in table.columns if isinstance(column.type, JSONB)}
    defaults = _defaults(model)
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(table.name), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    connection = session.connection().connection.driver_connection
    assert connection is not None
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(
                [
                    _value(row[name] if name in row else defaults[name](), as_json=name in json_columns)
                    for name in columns
                ]
            )


def _same(value: Any) -> Any:
    return value


def _value(value: Any, *, as_json: bool) -> Any:
    return Jsonb(value) if as_json and value is not None else value


def _defaults(model: type[SQLModel]) -> dict[str, Callable[[], Any]]:
    found: dict[str, Callable[[], Any]] = {}
    for name, field in model.model_fields.items():
        factory = field.default_factory
        if factory is not None:
            found[name] = factory  # type: ignore[assignment]
        elif not field.is_required():
            found[name] = partial(_same, field.default)
    return found
