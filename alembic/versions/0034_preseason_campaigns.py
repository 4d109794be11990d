"""Preseason campaigns: legal opinions, campaigns, invitations; texts that belong to an invitation, not a case.

Expand: new tables, and of `notice` nullable columns and one that need not be filled any more. A process of
the version before tells about cases alone and works on.

Revision ID: 0034
Revises: 0033
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None

OWN_CHOICE = "온돌 결정"
UNCONFIRMED = "확인 필요"
DEFAULTS = [
    ("checkup_drop_cost", 5000, "온돌 결정: 사전점검은 모든 고장보다 가벼움"),
    ("campaign_season_from", "08-01", "사전점검은 8-10월 (2017 업계 기사)"),
    ("campaign_season_to", "10-31", "사전점검은 8-10월 (2017 업계 기사)"),
    ("checkup_age_years", 7, "7년 이상이면 추위에 고장이 잦음 (업계 기사)"),
    ("checkup_repairs", 2, OWN_CHOICE),
    ("checkup_repairs_months", 24, OWN_CHOICE),
    ("checkup_visited_months", 6, OWN_CHOICE),
    ("checkup_travel_s", 1200, UNCONFIRMED),
    ("checkup_reserve_percent", 40, "온돌 결정: 그 철에 예상하는 고장의 몫. 추워지기 전에 올리세요"),
    ("checkup_response_percent", 20, UNCONFIRMED),
    ("checkup_answer_days", 7, OWN_CHOICE),
    ("checkup_stop_waiting", 20, UNCONFIRMED),
    ("checkup_stop_overdue", 5, UNCONFIRMED),
    ("checkup_stop_surge_percent", 200, "첫 한파 경보 날 아침 전화가 평소의 두 배 (업계 기사)"),
]
TABLES = ("legal_opinion", "campaign", "campaign_invitation")
OWN = "company_id = (SELECT ondol_company())"
POLICIES = (
    "".join(
        f"""
ALTER TABLE {name} ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON {name} TO ondol_web USING ({OWN}) WITH CHECK ({OWN});
CREATE POLICY within_point ON {name} AS RESTRICTIVE TO ondol_point USING (false);
CREATE POLICY within_technician ON {name} AS RESTRICTIVE TO ondol_technician USING (false);
REVOKE DELETE ON {name} FROM ondol_web;
"""
        for name in TABLES
    )
    + """
REVOKE UPDATE ON legal_opinion FROM ondol_web;
CREATE TRIGGER legal_opinion_append_only BEFORE UPDATE OR DELETE ON legal_opinion
    FOR EACH ROW EXECUTE FUNCTION ondol_append_only();
"""
)
OWN_SENDER = """
CREATE OR REPLACE FUNCTION ondol_own_sender() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM company WHERE company.id = NEW.company_id AND company.sender_number = NEW.from_phone
            AND company.id = coalesce(
                (SELECT ticket.company_id FROM ticket WHERE ticket.id = NEW.ticket_id),
                (SELECT i.company_id FROM campaign_invitation AS i WHERE i.id = NEW.invitation_id)
            )
    ) THEN
        RAISE EXCEPTION 'a notice goes out under its own case''s company and number'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END
$$;
"""
OWN_SENDER_BEFORE = """
CREATE OR REPLACE FUNCTION ondol_own_sender() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM ticket JOIN company ON company.id = ticket.company_id
        WHERE ticket.id = NEW.ticket_id AND company.id = NEW.company_id
            AND company.sender_number = NEW.from_phone
    ) THEN
        RAISE EXCEPTION 'a notice goes out under its own ticket''s company and number'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END
