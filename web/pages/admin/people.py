"""People: found, shown with everything they ever were here, added with a log-in, corrected."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request, Response
from sqlmodel import Session

from core import audit
from core.actor import Actor, Principal, Role
from core.clock import today_kst
from core.errors import FieldError, InvalidError
from core.i18n import _
from core.models import TimelineEntry
from web.context import context_of
from web.identity import Author, GuardedRoute, SignedIn, allow
from web.pages.admin import people_forms
from web.pages.admin.changes import WHAT, changes_of
from web.pages.admin.forms import FormPage, new_key, show_form, submit
from web.pages.admin.frame import Done, look, show
from web.pages.admin.subjects import names_of
from web.pages.admin.typed import FormFields, Typed
from web.presenters.browsers import shown_browser
from workforce import staff
from workforce.account_care import read_log_in
from workforce.certificates import list_qualifications
from workforce.passwords import password_fault
from workforce.people import (
    StaffInfo,
    change_person,
    find_same_person,
    get_staff,
    is_managed_by,
    search_staff,
)
from workforce.photos import has_photo
from workforce.points import search_points
from workforce.tries import waits_until

router = APIRouter(prefix="/admin/people", route_class=GuardedRoute)

SECTION = "/admin/people"
PAGE = 50
MOST_CHANGES = 40


class MaybeSamePersonError(InvalidError):
    """Somebody with this name and number works with Ondol already: the same person, or another one?"""

    code = "maybe-same-person"


@router.get("")
@allow(Role.ADMIN)
def show_people(
    request: Request,
    q: str = "",
    role: str = "",
    point: str = "",
    ended: str = "",
    start: int = 0,
    principal: Principal = SignedIn,
) -> Response:
    """The list, narrowed by words, role, point, or to those who have left."""
    wanted = Role(role) if role in set(Role) else None
    start = min(max(start, 0), 100_000)

    def read(session: Session, now: datetime) -> dict[str, Any]:
        points = search_points(session, company_id=principal.company_id)
        chosen = next((p for p in points if p.code == point), None)
        found = search_staff(
            session,
            company_id=principal.company_id,
            query=q,
            role=wanted,
            point_id=chosen.id if chosen else None,
            ended=bool(ended),
            at=now,
            limit=PAGE + 1,
            offset=start,
        )
        return {
            "people": found[:PAGE],
            "more": len(found) > PAGE,
            "start": start,
            "page_size": PAGE,
            "points": points,
            "point_names": {p.id: p.name for p in points},
            "q": q[:60],
            "role": wanted,
            "point": chosen.code if chosen else "",
            "ended": bool(ended),
            "roles": people_forms.role_options(),
            "role_names": dict(people_forms.role_options()),
        }

    return show(request, "people.html", look(request, read), section=SECTION)


@router.get("/new")
@allow(Role.ADMIN)
def new_person(
    request: Request, role: str = "", point: str = "", principal: Principal = SignedIn
) -> Response:
    """The form of a new person with a first membership and a log-in."""

    def build(session: Session, now: datetime) -> FormPage:
        points = search_points(session, company_id=principal.company_id)
        return people_forms.new(points, role=role, point=point, today=today_kst(now), same=None)

    return show_form(request, build)


@router.post("/new")
@allow(Role.ADMIN)
def add(
    request: Request, typed: Typed = FormFields, principal: Principal = SignedIn, by: Actor = Author
) -> Response:
    """Store person, log-in and membership together; one who is known already is asked about first."""

    def build(session: Session, now: datetime) -> FormPage:
        points = search_points(session, company_id=principal.company_id)
        same = find_same_person(session, name=typed.raw("name"), phone=typed.raw("phone"))
        return people_forms.new(points, role="", point="", today=today_kst(now), same=same)

    def act(session: Session, now: datetime) -> Done:
        seat = people_forms.read_seat(session, principal.company_id, typed, today=today_kst(now))
        name, phone = typed.text("name", longest=60), typed.phone("phone")
        login, password = typed.raw("login"), typed.password("password")
        if login and (fault := password_fault(password, login=login)):
            typed.refuse("password", fault)
        if login and (len(login) < 3 or len(login) > 60 or any(c.isspace() for c in login)):
            typed.refuse("login", _("아이디는 빈칸 없이 3자에서 60자까지 적어 주세요."))
        typed.check()
        person_id = _same_or_new(
            session, typed, name=name, phone=phone, company_id=principal.company_id, by=by, now=now
        )
        staff.grant_membership(
            session,
            person_id=person_id,
            company_id=principal.company_id,
            role=seat.role,
            point_id=seat.point_id,
            badge_number=seat.badge_number,
            valid_from=seat.valid_from(now),
            by=by,
            now=now,
        )
        return Done(f"{SECTION}/{person_id}", "person")

    return submit(request, build=build, typed=typed, act=act)


def _same_or_new(
    session: Session, typed: Typed, *, name: str, phone: str, company_id: int, by: Actor, now: datetime
) -> int:
    same = find_same_person(session, name=name, phone=phone)
    answer = typed.raw("same_person")
    if same is not None and answer == "yes":
        return same
    if same is not None and answer != "no":
        message = _("같은 이름과 번호의 분이 이미 온돌에 있습니다. 같은 분인지 골라 주세요.")
        raise MaybeSamePersonError(message, errors=(FieldError("same_person", message),))
    return staff.add_person(
        session,
        name=name,
        phone=phone,
        login=typed.raw("login") or None,
        password=typed.password("password") or None,
        company_id=company_id,
        by=by,
        now=now,
    )


@router.get("/{person_id}")
@allow(Role.ADMIN)
def show_person(request: Request, person_id: int, principal: Principal = SignedIn) -> Response:
    """One person: memberships, log-in, qualifications, history."""

    def read(session: Session, now: datetime) -> dict[str, Any]:
        person = get_staff(session, company_id=principal.company_id, person_id=person_id)
        held = []
        if person.technician_id is not None:
            held = list_qualifications(session, technician_ids=[person.technician_id])[person.technician_id]
        own = _entries_of(session, principal.company_id, person)
        managed = is_managed_by(session, person_id=person_id, company_id=principal.company_id, at=now)
        names = names_of(session, company_id=principal.company_id, entries=own)
        return {
            "person": person,
            "managed": managed,
            "access": read_log_in(
                session,
                company_id=principal.company_id,
                person_id=person_id,
                now=now,
            )
            if managed
            else None,
            "locked_until": _locked_until(request, person.login, now) if managed else None,
            "browser_words": shown_browser,
            "point_names": {p.id: p for p in search_points(session, company_id=principal.company_id)},
            "role_names": dict(people_forms.role_options()),
            "qualifications": held,
            "photo": person.technician_id is not None
            and has_photo(session, technician_id=person.technician_id),
            "works_here": any(m.role is Role.TECHNICIAN for m in person.current(now)),
            "today": today_kst(now),
            "changes": changes_of(own, names, on_its_page=True),
            "me_id": principal.person_id,
            "key": new_key(),
        }

    return show(request, "person.html", look(request, read), section=SECTION)


def _locked_until(request: Request, login: str | None, now: datetime) -> datetime | None:
    """Until when a log-in has to wait; tries are counted outside the wall between companies."""
    context = context_of(request)
    if login is None:
        return None
    with context.database.everywhere.reading() as session:
        return waits_until(session, login=login, limits=context.try_limits, now=now)


def _entries_of(session: Session, company_id: int, person: StaffInfo) -> list[TimelineEntry]:
    """What was changed about somebody here, newest first: as a person, and as a technician."""
    entries = audit.list_entries(session, subject=("person", person.id))
    own = [entry for entry in entries if entry.company_id in (None, company_id)]
    if person.technician_id is not None:
        subject = ("technician", person.technician_id)
        own += audit.list_changes(
            session, company_id=company_id, what=WHAT, subject=subject, limit=MOST_CHANGES
        )
    return sorted(own, key=lambda entry: entry.id or 0, reverse=True)[:MOST_CHANGES]


@router.get("/{person_id}/edit")
@allow(Role.ADMIN)
def edit_person(request: Request, person_id: int, principal: Principal = SignedIn) -> Response:
    """Name and number."""

    def build(session: Session, _now: datetime) -> FormPage:
        return people_forms.edit(get_staff(session, company_id=principal.company_id, person_id=person_id))

    return show_form(request, build)


@router.post("/{person_id}/edit")
@allow(Role.ADMIN)
def change(
    request: Request,
    person_id: int,
    typed: Typed = FormFields,
    principal: Principal = SignedIn,
    by: Actor = Author,
) -> Response:
    """Store them."""

    def build(session: Session, _now: datetime) -> FormPage:
        return people_forms.edit(get_staff(session, company_id=principal.company_id, person_id=person_id))

    def act(session: Session, now: datetime) -> Done:
        change_person(
            session,
            company_id=principal.company_id,
            person_id=person_id,
            name=typed.raw("name"),
            phone=typed.raw("phone"),
            by=by,
            now=now,
        )
        return Done(f"{SECTION}/{person_id}", "saved")

    return submit(request, build=build, typed=typed, act=act)
