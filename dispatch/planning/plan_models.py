"""Tables of plans: versions, the bookings they hold, and who is asked to improve what."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, Column, Index, func, text
from sqlalchemy.dialects.postgresql import JSONB, ExcludeConstraint
from sqlmodel import Field, SQLModel

from core.models import big_id, in_values, json_column


class PointDay(SQLModel, table=True):
    """A point's operating day (05:00-05:00): the lock and the version that guard its plan.

    Whoever writes a plan locks this row and must have started from `version`; anything older is refused.
    """

    __tablename__ = "point_day"
    __table_args__ = (Index("ux_point_day", "service_point_id", "day", unique=True),)

    id: int | None = big_id()
    service_point_id: int = Field(sa_type=BigInteger, foreign_key="service_point.id")
    day: date
    version: int = 0
    plan_id: int | None = Field(default=None, sa_type=BigInteger, foreign_key="plan.id")
    last_solved_at: datetime | None = None


class Plan(SQLModel, table=True):
    """One version of a point's day. Published ones form the history; a proposal waits for a named person."""

    __tablename__ = "plan"
    __table_args__ = (
        in_values("origin", "seed", "insertion", "solve", "hand", "change"),
        in_values("state", "published", "proposed", "accepted", "rejected", "outdated"),
        in_values("travel_source", "road", "model", "mixed"),
        Index("ix_plan_point_day", "service_point_id", "day", "version"),
    )

    id: int | None = big_id()
    service_point_id: int = Field(sa_type=BigInteger, foreign_key="service_point.id")
    company_id: int = Field(sa_type=BigInteger, foreign_key="company.id")
    day: date
    version: int
    """The version this plan became, or would become."""
    base_version: int
    origin: str
    state: str
    made_at: datetime
    made_by: str
    decided_at: datetime | None = None
    decided_by: str | None = None
    decision_reason: str | None = None
    cost: int | None = None
    """Planning units, by our evaluator; lower is better."""
    baseline_cost: int | None = None
    """What the plan it replaces costs under the same rules."""
    routes: list[dict[str, Any]] = Field(sa_column=Column(JSONB, nullable=False))
    """`[{technician_id, lunch_start, calls: [{visit_id, at}],
    stops: [{visit_id, ticket_id, arrive, start, end, late, travel}]}]`, times in RFC 3339; `travel` is where
    the time of the way to it comes from (`road`, `model`). Older rows have no `calls`."""
    unplanned: list[dict[str, Any]] = Field(default_factory=list, sa_column=json_column())
    """`[{ticket_id, reasons: [{code, kind, technician_id, text, repair}], repairs}]`; older rows have none of
    the `repairs`: `[{code, params, technician_id, technician, tried, text}]`."""
    changes: list[dict[str, Any]] = Field(default_factory=list, sa_column=json_column())
    """What differs from `base_version`, for people: `[{visit_id, what, from, to}]`."""
    travel_source: str | None = None
    """Where its travel times come from: `road`, `model` or `mixed`; None where nobody drives or knows."""
    fingerprint: str | None = None
    """Of a proposal: what it comes to, and on which routes; see `refusals.py`."""
    gain: dict[str, Any] | None = Field(default=None, sa_column=Column(JSONB(none_as_null=True)))
    """Of a proposal: `{before, after}` of its day, each `{driven_s, late_s, left_out}`."""


class Booking(SQLModel, table=True):
    """A technician's time held by a published plan. Never two at once, whichever maker asked."""

    __tablename__ = "booking"
    __table_args__ = (
        ExcludeConstraint(
            (func.int8range(text("technician_id"), text("technician_id"), text("'[]'")), "&&"),
            (func.tstzrange(text("start_at"), text("end_at")), "&&"),
            name="booking_no_overlap",
            using="gist",
            deferrable=True,
            initially="DEFERRED",
        ),
        Index("ix_booking_technician", "technician_id", "start_at"),
    )

    visit_id: int = Field(primary_key=True, sa_type=BigInteger, foreign_key="visit.id")
    technician_id: int = Field(sa_type=BigInteger, foreign_key="technician.id")
    service_point_id: int = Field(sa_type=BigInteger, foreign_key="service_point.id")
    start_at: datetime
    end_at: datetime


class SolveRequest(SQLModel, table=True):
    """A wish to improve a point's day. One open wish a point and day; the worker takes the oldest due."""

    __tablename__ = "solve_request"
    __table_args__ = (Index("ux_solve_request", "service_point_id", "day", unique=True),)

    id: int | None = big_id()
    service_point_id: int = Field(sa_type=BigInteger, foreign_key="service_point.id")
    day: date
    asked_at: datetime
    not_before: datetime
    """At most one solve a point every 30 s."""
    urgent: bool = False
    """New tickets wait: goes before mere polishing."""
    running_since: datetime | None = None
    asked_by: str = ""
