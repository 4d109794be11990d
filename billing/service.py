"""The door of billing: estimates, bills and their corrections, price lists and warranty rules."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from sqlmodel import Session

from billing import queries, rules
from billing.models import Charge, ChargeLine, PriceItem, WarrantyRule
from billing.schemas import (
    BoilerFacts,
    ChargeInfo,
    Estimate,
    FeeTier,
    PricedVisit,
    PriceKind,
    StartRule,
    VisitWork,
    WarrantyAnswer,
    WarrantyTerms,
)
from core import audit
from core.actor import Actor
from core.clock import today_kst
from core.dated import CompanyRules, read_calendar, read_rules
from core.errors import FieldError, InvalidError, NotFoundError
from core.i18n import _

MAX_AMOUNT = 100_000_000


class NoChargeError(NotFoundError):
    """There is no bill of this visit to correct."""

    code = "no-charge"


class BadPriceError(InvalidError):
    """A price or warranty row that cannot be taken."""

    code = "bad-price"


def estimate(
    session: Session,
    *,
    company_id: int,
    symptom: str,
    start: datetime | None,
    boiler: BoilerFacts,
    last_repair_on: date | None,
    now: datetime,
) -> Estimate:
    """What a visit may cost: by the tier at `start`, or over both tiers while no window is chosen."""
    at = start or now
    prices = queries.prices_on(session, company_id=company_id, day=today_kst(at))
    warranty = warranty_at(
        session, company_id=company_id, symptom=symptom, at=at, boiler=boiler, last_repair_on=last_repair_on
    )
    tiers = list(FeeTier) if start is None else [_tier(session, company_id=company_id, at=start)]
    checkup = symptom == rules.CHECKUP_SYMPTOM
    found = [rules.price_of(prices, rules.fee_of(symptom), tier) for tier in tiers]
    fees = [0 if warranty.covered else price.amount for price in found if price is not None]
    fees = fees or [0] * checkup
    dearest = sum(
        max((price.amount for price in prices.values() if price.kind == kind), default=0)
        for kind in ("labour", "parts")
    )
    low, high = min(fees, default=0), max(fees, default=0)
    return Estimate(
        visit_fee=low if fees and low == high else None,
        visit_fee_low=low,
        visit_fee_high=high,
        total_low=low,
        total_high=high if warranty.covered or checkup else high + dearest,
        fee_tier=tiers[0] if len(tiers) == 1 else None,
        warranty=warranty,
    )


def warranty_at(
    session: Session,
    *,
    company_id: int,
    symptom: str,
    at: datetime,
    boiler: BoilerFacts,
    last_repair_on: date | None,
) -> WarrantyAnswer:
    """Whether a visit at a moment would be free, and why: an estimate without its money."""
    work = VisitWork(
        company_id=company_id,
        ticket_id=0,
        visit_id=0,
        symptom=symptom,
        arrived_at=at,
        boiler=boiler,
        last_repair_on=last_repair_on,
    )
    return _warranty_on(session, day=today_kst(at), work=work)


def price_visit(session: Session, *, work: VisitWork) -> PricedVisit:
    """The bill of a visit without writing it down, by the list of the day on which it began.

    Raises:
        rules.BadLinesError: an unknown code or a quantity outside 1..99 (422, each named).
    """
    day = today_kst(work.arrived_at)
    moments = [work.arrived_at] if work.agreed_start is None else [work.agreed_start, work.arrived_at]
    return rules.price_lines(
        requested=work.lines,
        prices=queries.prices_on(session, company_id=work.company_id, day=day),
        tiers=[_tier(session, company_id=work.company_id, at=moment) for moment in moments],
        warranty=_warranty_on(session, day=day, work=work),
        vat_percent=read_rules(session, company_id=work.company_id, at=work.arrived_at).vat_percent,
        fee=rules.fee_of(work.symptom),
    )


def charge_visit(session: Session, *, work: VisitWork, by: Actor, now: datetime) -> ChargeInfo:
    """Write the bill of a visit; a second asking gives the bill that is there. Raises as `price_visit`."""
    existing = queries.charge_of_visit(session, visit_id=work.visit_id)
    if existing is not None:
        return existing
    return _write(session, work=work, replaces=None, reason=None, by=by, now=now)


def correct_charge(
    session: Session,
    *,
    work: VisitWork,
    reason: str,
    by: Actor,
    now: datetime,
    facts: dict[str, Any] | None = None,
) -> ChargeInfo:
    """Replace the bill of a visit by a new one; the old one stays on record.

    Args:
        facts: what else the timeline is to say of the correction.

    Raises:
        NoChargeError: the visit has no bill (404).
        rules.BadLinesError: as `price_visit`.
    """
    existing = queries.charge_of_visit(session, visit_id=work.visit_id)
    if existing is None:
        raise NoChargeError(_("고칠 청구서가 없습니다. 방문을 먼저 완료해 주세요."))
    if not reason.strip():
        message = _("청구서를 고치는 이유를 적어 주세요.")
        raise InvalidError(message, errors=(FieldError("reason", message),))
    return _write(session, work=work, replaces=existing, reason=reason.strip(), by=by, now=now, facts=facts)


def set_price(
    session: Session,
    *,
    company_id: int,
    code: str,
    label: str,
    kind: PriceKind,
    tier: str,
    amount: int,
    valid_from: date,
    source: str,
    by: Actor,
    now: datetime,
) -> int:
    """Let a line cost `amount` won from a Korean date on; nothing is overwritten. Returns the row's id."""
    if not 0 <= amount <= MAX_AMOUNT:
        message = _("금액은 0원에서 {limit}원까지 적을 수 있습니다.").format(limit=f"{MAX_AMOUNT:,}")
        raise BadPriceError(message, errors=(FieldError("amount", message),))
    if not code.strip() or not label.strip():
        message = _("항목의 코드와 이름을 적어 주세요.")
        raise BadPriceError(message, errors=(FieldError("code", message),))
    row = PriceItem(
        company_id=company_id,
        code=code.strip(),
        label=label.strip(),
        kind=kind,
        tier=tier,
        amount=amount,
        valid_from=valid_from,
        source=source,
        entered_at=now,
        entered_by=by.account_id,
    )
    return _enter_price(session, row=row, what="PriceSet", by=by, now=now)


