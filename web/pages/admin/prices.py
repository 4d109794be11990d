"""The price list with dates: what counts today, what is coming, what was; nothing is overwritten."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, cast

from fastapi import APIRouter, Request, Response
from sqlmodel import Session

from billing.price_history import PriceLine, list_price_lines
from billing.schemas import LINE_CODE, VISIT_FEE, PriceKind
from billing.service import MAX_AMOUNT, set_price, withdraw_price
from core import audit
from core.actor import Actor, Principal, Role
from core.clock import today_kst
from core.errors import NotFoundError
from core.i18n import _
from web.identity import Author, GuardedRoute, SignedIn, allow
from web.pages.admin.changes import changes_of
from web.pages.admin.fields import Entry
from web.pages.admin.forms import FormPage, show_form, submit
from web.pages.admin.frame import Done, look, show
from web.pages.admin.typed import FormFields, Typed

router = APIRouter(prefix="/admin/prices", route_class=GuardedRoute)

SECTION = "/admin/prices"


def kind_names() -> dict[str, str]:
    """Kinds of lines and their names."""
    return {"visit_fee": _("출장비"), "labour": _("기술료"), "parts": _("부품비")}


def tier_names() -> dict[str, str]:
    """Tiers and their names."""
    return {"any": _("언제나"), "day": _("주간"), "night_holiday": _("야간·휴일")}


@router.get("")
@allow(Role.ADMIN)
def show_prices(request: Request, principal: Principal = SignedIn) -> Response:
    """Every line by kind."""

    def read(session: Session, now: datetime) -> dict[str, Any]:
        lines = list_price_lines(session, company_id=principal.company_id, day=today_kst(now))
        names = ("PriceSet", "PriceWithdrawn", "PriceRecalled")
        changes = audit.list_changes(session, company_id=principal.company_id, what=names, limit=15)
        fee = any(line.code == VISIT_FEE and line.current for line in lines)
        return {
            "groups": [
                (name, [line for line in lines if line.kind == kind]) for kind, name in kind_names().items()
            ],
            "has_any": bool(lines),
            "has_fee": fee,
            "tier_names": tier_names(),
            "changes": changes_of(changes),
        }

    return show(request, "prices.html", look(request, read), section=SECTION)


@router.get("/new")
@allow(Role.ADMIN)
def new_line(request: Request, fee: str = "") -> Response:
    """The form of a new line; `fee=1` for the visit fee with both of its tiers."""
    return show_form(request, lambda _session, now: _fee_form(now) if fee else _new_form(now))


@router.post("/new")
@allow(Role.ADMIN)
def add_line(
    request: Request, typed: Typed = FormFields, principal: Principal = SignedIn, by: Actor = Author
) -> Response:
    """Store it."""

    def act(session: Session, now: datetime) -> Done:
        code = typed.raw("code").upper()
        if not LINE_CODE.fullmatch(code):
            typed.refuse("code", _("영문 대문자로 시작해 대문자, 숫자, 밑줄만 40자까지 적어 주세요."))
        if code == VISIT_FEE:
            typed.refuse("code", _("출장비는 ‘출장비 정하기’에서 넣어 주세요."))
        existing = {
            line.code
            for line in list_price_lines(session, company_id=principal.company_id, day=today_kst(now))
        }
        if code in existing:
            typed.refuse("code", _("이미 있는 코드입니다. 목록에서 그 항목을 눌러 새 가격을 정해 주세요."))
        label = typed.text("label", longest=60)
        kind = typed.choice("kind", ("labour", "parts"))
        amount, day, source = _price_fields(typed, today_kst(now))
        typed.check()
        _enter(
            session,
            principal,
            code=code,
            label=label,
            kind=kind,
            tier="any",
            amount=amount or 0,
            day=day,
            source=source,
            by=by,
            now=now,
        )
        return Done(SECTION, "price")

    return submit(request, build=lambda _session, now: _new_form(now), typed=typed, act=act)


@router.post("/fee")
@allow(Role.ADMIN)
def set_fee(
    request: Request, typed: Typed = FormFields, principal: Principal = SignedIn, by: Actor = Author
) -> Response:
    """The visit fee by day and by night and holiday, together."""

    def act(session: Session, now: datetime) -> Done:
        by_day = typed.integer("amount_day", low=0, high=MAX_AMOUNT, unit="원")
        by_night = typed.integer("amount_night", low=0, high=MAX_AMOUNT, unit="원")
        day = typed.day("valid_from", not_before=today_kst(now))
        source = typed.text("source", longest=200)
        typed.check()
        assert day is not None
        for tier, amount in (("day", by_day), ("night_holiday", by_night)):
            _enter(
                session,
                principal,
                code=VISIT_FEE,
                label=_("출장비"),
                kind="visit_fee",
                tier=tier,
                amount=amount or 0,
                day=day,
                source=source,
                by=by,
                now=now,
            )
        return Done(SECTION, "price")

    return submit(request, build=lambda _session, now: _fee_form(now), typed=typed, act=act)


@router.get("/{code}/{tier}")
@allow(Role.ADMIN)
def show_line(request: Request, code: str, tier: str, principal: Principal = SignedIn) -> Response:
    """One line: all its rows, and the way to a new price."""

    def read(session: Session, now: datetime) -> dict[str, Any]:
        return {
            "line": find_line(session, principal, code, tier, now),
            "kind_names": kind_names(),
            "tier_names": tier_names(),
            "today": today_kst(now),
        }

    return show(request, "price_line.html", look(request, read), section=SECTION)


@router.get("/{code}/{tier}/change")
@allow(Role.ADMIN)
def ask_price(request: Request, code: str, tier: str, principal: Principal = SignedIn) -> Response:
    """The form of a new price."""
    return show_form(
        request, lambda session, now: _change_form(find_line(session, principal, code, tier, now), now)
    )


@router.post("/{code}/{tier}/change")
@allow(Role.ADMIN)
def change_price(
    request: Request,
    code: str,
    tier: str,
    typed: Typed = FormFields,
    principal: Principal = SignedIn,
    by: Actor = Author,
) -> Response:
    """A new price from a day on."""

    def act(session: Session, now: datetime) -> Done:
        line = find_line(session, principal, code, tier, now)
        label = typed.text("label", longest=60)
        amount, day, source = _price_fields(typed, today_kst(now))
        typed.check()
        _enter(
            session,
            principal,
            code=line.code,
            label=label,
            kind=line.kind,
            tier=line.tier,
            amount=amount or 0,
            day=day,
            source=source,
            by=by,
            now=now,
        )
        return Done(f"{SECTION}/{code}/{tier}", "price")

    return submit(
        request,
        build=lambda session, now: _change_form(find_line(session, principal, code, tier, now), now),
        typed=typed,
        act=act,
    )


@router.get("/{code}/{tier}/withdraw")
@allow(Role.ADMIN)
def ask_withdraw(request: Request, code: str, tier: str, principal: Principal = SignedIn) -> Response:
    """From which day it is no longer sold."""
    return show_form(
        request, lambda session, now: _withdraw_form(find_line(session, principal, code, tier, now), now)
    )


@router.post("/{code}/{tier}/withdraw")
@allow(Role.ADMIN)
def withdraw(
    request: Request,
    code: str,
    tier: str,
    typed: Typed = FormFields,
    principal: Principal = SignedIn,
    by: Actor = Author,
) -> Response:
    """Stop selling it."""

    def act(session: Session, now: datetime) -> Done:
        line = find_line(session, principal, code, tier, now)
        day = typed.day("from_day", not_before=today_kst(now))
        typed.check()
        assert day is not None
        withdraw_price(
            session,
            company_id=principal.company_id,
            code=line.code,
            tier=line.tier,
            from_day=day,
            by=by,
            now=now,
        )
        return Done(f"{SECTION}/{code}/{tier}", "withdrawn")

    return submit(
        request,
        build=lambda session, now: _withdraw_form(find_line(session, principal, code, tier, now), now),
        typed=typed,
        act=act,
    )


def find_line(session: Session, principal: Principal, code: str, tier: str, now: datetime) -> PriceLine:
    """One line of the company's list. Raises NotFoundError."""
    for line in list_price_lines(session, company_id=principal.company_id, day=today_kst(now)):
        if (line.code, line.tier) == (code, tier):
            return line
    raise NotFoundError(_("가격표에 그런 항목이 없습니다."))


