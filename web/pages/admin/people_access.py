"""Somebody's open log-ins, devices and second factor: ended, forgotten, reset, unlocked, with a reason."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request, Response
from sqlmodel import Session

from core.actor import Actor, Principal, Role
from core.errors import NotFoundError
from core.i18n import N_, _
from web.identity import Author, GuardedRoute, SignedIn, allow
from web.pages.admin.fields import Entry
from web.pages.admin.forms import FormPage, show_form, submit
from web.pages.admin.frame import Done
from web.pages.admin.typed import FormFields, Typed
from workforce import account_care
from workforce.people import get_staff, must_manage

router = APIRouter(prefix="/admin/people", route_class=GuardedRoute)

SECTION = "/admin/people"
LARGEST_ID = 2**62


@dataclass(frozen=True)
class Step:
    """One thing that is done to a log-in. `of_one`: it names a session or device by `id`."""

    title: str
    lead: str
    submit: str
    done: str
    act: Callable[..., None]
    of_one: str = ""
    kind: str = "danger"


STEPS = {
    "session": Step(
        title=N_("{name} 님의 로그인 하나 끝내기"),
        lead=N_("그 화면은 몇 초 안에 멈추고, 다시 로그인해야 합니다. 아이디는 그대로 쓸 수 있습니다."),
        submit=N_("로그인 끝내기"),
        done="log-in-ended",
        act=account_care.end_somebodys_sessions,
        of_one="only",
    ),
    "sessions": Step(
        title=N_("{name} 님의 로그인 모두 끝내기"),
        lead=N_("모든 화면이 몇 초 안에 멈추고, 다시 로그인해야 합니다. 아이디는 그대로 쓸 수 있습니다."),
        submit=N_("모두 끝내기"),
        done="log-in-ended",
        act=account_care.end_somebodys_sessions,
    ),
    "device": Step(
        title=N_("{name} 님의 기기 지우기"),
        lead=N_("그 기기의 로그인이 끝나고, 다음에는 2단계 확인을 다시 묻습니다."),
        submit=N_("기기 지우기"),
        done="device-forgotten",
        act=account_care.forget_somebodys_device,
        of_one="device_id",
    ),
    "factor": Step(
        title=N_("{name} 님의 2단계 확인 새로 하기"),
        lead=N_(
            "본인이 맞는지 전화나 얼굴로 확인한 뒤에 눌러 주세요. 지금의 인증 앱, 복구 번호, 기억하는 "
            "기기가 모두 지워지고, 다음 로그인 때 새로 만듭니다."
        ),
        submit=N_("새로 하게 하기"),
        done="factor-reset",
        act=account_care.reset_somebodys_factor,
    ),
    "unlock": Step(
        title=N_("{name} 님의 로그인 막힘 풀기"),
        lead=N_("여러 번 틀려서 기다리는 중입니다. 본인이 틀린 것이 맞는지 확인한 뒤에 풀어 주세요."),
        submit=N_("바로 풀기"),
        done="unlocked",
        act=account_care.unlock_account,
        kind="primary",
    ),
}


@router.get("/{person_id}/access/{step}")
@allow(Role.ADMIN)
def ask(
    request: Request,
    person_id: int,
    step: str,
    id: int = 0,  # noqa: A002
    principal: Principal = SignedIn,
) -> Response:
    """Why."""
    return show_form(
        request, lambda session, now: _form(session, principal, person_id, step, item=id, now=now)
    )


@router.post("/{person_id}/access/{step}")
@allow(Role.ADMIN)
def do(
    request: Request,
    person_id: int,
    step: str,
    id: int = 0,  # noqa: A002
    typed: Typed = FormFields,
    principal: Principal = SignedIn,
    by: Actor = Author,
) -> Response:
    """Do it, at once."""
    known = _step(step)

    def act(session: Session, now: datetime) -> Done:
        must_manage(session, company_id=principal.company_id, person_id=person_id, now=now)
        reason = typed.text("reason")
        typed.check()
        which: dict[str, Any] = {known.of_one: _one(id)} if known.of_one else {}
        if step == "sessions":
            which = {"only": None}
        known.act(
            session,
            company_id=principal.company_id,
            person_id=person_id,
            reason=reason,
            by=by,
            now=now,
            **which,
        )
        return Done(f"{SECTION}/{person_id}", known.done)

    def build(session: Session, now: datetime) -> FormPage:
        return _form(session, principal, person_id, step, item=id, now=now)

    # Wrong tries are counted outside the wall between companies; `must_manage` has looked whose person it is.
    return submit(request, build=build, typed=typed, act=act, everywhere=step == "unlock")


@router.get("/{person_id}/provider")
@allow(Role.ADMIN)
def ask_provider(request: Request, person_id: int, principal: Principal = SignedIn) -> Response:
    """Who this is at the company's identity provider."""
    return show_form(request, lambda session, now: _provider_form(session, principal, person_id, now=now))


