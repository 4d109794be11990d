"""The second ring of the wall: a point's desk and a technician see what is theirs, whatever a query forgets.

Two roles beside `ondol_web`, which they belong to: its policies hold for them, too, and those below narrow them
further. They are named for each role alone, so who works for the whole company asks exactly as before. See
docs/decisions/0014, and docs/security.md for the table in words.

Expand: a process of the version before works as `ondol_web`, as it did.

Revision ID: 0017
Revises: 0016
"""

from __future__ import annotations

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

ROLES = """
DO $$
DECLARE
    wanted text;
BEGIN
    FOREACH wanted IN ARRAY ARRAY['ondol_point', 'ondol_technician']
    LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted) THEN
            BEGIN
                EXECUTE format('CREATE ROLE %I NOLOGIN', wanted);
            EXCEPTION
                WHEN duplicate_object OR unique_violation THEN NULL;  -- another database of this server, just now
            END;
        END IF;
        IF NOT pg_has_role(wanted, 'ondol_web', 'USAGE') THEN
            BEGIN
                EXECUTE format('GRANT ondol_web TO %I', wanted);
            EXCEPTION
                WHEN unique_violation THEN NULL;
            END;
        END IF;
        IF NOT pg_has_role(current_user, wanted, 'MEMBER') THEN
            EXECUTE format('GRANT %I TO %I', wanted, current_user);
        END IF;
    END LOOP;
EXCEPTION
    WHEN insufficient_privilege THEN
        RAISE EXCEPTION 'The roles ondol_point and ondol_technician are missing and this user may not make them'
            USING HINT = 'Once, as an administrator of PostgreSQL: CREATE ROLE ondol_point NOLOGIN; '
                || 'CREATE ROLE ondol_technician NOLOGIN; GRANT ondol_web TO ondol_point, ondol_technician; '
                || format('GRANT ondol_point, ondol_technician TO %I;', current_user);
END
$$;
"""

WHOSE = """
CREATE FUNCTION ondol_point() RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE
    RETURN nullif(current_setting('ondol.point', true), '')::bigint;
CREATE FUNCTION ondol_technician() RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE
    RETURN nullif(current_setting('ondol.technician', true), '')::bigint;
"""

# Policies that ask each other's tables (a ticket its visits, a visit its ticket) are refused, and a chain of them is
# set up for every statement. So functions of the owner look, each by indexes, and answer yes or no alone.
SEES = """
{head} ondol_point_went(of_ticket bigint) {says} BEGIN RETURN EXISTS (
    SELECT FROM visit AS v
    WHERE v.ticket_id = of_ticket AND (
        v.service_point_id = ondol_point()
        OR EXISTS (
            SELECT FROM technician AS t JOIN membership AS m ON m.person_id = t.person_id
            WHERE t.id = v.technician_id AND m.service_point_id = ondol_point() AND m.role = 'technician'
            AND m.valid_from <= coalesce(v.planned_start, v.created_at)
            AND (m.valid_to IS NULL OR m.valid_to > coalesce(v.planned_start, v.created_at))
        )
        OR EXISTS (  -- who is lent to it: from the day before his shift here to the day after
            SELECT FROM shift AS s
            WHERE s.technician_id = v.technician_id AND s.service_point_id = ondol_point()
            AND s.start_at <= coalesce(v.planned_start, v.created_at) + interval '1 day'
            AND s.end_at >= coalesce(v.planned_start, v.created_at) - interval '1 day'
        )
    )
); END $$;
{head} ondol_sees_ticket(of_ticket bigint) {says} BEGIN
    IF ondol_technician() <> 0 THEN
        IF EXISTS (SELECT FROM visit WHERE ticket_id = of_ticket AND technician_id = ondol_technician()) THEN
            RETURN true;
        END IF;
    ELSIF EXISTS (SELECT FROM ticket WHERE id = of_ticket AND service_point_id = ondol_point())
        OR ondol_point_went(of_ticket) THEN
        RETURN true;
    END IF;
    RETURN EXISTS (
        SELECT FROM task WHERE ticket_id = of_ticket AND owner_person_id = ondol_person() AND state = 'open'
    );
END $$;
{head} ondol_sees_household(of_id bigint) {says} BEGIN
    RETURN EXISTS (SELECT FROM ticket WHERE household_id = of_id AND ondol_sees_ticket(id));
END $$;
{head} ondol_sees_address(of_id bigint) {says} BEGIN
    RETURN EXISTS (SELECT FROM household WHERE address_id = of_id AND ondol_sees_household(id));
END $$;
{head} ondol_sees_boiler(of_id bigint) {says} BEGIN
    RETURN EXISTS (SELECT FROM boiler WHERE id = of_id AND ondol_sees_address(address_id));
END $$;
{head} ondol_sees_contact(of_id bigint) {says} BEGIN
    RETURN EXISTS (SELECT FROM ticket_party WHERE contact_id = of_id AND ondol_sees_ticket(ticket_id))
        OR EXISTS (SELECT FROM household_member WHERE contact_id = of_id AND ondol_sees_household(household_id));
END $$;
""".replace("{head}", "CREATE FUNCTION").replace(
    "{says}",
    # Dear: else PostgreSQL asks about every ticket there is (a hashed subplan) for a list of forty.
    "RETURNS boolean LANGUAGE plpgsql STABLE PARALLEL SAFE COST 5000"
    " SECURITY DEFINER SET search_path = public, pg_temp AS $$",
)