def _price_fields(typed: Typed, today: date) -> tuple[int | None, date, str]:
    amount = typed.integer("amount", low=0, high=MAX_AMOUNT, unit="원")
    day = typed.day("valid_from", not_before=today)
    return amount, day or today, typed.text("source", longest=200)


def _enter(
    session: Session,
    principal: Principal,
    *,
    code: str,
    label: str,
    kind: str,
    tier: str,
    amount: int,
    day: date,
    source: str,
    by: Actor,
    now: datetime,
) -> None:
    set_price(
        session,
        company_id=principal.company_id,
        code=code,
        label=label,
        kind=cast(PriceKind, kind),
        tier=tier,
        amount=amount,
        valid_from=day,
        source=source,
        by=by,
        now=now,
    )


def _day_entry(today: date, name: str = "valid_from", label: str = "") -> Entry:
    return Entry(name, label or _("언제부터"), "date", today.isoformat(), attrs={"min": today.isoformat()})


def _source_entry() -> Entry:
    return Entry("source", _("근거"), hint=_("누가, 무엇으로 정했는지. 예: 2026년 가격표 공문"), wide=True)


def _new_form(now: datetime) -> FormPage:
    return FormPage(
        title=_("가격 항목 넣기"),
        action=f"{SECTION}/new",
        section=SECTION,
        back=SECTION,
        entries=[
            Entry(
                "kind",
                _("종류"),
                "choices",
                "labour",
                options=[("labour", _("기술료")), ("parts", _("부품비"))],
                wide=True,
            ),
            Entry("label", _("이름"), hint=_("청구서와 문자에 그대로 나옵니다. 예: 점화부 수리")),
            Entry("code", _("코드"), hint=_("예: LABOUR_IGNITION"), attrs={"autocomplete": "off"}),
            Entry("amount", _("금액 (부가세 포함)"), "number", unit=_("원")),
            _day_entry(today_kst(now)),
            _source_entry(),
        ],
    )


