"""Who takes part in a load run: log-ins, homes that call, visits that are driven to."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, text
from sqlmodel import Session

from core.db import Database
from core.secrets import hash_token, new_token

AWAKE = 0.25
"""Of the technicians, those whose screen is on at one time; the others' streams are open all the same."""
THINK_S = (1.0, 3.0)
"""Between two screens of one call. A person takes longer; the work of a call is the same."""
SESSION_LASTS = timedelta(hours=2)
AGENTS = 60

_MEMBERS = text("""
    SELECT DISTINCT ON (m.id) m.id AS membership_id, a.id AS account_id, m.company_id, m.service_point_id,
           p.code AS point
    FROM membership m JOIN account a ON a.person_id = m.person_id AND a.disabled_at IS NULL
    LEFT JOIN service_point p ON p.id = m.service_point_id
    WHERE m.role = :role AND m.valid_from <= :now AND (m.valid_to IS NULL OR m.valid_to > :now)
    ORDER BY m.id, a.id
""")
_SESSION = text("""
    INSERT INTO web_session (token_hash, account_id, membership_id, created_at, expires_at, from_address,
                             last_used_at)
    VALUES (:token_hash, :account_id, :membership_id, :now, :until, '127.0.0.1', :now)
""")
_HOMES = text("""
    SELECT h.id, h.company_id AS company, a.raw AS address, c.name, c.phone_digits AS phone
    FROM household h JOIN address a ON a.id = h.address_id
    JOIN household_member m ON m.household_id = h.id AND m.relationship = 'resident'
    JOIN contact c ON c.id = m.contact_id
    WHERE h.id = ANY(:ids)
""")
_VISITS = text("""
    SELECT DISTINCT ON (v.technician_id) t.number, s.person_id
    FROM visit v JOIN ticket t ON t.id = v.ticket_id JOIN technician s ON s.id = v.technician_id
    WHERE v.state = 'agreed' AND v.planned_start BETWEEN :since AND :until AND NOT t.safety
      AND NOT EXISTS (SELECT 1 FROM visit o WHERE o.technician_id = v.technician_id
                      AND o.state IN ('en_route', 'arrived', 'in_progress'))
    ORDER BY v.technician_id, v.planned_start
""")


@dataclass(frozen=True)
class Load:
    """How much is asked of the house. `seconds` are those that count."""

    calls_a_second: float
    seconds: float
    consoles: int = 200
    technicians: int = 1000
    steps_a_second: float = 2.0
    open_s: float = 30.0
    settle_s: float = 5.0


def make_plan(
    database: Database, *, url: str, looks_url: str | None = None, load: Load, seed: int, now: datetime
) -> dict[str, Any]:
    """Log everybody in and choose homes and visits; JSON for `load_people`."""
    chance = random.Random(seed)
    with database.transaction() as session:
        members = {
            role: session.execute(_MEMBERS, {"role": role, "now": now}).all()
            for role in ("agent", "dispatcher", "point", "technician")
        }
        agents: dict[str, list[str]] = {}
        for n in range(AGENTS):
            member = members["agent"][n % len(members["agent"])]
            agents.setdefault(str(member.company_id), []).append(_log_in(session, member, now))
        people = chance.sample(members["technician"], min(load.technicians, len(members["technician"])))
        technicians = [
            {"cookie": _log_in(session, one, now), "awake": chance.random() < AWAKE} for one in people
        ]
        return {
            "url": url,
            "looks_url": looks_url,
            "seed": seed,
            "seconds": load.seconds,
            "calls_a_second": load.calls_a_second,
            "steps_a_second": load.steps_a_second,
            "open_s": load.open_s,
            "settle_s": load.settle_s,
            "think_s": THINK_S,
            "agents": agents,
            "consoles": _consoles(session, members, load.consoles, chance, now),
            "technicians": technicians,
            "homes": _homes(session, int(load.calls_a_second * load.seconds) + 10, chance, list(agents)),
            "visits": _visits(session, members["technician"], chance, now),
        }


def _consoles(
    session: Session, members: dict[str, Any], count: int, chance: random.Random, now: datetime
) -> list[dict[str, str]]:
    """Of four, one sees the whole company, one a point of it, one is a point's desk, one an agent's."""
    codes: dict[int, list[str]] = {}
    for each in members["point"]:
        codes.setdefault(each.company_id, []).append(each.point)
    made = []
    for n in range(count):
        role = ("dispatcher", "dispatcher", "point", "agent")[n % 4]
        member = members[role][n // 4 % len(members[role])]
        if role == "point":
            member = chance.choice(members["point"])
        page = {"dispatcher": "/dispatch", "point": "/point", "agent": "/agent"}[role]
        if n % 4 == 1:
            page += f"?point={chance.choice(codes[member.company_id])}"
        made.append({"cookie": _log_in(session, member, now), "page": page})
    return made


def _homes(session: Session, count: int, chance: random.Random, companies: list[str]) -> list[dict[str, Any]]:
    low, high = session.execute(text("SELECT min(id), max(id) FROM household")).one()
    begin = session.execute(
        text("SELECT min(id) FROM household WHERE id >= :middle"), {"middle": (low + high) // 2}
    ).scalar_one()
    found: list[dict[str, Any]] = []
    while len(found) < count:
        ids = [chance.randrange(begin if high - begin > count else low, high + 1) for _ in range(2 * count)]
        rows = session.execute(_HOMES, {"ids": ids}).all()
        found += [dict(row._mapping) for row in rows if str(row.company) in companies]
    chance.shuffle(found)
    return found[:count]


def _visits(
    session: Session, technicians: Sequence[Row[Any]], chance: random.Random, now: datetime
) -> list[dict[str, str]]:
    logins = {each.account_id: each for each in technicians}
    people = dict(
        session.execute(text("SELECT person_id, id FROM account WHERE id = ANY(:ids)"), {"ids": list(logins)})
        .tuples()
        .all()
    )
    day = {"since": now - timedelta(hours=2), "until": now + timedelta(hours=10)}
    rows = [row for row in session.execute(_VISITS, day).all() if row.person_id in people]
    chance.shuffle(rows)
    return [
        {"number": row.number, "cookie": _log_in(session, logins[people[row.person_id]], now)}
        for row in rows[:200]
    ]


def _log_in(session: Session, member: Row[Any], now: datetime) -> str:
    token = new_token()
    session.execute(
        _SESSION,
        {
            "token_hash": hash_token(token),
            "account_id": member.account_id,
            "membership_id": member.membership_id,
            "now": now,
            "until": now + SESSION_LASTS,
        },
    )
    return token


def as_file(plan: dict[str, Any]) -> str:
    """The plan as `load_people` reads it."""
    return json.dumps(plan, ensure_ascii=False)
