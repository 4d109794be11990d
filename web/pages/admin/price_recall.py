"""Taking back a price that is not in force yet."""

from __future__ import annotations

from datetime import date, datetime

from fastapi import APIRouter, Request, Response
from sqlmodel import Session

from billing.recalling import NotPlannedError, recall_price
from core.actor import Actor, Principal, Role
from core.i18n import _
from web.display import won_text
from web.identity import Author, GuardedRoute, SignedIn, allow
from web.pages.admin.fields import Entry
from web.pages.admin.forms import FormPage, show_form, submit
from web.pages.admin.frame import Done
from web.pages.admin.prices import SECTION, find_line, tier_names
from web.pages.admin.typed import FormFields, Typed

router = APIRouter(prefix=SECTION, route_class=GuardedRoute)


@router.get("/{code}/{tier}/recall/{day}")
@allow(Role.ADMIN)
def ask_recall(
    request: Request, code: str, tier: str, day: date, principal: Principal = SignedIn
) -> Response:
    """Why it is not to come."""
    return show_form(request, lambda session, now: _form(session, principal, code, tier, day, now))


@router.post("/{code}/{tier}/recall/{day}")
@allow(Role.ADMIN)
def recall(
    request: Request,
    code: str,
    tier: str,
    day: date,
    typed: Typed = FormFields,
    principal: Principal = SignedIn,
    by: Actor = Author,
) -> Response:
    """Take it back."""

    def act(session: Session, now: datetime) -> Done:
        line = find_line(session, principal, code, tier, now)
        reason = typed.text("reason", longest=200)
        typed.check()
        recall_price(
            session,
            company_id=principal.company_id,
            code=line.code,
            tier=line.tier,
            from_day=day,
            reason=reason,
            by=by,
            now=now,
        )
        return Done(f"{SECTION}/{code}/{tier}", "recalled")

    return submit(
        request,
        build=lambda session, now: _form(session, principal, code, tier, day, now),
        typed=typed,
        act=act,
    )


def _form(session: Session, principal: Principal, code: str, tier: str, day: date, now: datetime) -> FormPage:
    line = find_line(session, principal, code, tier, now)
    planned = next((row for row in line.coming if row.valid_from == day), None)
    if planned is None:
        raise NotPlannedError
    return FormPage(
        title=_("{label} 예정 가격 거두기").format(label=line.label),
        action=f"{SECTION}/{code}/{tier}/recall/{day}",
        section=SECTION,
        back=f"{SECTION}/{code}/{tier}",
        kind="danger",
        submit=_("예정 거두기"),
        lead=_("그날이 되어도 그 전의 가격을 그대로 씁니다. 넣었던 기록은 남습니다."),
        entries=[Entry("reason", _("이유"), wide=True, attrs={"placeholder": _("예: 날짜를 잘못 적음")})],
        facts=[
            (_("언제부터"), day.isoformat()),
            (_("금액"), _("판매 중지") if planned.withdrawn else won_text(planned.amount)),
            (_("시간대"), tier_names()[line.tier]),
        ],
        facts_title=_("예정"),
    )