def _fee_form(now: datetime) -> FormPage:
    return FormPage(
        title=_("출장비 정하기"),
        action=f"{SECTION}/fee",
        section=SECTION,
        back=SECTION,
        lead=_(
            "야간과 휴일이 언제인지는 기준값과 달력이 정합니다. "
            "약속 시각과 도착 시각 가운데 싼 쪽을 받습니다."
        ),
        entries=[
            Entry("amount_day", _("주간 출장비 (부가세 포함)"), "number", unit=_("원")),
            Entry("amount_night", _("야간·휴일 출장비 (부가세 포함)"), "number", unit=_("원")),
            _day_entry(today_kst(now)),
            _source_entry(),
        ],
    )


def _change_form(line: PriceLine, now: datetime) -> FormPage:
    shown = line.current or line.rows[-1]
    return FormPage(
        title=_("{label} 새 가격").format(label=line.label),
        action=f"{SECTION}/{line.code}/{line.tier}/change",
        section=SECTION,
        back=f"{SECTION}/{line.code}/{line.tier}",
        lead=_("그날 시작한 방문부터 새 가격으로 청구합니다. 지난 청구서는 바뀌지 않습니다."),
        entries=[
            Entry("label", _("이름"), value=shown.label),
            Entry("amount", _("금액 (부가세 포함)"), "number", shown.amount, unit=_("원")),
            _day_entry(today_kst(now)),
            _source_entry(),
        ],
        facts=[
            (_("코드"), line.code),
            (_("종류"), kind_names()[line.kind]),
            (_("시간대"), tier_names()[line.tier]),
        ],
        facts_title=_("바꿀 수 없는 것"),
    )


def _withdraw_form(line: PriceLine, now: datetime) -> FormPage:
    return FormPage(
        title=_("{label} 판매 중지").format(label=line.label),
        action=f"{SECTION}/{line.code}/{line.tier}/withdraw",
        section=SECTION,
        back=f"{SECTION}/{line.code}/{line.tier}",
        kind="danger",
        submit=_("판매 중지"),
        lead=_("그날 시작한 방문부터 이 항목을 청구할 수 없습니다. 새 가격을 정하면 다시 팔 수 있습니다."),
        entries=[_day_entry(today_kst(now), "from_day")],
    )
