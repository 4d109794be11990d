"""Tables of companies, service points, people and their time. Private to this package."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

from sqlalchemy import BigInteger, Column, Index, Text, func, text
from sqlalchemy.dialects.postgresql import ARRAY, ExcludeConstraint
from sqlmodel import Field, SQLModel

from core.models import big_id, in_values, json_column


def no_overlap(table: str, where: str | None = None, *, deferred: bool = False) -> ExcludeConstraint:
    """One technician is never in two rows at one time, whichever company the rows belong to."""
    return ExcludeConstraint(
        (func.int8range(text("technician_id"), text("technician_id"), text("'[]'")), "&&"),
        (func.tstzrange(text("start_at"), text("end_at")), "&&"),
        name=f"{table}_no_overlap",
        using="gist",
        where=text(where) if where else None,
        deferrable=deferred,
        initially="DEFERRED" if deferred else None,
    )


class Company(SQLModel, table=True):
    """A maker (controller of its customers' data) with its own brand."""

    __tablename__ = "company"
    __table_args__ = (in_values("kind", "direct", "designated"),)

    id: int | None = big_id()
    code: str = Field(unique=True)
    name: str
    brand_name: str
    """As texts and greetings name it, e.g. `온누리보일러`."""
    colour: str
    """Brand colour `#rrggbb`."""
    kind: str
    """How its service points work as a rule: `direct` or `designated` (지정점)."""
    main_phone: str
    """The brand's public number, E.164."""
    sender_number: str
    """Registered sender of its texts, E.164."""
    number_prefix: str = Field(unique=True)
    """Starts its ticket numbers."""
    greeting: str = ""
    created_at: datetime


class ServicePoint(SQLModel, table=True):
    """An organisation that sends technicians: the maker's own centre or a designated shop."""

    __tablename__ = "service_point"
    __table_args__ = (
        Index("ux_service_point_code", "company_id", "code", unique=True),
        in_values("kind", "direct", "designated"),
    )

    id: int | None = big_id()
    company_id: int = Field(sa_type=BigInteger, foreign_key="company.id", index=True)
    code: str
    name: str
    kind: str
    area_code: str
    """Five digits of the 시군구 it stands in."""
    address: str
    lat: float
    lon: float
    desk_phone: str
    daily_limit: int | None = None
    """Visits it takes a day; None: as many as its plan holds."""
    open_from: date
    open_until: date | None = None


class Territory(SQLModel, table=True):
    """An area a point is responsible for; a wish of the company, never a wall: nearest comes first."""

    __tablename__ = "territory"

    id: int | None = big_id()
    service_point_id: int = Field(sa_type=BigInteger, foreign_key="service_point.id", index=True)
    area_code: str = Field(index=True)
    valid_from: date
    valid_to: date | None = None


class OpeningHours(SQLModel, table=True):
    """When a point's desk answers, by weekday; `closes` before `opens` runs over midnight."""

    __tablename__ = "opening_hours"

    id: int | None = big_id()
    service_point_id: int = Field(sa_type=BigInteger, foreign_key="service_point.id", index=True)
    weekday: int
    """Monday 0 … Sunday 6, 7 for public holidays."""
    opens: time
    closes: time
    valid_from: date
    valid_to: date | None = None


class PointClosure(SQLModel, table=True):
    """A stretch in which a point takes nothing new (holiday, flood, no hands)."""

    __tablename__ = "point_closure"

    id: int | None = big_id()
    service_point_id: int = Field(sa_type=BigInteger, foreign_key="service_point.id", index=True)
    start_at: datetime
    end_at: datetime
    reason: str
    entered_by: int | None = Field(default=None, sa_type=BigInteger, foreign_key="account.id")


class Person(SQLModel, table=True):
    """A human being who works with Ondol, whoever employs them."""

    __tablename__ = "person"

    id: int | None = big_id()
    name: str
    phone: str
    """E.164; where texts about own work go."""
    created_at: datetime


class Account(SQLModel, table=True):
    """A log-in of a person."""

    __tablename__ = "account"

    id: int | None = big_id()
    person_id: int = Field(sa_type=BigInteger, foreign_key="person.id", index=True)
    login: str = Field(unique=True)
    password_hash: str | None = None
    password_set_at: datetime | None = None
    """Log-ins that were half done before this, and one-time links, count no more."""
    provider_login: str | None = Field(default=None, unique=True)
    """Who this is at the identity provider: the subject, or the verified e-mail address in small letters."""
    language: str = "ko"
    created_at: datetime
    disabled_at: datetime | None = None


class Membership(SQLModel, table=True):
    """What a person is in a company, from when until when."""

    __tablename__ = "membership"
    __table_args__ = (
        in_values("role", "agent", "dispatcher", "point", "technician", "qa", "manager", "admin"),
        Index("ix_membership_company", "company_id", "role"),
    )

    id: int | None = big_id()
    person_id: int = Field(sa_type=BigInteger, foreign_key="person.id", index=True)
    company_id: int = Field(sa_type=BigInteger, foreign_key="company.id")
    service_point_id: int | None = Field(
        default=None, sa_type=BigInteger, foreign_key="service_point.id", index=True
    )
    """None: the whole company."""
    role: str
    badge_number: str = ""
    """The ID number that customers are told."""
    valid_from: datetime
    valid_to: datetime | None = None
    granted_by: int | None = Field(default=None, sa_type=BigInteger, foreign_key="account.id")


class WebSession(SQLModel, table=True):
    """A signed-in browser; the cookie's token is stored hashed."""

    __tablename__ = "web_session"

    id: int | None = big_id()
    token_hash: str = Field(unique=True)
    account_id: int = Field(sa_type=BigInteger, foreign_key="account.id", index=True)
    membership_id: int = Field(sa_type=BigInteger, foreign_key="membership.id")
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None = None
    from_address: str = ""
    last_used_at: datetime | None = None
    """When its person last did something, to the minute; None for those of the version before."""
    browser: str = Field(default="", sa_column_kwargs={"server_default": ""})
    device_id: int | None = Field(default=None, sa_type=BigInteger, foreign_key="device.id")
    factor_at: datetime | None = None
    """When its second factor was shown, or vouched for; None: with a password alone."""


class ApiToken(SQLModel, table=True):
    """A bearer token of one membership; stored hashed, expires."""

    __tablename__ = "api_token"
    __table_args__ = (in_values("scope", "read", "write", "tickets"),)

    id: int | None = big_id()
    token_hash: str = Field(unique=True)
    account_id: int = Field(sa_type=BigInteger, foreign_key="account.id", index=True)
    membership_id: int = Field(sa_type=BigInteger, foreign_key="membership.id")
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None = None
    name: str = Field(default="", sa_column_kwargs={"server_default": ""})
    """Which program uses it; empty for one of the command line."""
    role: str | None = None
    """What it may do instead of its membership's role."""
    scope: str = Field(default="write", sa_column_kwargs={"server_default": "write"})
    last_used_at: datetime | None = None


class LoginLink(SQLModel, table=True):
    """A one-time way in, made on the server's own command line; stored hashed."""

    __tablename__ = "login_link"

    id: int | None = big_id()
    token_hash: str = Field(unique=True)
    account_id: int = Field(sa_type=BigInteger, foreign_key="account.id")
    membership_id: int = Field(sa_type=BigInteger, foreign_key="membership.id")
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None = None


class SignInTry(SQLModel, table=True):
    """A failed log-in, counted for the lock-out across all web processes."""

    __tablename__ = "sign_in_try"
    __table_args__ = (
        Index("ix_sign_in_try", "login", "at"),
        Index("ix_sign_in_try_address", "from_address", "at"),
    )

    id: int | None = big_id()
    login: str
    from_address: str
    at: datetime
    kind: str = Field(default="password", sa_column_kwargs={"server_default": "password"})
    """`password`, `factor` (second factor) or `link` (a one-time link)."""
    forgiven_at: datetime | None = None
    """When a right one, or an administrator, made an end of it; then it counts no more."""


class Technician(SQLModel, table=True):
    """A person who makes visits; one row however many makers they work for."""

    __tablename__ = "technician"

    id: int | None = big_id()
    person_id: int = Field(sa_type=BigInteger, foreign_key="person.id", unique=True)
    home_lat: float
    home_lon: float


class Qualification(SQLModel, table=True):
    """A dated licence or training: GAS_WORK, FLUE, CONDENSING, … Nobody can override a missing one."""

    __tablename__ = "qualification"

    id: int | None = big_id()
    technician_id: int = Field(sa_type=BigInteger, foreign_key="technician.id", index=True)
    code: str
    certificate: str = ""
    valid_from: date
    valid_to: date | None = None


class Shift(SQLModel, table=True):
    """A technician's working time for one point; may cross midnight; never two at once."""

    __tablename__ = "shift"
    __table_args__ = (
        no_overlap("shift"),
        Index("ix_shift_point", "service_point_id", "start_at"),
        Index("ix_shift_technician", "technician_id", "start_at"),
        in_values("kind", "day", "night"),
    )

    id: int | None = big_id()
    technician_id: int = Field(sa_type=BigInteger, foreign_key="technician.id")
    service_point_id: int = Field(sa_type=BigInteger, foreign_key="service_point.id")
    company_id: int = Field(sa_type=BigInteger, foreign_key="company.id")
    kind: str = "day"
    start_at: datetime
    end_at: datetime
    lunch_earliest: datetime | None = None
    lunch_latest: datetime | None = None
    lunch_s: int = 0


class Absence(SQLModel, table=True):
    """Time in which a technician does not work after all."""

    __tablename__ = "absence"
    __table_args__ = (Index("ix_absence_technician", "technician_id", "start_at"),)

    id: int | None = big_id()
    technician_id: int = Field(sa_type=BigInteger, foreign_key="technician.id")
    start_at: datetime
    end_at: datetime
    reason: str
    entered_by: int | None = Field(default=None, sa_type=BigInteger, foreign_key="account.id")


class DutyRota(SQLModel, table=True):
    """Who answers for a point (or, without one, for the company's call desk) in a stretch of time (당직).

    At every minute each open ticket has one named owner: it comes from here.
    """

    __tablename__ = "duty_rota"
    __table_args__ = (Index("ix_duty_rota", "company_id", "service_point_id", "start_at"),)

    id: int | None = big_id()
    company_id: int = Field(sa_type=BigInteger, foreign_key="company.id")
    service_point_id: int | None = Field(default=None, sa_type=BigInteger, foreign_key="service_point.id")
    start_at: datetime
    end_at: datetime
    technician_id: int | None = Field(default=None, sa_type=BigInteger, foreign_key="technician.id")
    desk_person_id: int = Field(sa_type=BigInteger, foreign_key="person.id")
    escalation_person_id: int = Field(sa_type=BigInteger, foreign_key="person.id")
    substitute_point_id: int | None = Field(default=None, sa_type=BigInteger, foreign_key="service_point.id")


class AccessLog(SQLModel, table=True):
    """Who saw whose personal data, when, from where and why. Append-only; only retention destroys it."""

    __tablename__ = "access_log"
    __table_args__ = (
        in_values("act", "opened", "viewed", "searched", "downloaded"),
        Index("ix_access_log_company", "company_id", "at"),
        Index("ix_access_log_subject", "subject_kind", "subject_id", "at"),
    )

    id: int | None = big_id()
    company_id: int = Field(sa_type=BigInteger, foreign_key="company.id")
    account_id: int = Field(sa_type=BigInteger, foreign_key="account.id")
    at: datetime
    from_address: str
    session_id: int | None = Field(default=None, sa_type=BigInteger)
    """The browser session, also after it has been destroyed; None for a program's token."""
    act: str = Field(default="opened", sa_column_kwargs={"server_default": "opened"})
    """`opened`: unmasked with a reason. `viewed`: a page about them, masked or one's own visit. `searched`:
    looked for as a person who asks what is held. `downloaded`: taken out as a file or on paper."""
    subject_kind: str
    """`ticket`, `household`, `contact`; `access_log` for a download of the log itself, `day_sheet` for a
    point's day on paper, whose tickets have a line each."""
    subject_id: int = Field(sa_type=BigInteger)
    fields: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    reason: str
    data: dict[str, Any] = Field(default_factory=dict, sa_column=json_column())