@router.post("/{person_id}/provider")
@allow(Role.ADMIN)
def set_provider(
    request: Request,
    person_id: int,
    typed: Typed = FormFields,
    principal: Principal = SignedIn,
    by: Actor = Author,
) -> Response:
    """Store it."""

    def act(session: Session, now: datetime) -> Done:
        account_care.set_provider_login(
            session,
            company_id=principal.company_id,
            person_id=person_id,
            typed=typed.raw("provider_login"),
            by=by,
            now=now,
        )
        return Done(f"{SECTION}/{person_id}", "saved")

    def build(session: Session, now: datetime) -> FormPage:
        return _provider_form(session, principal, person_id, now=now)

    return submit(request, build=build, typed=typed, act=act)


def _step(name: str) -> Step:
    if name not in STEPS:
        raise NotFoundError(_("그런 화면이 없습니다."))
    return STEPS[name]


def _one(item: int) -> int:
    """An id that the database can hold. Raises NotFoundError."""
    if not 0 < item < LARGEST_ID:
        raise NotFoundError(_("이미 끝났거나 지워졌습니다."))
    return item


def _form(
    session: Session, principal: Principal, person_id: int, step: str, *, item: int, now: datetime
) -> FormPage:
    known = _step(step)
    person = get_staff(session, company_id=principal.company_id, person_id=person_id)
    must_manage(session, company_id=principal.company_id, person_id=person_id, now=now)
    where = f"{SECTION}/{person_id}/access/{step}"
    return FormPage(
        title=_(known.title).format(name=person.name),
        action=f"{where}?id={item}" if known.of_one else where,
        section=SECTION,
        back=f"{SECTION}/{person_id}",
        submit=_(known.submit),
        kind=known.kind,
        lead=_(known.lead),
        entries=[Entry("reason", _("이유"), wide=True, attrs={"placeholder": _("예: 휴대전화를 잃어버림")})],
        facts=[(_("아이디"), person.login or "")],
    )


def _provider_form(session: Session, principal: Principal, person_id: int, *, now: datetime) -> FormPage:
    person = get_staff(session, company_id=principal.company_id, person_id=person_id)
    must_manage(session, company_id=principal.company_id, person_id=person_id, now=now)
    hint = _("회사 계정의 이메일 주소나 사용자 번호(sub). 비우면 회사 계정으로는 들어올 수 없습니다.")
    return FormPage(
        title=_("{name} 님의 회사 계정").format(name=person.name),
        action=f"{SECTION}/{person_id}/provider",
        section=SECTION,
        back=f"{SECTION}/{person_id}",
        entries=[
            Entry(
                "provider_login",
                _("회사 계정"),
                value=account_care.provider_login_of(session, person_id=person_id),
                hint=hint,
                required=False,
                attrs={"autocomplete": "off", "autocapitalize": "none", "maxlength": 200},
            )
        ],
        facts=[(_("아이디"), person.login or "")],
    )
