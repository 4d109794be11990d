"""Qualifications of technicians: who holds what until when, and what runs out soon."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

from fastapi import APIRouter, Request, Response
from sqlmodel import Session

from core import audit
from core.actor import Actor, Principal, Role
from core.clock import today_kst
from core.errors import NotFoundError
from core.i18n import _
from dispatch.licensed_visits import visits_that_need
from web.display import when_text
from web.identity import Author, GuardedRoute, SignedIn, allow
from web.pages.admin.changes import changes_of
from web.pages.admin.fields import Entry
from web.pages.admin.forms import FormPage, show_form, submit
from web.pages.admin.frame import Done, look, show
from web.pages.admin.subjects import names_of
from web.pages.admin.typed import FormFields, Typed
from workforce import staff
from workforce.certificates import (
    QUALIFICATIONS,
    QualificationInfo,
    list_qualifications,
    must_be_own_technician,
    owner_of_qualification,
    qualification_words,
)
from workforce.points import search_points
from workforce.queries import get_technicians, list_technicians
from workforce.schemas import TechnicianInfo

router = APIRouter(prefix="/admin/qualifications", route_class=GuardedRoute)

SECTION = "/admin/qualifications"
SOON = timedelta(days=60)
VISITS_TOLD = 8
CODE = re.compile(r"[A-Z][A-Z0-9_]{1,29}")


@router.get("")
@allow(Role.ADMIN)
def show_qualifications(
    request: Request, q: str = "", point: str = "", only: str = "", principal: Principal = SignedIn
) -> Response:
    """A row a technician; `only=soon` those with something that runs out, `only=none` those without any."""

    def read(session: Session, now: datetime) -> dict[str, Any]:
        points = search_points(session, company_id=principal.company_id)
        chosen = next((p for p in points if p.code == point), None)
        people = list_technicians(
            session, company_id=principal.company_id, at=now, point_id=chosen.id if chosen else None
        )
        technicians = list({t.id: t for t in people if q.strip() in t.name}.values())
        held = list_qualifications(session, technician_ids=[t.id for t in technicians])
        today = today_kst(now)
        valid = {key: [x for x in rows if x.holds_on(today)] for key, rows in held.items()}
        soon = {
            key: [x for x in rows if x.valid_to is not None and x.valid_to <= today + SOON]
            for key, rows in valid.items()
        }
        if only == "soon":
            technicians = [t for t in technicians if soon[t.id]]
        elif only == "none":
            technicians = [t for t in technicians if not valid[t.id]]
        kinds = ("QualificationAdded", "QualificationEnded")
        changes = audit.list_changes(session, company_id=principal.company_id, what=kinds, limit=15)
        return {
            "technicians": technicians[:300],
            "more": max(0, len(technicians) - 300),
            "valid": valid,
            "soon": soon,
            "points": points,
            "point_names": {p.id: p.name for p in points},
            "q": q[:60],
            "point": chosen.code if chosen else "",
            "only": only,
            "today": today,
            "changes": changes_of(
                changes, names_of(session, company_id=principal.company_id, entries=changes)
            ),
        }

    return show(request, "qualifications.html", look(request, read), section=SECTION)


@router.get("/new")
@allow(Role.ADMIN)
def new_qualification(request: Request, technician: int, principal: Principal = SignedIn) -> Response:
    """The form of a licence or training."""
    return show_form(request, lambda session, now: _form(session, principal, technician, now))


@router.post("/new")
@allow(Role.ADMIN)
def add(
    request: Request,
    technician: int,
    typed: Typed = FormFields,
    principal: Principal = SignedIn,
    by: Actor = Author,
) -> Response:
    """Store it."""

    def act(session: Session, now: datetime) -> Done:
        person = _own(session, principal, technician, now)
        code = (typed.raw("other_code") or typed.raw("code")).upper()
        if not CODE.fullmatch(code):
            name = "other_code" if typed.raw("other_code") else "code"
            typed.refuse(name, _("자격을 고르거나, 코드를 영문 대문자로 적어 주세요."))
        valid_from, valid_to = typed.day("valid_from"), typed.day("valid_to", required=False)
        certificate = typed.text("certificate", required=False, longest=60)
        if valid_from and valid_to and valid_to < valid_from:
            typed.refuse("valid_to", _("끝나는 날이 시작하는 날보다 앞섭니다."))
        typed.check()
        assert valid_from is not None
        staff.add_qualification(
            session,
            technician_id=technician,
            company_id=principal.company_id,
            code=code,
            certificate=certificate,
            valid_from=valid_from,
            valid_to=valid_to,
            by=by,
            now=now,
        )
        return Done(f"/admin/people/{person.person_id}", "qualification")

    return submit(
        request,
        build=lambda session, now: _form(session, principal, technician, now),
        typed=typed,
        act=act,
    )


@router.get("/{qualification_id}/end")
@allow(Role.ADMIN)
def ask_end(request: Request, qualification_id: int, principal: Principal = SignedIn) -> Response:
    """The last day of a qualification."""
    return show_form(request, lambda session, now: _end_form(session, principal, qualification_id, now))


@router.post("/{qualification_id}/end")
@allow(Role.ADMIN)
def end(
    request: Request,
    qualification_id: int,
    typed: Typed = FormFields,
    principal: Principal = SignedIn,
    by: Actor = Author,
) -> Response:
    """Let it end."""

    def act(session: Session, now: datetime) -> Done:
        owner = owner_of_qualification(session, qualification_id=qualification_id)
        person = _own(session, principal, owner.technician_id, now)
        last_day = typed.day("last_day")
        reason = typed.text("reason", longest=200)
        typed.check()
        assert last_day is not None
        staff.end_qualification(
            session,
            qualification_id=qualification_id,
            last_day=last_day,
            reason=reason,
            company_id=principal.company_id,
            by=by,
            now=now,
        )
        return Done(f"/admin/people/{person.person_id}", "qualification-ended")

    return submit(
        request,
        build=lambda session, now: _end_form(session, principal, qualification_id, now),
        typed=typed,
        act=act,
    )


def _own(session: Session, principal: Principal, technician_id: int, now: datetime) -> TechnicianInfo:
    must_be_own_technician(session, technician_id=technician_id, company_id=principal.company_id, at=now)
    found = get_technicians(session, technician_ids=[technician_id], company_id=principal.company_id).get(
        technician_id
    )
    if found is None:
        raise NotFoundError(_("그런 기사가 없습니다."))
    return found


def _form(session: Session, principal: Principal, technician_id: int, now: datetime) -> FormPage:
    person = _own(session, principal, technician_id, now)
    held = list_qualifications(session, technician_ids=[technician_id])[technician_id]
    return FormPage(
        title=_("{name} 기사의 자격 넣기").format(name=person.name),
        action=f"{SECTION}/new?technician={technician_id}",
        section=SECTION,
        back=f"/admin/people/{person.person_id}",
        lead=_("기한이 지난 자격으로는 그 일에 배정되지 않습니다. 아무도 이 규칙을 건너뛸 수 없습니다."),
        entries=[
            Entry(
                "code",
                _("자격"),
                "choices",
                options=[(code, _(name), code) for code, name in QUALIFICATIONS.items()],
                required=False,
                wide=True,
            ),
            Entry(
                "other_code", _("다른 자격 코드"), required=False, hint=_("위에 없을 때만. 예: HYDRO_TEST")
            ),
            Entry("certificate", _("자격증 번호"), required=False),
            Entry("valid_from", _("첫날"), "date", today_kst(now).isoformat()),
            Entry("valid_to", _("마지막 날"), "date", required=False, hint=_("기한이 없으면 비워 두세요.")),
        ],
        facts=[
            (qualification_words(x.code), f"{x.valid_from} ~ {x.valid_to or ''}")
            for x in held
            if x.holds_on(today_kst(now))
        ],
        facts_title=_("지금 가진 자격"),
    )


def _visits_that_need(
    session: Session, principal: Principal, held: QualificationInfo, now: datetime
) -> list[tuple[str, str]]:
    """A word of warning: whose homes wait for this licence."""
    found = visits_that_need(
        session,
        company_id=principal.company_id,
        technician_id=held.technician_id,
        skill=held.code,
        now=now,
    )
    if not found:
        return []
    told = ", ".join(f"{visit.number} ({when_text(visit.at, now)})" for visit in found[:VISITS_TOLD])
    more = len(found) - VISITS_TOLD
    if more > 0:
        told += " " + _("외 {n}건").format(n=more)
    text = _(
        "이 자격이 있어야 하는 방문 {n}건이 이 기사에게 잡혀 있습니다: {visits}. "
        "마지막 날이 지난 뒤의 방문은 다른 기사에게 다시 계획합니다."
    )
    return [("warn", text.format(n=len(found), visits=told))]


def _end_form(session: Session, principal: Principal, qualification_id: int, now: datetime) -> FormPage:
    held = owner_of_qualification(session, qualification_id=qualification_id)
    person = _own(session, principal, held.technician_id, now)
    return FormPage(
        title=_("{name} 기사의 {what} 자격 끝내기").format(
            name=person.name, what=qualification_words(held.code)
        ),
        action=f"{SECTION}/{qualification_id}/end",
        section=SECTION,
        back=f"/admin/people/{person.person_id}",
        kind="danger",
        submit=_("끝나는 날 정하기"),
        entries=[
            Entry("last_day", _("마지막 날"), "date", today_kst(now).isoformat()),
            Entry("reason", _("이유"), wide=True, attrs={"placeholder": _("예: 갱신하지 않음, 잘못 넣음")}),
        ],
        notes=_visits_that_need(session, principal, held, now),
        facts=[
            (_("자격"), qualification_words(held.code)),
            (_("자격증 번호"), held.certificate),
            (_("기간"), f"{held.valid_from} ~ {held.valid_to or ''}"),
        ],
    )