$$;
"""


def upgrade() -> None:
    _opinions()
    _campaigns()
    _invitations()
    _notices()
    op.get_bind().connection.driver_connection.execute(POLICIES + OWN_SENDER)
    _defaults()


def _key() -> sa.Column[int]:
    return sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=True)


def _of(column: str, table: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(column, sa.BigInteger, sa.ForeignKey(f"{table}.id"), nullable=nullable)


def _at(column: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(column, sa.DateTime(timezone=True), nullable=nullable)


def _opinions() -> None:
    op.create_table(
        "legal_opinion",
        _key(),
        _of("company_id", "company"),
        sa.Column("author", sa.String, nullable=False),
        sa.Column("reference", sa.String, nullable=False),
        sa.Column("covers", sa.Text, nullable=False),
        _at("valid_from"),
        _at("valid_until"),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("recorded_by", sa.String, nullable=False),
        _of("recorded_by_id", "account", nullable=True),
        _at("recorded_at"),
    )
    op.create_index("ix_legal_opinion_company", "legal_opinion", ["company_id", "valid_until"])


def _campaigns() -> None:
    op.create_table(
        "campaign",
        _key(),
        _of("company_id", "company"),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("starts_on", sa.Date, nullable=False),
        sa.Column("ends_on", sa.Date, nullable=False),
        sa.Column("point_ids", JSONB, nullable=False),
        sa.Column("age_years", sa.Integer, nullable=False),
        sa.Column("repairs", sa.Integer, nullable=False),
        sa.Column("repairs_months", sa.Integer, nullable=False),
        sa.Column("risky", sa.Boolean, nullable=False),
        _of("opinion_id", "legal_opinion", nullable=True),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("state_reason", sa.Text, nullable=False, server_default=""),
        sa.Column("state_by", sa.String, nullable=False),
        _at("state_at"),
        _at("looked_at", nullable=True),
        _at("checked_at", nullable=True),
        sa.Column("created_by", sa.String, nullable=False),
        _at("created_at"),
        sa.CheckConstraint(
            "state IN ('draft', 'running', 'paused', 'halted', 'stopped', 'finished')", name="state_known"
        ),
    )
    op.create_index("ix_campaign_company", "campaign", ["company_id", "state"])


def _invitations() -> None:
    op.create_table(
        "campaign_invitation",
        _key(),
        _of("company_id", "company"),
        _of("campaign_id", "campaign"),
        sa.Column("season", sa.Integer, nullable=False),
        _of("household_id", "household"),
        sa.Column("contact_id", sa.BigInteger, nullable=True),
        _of("boiler_id", "boiler", nullable=True),
        _of("service_point_id", "service_point"),
        sa.Column("because", JSONB, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("generation", sa.Integer, nullable=False),
        sa.Column("as_advert", sa.Boolean, nullable=False),
        sa.Column("token_hash", sa.String, nullable=False),
        _at("invited_at"),
        _at("answered_at", nullable=True),
        _of("ticket_id", "ticket", nullable=True),
        sa.CheckConstraint(
            "state IN ('invited', 'booked', 'declined', 'refused', 'withdrawn')", name="state_known"
        ),
    )
    name = "campaign_invitation"
    op.create_index(f"ux_{name}_home", name, ["company_id", "season", "household_id"], unique=True)
    op.create_index(f"ux_{name}_token", name, ["token_hash"], unique=True)
    op.create_index(f"ix_{name}_campaign", name, ["campaign_id", "service_point_id", "state"])
    op.create_index(f"ix_{name}_household_id", name, ["household_id"])
    op.create_index(
        f"ix_{name}_ticket", name, ["ticket_id"], postgresql_where=sa.text("ticket_id IS NOT NULL")
    )


def _notices() -> None:
    op.alter_column("notice", "ticket_id", nullable=True)
    op.add_column("notice", _of("invitation_id", "campaign_invitation", nullable=True))
    op.add_column("notice", _at("not_after", nullable=True))
    op.create_check_constraint("of_one", "notice", "num_nonnulls(ticket_id, invitation_id) = 1")
    op.create_index(
        "ux_notice_invitation",
        "notice",
        ["invitation_id", "generation"],
        unique=True,
        postgresql_where=sa.text("invitation_id IS NOT NULL"),
    )


def _defaults() -> None:
    table = sa.table(
        "dated_setting",
        sa.column("key", sa.Text),
        sa.column("value", JSONB),
        sa.column("valid_from", sa.DateTime(timezone=True)),
        sa.column("source", sa.Text),
        sa.column("entered_at", sa.DateTime(timezone=True)),
    )
    since = sa.text("TIMESTAMPTZ '2000-01-01 00:00:00+09'")
    for key, value, source in DEFAULTS:
        row = {"key": key, "value": value, "source": source}
        op.execute(table.insert().values(**row, valid_from=since, entered_at=since))


def downgrade() -> None:
    op.get_bind().connection.driver_connection.execute(OWN_SENDER_BEFORE)
    op.execute(
        "DELETE FROM notice_attempt WHERE notice_id IN (SELECT id FROM notice WHERE ticket_id IS NULL)"
    )
    op.execute(
        "DELETE FROM provider_receipt WHERE notice_id IN (SELECT id FROM notice WHERE ticket_id IS NULL)"
    )
    op.execute("DELETE FROM notice WHERE ticket_id IS NULL")
    op.drop_index("ux_notice_invitation", "notice")
    op.drop_constraint("of_one", "notice")
    op.drop_column("notice", "not_after")
    op.drop_column("notice", "invitation_id")
    op.alter_column("notice", "ticket_id", nullable=False)
    for name in reversed(TABLES):
        op.drop_table(name)
    keys = ", ".join(f"'{key}'" for key, _value, _source in DEFAULTS)
    op.execute(f"DELETE FROM dated_setting WHERE key IN ({keys})")
