"""API tokens: which programs may ask in the company's name, how long, and how far."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from fastapi import APIRouter, Request, Response
from sqlmodel import Session

from core.actor import Actor, Principal, Role
from core.clock import kst, today_kst
from core.errors import ForbiddenError, NotFoundError
from core.i18n import _
from web.context import context_of
from web.identity import Author, GuardedRoute, SignedIn, allow
from web.pages.admin.fields import Entry
from web.pages.admin.forms import FormPage, show_again, show_form, submit
from web.pages.admin.frame import Done, look, show
from web.pages.admin.people_forms import role_options
from web.pages.admin.typed import FormFields, Typed
from web.scope import must_be_company_wide
from workforce import tokens
from workforce.tokens import LONGEST, NAME_LONGEST, ROLES, SCOPES, TokenInfo

router = APIRouter(prefix="/admin/tokens", route_class=GuardedRoute)

SECTION = "/admin/tokens"
USUAL = timedelta(days=180)


@router.get("")
@allow(Role.ADMIN)
def show_tokens(request: Request, principal: Principal = SignedIn) -> Response:
    """Every token that is good, or was until lately."""

    def read(session: Session, now: datetime) -> dict[str, Any]:
        return {
            "tokens": tokens.list_tokens(session, company_id=principal.company_id, now=now),
            "role_names": dict(role_options()),
            "scope_names": {code: _(name) for code, name in SCOPES.items()},
        }

    return show(request, "tokens.html", look(request, read), section=SECTION)


@router.get("/new")
@allow(Role.ADMIN)
def new_token(request: Request, principal: Principal = SignedIn) -> Response:
    """The form of a new one."""
    _must_be_person(principal)
    return show_form(request, lambda _session, now: _new_form(now))


@router.post("/new")
@allow(Role.ADMIN)
def make(
    request: Request, typed: Typed = FormFields, principal: Principal = SignedIn, by: Actor = Author
) -> Response:
    """Make it, and show it this once. A second press makes a second one; nobody holds the first."""
    _must_be_person(principal)
    must_be_company_wide(request)
    context, now = context_of(request), context_of(request).clock()
    name = typed.text("name", longest=NAME_LONGEST)
    role = typed.choice("role", {each.value for each in ROLES})
    scope = typed.choice("scope", set(SCOPES))
    today = today_kst(now)
    day = typed.day("expires_on", not_before=today + timedelta(days=1))
    if day is not None and day > today + LONGEST - timedelta(days=1):
        typed.refuse("expires_on", _("1년 안의 날을 골라 주세요."))
    if typed.errors:
        return show_again(request, lambda _session, at: _new_form(at), typed, errors=typed.errors)
    assert day is not None
    with context.database.transaction() as session:
        token = tokens.make_token(
            session,
            principal=principal,
            name=name,
            role=Role(role),
            scope=scope,
            expires_at=kst(day + timedelta(days=1)),
            by=by,
            now=now,
        )
    return show(request, "token_made.html", {"token": token, "name": name}, section=SECTION)


@router.get("/{token_id}/revoke")
@allow(Role.ADMIN)
def ask_revoke(request: Request, token_id: int, principal: Principal = SignedIn) -> Response:
    """Why it is taken back."""
    return show_form(request, lambda session, now: _revoke_form(session, principal, token_id, now))


@router.post("/{token_id}/revoke")
@allow(Role.ADMIN)
def revoke(
    request: Request,
    token_id: int,
    typed: Typed = FormFields,
    principal: Principal = SignedIn,
    by: Actor = Author,
) -> Response:
    """Take it back at once."""

    def act(session: Session, now: datetime) -> Done:
        _find(session, principal, token_id, now)
        reason = typed.text("reason")
        typed.check()
        tokens.revoke_token(
            session, company_id=principal.company_id, token_id=token_id, reason=reason, by=by, now=now
        )
        return Done(SECTION, "token-revoked")

    def build(session: Session, now: datetime) -> FormPage:
        return _revoke_form(session, principal, token_id, now)

    return submit(request, build=build, typed=typed, act=act)


def _must_be_person(principal: Principal) -> None:
    """A token makes no tokens. Raises ForbiddenError."""
    if principal.session_id is None:
        raise ForbiddenError(_("로그인한 사람만 쓸 수 있는 화면입니다."))


def _find(session: Session, principal: Principal, token_id: int, now: datetime) -> TokenInfo:
    for each in tokens.list_tokens(session, company_id=principal.company_id, now=now):
        if each.id == token_id:
            return each
    raise NotFoundError(_("그런 토큰이 없습니다."))


def _new_form(now: datetime) -> FormPage:
    today, names = today_kst(now), dict(role_options())
    hints = {
        "read": _("목록과 내용을 볼 수만 있습니다."),
        "tickets": _("접수를 넣고 읽고, 빈 시간을 묻습니다. 홈페이지 접수나 콜센터 연동에 알맞습니다."),
        "write": _("고른 역할의 사람과 똑같이 할 수 있습니다."),
    }
    return FormPage(
        title=_("새 API 토큰"),
        action=f"{SECTION}/new",
        section=SECTION,
        back=SECTION,
        lead=_(
            "다른 프로그램이 온돌에 접수를 넣거나 읽을 때 쓰는 열쇠입니다. 프로그램마다 따로 만들어 주세요."
        ),
        submit=_("토큰 만들기"),
        entries=[
            Entry(
                "name",
                _("어느 프로그램"),
                hint=_("기록에 이 이름으로 남습니다."),
                attrs={"maxlength": NAME_LONGEST, "placeholder": _("예: 홈페이지 접수")},
            ),
            Entry(
                "scope",
                _("범위"),
                "choices",
                "tickets",
                options=[(code, _(label), hints[code]) for code, label in SCOPES.items()],
                wide=True,
            ),
            Entry("role", _("역할"), "select", "agent", options=[(r.value, names[r]) for r in ROLES]),
            Entry(
                "expires_on",
                _("언제까지"),
                "date",
                (today + USUAL).isoformat(),
                hint=_("이날이 지나면 저절로 끝납니다. 1년까지."),
                attrs={"min": (today + timedelta(days=1)).isoformat()},
            ),
        ],
    )


def _revoke_form(session: Session, principal: Principal, token_id: int, now: datetime) -> FormPage:
    found = _find(session, principal, token_id, now)
    name = found.name or _("명령줄에서 만듦")
    return FormPage(
        title=_("{name} 토큰 거두기").format(name=name),
        action=f"{SECTION}/{token_id}/revoke",
        section=SECTION,
        back=SECTION,
        lead=_("거두면 그 프로그램은 바로 온돌을 쓸 수 없습니다. 되돌릴 수 없고, 필요하면 새로 만듭니다."),
        submit=_("거두기"),
        kind="danger",
        entries=[Entry("reason", _("이유"), wide=True)],
        facts=[(_("역할"), dict(role_options())[found.role]), (_("만든 사람"), found.made_by)],
    )
