"""What a person may do: memberships given and ended, log-ins made, shut and opened."""

from __future__ import annotations

from datetime import datetime, timedelta

from fastapi import APIRouter, Request, Response
from sqlmodel import Session

from core.actor import Actor, Principal, Role
from core.clock import kst, today_kst
from core.errors import NotFoundError
from core.i18n import _
from web.identity import Author, GuardedRoute, SignedIn, allow
from web.pages.admin import people_forms
from web.pages.admin.forms import FormPage, press, show_form, submit
from web.pages.admin.frame import Done
from web.pages.admin.typed import FormFields, Typed
from workforce import staff
from workforce.log_ins import add_log_in, keep_an_admin, set_account_disabled, set_password
from workforce.people import StaffInfo, get_staff
from workforce.points import search_points
from workforce.schemas import MembershipInfo
from workforce.shift_patterns import remove_shifts_from

router = APIRouter(prefix="/admin/people", route_class=GuardedRoute)

SECTION = "/admin/people"


@router.get("/{person_id}/memberships")
@allow(Role.ADMIN)
def new_membership(request: Request, person_id: int, principal: Principal = SignedIn) -> Response:
    """The form of one more membership."""
    return show_form(request, lambda session, now: _grant_form(session, principal, person_id, now))


@router.post("/{person_id}/memberships")
@allow(Role.ADMIN)
def grant(
    request: Request,
    person_id: int,
    typed: Typed = FormFields,
    principal: Principal = SignedIn,
    by: Actor = Author,
) -> Response:
    """Give it."""

    def act(session: Session, now: datetime) -> Done:
        person = get_staff(session, company_id=principal.company_id, person_id=person_id)
        seat = people_forms.read_seat(session, principal.company_id, typed, today=today_kst(now))
        held = {
            (m.role, m.service_point_id) for m in person.memberships if m.valid_to is None or m.valid_to > now
        }
        if (seat.role, seat.point_id) in held:
            typed.refuse("role", _("이미 가지고 있는 소속입니다."))
        typed.check()
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
        return Done(f"{SECTION}/{person_id}", "membership")

    def build(session: Session, now: datetime) -> FormPage:
        return _grant_form(session, principal, person_id, now)

    return submit(request, build=build, typed=typed, act=act)


@router.get("/{person_id}/memberships/{membership_id}/end")
@allow(Role.ADMIN)
def ask_end(
    request: Request, person_id: int, membership_id: int, principal: Principal = SignedIn
) -> Response:
    """From when, and why."""
    return show_form(
        request, lambda session, now: _end_form(session, principal, person_id, membership_id, now)
    )


@router.post("/{person_id}/memberships/{membership_id}/end")
@allow(Role.ADMIN)
def end(
    request: Request,
    person_id: int,
    membership_id: int,
    typed: Typed = FormFields,
    principal: Principal = SignedIn,
    by: Actor = Author,
) -> Response:
    """End it; a technician's later shifts there go with it."""

    def act(session: Session, now: datetime) -> Done:
        person, membership = find_membership(session, principal, person_id, membership_id)
        day = typed.day("last_day", not_before=today_kst(now)) or today_kst(now)
        reason = typed.text("reason")
        typed.check()
        at = now if day == today_kst(now) else kst(day + timedelta(days=1))
        if membership.role is Role.ADMIN:
            keep_an_admin(session, company_id=principal.company_id, at=now, without_membership=membership_id)
        staff.end_membership(
            session,
            membership_id=membership_id,
            company_id=principal.company_id,
            at=at,
            reason=reason,
            by=by,
            now=now,
        )
        gone = _shifts_gone(session, person, membership, at=at, by=by, now=now)
        return Done(f"{SECTION}/{person_id}", "membership-ended", (gone,))

    def build(session: Session, now: datetime) -> FormPage:
        return _end_form(session, principal, person_id, membership_id, now)

    return submit(request, build=build, typed=typed, act=act)


@router.get("/{person_id}/login")
@allow(Role.ADMIN)
def ask_log_in(request: Request, person_id: int, principal: Principal = SignedIn) -> Response:
    """A first log-in, or a new password."""
    return show_form(
        request, lambda session, _now: people_forms.log_in(_person(session, principal, person_id))
    )


