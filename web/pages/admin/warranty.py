"""Warranty rules with dates."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast

from fastapi import APIRouter, Request, Response
from sqlmodel import Session

from billing.queries import list_warranty_rules
from billing.schemas import StartRule
from billing.service import set_warranty_rule
from core import audit
from core.actor import Actor, Principal, Role
from core.clock import today_kst
from core.i18n import _
from customers.queries import list_models
from web.identity import Author, GuardedRoute, SignedIn, allow
from web.pages.admin.changes import changes_of
from web.pages.admin.fields import Entry
from web.pages.admin.forms import FormPage, show_form, submit
from web.pages.admin.frame import Done, look, show
from web.pages.admin.typed import FormFields, Typed

router = APIRouter(prefix="/admin/warranty", route_class=GuardedRoute)

SECTION = "/admin/warranty"


def boiler_names() -> dict[str, str]:
    """Kinds of boilers a rule may be for."""
    return {
        "any": _("모든 보일러"),
        "condensing": _("콘덴싱"),
        "standard": _("일반"),
        "commercial": _("업소용"),
    }


def start_names() -> dict[str, str]:
    """The day from which a warranty runs."""
    return {"installed": _("설치한 날"), "bought": _("산 날")}


@router.get("")
@allow(Role.ADMIN)
def show_rules(request: Request, principal: Principal = SignedIn) -> Response:
    """Rules by boiler: the one that counts, what is coming, what was."""

    def read(session: Session, now: datetime) -> dict[str, Any]:
        today = today_kst(now)
        rules = list_warranty_rules(session, company_id=principal.company_id)
        current: dict[tuple[str, str | None], int] = {}
        for rule in rules:
            if rule.valid_from <= today:
                current.setdefault((rule.boiler_kind, rule.model_code), rule.id)
        states = {
            rule.id: "coming"
            if rule.valid_from > today
            else "now"
            if current[rule.boiler_kind, rule.model_code] == rule.id
            else "over"
            for rule in rules
        }
        changes = audit.list_changes(
            session, company_id=principal.company_id, what=("WarrantyRuleSet",), limit=15
        )
        return {
            "rules": rules,
            "states": states,
            "boiler_names": boiler_names(),
            "start_names": start_names(),
            "changes": changes_of(changes),
        }

    return show(request, "warranty.html", look(request, read), section=SECTION)


@router.get("/new")
@allow(Role.ADMIN)
def new_rule(request: Request) -> Response:
    """The form of a rule."""
    return show_form(request, lambda _session, now: _form(now))


@router.post("/new")
@allow(Role.ADMIN)
def add_rule(
    request: Request, typed: Typed = FormFields, principal: Principal = SignedIn, by: Actor = Author
) -> Response:
    """Store it."""

    def act(session: Session, now: datetime) -> Done:
        kind = typed.choice("boiler_kind", boiler_names())
        months = typed.integer("months", low=0, high=240)
        days = typed.integer("repeat_free_days", low=0, high=3650)
        valid_from = typed.day("valid_from", not_before=today_kst(now))
        source = typed.text("source")
        model = typed.text("model_code", required=False)
        known = {each.code for each in list_models(session, company_id=principal.company_id)}
        if model and model not in known:
            typed.refuse("model_code", _("그런 모델이 없습니다. 목록의 코드를 적어 주세요."))
        start = typed.choice("start_rule", start_names())
        made = typed.integer("made_plus_months", low=0, high=60, required=False)
        typed.check()
        assert months is not None and days is not None and valid_from is not None
        set_warranty_rule(
            session,
            company_id=principal.company_id,
            boiler_kind=kind,
            months=months,
            repeat_free_days=days,
            model_code=model or None,
            start_rule=cast(StartRule, start),
            made_plus_months=made,
            valid_from=valid_from,
            source=source,
            by=by,
            now=now,
        )
        return Done(SECTION, "warranty")

    return submit(request, build=lambda _session, now: _form(now), typed=typed, act=act)


def _form(now: datetime) -> FormPage:
    today = today_kst(now).isoformat()
    return FormPage(
        title=_("보증 규칙 정하기"),
        action=f"{SECTION}/new",
        section=SECTION,
        back=SECTION,
        lead=_(
            "보증 안의 고장은 출장비, 기술료, 부품비가 모두 무상입니다. 사용자 과실과 동파는 빼고 봅니다."
        ),
        entries=[
            Entry(
                "boiler_kind", _("보일러"), "choices", "any", options=list(boiler_names().items()), wide=True
            ),
            Entry("months", _("보증 기간"), "number", "24", unit=_("개월")),
            Entry(
                "repeat_free_days",
                _("같은 고장 무상"),
                "number",
                "60",
                hint=_("고친 뒤 이 날수 안에 같은 고장이면 무상"),
                unit=_("일"),
            ),
            Entry(
                "model_code",
                _("모델"),
                hint=_("한 모델만이면 그 코드를 적습니다. 비우면 고른 종류 모두입니다."),
                attrs={"maxlength": 60},
            ),
            Entry(
                "start_rule", _("언제부터 세나"), "choices", "installed", options=list(start_names().items())
            ),
            Entry(
                "made_plus_months",
                _("만든 뒤"),
                "number",
                "6",
                hint=_("설치한 날도 산 날도 모를 때, 만든 날에서 이만큼 뒤부터 셉니다. 비우면 유상입니다."),
                unit=_("개월"),
            ),
            Entry("valid_from", _("언제부터"), "date", today, attrs={"min": today}),
            Entry("source", _("근거"), hint=_("예: 소비자분쟁해결기준, 회사 보증서"), wide=True),
        ],
    )
