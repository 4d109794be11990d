"""Tables of imports: what was brought in, by whom, and files that wait for a second look."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Index
from sqlmodel import Field, SQLModel

from core.models import big_id, in_values, json_column


class DataImport(SQLModel, table=True):
    """One import of a file. It is written when it begins, so that one that broke off is seen too."""

    __tablename__ = "data_import"
    __table_args__ = (
        in_values("state", "running", "done", "broken"),
        Index("ix_data_import_company", "company_id", "id"),
    )

    id: int | None = big_id()
    company_id: int = Field(sa_type=BigInteger, foreign_key="company.id")
    kind: str
    """A key of `exchange.kinds.KINDS`."""
    file_name: str
    sha256: str
    state: str
    at: datetime
    finished_at: datetime | None = None
    by_name: str
    by_account_id: int | None = Field(default=None, sa_type=BigInteger, foreign_key="account.id")
    source: str
    lines: int
    """Rows with any content, without the header."""
    taken: int = 0
    present: int = 0
    """Already there."""
    refused: int = 0
    refusals: list[dict[str, Any]] = Field(default_factory=list, sa_column=json_column())
    """`{"line", "reason"}` of the refused rows, as they were told; at most `records.MOST_KEPT`."""


class UploadedFile(SQLModel, table=True):
    """A file that was looked at in the browser and waits to be brought in; gone afterwards, or in a day."""

    __tablename__ = "uploaded_file"

    id: int | None = big_id()
    company_id: int = Field(sa_type=BigInteger, foreign_key="company.id")
    account_id: int = Field(sa_type=BigInteger, foreign_key="account.id", index=True)
    kind: str
    file_name: str
    content: bytes
    at: datetime
