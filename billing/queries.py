"""Reads of prices, warranty rules and bills."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from typing import Any, cast

from sqlalchemy import Row, bindparam
from sqlalchemy import select as columns
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from billing.models import Charge, ChargeLine, PriceItem, WarrantyRule
from billing.schemas import (
    ChargeInfo,
    Price,
    PricedLine,
    StartRule,
    WarrantyReason,
    WarrantyRuleInfo,
    WarrantyTerms,
)
from core.memo import once

ANY_KIND = "any"

# Put together once: every ticket's page asks it.
_PRICES = (
    select(PriceItem)
    .where(
        col(PriceItem.company_id) == bindparam("company_id"), col(PriceItem.valid_from) <= bindparam("day")
    )
    .order_by(col(PriceItem.valid_from), col(PriceItem.id))
)


def price_list(session: Session, *, company_id: int, day: date) -> list[Price]:
    """What a company sells on a Korean date, by kind and code; withdrawn items are left out."""
    return list(once(session, PriceItem, (company_id, day), lambda: _read_prices(session, company_id, day)))


def _read_prices(session: Session, company_id: int, day: date) -> tuple[Price, ...]:
    rows = session.exec(_PRICES, params={"company_id": company_id, "day": day})
    newest = {(row.code, row.tier): row for row in rows}
    order = {"visit_fee": 0, "labour": 1, "parts": 2}
    current = [_price(row) for row in newest.values() if not row.withdrawn]
    return tuple(sorted(current, key=lambda price: (order[price.kind], price.code, price.tier)))


def prices_on(session: Session, *, company_id: int, day: date) -> dict[tuple[str, str], Price]:
    """The price list of a day by (code, tier)."""
    return {(price.code, price.tier): price for price in price_list(session, company_id=company_id, day=day)}


def warranty_terms(
    session: Session,
    *,
    company_id: int,
    boiler_kind: str | None,
    day: date,
    model_code: str | None = None,
) -> WarrantyTerms | None:
    """The warranty rule that counts on a day: the model's own, the kind's, else the one for any kind."""
    rows = once(session, WarrantyRule, company_id, lambda: _read_warranty_rules(session, company_id))
    newest = {(row.model_code, row.boiler_kind): row for row in rows if row.valid_from <= day}
    kinds = [ANY_KIND] if boiler_kind is None else [boiler_kind, ANY_KIND]
    models = [None] if model_code is None else [model_code, None]
    for model in models:
        for kind in kinds:
            if (row := newest.get((model, kind))) is not None:
                return WarrantyTerms(row.months, row.repeat_free_days, row.start_rule, row.made_plus_months)
    return None


# Put together once: every visit of a technician's day asks, each for its own day.
_WARRANTY_RULES = (
    columns(
        col(WarrantyRule.boiler_kind),
        col(WarrantyRule.months),
        col(WarrantyRule.repeat_free_days),
        col(WarrantyRule.valid_from),
        col(WarrantyRule.model_code),
        col(WarrantyRule.start_rule),
        col(WarrantyRule.made_plus_months),
    )
    .where(col(WarrantyRule.company_id) == bindparam("company_id"))
    .order_by(col(WarrantyRule.valid_from), col(WarrantyRule.id))
)


def _read_warranty_rules(session: Session, company_id: int) -> Sequence[Row[Any]]:
    """Of every date, the newest last."""
    return session.execute(_WARRANTY_RULES, {"company_id": company_id}).all()


def list_warranty_rules(session: Session, *, company_id: int) -> list[WarrantyRuleInfo]:
    """Every warranty rule of a company, past ones and coming ones too, newest first."""
    query = (
        select(WarrantyRule)
        .where(col(WarrantyRule.company_id) == company_id)
        .order_by(col(WarrantyRule.valid_from).desc(), col(WarrantyRule.id).desc())
    )
    return [
        WarrantyRuleInfo(
            id=row.id or 0,
            boiler_kind=row.boiler_kind,
            months=row.months,
            repeat_free_days=row.repeat_free_days,
            valid_from=row.valid_from,
            source=row.source,
            model_code=row.model_code,
            start_rule=cast(StartRule, row.start_rule),
            made_plus_months=row.made_plus_months,
        )
        for row in session.exec(query)
    ]


def charge_of_visit(session: Session, *, visit_id: int) -> ChargeInfo | None:
    """The bill of a visit that counts: the one no other replaces."""
    found = _current(session, Charge.visit_id, visit_id)
    return found[-1] if found else None


def current_charge(session: Session, *, visit_id: int) -> Charge | None:
    """The same without its lines, for this package."""
    return session.exec(_CURRENT.where(col(Charge.visit_id) == visit_id)).first()


def charges_of_ticket(session: Session, *, ticket_id: int) -> list[ChargeInfo]:
    """The bills of a ticket that count, one a visit, oldest first."""
    return _current(session, Charge.ticket_id, ticket_id)


def history_of_visit(session: Session, *, visit_id: int) -> list[ChargeInfo]:
    """Every bill that a visit ever had, oldest first; the last one counts."""
    return _with_lines(
        session, select(Charge).where(col(Charge.visit_id) == visit_id).order_by(col(Charge.id))
    )


def histories_of_ticket(session: Session, *, ticket_id: int) -> dict[int, list[ChargeInfo]]:
    """The same of every visit of a ticket that has one, by visit."""
    query = select(Charge).where(col(Charge.ticket_id) == ticket_id).order_by(col(Charge.id))
    found: dict[int, list[ChargeInfo]] = defaultdict(list)
    for charge in _with_lines(session, query):
        found[charge.visit_id].append(charge)
    return found


_later = aliased(Charge)
COUNTS = ~columns(col(_later.id)).where(col(_later.replaces_id) == col(Charge.id)).exists()
"""Of a visit's charges the one that no other replaces."""
_CURRENT = select(Charge).where(COUNTS).order_by(col(Charge.id))