@router.post("/{person_id}/login")
@allow(Role.ADMIN)
def store_log_in(
    request: Request,
    person_id: int,
    typed: Typed = FormFields,
    principal: Principal = SignedIn,
    by: Actor = Author,
) -> Response:
    """Store it."""

    def act(session: Session, now: datetime) -> Done:
        person = _person(session, principal, person_id)
        password = typed.password("password")
        company_id = principal.company_id
        if person.login is None:
            login = typed.raw("login")
            add_log_in(
                session,
                company_id=company_id,
                person_id=person_id,
                login=login,
                password=password,
                by=by,
                now=now,
            )
            return Done(f"{SECTION}/{person_id}", "login")
        set_password(session, company_id=company_id, person_id=person_id, password=password, by=by, now=now)
        return Done(f"{SECTION}/{person_id}", "password")

    return submit(
        request,
        build=lambda session, _now: people_forms.log_in(_person(session, principal, person_id)),
        typed=typed,
        act=act,
    )


@router.get("/{person_id}/disable")
@allow(Role.ADMIN)
def ask_disable(request: Request, person_id: int, principal: Principal = SignedIn) -> Response:
    """Why the log-in is shut."""
    return show_form(
        request, lambda session, _now: people_forms.disable(_person(session, principal, person_id))
    )


@router.post("/{person_id}/disable")
@allow(Role.ADMIN)
def disable(
    request: Request,
    person_id: int,
    typed: Typed = FormFields,
    principal: Principal = SignedIn,
    by: Actor = Author,
) -> Response:
    """Shut it."""

    def act(session: Session, now: datetime) -> Done:
        reason = typed.text("reason")
        typed.check()
        set_account_disabled(
            session,
            company_id=principal.company_id,
            person_id=person_id,
            disabled=True,
            reason=reason,
            by=by,
            now=now,
        )
        return Done(f"{SECTION}/{person_id}", "disabled")

    return submit(
        request,
        build=lambda session, _now: people_forms.disable(_person(session, principal, person_id)),
        typed=typed,
        act=act,
    )


@router.post("/{person_id}/enable")
@allow(Role.ADMIN)
def enable(
    request: Request,
    person_id: int,
    typed: Typed = FormFields,
    principal: Principal = SignedIn,
    by: Actor = Author,
) -> Response:
    """Open it again."""

    def act(session: Session, now: datetime) -> Done:
        set_account_disabled(
            session,
            company_id=principal.company_id,
            person_id=person_id,
            disabled=False,
            reason="",
            by=by,
            now=now,
        )
        return Done(f"{SECTION}/{person_id}", "enabled")

    return press(request, typed=typed, act=act)


def _person(session: Session, principal: Principal, person_id: int) -> StaffInfo:
    return get_staff(session, company_id=principal.company_id, person_id=person_id)


def find_membership(
    session: Session, principal: Principal, person_id: int, membership_id: int
) -> tuple[StaffInfo, MembershipInfo]:
    person = _person(session, principal, person_id)
    found = next((m for m in person.memberships if m.id == membership_id), None)
    if found is None:
        raise NotFoundError(_("그런 소속이 없습니다."))
    return person, found


def _grant_form(session: Session, principal: Principal, person_id: int, now: datetime) -> FormPage:
    points = search_points(session, company_id=principal.company_id)
    return people_forms.grant(_person(session, principal, person_id), points, today_kst(now))


def _end_form(
    session: Session, principal: Principal, person_id: int, membership_id: int, now: datetime
) -> FormPage:
    person, membership = find_membership(session, principal, person_id, membership_id)
    return people_forms.end(person, membership, today_kst(now))


def _shifts_gone(
    session: Session, person: StaffInfo, membership: MembershipInfo, *, at: datetime, by: Actor, now: datetime
) -> int:
    if membership.role is not Role.TECHNICIAN or not person.technician_id or not membership.service_point_id:
        return 0
    return remove_shifts_from(
        session,
        technician_id=person.technician_id,
        point_id=membership.service_point_id,
        company_id=membership.company_id,
        at=at,
        by=by,
        now=now,
    )
