"""Tables of the ways in: second factors, remembered devices, log-ins under way. Private to this package."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Index, text
from sqlmodel import Field, SQLModel

from core.models import big_id


class SecondFactor(SQLModel, table=True):
    """An authenticator of an account (RFC 6238); one that was reset stays as a row."""

    __tablename__ = "second_factor"
    __table_args__ = (
        Index("ux_second_factor", "account_id", unique=True, postgresql_where=text("removed_at IS NULL")),
    )

    id: int | None = big_id()
    account_id: int = Field(sa_type=BigInteger, foreign_key="account.id", index=True)
    sealed_secret: str
    """Encrypted under SECRET_KEY: a copy of the database alone opens nothing."""
    confirmed_at: datetime
    last_step: int = Field(sa_type=BigInteger)
    """The newest 30-second step whose code was taken; it and older ones are refused."""
    removed_at: datetime | None = None


class RecoveryCode(SQLModel, table=True):
    """A way past a lost phone, good once; stored hashed."""

    __tablename__ = "recovery_code"

    id: int | None = big_id()
    second_factor_id: int = Field(sa_type=BigInteger, foreign_key="second_factor.id", index=True)
    code_hash: str
    made_at: datetime
    used_at: datetime | None = None
    replaced_at: datetime | None = None


class Device(SQLModel, table=True):
    """A browser that has shown the second factor and is not asked again for a while; its token is hashed."""

    __tablename__ = "device"

    id: int | None = big_id()
    account_id: int = Field(sa_type=BigInteger, foreign_key="account.id", index=True)
    token_hash: str = Field(unique=True)
    name: str
    """As its person knows it, e.g. `내 휴대전화`."""
    browser: str
    created_at: datetime
    trusted_until: datetime
    last_seen_at: datetime
    last_address: str
    revoked_at: datetime | None = None


class PendingLogIn(SQLModel, table=True):
    """A log-in whose password was right and whose second factor is still owed; its token is hashed.

    A table of its own, so that no reader of sessions can take half a log-in for a whole one.
    """

    __tablename__ = "pending_log_in"

    id: int | None = big_id()
    token_hash: str = Field(unique=True)
    account_id: int = Field(sa_type=BigInteger, foreign_key="account.id", index=True)
    membership_id: int = Field(sa_type=BigInteger, foreign_key="membership.id")
    created_at: datetime
    expires_at: datetime
    from_address: str
    sealed_secret: str | None = None
    """A first authenticator that is being set up: kept once its first code is right."""
    used_at: datetime | None = None


class ProviderTry(SQLModel, table=True):
    """A log-in that was sent to the company's identity provider (OpenID Connect) and is to come back once."""

    __tablename__ = "provider_try"

    id: int | None = big_id()
    state_hash: str = Field(unique=True)
    nonce: str
    verifier: str
    """PKCE, RFC 7636."""
    target: str
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None = None