def withdraw_price(
    session: Session, *, company_id: int, code: str, tier: str, from_day: date, by: Actor, now: datetime
) -> int:
    """Stop selling a line from a Korean date on. Raises `BadPriceError` when it is not sold then."""
    current = queries.prices_on(session, company_id=company_id, day=from_day).get((code, tier))
    if current is None:
        message = _("그날 가격표에 없는 항목입니다: {code}.").format(code=code[:40])
        raise BadPriceError(message, errors=(FieldError("code", message),))
    row = PriceItem(
        company_id=company_id,
        code=code,
        label=current.label,
        kind=current.kind,
        tier=tier,
        amount=current.amount,
        valid_from=from_day,
        withdrawn=True,
        entered_at=now,
        entered_by=by.account_id,
    )
    return _enter_price(session, row=row, what="PriceWithdrawn", by=by, now=now)


def set_warranty_rule(
    session: Session,
    *,
    company_id: int,
    boiler_kind: str,
    months: int,
    repeat_free_days: int,
    valid_from: date,
    source: str,
    by: Actor,
    now: datetime,
    model_code: str | None = None,
    start_rule: StartRule = "installed",
    made_plus_months: int | None = None,
) -> int:
    """Let a warranty hold from a Korean date on; nothing is overwritten. Returns the row's id.

    Args:
        model_code: for one model alone. The others: as `WarrantyTerms`.
    """
    if not 0 <= months <= 240 or not 0 <= repeat_free_days <= 3650:
        message = _("보증 기간은 0~240개월, 같은 고장 무상은 0~3650일까지 적을 수 있습니다.")
        raise BadPriceError(message, errors=(FieldError("months", message),))
    row = WarrantyRule(
        company_id=company_id,
        boiler_kind=boiler_kind,
        months=months,
        repeat_free_days=repeat_free_days,
        valid_from=valid_from,
        source=source,
        entered_at=now,
        entered_by=by.account_id,
        model_code=model_code,
        start_rule=start_rule,
        made_plus_months=made_plus_months,
    )
    session.add(row)
    session.flush()
    data: dict[str, object] = {
        "boiler_kind": boiler_kind,
        "months": months,
        "repeat_free_days": repeat_free_days,
    }
    data |= {"model_code": model_code, "start_rule": start_rule, "made_plus_months": made_plus_months}
    _note(session, company_id=company_id, what="WarrantyRuleSet", data=data, reason=source, by=by, now=now)
    return row.id or 0


