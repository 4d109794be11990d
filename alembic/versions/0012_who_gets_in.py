"""Second factors, remembered devices, sessions with their use, named tokens, and who may come in from where.

Expand: every new column is nullable or has a default, so the version before goes on writing its rows.

Revision ID: 0012
Revises: 0011
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString, UTCDateTime

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

WALL = """
REVOKE ALL ON pending_log_in, provider_try FROM ondol_web;
ALTER TABLE pending_log_in ENABLE ROW LEVEL SECURITY;
ALTER TABLE provider_try ENABLE ROW LEVEL SECURITY;

ALTER TABLE second_factor ENABLE ROW LEVEL SECURITY;
CREATE POLICY of_its_account ON second_factor TO ondol_web
    USING (EXISTS (SELECT FROM account AS a WHERE a.id = account_id));
ALTER TABLE device ENABLE ROW LEVEL SECURITY;
CREATE POLICY of_its_account ON device TO ondol_web
    USING (EXISTS (SELECT FROM account AS a WHERE a.id = account_id));
ALTER TABLE recovery_code ENABLE ROW LEVEL SECURITY;
CREATE POLICY of_its_factor ON recovery_code TO ondol_web
    USING (EXISTS (SELECT FROM second_factor AS f WHERE f.id = second_factor_id));

CREATE POLICY of_its_account ON web_session TO ondol_web
    USING (EXISTS (SELECT FROM account AS a WHERE a.id = account_id));
CREATE POLICY of_its_account ON api_token FOR UPDATE TO ondol_web
    USING (EXISTS (SELECT FROM account AS a WHERE a.id = account_id));
"""
"""Behind the wall between companies (0010): what belongs to a colleague's log-in, whichever of their companies
it was opened in, so that a new password or a reset ends all of it. Half a log-in is nobody's yet."""

DESK = 900
DEFAULTS: list[tuple[str, object, str]] = [
    ("allowed_networks", [], "온돌 결정: 회사가 정할 때까지 비움"),
    ("second_factor", "outside", "온돌 결정: 허용 네트워크 밖에서 2단계 확인"),
    ("device_days", 30, "온돌 결정: 30일"),
    (
        "idle_lock_s",
        {
            **dict.fromkeys(("agent", "dispatcher", "point", "qa", "manager", "admin"), DESK),
            "technician": 0,
        },
        "온돌 결정: 함께 쓰는 창구는 15분, 기사는 잠그지 않음",
    ),
    ("api_per_minute", 6000, "온돌 결정: 토큰마다 1분에 6,000번"),
]


def upgrade() -> None:
    _tables()
    op.add_column("account", sa.Column("provider_login", AutoString(), nullable=True))
    op.create_unique_constraint("account_provider_login_key", "account", ["provider_login"])
    for column in (
        sa.Column("last_used_at", UTCDateTime(), nullable=True),
        sa.Column("browser", AutoString(), server_default="", nullable=False),
        sa.Column("device_id", sa.BigInteger(), sa.ForeignKey("device.id"), nullable=True),
        sa.Column("factor_at", UTCDateTime(), nullable=True),
    ):
        op.add_column("web_session", column)
    for column in (
        sa.Column("name", AutoString(), server_default="", nullable=False),
        sa.Column("role", AutoString(), nullable=True),
        sa.Column("scope", AutoString(), server_default="write", nullable=False),
        sa.Column("last_used_at", UTCDateTime(), nullable=True),
    ):
        op.add_column("api_token", column)
    op.create_check_constraint("scope_known", "api_token", "scope IN ('read', 'write', 'tickets')")
    op.add_column("sign_in_try", sa.Column("kind", AutoString(), server_default="password", nullable=False))
    op.add_column("sign_in_try", sa.Column("forgiven_at", UTCDateTime(), nullable=True))
    op.create_index("ix_sign_in_try_address", "sign_in_try", ["from_address", "at"])
    op.execute(WALL)
    _defaults()


def _tables() -> None:
    def of_account() -> sa.Column[int]:
        return sa.Column("account_id", sa.BigInteger(), sa.ForeignKey("account.id"), nullable=False)

    def moment(name: str, *, nullable: bool = False) -> sa.Column[object]:
        return sa.Column(name, UTCDateTime(), nullable=nullable)

    def words(name: str, *, nullable: bool = False, unique: bool = False) -> sa.Column[str]:
        return sa.Column(name, AutoString(), nullable=nullable, unique=unique)

    def key() -> sa.Column[int]:
        return sa.Column("id", sa.BigInteger(), autoincrement=True, primary_key=True)

    op.create_table(
        "second_factor",
        *(key(), of_account(), words("sealed_secret"), moment("confirmed_at")),
        sa.Column("last_step", sa.BigInteger(), nullable=False),
        moment("removed_at", nullable=True),
    )
    op.create_index(
        "ux_second_factor",
        "second_factor",
        ["account_id"],
        unique=True,
        postgresql_where=sa.text("removed_at IS NULL"),
    )
    op.create_table(
        "recovery_code",
        key(),
        sa.Column("second_factor_id", sa.BigInteger(), sa.ForeignKey("second_factor.id"), nullable=False),
        *(words("code_hash"), moment("made_at")),
        *(moment("used_at", nullable=True), moment("replaced_at", nullable=True)),
    )
    op.create_table(
        "device",
        *(key(), of_account(), words("token_hash", unique=True), words("name"), words("browser")),
        *(moment("created_at"), moment("trusted_until"), moment("last_seen_at"), words("last_address")),
        moment("revoked_at", nullable=True),
    )
    op.create_table(
        "pending_log_in",
        *(key(), words("token_hash", unique=True), of_account()),
        sa.Column("membership_id", sa.BigInteger(), sa.ForeignKey("membership.id"), nullable=False),
        *(moment("created_at"), moment("expires_at"), words("from_address")),
        *(words("sealed_secret", nullable=True), moment("used_at", nullable=True)),
    )
    op.create_table(
        "provider_try",
        *(key(), words("state_hash", unique=True), words("nonce"), words("verifier"), words("target")),
        *(moment("created_at"), moment("expires_at"), moment("used_at", nullable=True)),
    )
    for table in ("second_factor", "device", "pending_log_in"):
        op.create_index(op.f(f"ix_{table}_account_id"), table, ["account_id"])
    op.create_index(op.f("ix_recovery_code_second_factor_id"), "recovery_code", ["second_factor_id"])


def _defaults() -> None:
    table = sa.table(
        "dated_setting",
        sa.column("key", sa.Text),
        sa.column("value", sa.dialects.postgresql.JSONB),
        sa.column("valid_from", sa.DateTime(timezone=True)),
        sa.column("source", sa.Text),
        sa.column("entered_at", sa.DateTime(timezone=True)),
    )
    since = sa.text("TIMESTAMPTZ '2000-01-01 00:00:00+09'")
    for key, value, source in DEFAULTS:
        row = {"key": key, "value": value, "source": source}
        op.execute(table.insert().values(**row, valid_from=since, entered_at=since))


def downgrade() -> None:
    raise NotImplementedError("Who has set up a second factor keeps it.")
