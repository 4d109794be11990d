"""What the demo shows of money at any hour: a dear repair that waits for a yes, and a bill put right."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import product

from sqlalchemy import text
from sqlmodel import Session

from billing.queries import charge_of_visit
from billing.schemas import VISIT_FEE, LineRequest
from core.actor import Actor, Role
from dispatch.approvals import ask_approval
from dispatch.bill_correction import correct_bill
from dispatch.pricing import preview_bill
from simulation.campaign_rows import MAKER, MANAGER

DEAR = (LineRequest("LABOUR_GENERAL"), LineRequest("PART_PCB"))
NOT_CHANGED = "부품을 갈지 않고 손보아 고쳤는데 청구서에 들어갔음"
AT_WORK_S = 300
"""Who has been at work for so long knows what it will take."""

_AT_WORK = text("""
    SELECT v.id AS visit_id, v.ticket_id, p.id AS person_id, p.name
    FROM visit AS v JOIN ticket AS t ON t.id = v.ticket_id JOIN company AS c ON c.id = t.company_id
    JOIN technician AS w ON w.id = v.technician_id JOIN person AS p ON p.id = w.person_id
    JOIN ticket_party AS payer ON payer.ticket_id = t.id AND payer.role = t.payer_role AND payer.can_text
    WHERE v.state = 'in_progress'
    ORDER BY c.code <> :maker, t.safety, v.started_at > :settled, v.started_at DESC, v.id
""")
_BILLED = text("""
    SELECT v.id AS visit_id, v.ticket_id, v.misuse
    FROM visit AS v JOIN ticket AS t ON t.id = v.ticket_id JOIN company AS c ON c.id = t.company_id
    JOIN charge AS b ON b.visit_id = v.id AND b.total > 0
    JOIN charge_line AS line ON line.charge_id = b.id AND line.code LIKE 'PART%' AND line.amount > 0
    JOIN ticket_party AS payer ON payer.ticket_id = t.id AND payer.role = t.payer_role AND payer.can_text
    WHERE c.code = :maker AND t.status = 'COMPLETED' AND v.state = 'completed' AND v.ended_at < :settled
    ORDER BY v.ended_at DESC, v.id LIMIT 1
""")


def add_money(session: Session, *, now: datetime) -> None:
    """By the product's doors, on the seeded tickets of this moment; the worker sends the texts."""
    session.flush()
    _ask(session, now=now)
    _correct(session, now=now)
    session.flush()


def _ask(session: Session, *, now: datetime) -> None:
    """The first technician at work whose repair costs something; in the small hours few are.

    A boiler in warranty costs something only where it was misused.
    """
    asked = {"maker": MAKER, "settled": now - timedelta(seconds=AT_WORK_S)}
    at_work = session.execute(_AT_WORK, asked).all()
    for misuse, row in product((False, True), at_work):
        bill = preview_bill(session, ticket_id=row.ticket_id, lines=DEAR, misuse=misuse, now=now)
        if bill.total > 0:
            him = Actor("person", row.name, "demo", person_id=row.person_id, role=Role.TECHNICIAN)
            ask_approval(session, visit_id=row.visit_id, lines=bill.lines, by=him, now=now)
            return


def _correct(session: Session, *, now: datetime) -> None:
    """The newest bill with a part on it was wrong: the part was not changed."""
    billed = {"maker": MAKER, "settled": now - timedelta(minutes=30)}
    row = session.execute(_BILLED, billed).first()
    charge = charge_of_visit(session, visit_id=row.visit_id) if row is not None else None
    if row is None or charge is None:
        return
    lines = [LineRequest(line.code, line.quantity) for line in charge.lines if line.code != VISIT_FEE]
    correct_bill(
        session,
        ticket_id=row.ticket_id,
        visit_id=row.visit_id,
        lines=tuple(line for line in lines if not line.code.startswith("PART")),
        misuse=row.misuse,
        reason=NOT_CHANGED,
        by=MANAGER,
        now=now,
    )
