"""Row-level security: whatever a query of the web forgets, it reads and writes its own company's rows alone.

The web's transactions work as `ondol_web` and say whose they are (`core.wall`). The owner of the tables
(worker, migrations, commands) stands outside. See docs/decisions/0010.

Expand: a process of the version before works as the owner, as it did.

Revision ID: 0010
Revises: 0009
"""

from __future__ import annotations

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

ROLE = """
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'ondol_web') THEN
        CREATE ROLE ondol_web NOLOGIN;
    END IF;
EXCEPTION
    WHEN duplicate_object OR unique_violation THEN NULL;  -- another database of this server, just now
    WHEN insufficient_privilege THEN
        RAISE EXCEPTION 'The role ondol_web is missing and this user may not make it'
            USING HINT = 'Once, as an administrator of PostgreSQL: CREATE ROLE ondol_web NOLOGIN; '
                || format('GRANT ondol_web TO %I;', current_user);
END
$$;
DO $$
BEGIN
    IF NOT pg_has_role(current_user, 'ondol_web', 'MEMBER') THEN
        EXECUTE format('GRANT ondol_web TO %I', current_user);
    END IF;
END
$$;
"""

GRANTS = """
GRANT USAGE ON SCHEMA public TO ondol_web;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO ondol_web;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO ondol_web;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO ondol_web;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO ondol_web;
REVOKE UPDATE, DELETE ON timeline_entry, access_log FROM ondol_web;
REVOKE INSERT, UPDATE, DELETE ON alembic_version FROM ondol_web;
REVOKE ALL ON sign_in_try FROM ondol_web;
"""

WHOSE = """
CREATE FUNCTION ondol_company() RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE
    RETURN nullif(current_setting('ondol.company', true), '')::bigint;
CREATE FUNCTION ondol_person() RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE
    RETURN nullif(current_setting('ondol.person', true), '')::bigint;
"""

OWN = "company_id = (SELECT ondol_company())"
NEW = "xmin = pg_current_xact_id()::xid"
"""Made by this very transaction: it may read back what it wrote."""

OF_A_COMPANY = (
    "access_log",
    "address",
    "boiler",
    "boiler_model",
    "charge",
    "contact",
    "duty_rota",
    "error_code",
    "happy_call",
    "household",
    "notice",
    "plan",
    "price_item",
    "replayed_request",
    "service_point",
    "shift",
    "task",
    "ticket",
    "visit",
    "warranty_rule",
)
OF_ALL_OR_A_COMPANY = ("dated_setting", "holiday", "self_fix_card")
OF_A_PARENT = {
    "absence": ("technician_id", "technician"),
    "account": ("person_id", "person"),
    "api_token": ("membership_id", "membership"),
    "booking": ("technician_id", "technician"),
    "charge_line": ("charge_id", "charge"),
    "contact_attempt": ("ticket_id", "ticket"),
    "happy_call_attempt": ("happy_call_id", "happy_call"),
    "household_member": ("household_id", "household"),
    "login_link": ("membership_id", "membership"),
    "notice_attempt": ("notice_id", "notice"),
    "opening_hours": ("service_point_id", "service_point"),
    "placement": ("ticket_id", "ticket"),
    "point_closure": ("service_point_id", "service_point"),
    "point_day": ("service_point_id", "service_point"),
    "provider_receipt": ("notice_id", "notice"),
    "qualification": ("technician_id", "technician"),
    "solve_request": ("service_point_id", "service_point"),
    "technician": ("person_id", "person"),
    "territory": ("service_point_id", "service_point"),
    "ticket_clock": ("ticket_id", "ticket"),
    "ticket_party": ("ticket_id", "ticket"),
    "triage_step": ("ticket_id", "ticket"),
    "web_session": ("membership_id", "membership"),
    "wished_window": ("ticket_id", "ticket"),
}
"""Whoever may see the parent may see these: the policy of the parent's table is asked."""