def _current(session: Session, column: Any, wanted: int) -> list[ChargeInfo]:
    return _with_lines(session, _CURRENT.where(col(column) == wanted))


def _with_lines(session: Session, query: Any) -> list[ChargeInfo]:
    charges: list[Charge] = list(session.exec(query))
    if not charges:
        return []
    lines: dict[int, list[PricedLine]] = defaultdict(list)
    ids = [charge.id for charge in charges]
    for line in session.exec(
        select(ChargeLine).where(col(ChargeLine.charge_id).in_(ids)).order_by(col(ChargeLine.id))
    ):
        lines[line.charge_id].append(_line(line))
    return [_charge(charge, lines[charge.id or 0]) for charge in charges]


def _price(row: PriceItem) -> Price:
    return Price(
        item_id=row.id or 0,
        code=row.code,
        label=row.label,
        kind=row.kind,
        tier=row.tier,
        amount=row.amount,
        valid_from=row.valid_from,
    )


def _line(row: ChargeLine) -> PricedLine:
    return PricedLine(
        item_id=row.price_item_id,
        code=row.code,
        label=row.label,
        quantity=row.quantity,
        unit_amount=row.unit_amount,
        amount=row.amount,
        warranty=row.warranty,
    )


def _charge(row: Charge, lines: list[PricedLine]) -> ChargeInfo:
    return ChargeInfo(
        id=row.id or 0,
        ticket_id=row.ticket_id,
        visit_id=row.visit_id,
        lines=tuple(lines),
        total=row.total,
        fee_tier=row.fee_tier,
        warranty=row.warranty,
        warranty_reason=WarrantyReason(row.warranty_reason),
        made_at=row.made_at,
        replaces_id=row.replaces_id,
        vat=row.vat,
        paid_because=row.paid_because,
        tracks_payment=row.tracks_payment,
    )
