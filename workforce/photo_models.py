"""The picture by which a family knows a technician at the door. Private to this package."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Column, ForeignKey, LargeBinary
from sqlmodel import Field, SQLModel


class TechnicianPhoto(SQLModel, table=True):
    """One JPEG a technician, without what cameras write beside a picture."""

    __tablename__ = "technician_photo"

    technician_id: int = Field(
        sa_column=Column(BigInteger, ForeignKey("technician.id"), primary_key=True, autoincrement=False)
    )
    jpeg: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    entered_at: datetime