def _write(
    session: Session,
    *,
    work: VisitWork,
    replaces: ChargeInfo | None,
    reason: str | None,
    by: Actor,
    now: datetime,
    facts: dict[str, Any] | None = None,
) -> ChargeInfo:
    priced = price_visit(session, work=work)
    charge = Charge(
        company_id=work.company_id,
        ticket_id=work.ticket_id,
        visit_id=work.visit_id,
        total=priced.total,
        fee_tier=priced.fee_tier.value,
        warranty=priced.warranty.covered,
        warranty_reason=priced.warranty.reason.value,
        paid_because=rules.why_paid(priced, given=work.paid_because),
        vat=priced.vat,
        tracks_payment=replaces is None or replaces.tracks_payment,
        made_at=now,
        replaces_id=replaces.id if replaces else None,
    )
    session.add(charge)
    session.flush()
    for line in priced.lines:
        session.add(
            ChargeLine(
                charge_id=charge.id or 0,
                price_item_id=line.item_id,
                code=line.code,
                label=line.label,
                quantity=line.quantity,
                unit_amount=line.unit_amount,
                amount=line.amount,
                warranty=line.warranty,
            )
        )
    session.flush()
    audit.record(
        session,
        by=by,
        at=now,
        what="VisitCharged" if replaces is None else "ChargeCorrected",
        subject=("ticket", work.ticket_id),
        company_id=work.company_id,
        reason=reason,
        data={"charge_id": charge.id, "visit_id": work.visit_id, "total": priced.total}
        | ({"from_total": replaces.total} if replaces else {})
        | (facts or {}),
    )
    written = queries.charge_of_visit(session, visit_id=work.visit_id)
    assert written is not None
    return written


def _tier(session: Session, *, company_id: int, at: datetime) -> FeeTier:
    company = read_rules(session, company_id=company_id, at=at)
    return rules.tier_at(
        at,
        days_off=read_calendar(session, company_id=company_id),
        night_from=time.fromisoformat(company.night_from),
        night_to=time.fromisoformat(company.night_to),
    )


def _warranty_on(session: Session, *, day: date, work: VisitWork) -> WarrantyAnswer:
    terms = queries.warranty_terms(
        session,
        company_id=work.company_id,
        boiler_kind=work.boiler.kind,
        model_code=work.boiler.model_code,
        day=day,
    )
    if terms is None:
        company = read_rules(session, company_id=work.company_id, at=work.arrived_at)
        terms = _only_repeats(company)
    return rules.judge_warranty(
        day=day,
        terms=terms,
        boiler=work.boiler,
        symptom=work.symptom,
        misuse=work.misuse,
        last_repair_on=work.last_repair_on,
    )


def _only_repeats(company: CompanyRules) -> WarrantyTerms:
    """Without a warranty rule of its own a company still mends the same fault again for nothing."""
    days = timedelta(seconds=company.warranty_recheck_s).days
    return WarrantyTerms(months=0, repeat_free_days=days)


def _enter_price(session: Session, *, row: PriceItem, what: str, by: Actor, now: datetime) -> int:
    session.add(row)
    session.flush()
    data = {"code": row.code, "tier": row.tier, "amount": row.amount, "from": row.valid_from.isoformat()}
    _note(session, company_id=row.company_id, what=what, data=data, reason=row.source, by=by, now=now)
    return row.id or 0


def _note(
    session: Session,
    *,
    company_id: int,
    what: str,
    data: dict[str, object],
    reason: str,
    by: Actor,
    now: datetime,
) -> None:
    audit.record(
        session,
        by=by,
        at=now,
        what=what,
        subject=("company", company_id),
        company_id=company_id,
        reason=reason or None,
        data=data,
    )