POINT, TECHNICIAN, ME = "(SELECT ondol_point())", "(SELECT ondol_technician())", "(SELECT ondol_person())"
OF_ITS_TICKET = "ondol_sees_ticket(ticket_id)"
NOBODY = "false"


def _by_himself(table: str) -> str:
    return f"EXISTS (SELECT FROM account AS a WHERE a.id = {table}.account_id AND a.person_id = {ME})"


def _entries_of(others: str) -> str:
    """The timeline of what he may see, and what he did himself."""
    kinds = ("ticket", "household", "address", "contact", "boiler")
    cases = " ".join(f"WHEN '{kind}' THEN ondol_sees_{kind}(subject_id)" for kind in kinds)
    return f"CASE subject_kind {cases} ELSE {others} END"


BOTH: dict[str, str] = {
    "household": "ondol_sees_household(id)",
    "address": "ondol_sees_address(id)",
    "boiler": "ondol_sees_address(address_id)",
    "contact": "ondol_sees_contact(id)",
    "task": f"owner_person_id = {ME} OR {OF_ITS_TICKET}",
    "charge": OF_ITS_TICKET,
    "notice": OF_ITS_TICKET,
    "happy_call": OF_ITS_TICKET,
    "access_log": _by_himself("access_log"),
    "replayed_request": _by_himself("replayed_request"),
    # Of the company's own work alone.
    "happy_call_attempt": NOBODY,
    "event": NOBODY,
    "uploaded_file": NOBODY,
    "data_import": NOBODY,
    "imported_ticket": NOBODY,
    "access_review": NOBODY,
    "retention_run": NOBODY,
}
"""What is asked alike for both; what hangs on these by `OF_A_PARENT` of 0010 follows by itself."""
OF_A_POINT = BOTH | {
    "ticket": f"service_point_id = {POINT} OR ondol_sees_ticket(id)",
    "visit": f"service_point_id = {POINT} OR {OF_ITS_TICKET}",
    "plan": f"service_point_id = {POINT}",
    "timeline_entry": _entries_of(
        f"(subject_kind = 'service_point' AND subject_id = {POINT}) OR {_by_himself('timeline_entry')}"
    ),
}
OF_A_TECHNICIAN = BOTH | {
    "ticket": "ondol_sees_ticket(id)",
    "visit": f"technician_id = {TECHNICIAN} OR {OF_ITS_TICKET}",
    "plan": "EXISTS (SELECT FROM membership AS m WHERE m.service_point_id = plan.service_point_id"
    f" AND m.person_id = {ME}) OR EXISTS (SELECT FROM shift AS s"
    f" WHERE s.service_point_id = plan.service_point_id AND s.technician_id = {TECHNICIAN})",
    "timeline_entry": _entries_of(_by_himself("timeline_entry")),
}

# A step may plan a whole point anew, but what happened at a home only he who went there writes down.
HANDS_OFF = """
CREATE FUNCTION ondol_own_visit_alone() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'visit % is another technician''s', OLD.id USING ERRCODE = 'insufficient_privilege';
END
$$;
CREATE TRIGGER visit_is_ones_own BEFORE UPDATE OF
    en_route_at, arrives_at, arrived_at, started_at, checklist, misuse, note ON visit
    FOR EACH ROW WHEN (
        ondol_technician() <> 0 AND OLD.technician_id <> ondol_technician()
    ) EXECUTE FUNCTION ondol_own_visit_alone();
"""


def upgrade() -> None:
    connection = op.get_bind().connection.driver_connection
    for statements in (ROLES, WHOSE, SEES, *_policies(), HANDS_OFF):
        connection.execute(statements)


def _policies() -> list[str]:
    return [
        f"CREATE POLICY within_{role} ON {table} AS RESTRICTIVE TO ondol_{role} USING ({condition})"
        for role, conditions in (("point", OF_A_POINT), ("technician", OF_A_TECHNICIAN))
        for table, condition in conditions.items()
    ]


def downgrade() -> None:
    raise NotImplementedError("The wall is not taken down.")