OTHERS = f"""
ALTER TABLE company ENABLE ROW LEVEL SECURITY;
CREATE POLICY known ON company FOR SELECT TO ondol_web USING (true);
CREATE POLICY own ON company FOR UPDATE TO ondol_web USING (id = (SELECT ondol_company()));

ALTER TABLE timeline_entry ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON timeline_entry FOR SELECT TO ondol_web USING ({OWN});
CREATE POLICY written ON timeline_entry FOR INSERT TO ondol_web WITH CHECK ({OWN});

ALTER TABLE person ENABLE ROW LEVEL SECURITY;
CREATE POLICY colleague ON person TO ondol_web USING (
    EXISTS (SELECT FROM membership AS m WHERE m.person_id = person.id) OR {NEW}
) WITH CHECK (true);  -- a new person has no membership yet

ALTER TABLE membership ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON membership TO ondol_web USING ({OWN}) WITH CHECK ({OWN});
CREATE POLICY ones_own ON membership FOR SELECT TO ondol_web USING (person_id = (SELECT ondol_person()));

ALTER TABLE event ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON event TO ondol_web USING ((payload ->> 'company_id')::bigint = (SELECT ondol_company()));
ALTER TABLE event_handled ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON event_handled TO ondol_web USING (EXISTS (SELECT FROM event AS e WHERE e.id = event_id));

CREATE POLICY of_its_technician ON shift FOR SELECT TO ondol_web USING (
    EXISTS (SELECT FROM technician AS t WHERE t.id = shift.technician_id)
);  -- who works for two makers has one day

ALTER TABLE sign_in_try ENABLE ROW LEVEL SECURITY;
"""

COUNTERS = """
CREATE FUNCTION ondol_count_tickets() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
BEGIN
    EXECUTE format('CREATE SEQUENCE IF NOT EXISTS ticket_number_%s', NEW.id);
    RETURN NEW;
END
$$;
CREATE TRIGGER company_counts_tickets AFTER INSERT ON company
    FOR EACH ROW EXECUTE FUNCTION ondol_count_tickets();
DO $$
DECLARE
    known record;
BEGIN
    FOR known IN SELECT c.id, (SELECT max(t.id) FROM ticket t WHERE t.company_id = c.id) AS brought
                 FROM company c WHERE to_regclass(format('ticket_number_%s', c.id)) IS NULL
    LOOP
        EXECUTE format('CREATE SEQUENCE ticket_number_%s START %s', known.id, coalesce(known.brought, 0) + 1);
    END LOOP;
END
$$;
"""

# PostgreSQL asks an index only for what cannot leak a hidden row, and `@>` on words is not sworn to. So a
# function of the owner looks, and keeps to the caller's company itself.
SEARCH = """
CREATE FUNCTION ondol_homes_at(company bigint, words text[], most integer) RETURNS SETOF bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
BEGIN ATOMIC
    SELECT h.id FROM household h JOIN address a ON a.id = h.address_id
    WHERE a.company_id = company AND coalesce(ondol_company(), company) = company AND a.tokens @> words
    ORDER BY h.id DESC LIMIT most;
END;
"""

ACROSS = """
CREATE FUNCTION ondol_same_person(of_name text, of_phone text) RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
    RETURN (SELECT min(id) FROM person WHERE name = of_name AND phone = of_phone);
CREATE FUNCTION ondol_login_taken(wanted text) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
    RETURN EXISTS (SELECT FROM account WHERE login = wanted);
CREATE FUNCTION ondol_managing_company(of_person bigint, at_time timestamptz) RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
    RETURN (
        SELECT company_id FROM membership
        WHERE person_id = of_person AND valid_from <= at_time AND (valid_to IS NULL OR valid_to > at_time)
        ORDER BY valid_from, id LIMIT 1
    );
"""
"""The three questions that concern every company, each answered with one value and nothing else."""


def upgrade() -> None:
    connection = op.get_bind().connection.driver_connection
    for statements in (ROLE, WHOSE, OTHERS, COUNTERS, SEARCH, ACROSS, *_policies(), GRANTS):
        connection.execute(statements)


def _policies() -> list[str]:
    simple = [
        f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;"
        f"CREATE POLICY own ON {table} TO ondol_web USING ({OWN}) WITH CHECK ({OWN})"
        for table in (*OF_A_COMPANY, *OF_ALL_OR_A_COMPANY)
    ]
    national = [
        f"CREATE POLICY national ON {table} FOR SELECT TO ondol_web USING (company_id IS NULL)"
        for table in OF_ALL_OR_A_COMPANY
    ]
    children = [
        f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;"
        f"CREATE POLICY of_its_{parent} ON {table} TO ondol_web"
        f" USING (EXISTS (SELECT FROM {parent} AS p WHERE p.id = {table}.{column}))"
        for table, (column, parent) in OF_A_PARENT.items()
    ]
    return simple + national + children


def downgrade() -> None:
    raise NotImplementedError("The wall between companies is not taken down.")
