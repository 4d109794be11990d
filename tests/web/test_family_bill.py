"""A bill is one bill: its rows, both parties' texts, and the family's page, whatever is billed."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass
from datetime import date
from html import unescape

import pytest
from sqlmodel import Session, col, select

from billing import service as billing
from billing.models import Charge, ChargeLine
from billing.schemas import LineRequest
from customers.models import Boiler, Household
from dispatch.bill_correction import NothingCorrectedError, correct_bill
from dispatch.models import Ticket
from notifications.models import Notice
from tests import world
from tests.web.conftest import WebWorld
from tests.web.family_world import RESIDENT, Family, link_to
from tests.web.technician_world import Phone, at_the_door, open_phone

CODES = ("LABOUR_IGNITION", "PART_FAN", "PART_BOARD")
BILLS = 14
FREE = r"무료\(보증 기간\)"


@dataclass(frozen=True)
class Told:
    """A bill as somebody reads it: (item, won) line by line, and the sum."""

    lines: tuple[tuple[str, int], ...]
    total: int


@pytest.fixture
def done(web_world: WebWorld) -> Phone:
    """A finished visit at a home whose boiler is within its warranty."""
    phone = open_phone(web_world, resident=RESIDENT)
    with web_world.database.transaction() as session:
        ticket = session.get_one(Ticket, phone.ticket_id)
        home = session.get_one(Household, ticket.household_id)
        ticket.boiler_id = session.exec(select(Boiler.id).where(Boiler.address_id == home.address_id)).one()
        company = web_world.company.id or 0
        first = {"company_id": company, "valid_from": date(2020, 1, 1), "source": "시험"}
        billing.set_warranty_rule(
            session,
            boiler_kind="any",
            months=120,
            repeat_free_days=60,
            by=world.AGENT,
            now=web_world.now,
            **first,
        )
        billing.set_price(
            session,
            code="PART_BOARD",
            label="제어 기판",
            kind="parts",
            tier="any",
            amount=131_900,
            by=world.AGENT,
            now=web_world.now,
            **first,
        )
    assert at_the_door(phone).post("completed", {"tick": ["usage_explained"]}).status_code == 303
    return phone


def test_rows_texts_and_the_familys_page_are_one(done: Phone) -> None:
    web, chance = done.web, random.Random(20261124)
    token = link_to(web, done.ticket_id, done.visit_id, ("requester",))
    family = Family(web, web.clients[-1], token, done.ticket_id, done.visit_id)
    seen = set()
    for _ in range(BILLS):
        correct_anyhow(done, chance)
        with web.database.reading() as session:
            rows = rows_of(session, done)
            assert texts_of(session, done) == {"resident": rows, "requester": rows}
        assert page_of(family) == rows
        seen.add(rows)
    assert len(seen) > BILLS // 2 and 0 in {bill.total for bill in seen}, "bills of every kind"


def correct_anyhow(done: Phone, chance: random.Random) -> None:
    lines = tuple(LineRequest(code, chance.randint(1, 12)) for code in CODES if chance.random() < 0.6)
    misuse = chance.random() < 0.6
    try:
        with done.web.database.transaction() as session:
            correct_bill(
                session,
                ticket_id=done.ticket_id,
                visit_id=done.visit_id,
                lines=lines,
                misuse=misuse,
                reason="시험",
                paid_because="물을 부으셨습니다." if misuse else "",
                by=world.AGENT,
                now=done.web.now,
            )
    except NothingCorrectedError:
        pass  # drawn twice in a row


def rows_of(session: Session, done: Phone) -> Told:
    newest = select(Charge).where(Charge.visit_id == done.visit_id).order_by(col(Charge.id).desc())
    charge = session.exec(newest).first()
    assert charge is not None
    query = select(ChargeLine).where(ChargeLine.charge_id == charge.id).order_by(col(ChargeLine.id))
    lines = [(each.label, each.quantity, each.amount) for each in session.exec(query)]
    counted = ((f"{label} {n}개" if n > 1 else label, amount) for label, n, amount in lines)
    return Told(tuple(counted), charge.total)


def texts_of(session: Session, done: Phone) -> dict[str, Told]:
    """By recipient: the newest text."""
    query = select(Notice).where(Notice.ticket_id == done.ticket_id, Notice.event == "VISIT_RESULT")
    return {
        each.recipient: Told(
            tuple(
                (label, won_in(won))
                for label, won in re.findall(rf"^- ([^:]+): ({FREE}|[\d,]+원)$", each.text, re.MULTILINE)
            ),
            sum_in(each.text),
        )
        for each in session.exec(query.order_by(col(Notice.id)))
    }


def page_of(family: Family) -> Told:
    page = unescape(family.get("/cost").text)
    rows = re.findall(r'<th scope="row">(.+?)</th>\s*<td>(.+?)</td>', page)
    lines = tuple((label, won_in(won)) for label, won in rows)
    shown = re.search(r'<p class="total">.*?<b>(.+?)</b>', page)
    assert shown is not None
    return Told(lines, sum_in(shown[1]))


def won_in(words: str) -> int:
    return 0 if re.fullmatch(FREE, words) else int(re.sub(r"[,원]", "", words))


def sum_in(words: str) -> int:
    """`(228,000원)` is the sum as it is written for both; none: nothing is due."""
    found = re.findall(r"\(([\d,]+)원\)", words)
    return int(found[-1].replace(",", "")) if found else 0
