"""One's own company, founding another one, and moving between those one looks after."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request, Response
from sqlmodel import Session

from core import audit
from core.actor import Actor, Principal, Role
from core.errors import NotFoundError
from core.i18n import _
from core.phones import displayed
from dispatch.numbers import number_of
from web.identity import COOKIE, Author, GuardedRoute, SignedIn, allow
from web.pages.admin.changes import changes_of
from web.pages.admin.fields import Entry
from web.pages.admin.forms import FormPage, new_key, press, show_form, submit
from web.pages.admin.frame import Done, look, show
from web.pages.admin.typed import FormFields, Typed
from workforce import accounts, founding, staff
from workforce.brand import change_company
from workforce.people import list_own_admin_seats
from workforce.queries import get_company
from workforce.schemas import CompanyInfo

router = APIRouter(prefix="/admin/companies", route_class=GuardedRoute)

SECTION = "/admin/companies"


@router.get("")
@allow(Role.ADMIN)
def show_companies(request: Request, principal: Principal = SignedIn) -> Response:
    """The company's face, and the companies this person looks after."""

    def read(session: Session, now: datetime) -> dict[str, Any]:
        entries = audit.list_changes(
            session,
            company_id=principal.company_id,
            what=("CompanyAdded", "CompanyChanged"),
            subject=("company", principal.company_id),
        )
        company = get_company(session, company_id=principal.company_id)
        return {
            "company": company,
            "number_example": number_of(company.number_prefix, serial=1, now=now),
            "seats": list_own_admin_seats(session, person_id=principal.person_id, at=now),
            "here": principal.company_id,
            "changes": changes_of(entries),
            "key": new_key(),
        }

    return show(request, "companies.html", look(request, read), section=SECTION)


@router.get("/edit")
@allow(Role.ADMIN)
def edit_company(request: Request, principal: Principal = SignedIn) -> Response:
    """Brand, numbers, colour and greeting."""
    return show_form(request, lambda session, _now: _edit_form(session, principal))


@router.post("/edit")
@allow(Role.ADMIN)
def change(
    request: Request, typed: Typed = FormFields, principal: Principal = SignedIn, by: Actor = Author
) -> Response:
    """Store them."""

    def act(session: Session, now: datetime) -> Done:
        change_company(session, company_id=principal.company_id, **_brand(typed), by=by, now=now)
        return Done(SECTION, "saved")

    return submit(request, build=lambda session, _now: _edit_form(session, principal), typed=typed, act=act)


@router.get("/new")
@allow(Role.ADMIN)
def new_company(request: Request) -> Response:
    """The form of a new company."""
    return show_form(request, lambda _session, _now: _new_form())


@router.post("/new")
@allow(Role.ADMIN)
def found(
    request: Request, typed: Typed = FormFields, principal: Principal = SignedIn, by: Actor = Author
) -> Response:
    """Found it; whoever founds it is its first administrator and goes on there."""

    def act(session: Session, now: datetime) -> Done:
        code, brand = typed.code("code"), _brand(typed)
        typed.phone("main_phone")
        typed.text("name", longest=60)
        typed.check()
        company = founding.add_company(session, code=code, **brand, by=by, now=now)
        seat = staff.grant_membership(
            session,
            person_id=principal.person_id,
            company_id=company.id,
            role=Role.ADMIN,
            point_id=None,
            by=by,
            now=now,
        )
        cookie = request.cookies.get(COOKIE)
        if principal.via == "session" and cookie:
            accounts.switch_membership(session, token=cookie, membership_id=seat, now=now)
        return Done("/admin/start", "company")

    return submit(request, build=lambda _session, _now: _new_form(), typed=typed, act=act, everywhere=True)


@router.post("/switch/{membership_id}")
@allow(Role.ADMIN)
def switch(
    request: Request, membership_id: int, typed: Typed = FormFields, principal: Principal = SignedIn
) -> Response:
    """Work on in another of one's own companies."""

    def act(session: Session, now: datetime) -> Done:
        seats = list_own_admin_seats(session, person_id=principal.person_id, at=now)
        if membership_id not in {seat.membership_id for seat in seats}:
            raise NotFoundError(_("그 회사의 관리자가 아닙니다."))
        cookie = request.cookies.get(COOKIE)
        if cookie:
            accounts.switch_membership(session, token=cookie, membership_id=membership_id, now=now)
        return Done("/admin", "switched")

    return press(request, typed=typed, act=act)


