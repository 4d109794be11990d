"""A million homes in the demo's world, written by PostgreSQL itself in about a minute."""

from __future__ import annotations

from sqlalchemy import text
from sqlmodel import Session

from core.db import Database
from simulation.names import ADULT_GIVEN, ELDER_GIVEN, SURNAMES

TABLES = ("address", "household", "contact", "household_member", "boiler")
FIRST_ID = 100_000_000
"""Our homes have ids from here on; the sequences stay far below."""

_INDEXES = text("""
    SELECT i.indexrelid::regclass::text AS name, pg_get_indexdef(i.indexrelid) AS made
    FROM pg_index i LEFT JOIN pg_constraint c ON c.conindid = i.indexrelid
    WHERE i.indrelid = CAST(:of_table AS regclass) AND c.oid IS NULL
""")

_ADDRESSES = """
    INSERT INTO address (id, company_id, raw, normalised, unit, postcode, area_code, lat, lon, precision,
                         located_by, tokens, created_at)
    SELECT {first} + n, a.company_id,
           a.street || ' ' || lot || ', ' || unit, a.street || ' ' || lot, unit, '', a.area_code,
           a.lat, a.lon, a.precision, 'gazetteer', a.kept || ARRAY[lot, split_part(unit, ' ', 1),
           split_part(unit, ' ', 2)], a.created_at
    FROM generate_series(0, {count} - 1) AS n,
         LATERAL (SELECT (1 + n / 7 % 998) || '-' || (1 + n / 31 % 60) AS lot,
                         (101 + n % 18) || '동 ' || (101 + n / 13 % 24 * 100 + n % 6) || '호' AS unit) AS made
         JOIN LATERAL (SELECT (n::bigint * 7919 % {samples})::int AS pick) AS p ON true
         JOIN load_sample a ON a.place = p.pick
"""
_SAMPLE = """
    CREATE TEMPORARY TABLE load_sample ON COMMIT DROP AS
    SELECT (row_number() OVER (ORDER BY company_id, id) - 1)::int AS place, company_id, area_code, lat, lon,
           precision, created_at, regexp_replace(normalised, ' [0-9-]+$', '') AS street,
           ARRAY(SELECT word FROM unnest(tokens) AS word WHERE word !~ '[0-9]') AS kept
    FROM address WHERE normalised ~ ' [0-9-]+$' AND precision <> 'sgg' AND id < {first}
"""
_HOUSEHOLDS = """
    INSERT INTO household (id, company_id, address_id, priority_care, age_band, access_note, created_at)
    SELECT id, company_id, id, id % 9 = 0, NULL, '', created_at FROM address WHERE id >= {first}
"""
_CONTACTS = """
    INSERT INTO contact (id, company_id, name, phone, phone_digits, phone_tail, phone_kind, can_text,
                         created_at)
    SELECT id, company_id, (CAST(:surnames AS text[]))[1 + id % :of_surnames]
                        || (CAST(:given AS text[]))[1 + id / 17 % :of_given],
           '+8210' || digits, '010' || digits, right(digits, 4), 'MOBILE', true, created_at
    FROM address, LATERAL (SELECT '1' || lpad(((id - {first})::bigint * 7368787 % 10000000)::text, 7, '0')
                           AS digits) AS number
    WHERE id >= {first}
"""
_MEMBERS = """
    INSERT INTO household_member (id, household_id, contact_id, relationship, since)
    SELECT id, id, id, 'resident', created_at FROM address WHERE id >= {first}
"""
_BOILERS = """
    INSERT INTO boiler (id, company_id, address_id, model_id, model_text, serial, installed_on,
                        warranty_start, created_at)
    SELECT a.id, a.company_id, a.id, m.ids[1 + a.id % cardinality(m.ids)], '', 'L' || a.id,
           DATE '2012-01-01' + (a.id % 4500)::int, DATE '2012-01-01' + (a.id % 4500)::int, a.created_at
    FROM address a JOIN (SELECT company_id, array_agg(id ORDER BY id) AS ids FROM boiler_model
                         GROUP BY company_id) m USING (company_id)
    WHERE a.id >= {first}
"""


def fill_homes(database: Database, *, count: int) -> int:
    """Add `count` homes with a resident and a boiler each, spread over the makers' districts.

    Indexes are dropped and made again, so nobody may work meanwhile. What is there already stays; returns
    how many homes of this kind there are.
    """
    with database.transaction() as session:
        have = session.execute(
            text("SELECT count(*) FROM household WHERE id >= :first"), {"first": FIRST_ID}
        ).scalar_one()
        if have or not count:
            return int(have)
        for setting in ("statement_timeout = '15min'", "maintenance_work_mem = '256MB'"):
            session.execute(text(f"SET LOCAL {setting}"))
        session.execute(text("SET LOCAL session_replication_role = replica"))  # no foreign keys to look up
        indexes = _drop_indexes(session)
        _insert(session, count)
        for made in indexes:
            session.execute(text(made.replace(":", r"\:")))
    with database.transaction() as session:
        session.execute(text("SET LOCAL statement_timeout = '15min'"))
        for table in TABLES:
            session.execute(text(f"ANALYZE {table}"))
    return count


def _drop_indexes(session: Session) -> list[str]:
    found = []
    for table in TABLES:
        for name, made in session.execute(_INDEXES, {"of_table": table}).all():
            session.execute(text(f"DROP INDEX {name}"))
            found.append(made)
    return found


def _insert(session: Session, count: int) -> None:
    session.execute(text(_SAMPLE.format(first=FIRST_ID)))
    samples = session.execute(text("SELECT count(*) FROM load_sample")).scalar_one()
    session.execute(text("ANALYZE load_sample"))
    given = (*ELDER_GIVEN, *ADULT_GIVEN)
    names = {
        "surnames": list(SURNAMES),
        "of_surnames": len(SURNAMES),
        "given": list(given),
        "of_given": len(given),
    }
    session.execute(text(_ADDRESSES.format(first=FIRST_ID, count=count, samples=samples)))
    session.execute(text(_HOUSEHOLDS.format(first=FIRST_ID)))
    session.execute(text(_CONTACTS.format(first=FIRST_ID)), names)
    session.execute(text(_MEMBERS.format(first=FIRST_ID)))
    session.execute(text(_BOILERS.format(first=FIRST_ID)))
