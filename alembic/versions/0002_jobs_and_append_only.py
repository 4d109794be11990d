"""The job queue's own tables, a timeline that nobody can rewrite, and no text under another brand.

Revision ID: 0002
Revises: 0001
"""

from __future__ import annotations

from importlib import resources

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

APPEND_ONLY = """
CREATE FUNCTION ondol_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END
$$;
CREATE TRIGGER timeline_entry_append_only BEFORE UPDATE OR DELETE ON timeline_entry
    FOR EACH ROW EXECUTE FUNCTION ondol_append_only();
CREATE TRIGGER access_log_append_only BEFORE UPDATE OR DELETE ON access_log
    FOR EACH ROW EXECUTE FUNCTION ondol_append_only();
"""

OWN_SENDER = """
CREATE FUNCTION ondol_own_sender() RETURNS trigger LANGUAGE plpgsql AS $$
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
CREATE TRIGGER notice_own_sender BEFORE INSERT ON notice
    FOR EACH ROW EXECUTE FUNCTION ondol_own_sender();
"""


def upgrade() -> None:
    schema = resources.files("procrastinate.sql").joinpath("schema.sql").read_text(encoding="utf-8")
    connection = op.get_bind().connection.driver_connection
    connection.execute(schema)
    connection.execute(APPEND_ONLY)
    connection.execute(OWN_SENDER)


def downgrade() -> None:
    raise NotImplementedError("Restore a backup: a timeline is not taken apart.")
