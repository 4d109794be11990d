"""Correcting a technician's badge number."""

from __future__ import annotations

from datetime import datetime

from fastapi import APIRouter, Request, Response
from sqlmodel import Session

from core.actor import Actor, Principal, Role
from web.identity import Author, GuardedRoute, SignedIn, allow
from web.pages.admin import people_forms
from web.pages.admin.access import SECTION, find_membership
from web.pages.admin.forms import FormPage, show_form, submit
from web.pages.admin.frame import Done
from web.pages.admin.typed import FormFields, Typed
from workforce.badges import correct_badge

router = APIRouter(prefix=SECTION, route_class=GuardedRoute)


@router.get("/{person_id}/memberships/{membership_id}/badge")
@allow(Role.ADMIN)
def ask_badge(
    request: Request, person_id: int, membership_id: int, principal: Principal = SignedIn
) -> Response:
    """The right number, and why."""
    return show_form(request, lambda session, _now: _form(session, principal, person_id, membership_id))


@router.post("/{person_id}/memberships/{membership_id}/badge")
@allow(Role.ADMIN)
def store_badge(
    request: Request,
    person_id: int,
    membership_id: int,
    typed: Typed = FormFields,
    principal: Principal = SignedIn,
    by: Actor = Author,
) -> Response:
    """Store it."""

    def act(session: Session, now: datetime) -> Done:
        find_membership(session, principal, person_id, membership_id)
        number = typed.text("badge_number", longest=30)
        reason = typed.text("reason")
        typed.check()
        correct_badge(
            session,
            membership_id=membership_id,
            company_id=principal.company_id,
            badge_number=number,
            reason=reason,
            by=by,
            now=now,
        )
        return Done(f"{SECTION}/{person_id}", "badge")

    return submit(
        request,
        build=lambda session, _now: _form(session, principal, person_id, membership_id),
        typed=typed,
        act=act,
    )


def _form(session: Session, principal: Principal, person_id: int, membership_id: int) -> FormPage:
    return people_forms.badge(*find_membership(session, principal, person_id, membership_id))
