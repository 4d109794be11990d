"""The table of travel times that the road engine has told."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Index
from sqlmodel import Field, SQLModel

from core.models import in_values


class RoadTime(SQLModel, table=True):
    """Seconds from one rounded place to another, as a road engine told them; nobody's, and of no company.

    A cache: UNLOGGED, so a crash of PostgreSQL empties it and a backup leaves its rows out. It holds no
    names and no ids, but rounded places of homes: rows go after days (`road_cache.forget_old`).
    """

    __tablename__ = "road_time"
    __table_args__ = (
        in_values("hour_class", "free"),
        Index("ix_road_time_fetched_at", "fetched_at"),
        {"prefixes": ["UNLOGGED"]},
    )

    origin: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False})
    """`travel_times.cell_of` a place."""
    target: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False})
    hour_class: str = Field(primary_key=True)
    """Whose traffic is in it. `free`: nobody's, as OSRM tells; the model's ratio makes it an hour's."""
    source: str
    """The engine's name: `osrm`."""
    seconds: int | None = Field(default=None)
    """Without parking; None where the engine knows no way between the two."""
    fetched_at: datetime
