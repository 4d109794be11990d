"""What a company still lacks before its first ticket, looked up live; nothing is ticked off by hand."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session

from billing.price_history import list_price_lines
from billing.queries import list_warranty_rules
from core.actor import Role
from core.clock import today_kst
from core.dated import read_rules
from core.dated_history import list_settings
from core.i18n import _
from workforce.certificates import list_qualifications
from workforce.duty_gaps import gaps_of_company
from workforce.people import search_staff
from workforce.queries import get_company, list_points, list_technicians
from workforce.shift_patterns import points_with_shifts

MANY = 5000


@dataclass(frozen=True)
class Check:
    """One thing that must stand (`must`) or should. `says` is the state in a sentence."""

    name: str
    says: str
    done: bool
    must: bool
    href: str
    action: str


@dataclass(frozen=True)
class Step:
    """A step of starting a company, with its checks."""

    name: str
    why: str
    checks: tuple[Check, ...]

    @property
    def state(self) -> str:
        """`done`, `partly` (only wishes are open) or `open`."""
        if all(check.done for check in self.checks):
            return "done"
        return "open" if any(check.must and not check.done for check in self.checks) else "partly"


def read_steps(session: Session, *, company_id: int, now: datetime) -> list[Step]:
    """The steps in the order in which a person takes them."""
    return [
        _company(session, company_id),
        _points(session, company_id, now),
        _people(session, company_id, now),
        _time(session, company_id, now),
        _prices(session, company_id, now),
        _rules(session, company_id, now),
    ]


def missing(steps: list[Step]) -> list[Check]:
    """What keeps the first ticket from going all its way."""
    return [check for step in steps for check in step.checks if check.must and not check.done]


def _company(session: Session, company_id: int) -> Step:
    company = get_company(session, company_id=company_id)
    return Step(
        _("회사"),
        _("고객이 문자와 전화에서 만나는 이름과 번호입니다."),
        (
            Check(
                _("브랜드와 번호"),
                _("{brand}, 접수 번호 앞 글자는 {prefix}입니다.").format(
                    brand=company.brand_name, prefix=company.number_prefix
                ),
                True,
                True,
                "/admin/companies/edit",
                _("고치기"),
            ),
            Check(
                _("인사말"),
                _("상담원이 전화를 받을 때 읽습니다.") if not company.greeting else company.greeting[:60],
                bool(company.greeting),
                False,
                "/admin/companies/edit",
                _("적기"),
            ),
        ),
    )


def _points(session: Session, company_id: int, now: datetime) -> Step:
    count = len(list_points(session, company_id=company_id, day=today_kst(now)))
    return Step(
        _("서비스점"),
        _("접수는 가장 가까운 열린 서비스점으로 갑니다."),
        (
            Check(
                _("열린 서비스점"),
                _("{n}곳").format(n=count) if count else _("아직 없습니다. 접수가 갈 곳이 없습니다."),
                count > 0,
                True,
                "/admin/points" if count else "/admin/points/new",
                _("보기") if count else _("넣기"),
            ),
        ),
    )


def _people(session: Session, company_id: int, now: datetime) -> Step:
    def found(role: Role) -> int:
        staff = search_staff(
            session,
            company_id=company_id,
            query="",
            role=role,
            point_id=None,
            ended=False,
            at=now,
            limit=MANY,
        )
        return sum(1 for person in staff if person.disabled_at is None)

    agents, dispatchers, qa = found(Role.AGENT), found(Role.DISPATCHER), found(Role.QA)
    technicians = list_technicians(session, company_id=company_id, at=now)
    held = list_qualifications(session, technician_ids=[t.id for t in technicians])
    today = today_kst(now)
    able = sum(1 for rows in held.values() if any(q.holds_on(today) for q in rows))
    return Step(
        _("사람"),
        _("역할마다 자기 화면이 있습니다. 한 사람이 여러 역할을 가질 수 있습니다."),
        (
            _staffed(_("상담원"), agents, "agent", must=True),
            _staffed(_("기사"), len(technicians), "technician", must=True),
            Check(
                _("기사 자격"),
                _("{n}명이 자격을 가지고 있습니다. 가스와 배기통 일은 자격이 있어야 갑니다.").format(n=able)
                if able
                else _("아직 아무도 없습니다. 가스와 배기통 일은 자격이 있어야 갑니다."),
                able > 0,
                True,
                "/admin/qualifications",
                _("넣기"),
            ),
            _staffed(_("배차 담당"), dispatchers, "dispatcher", must=False),
            _staffed(_("해피콜 담당"), qa, "qa", must=False),
        ),
    )


def _staffed(name: str, count: int, role: str, *, must: bool) -> Check:
    return Check(
        name,
        _("{n}명").format(n=count) if count else _("아직 없습니다."),
        count > 0,
        must,
        f"/admin/people?role={role}" if count else f"/admin/people/new?role={role}",
        _("보기") if count else _("넣기"),
    )


def _time(session: Session, company_id: int, now: datetime) -> Step:
    days = read_rules(session, company_id=company_id, at=now).planning_days
    points = {p.id: p for p in list_points(session, company_id=company_id, day=today_kst(now))}
    working = points_with_shifts(
        session, company_id=company_id, start=now, end=now + timedelta(days=days + 1)
    ) & set(points)
    gaps = {
        key: found
        for key, found in gaps_of_company(session, company_id=company_id, now=now).items()
        if found and (key is None or key in points)
    }
    some = bool(points) and bool(working)
    nowhere = _("아직 서비스점이 없습니다. 서비스점부터 넣어 주세요.")
    says = _("서비스점 {all}곳 가운데 {n}곳에 앞으로 {days}일 안의 근무가 있습니다.")
    return Step(
        _("근무와 당직"),
        _("근무가 있어야 방문을 약속할 수 있고, 당직이 있어야 밤과 휴일에도 접수의 담당자가 있습니다."),
        (
            Check(
                _("기사 근무"),
                says.format(all=len(points), n=len(working), days=days + 1) if points else nowhere,
                some,
                True,
                "/admin/shifts",
                _("넣기"),
            ),
            Check(
                _("접수 창구 당직"),
                _("앞으로 14일에 빈 시간이 있습니다.") if None in gaps else _("14일이 모두 차 있습니다."),
                None not in gaps,
                True,
                "/admin/duty/desk",
                _("채우기") if None in gaps else _("보기"),
            ),
            Check(
                _("서비스점 당직"),
                _duty_words(len(gaps.keys() - {None})) if points else nowhere,
                bool(points) and not gaps.keys() - {None},
                False,
                "/admin/duty",
                _("보기"),
            ),
        ),
    )


def _duty_words(gaps: int) -> str:
    return _("{n}곳에 빈 시간이 있습니다.").format(n=gaps) if gaps else _("14일이 모두 차 있습니다.")


def _prices(session: Session, company_id: int, now: datetime) -> Step:
    lines = list_price_lines(session, company_id=company_id, day=today_kst(now))
    sold = {(line.code, line.tier) for line in lines if line.current}
    fees = ("VISIT_FEE", "any") in sold or {("VISIT_FEE", "day"), ("VISIT_FEE", "night_holiday")} <= sold
    others = sum(1 for code, _tier in sold if code != "VISIT_FEE")
    warranty = list_warranty_rules(session, company_id=company_id)
    return Step(
        _("가격"),
        _("출장비는 방문 전에 알려 드리고, 청구서는 그날의 가격표로 만듭니다."),
        (
            Check(
                _("출장비"),
                _("주간과 야간·휴일 모두 있습니다.") if fees else _("주간과 야간·휴일 출장비를 넣어 주세요."),
                fees,
                True,
                "/admin/prices" if fees else "/admin/prices/new?fee=1",
                _("보기") if fees else _("넣기"),
            ),
            Check(
                _("기술료와 부품비"),
                _("{n}항목").format(n=others) if others else _("아직 없습니다. 출장비만 청구됩니다."),
                others > 0,
                False,
                "/admin/prices",
                _("보기"),
            ),
            Check(
                _("무상 보증"),
                _("{n}개 규칙").format(n=len(warranty))
                if warranty
                else _("없습니다. 같은 고장을 다시 고칠 때만 무상입니다."),
                bool(warranty),
                False,
                "/admin/warranty",
                _("보기"),
            ),
        ),
    )


def _rules(session: Session, company_id: int, now: datetime) -> Step:
    found = list_settings(session, company_id=company_id, at=now)
    unconfirmed = sum(1 for history in found.values() if "확인 필요" in history.current.source)
    return Step(
        _("기준값"),
        _("시계와 계획이 쓰는 숫자입니다. 처음에는 기본값으로 시작합니다."),
        (
            Check(
                _("확인이 필요한 기본값"),
                _("{n}개가 아직 확인되지 않았습니다. 기본값으로도 시작할 수 있습니다.").format(n=unconfirmed)
                if unconfirmed
                else _("모두 확인했습니다."),
                unconfirmed == 0,
                False,
                "/admin/settings",
                _("보기"),
            ),
        ),
    )