def _brand(typed: Typed) -> dict[str, Any]:
    return {
        "name": typed.raw("name"),
        "brand_name": typed.raw("brand_name") or typed.raw("name"),
        "colour": typed.raw("colour"),
        "kind": typed.raw("kind"),
        "main_phone": typed.raw("main_phone"),
        "sender_number": typed.raw("sender_number") or typed.raw("main_phone"),
        "greeting": typed.raw("greeting"),
    }


def _edit_form(session: Session, principal: Principal) -> FormPage:
    company = get_company(session, company_id=principal.company_id)
    return FormPage(
        title=_("회사 정보 고치기"),
        action=f"{SECTION}/edit",
        section=SECTION,
        back=SECTION,
        entries=_brand_entries(company),
        notes=[
            ("info", _("바꾼 뒤에 나가는 문자부터 새 이름과 번호를 씁니다. 이미 나간 문자는 그대로입니다."))
        ],
        facts=[(_("회사 코드"), company.code), (_("접수 번호 머리글자"), company.number_prefix)],
        facts_title=_("바꿀 수 없는 것"),
    )


def _new_form() -> FormPage:
    code = Entry(
        "code",
        _("회사 코드"),
        hint=_("영문 소문자와 숫자로 2~20자. 주소와 명령에 쓰이며 나중에 바꿀 수 없습니다."),
        attrs={"autocomplete": "off", "autocapitalize": "none", "maxlength": 20},
    )
    return FormPage(
        title=_("새 회사 만들기"),
        action=f"{SECTION}/new",
        section=SECTION,
        back=SECTION,
        entries=[code, *_brand_entries(None)],
        submit=_("회사 만들기"),
        lead=_(
            "새 회사는 지금 회사와 완전히 따로입니다. "
            "고객, 접수, 가격, 사람을 함께 쓰지 않고 서로 볼 수 없습니다."
        ),
        notes=[
            (
                "info",
                _(
                    "만든 사람이 새 회사의 첫 관리자가 되고, 바로 그 회사의 시작하기 화면으로 갑니다. "
                    "지금 회사로는 회사 화면에서 언제든 돌아올 수 있습니다."
                ),
            )
        ],
    )


def _brand_entries(company: CompanyInfo | None) -> list[Entry]:
    def phone(number: str) -> str:
        return displayed(number) if number else ""

    return [
        Entry("name", _("회사 이름"), value=company.name if company else ""),
        Entry(
            "brand_name",
            _("브랜드"),
            value=company.brand_name if company else "",
            hint=_("문자와 인사말에 나오는 이름. 비우면 회사 이름을 씁니다."),
            required=False,
        ),
        Entry(
            "main_phone",
            _("대표 번호"),
            "tel",
            phone(company.main_phone) if company else "",
            hint=_("고객이 거는 번호"),
        ),
        Entry(
            "sender_number",
            _("문자 발신 번호"),
            "tel",
            phone(company.sender_number) if company else "",
            hint=_("통신사에 등록한 번호여야 합니다. 비우면 대표 번호를 씁니다."),
            required=False,
        ),
        Entry(
            "kind",
            _("서비스점을 주로 어떻게 운영하나요?"),
            "choices",
            company.kind if company else "designated",
            options=[
                ("direct", _("직영"), _("배정하면 바로 받습니다")),
                ("designated", _("지정점"), _("5분 안에 받거나 거절합니다")),
            ],
            wide=True,
        ),
        Entry("colour", _("브랜드 색"), "colour", company.colour if company else "#b4430f"),
        Entry(
            "greeting",
            _("인사말"),
            "textarea",
            company.greeting if company else "",
            hint=_("상담원이 전화를 받을 때 읽는 첫 문장"),
            required=False,
            wide=True,
        ),
    ]
