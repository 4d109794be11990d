"""The bills of seeded visits, by billing's own rules over the makers' price lists. Pure."""

from __future__ import annotations

from datetime import date, datetime, time

from billing import rules
from billing.schemas import (
    VISIT_FEE,
    BoilerFacts,
    FeeTier,
    LineRequest,
    Price,
    PricedVisit,
    WarrantyAnswer,
    WarrantyTerms,
)
from core.clock import today_kst
from core.dated import Calendar, CompanyRules
from simulation.makers import SINCE
from simulation.shapes import HomeSpec, Maker


class Till:
    """Prices visits of one maker."""

    def __init__(self, maker: Maker, *, company_rules: CompanyRules, days_off: Calendar) -> None:
        self._maker = maker
        self._night = (
            time.fromisoformat(company_rules.night_from),
            time.fromisoformat(company_rules.night_to),
        )
        self._days_off = days_off
        self._vat_percent = company_rules.vat_percent
        self.cash_receipt_from = company_rules.cash_receipt_from
        self._prices = {
            (p.code, p.tier): Price(p.id, p.code, p.label, p.kind, p.tier, p.amount, SINCE)
            for p in maker.prices
        }

    def price(
        self,
        home: HomeSpec,
        *,
        symptom: str,
        codes: tuple[str, ...],
        misuse: bool,
        agreed: datetime,
        arrived: datetime,
        last_repair_on: date | None = None,
    ) -> PricedVisit:
        """The bill of a visit; `last_repair_on` of a fault that came back."""
        return rules.price_lines(
            requested=[LineRequest(code) for code in codes],
            prices=self._prices,
            tiers=[self._tier(agreed), self._tier(arrived)],
            warranty=self._warranty(
                home, symptom=symptom, misuse=misuse, at=arrived, last_repair_on=last_repair_on
            ),
            vat_percent=self._vat_percent,
        )

    def visit_fee(self, home: HomeSpec, *, symptom: str, start: datetime) -> int:
        """What the family is told before the visit."""
        if self._warranty(home, symptom=symptom, misuse=False, at=start).covered:
            return 0
        price = rules.price_of(self._prices, VISIT_FEE, self._tier(start))
        return price.amount if price else 0

    def _tier(self, at: datetime) -> FeeTier:
        return rules.tier_at(at, days_off=self._days_off, night_from=self._night[0], night_to=self._night[1])

    def _warranty(
        self,
        home: HomeSpec,
        *,
        symptom: str,
        misuse: bool,
        at: datetime,
        last_repair_on: date | None = None,
    ) -> WarrantyAnswer:
        months = self._maker.warranty_months
        terms = WarrantyTerms(
            months.get(home.boiler_kind or "any", months["any"]), self._maker.repeat_free_days
        )
        return rules.judge_warranty(
            day=today_kst(at),
            terms=terms,
            boiler=BoilerFacts(home.boiler_kind, home.warranty_start, home.warranty_start),
            symptom=symptom,
            misuse=misuse,
            last_repair_on=last_repair_on,
        )
