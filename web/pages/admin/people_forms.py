"""The forms of a person, their memberships and their log-in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel import Session

from core.actor import Role
from core.clock import kst, today_kst
from core.i18n import _
from core.phones import displayed
from web.pages.admin.fields import Entry
from web.pages.admin.forms import FormPage
from web.pages.admin.typed import Typed
from workforce.people import StaffInfo
from workforce.points import search_points
from workforce.schemas import MembershipInfo, PointInfo

SECTION = "/admin/people"
POINT_ROLES = frozenset({Role.POINT, Role.TECHNICIAN})
"""Roles that belong to one service point."""


def role_options() -> list[tuple[Role, str]]:
    """Every role and its name."""
    return [
        (Role.AGENT, _("상담원")),
        (Role.DISPATCHER, _("배차 담당")),
        (Role.POINT, _("서비스점 창구")),
        (Role.TECHNICIAN, _("기사")),
        (Role.QA, _("해피콜 담당")),
        (Role.MANAGER, _("관리자(현황)")),
        (Role.ADMIN, _("설정 관리자")),
    ]


@dataclass(frozen=True)
class Seat:
    """A membership as it was asked for."""

    role: Role
    point_id: int | None
    badge_number: str
    day: date

    def valid_from(self, now: datetime) -> datetime:
        """From now on when it begins today, else from midnight."""
        return now if self.day <= today_kst(now) else kst(self.day)


def read_seat(session: Session, company_id: int, typed: Typed, *, today: date) -> Seat:
    """Role, point, badge and day; errors are noted."""
    role = typed.choice("role", {role.value for role in Role})
    points = {p.code: p.id for p in search_points(session, company_id=company_id)}
    code = typed.choice("point", points, required=False)
    if role in POINT_ROLES and not code:
        typed.refuse("point", _("이 역할은 서비스점을 골라야 합니다."))
    if role and role not in POINT_ROLES and code:
        typed.refuse("point", _("이 역할은 회사 전체의 일이라 서비스점을 비워 두어야 합니다."))
    badge = typed.text("badge_number", required=False, longest=30)
    if role == Role.TECHNICIAN and not badge:
        typed.refuse("badge_number", _("고객에게 알려 주는 기사 번호를 적어 주세요."))
    day = typed.day("valid_from", not_before=today) or today
    return Seat(Role(role or "agent"), points.get(code), badge, day)


def seat_entries(points: Sequence[PointInfo], *, role: str, point: str, today: date) -> list[Entry]:
    """The fields of a membership."""
    return [
        Entry("role", _("역할"), "choices", role, options=_roles_with_hints(), wide=True),
        Entry(
            "point",
            _("서비스점"),
            "select",
            point,
            options=[(p.code, f"{p.name} ({p.code})") for p in points],
            blank=_("회사 전체"),
            hint=_("창구와 기사는 꼭 골라야 합니다."),
            required=False,
        ),
        Entry(
            "badge_number",
            _("기사 번호"),
            hint=_("방문 문자에 적혀 고객이 본인을 확인합니다. 기사만 적습니다."),
            required=False,
        ),
        Entry("valid_from", _("언제부터"), "date", today.isoformat(), attrs={"min": today.isoformat()}),
    ]


def new(points: Sequence[PointInfo], *, role: str, point: str, today: date, same: int | None) -> FormPage:
    """A new person; `same` asks whether it is one who is known already."""
    question = [
        Entry(
            "same_person",
            _("같은 분인가요?"),
            "choices",
            options=[
                (
                    "yes",
                    _("같은 분입니다"),
                    _("그분에게 이 회사의 소속을 더합니다. 근무가 겹치지 않게 지켜집니다."),
                ),
                ("no", _("다른 분입니다"), _("새 사람으로 넣습니다.")),
            ],
            wide=True,
        )
    ]
    return FormPage(
        title=_("사람 넣기"),
        action=f"{SECTION}/new",
        section=SECTION,
        back=SECTION,
        submit=_("넣기"),
        entries=[
            *(question if same is not None else []),
            Entry("name", _("이름"), attrs={"autocomplete": "off"}),
            Entry(
                "phone",
                _("전화번호"),
                "tel",
                hint=_("일에 관한 문자를 받는 번호"),
                attrs={"autocomplete": "off"},
            ),
            *seat_entries(points, role=role, point=point, today=today),
            Entry(
                "",
                _("로그인"),
                "heading",
                hint=_("나중에 만들어도 됩니다. 비밀번호는 본인에게 직접 알려 주세요."),
            ),
            Entry(
                "login",
                _("아이디"),
                required=False,
                attrs={"autocomplete": "off", "autocapitalize": "none", "maxlength": 60},
            ),
            Entry("password", _("비밀번호"), "password", required=False, hint=_("8자 이상")),
        ],
    )


def edit(person: StaffInfo) -> FormPage:
    """Name and number."""
    return FormPage(
        title=_("{name} 님 고치기").format(name=person.name),
        action=f"{SECTION}/{person.id}/edit",
        section=SECTION,
        back=f"{SECTION}/{person.id}",
        entries=[
            Entry("name", _("이름"), value=person.name),
            Entry("phone", _("전화번호"), "tel", displayed(person.phone)),
        ],
    )


def grant(person: StaffInfo, points: Sequence[PointInfo], today: date) -> FormPage:
    """One more membership."""
    return FormPage(
        title=_("{name} 님에게 소속 주기").format(name=person.name),
        action=f"{SECTION}/{person.id}/memberships",
        section=SECTION,
        back=f"{SECTION}/{person.id}",
        entries=seat_entries(points, role="", point="", today=today),
        submit=_("소속 주기"),
    )


def badge(person: StaffInfo, membership: MembershipInfo) -> FormPage:
    """Another badge number, for one that was mistyped."""
    return FormPage(
        title=_("{name} 님의 기사 번호 고치기").format(name=person.name),
        action=f"{SECTION}/{person.id}/memberships/{membership.id}/badge",
        section=SECTION,
        back=f"{SECTION}/{person.id}",
        lead=_("근무와 잡힌 방문은 그대로 있습니다. 이미 나간 문자에는 전 번호가 적혀 있습니다."),
        entries=[
            Entry(
                "badge_number",
                _("기사 번호"),
                value=membership.badge_number,
                hint=_("방문 문자에 적혀 고객이 본인을 확인합니다."),
                attrs={"maxlength": 30, "autocomplete": "off"},
            ),
            Entry("reason", _("이유"), wide=True, attrs={"placeholder": _("예: 잘못 적음")}),
        ],
    )


def end(person: StaffInfo, membership: MembershipInfo, today: date) -> FormPage:
    """Take a membership away."""
    name = dict(role_options())[membership.role]
    note = _(
        "기사라면 그 뒤의 근무도 함께 지웁니다. 이미 잡힌 방문은 배차 화면에서 다른 기사에게 옮겨 주세요."
    )
    return FormPage(
        title=_("{name} 님의 {role} 소속 끝내기").format(name=person.name, role=name),
        action=f"{SECTION}/{person.id}/memberships/{membership.id}/end",
        section=SECTION,
        back=f"{SECTION}/{person.id}",
        submit=_("소속 끝내기"),
        kind="danger",
        notes=[("warn", note)] if membership.role is Role.TECHNICIAN else [],
        entries=[
            Entry(
                "last_day",
                _("마지막 날"),
                "date",
                today.isoformat(),
                hint=_("오늘을 고르면 지금 바로 끝납니다."),
                attrs={"min": today.isoformat()},
            ),
            Entry("reason", _("이유"), wide=True, attrs={"placeholder": _("예: 퇴사, 부서 이동")}),
        ],
    )


def log_in(person: StaffInfo) -> FormPage:
    """A first log-in, or a new password."""
    has = person.login is not None
    entries = (
        [] if has else [Entry("login", _("아이디"), attrs={"autocomplete": "off", "autocapitalize": "none"})]
    )
    label = _("새 비밀번호") if has else _("비밀번호")
    return FormPage(
        title=_("{name} 님의 새 비밀번호").format(name=person.name)
        if has
        else _("{name} 님의 아이디 만들기").format(name=person.name),
        action=f"{SECTION}/{person.id}/login",
        section=SECTION,
        back=f"{SECTION}/{person.id}",
        entries=[*entries, Entry("password", label, "password", hint=_("8자 이상"))],
        notes=[("info", _("저장하면 이분의 열린 로그인은 모두 끊깁니다."))] if has else [],
        facts=[(_("아이디"), person.login or "")] if has else [],
    )


def disable(person: StaffInfo) -> FormPage:
    """Shut the log-in."""
    return FormPage(
        title=_("{name} 님의 아이디 막기").format(name=person.name),
        action=f"{SECTION}/{person.id}/disable",
        section=SECTION,
        back=f"{SECTION}/{person.id}",
        submit=_("아이디 막기"),
        kind="danger",
        lead=_("열린 로그인이 바로 끊기고 다시 들어올 수 없습니다. 소속과 지난 일의 기록은 그대로 남습니다."),
        entries=[Entry("reason", _("이유"), wide=True)],
        facts=[(_("아이디"), person.login or "")],
    )


def _roles_with_hints() -> list[tuple[str, str, str]]:
    hints = {
        Role.AGENT: _("전화를 받아 접수"),
        Role.DISPATCHER: _("계획을 보고 배정"),
        Role.POINT: _("한 서비스점의 창구"),
        Role.TECHNICIAN: _("방문해서 수리"),
        Role.QA: _("수리 뒤 확인 전화"),
        Role.MANAGER: _("전체 현황"),
        Role.ADMIN: _("이 설정 화면"),
    }
    return [(role.value, name, hints[role]) for role, name in role_options()]
