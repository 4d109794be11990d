"""Service points: found, shown on the map, added by their address, edited, ended."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from sqlmodel import Session

from core import audit
from core.actor import Actor, Principal, Role
from core.clock import operating_day, today_kst
from core.errors import FieldError, InvalidError
from core.i18n import _
from dispatch.planning.solving import plan_first
from geo.service import AddressError, Precision, place_address
from web.identity import Author, GuardedRoute, SignedIn, allow
from web.pages.admin import point_forms
from web.pages.admin.changes import changes_of
from web.pages.admin.forms import Build, new_key, show_again, show_form, submit
from web.pages.admin.frame import Done, look, show
from web.pages.admin.typed import FormFields, Typed
from web.scope import must_be_company_wide
from workforce import founding
from workforce.duty_gaps import gaps_of_company
from workforce.points import (
    MAX_DAILY_LIMIT,
    change_point,
    desk_hours,
    list_closures,
    own_point,
    search_points,
    set_end_of_point,
)
from workforce.queries import get_company, is_point_closed, list_technicians, point_info
from workforce.schemas import PointInfo

router = APIRouter(prefix="/admin/points", route_class=GuardedRoute)

SECTION = "/admin/points"
RESERVED = frozenset({"new", "map", "desk", "fill"})
"""Words that our addresses use where a point's code stands."""


@router.get("")
@allow(Role.ADMIN)
def show_points(request: Request, q: str = "", principal: Principal = SignedIn) -> Response:
    """The list, narrowed by words, beside the map."""

    def read(session: Session, now: datetime) -> dict[str, Any]:
        found = search_points(session, company_id=principal.company_id, query=q[:100])
        crew: dict[int, int] = {}
        for technician in list_technicians(session, company_id=principal.company_id, at=now):
            crew[technician.service_point_id or 0] = crew.get(technician.service_point_id or 0, 0) + 1
        return {
            "points": found,
            "q": q[:100],
            "today": today_kst(now),
            "crew": crew,
            "closed": {p.id: is_point_closed(session, point_id=p.id, at=now) for p in found},
            "gaps": gaps_of_company(session, company_id=principal.company_id, now=now),
        }

    return show(request, "points.html", look(request, read), section=SECTION)


@router.get("/map")
@allow(Role.ADMIN)
def map_points(request: Request, q: str = "", principal: Principal = SignedIn) -> Response:
    """The same points for the map."""
    found = look(
        request,
        lambda session, _now: search_points(session, company_id=principal.company_id, query=q[:100]),
    )
    things = [
        {
            "code": p.code,
            "name": p.name,
            "lat": p.lat,
            "lon": p.lon,
            "detail": p.address,
            "href": f"{SECTION}/{p.code}",
        }
        for p in found
    ]
    return JSONResponse({"points": things, "tickets": [], "routes": []})


@router.get("/new")
@allow(Role.ADMIN)
def new_point(request: Request, principal: Principal = SignedIn) -> Response:
    """The form of a new point."""
    return show_form(request, lambda session, _now: point_forms.new(_kind_of_company(session, principal)))


@router.post("/new")
@allow(Role.ADMIN)
def add(
    request: Request, typed: Typed = FormFields, principal: Principal = SignedIn, by: Actor = Author
) -> Response:
    """Find its place first; with a place on the map, store it."""
    must_be_company_wide(request)
    notice = _locate(typed)

    def build(session: Session, _now: datetime) -> Any:
        return point_forms.new(_kind_of_company(session, principal), typed=typed, notice=notice)

    if notice is not None:
        return _show_located(request, build, typed, notice)

    def act(session: Session, now: datetime) -> Done:
        code = typed.code("code")
        if code in RESERVED:
            typed.refuse("code", _("쓸 수 없는 코드입니다. 다른 코드를 적어 주세요."))
        facts = _facts(typed)
        point = founding.add_point(
            session, company_id=principal.company_id, code=code, **facts, by=by, now=now
        )
        # `/health` counts on a stored plan of every point.
        plan_first(session, point_id=point.id, day=operating_day(now), now=now)
        return Done(f"{SECTION}/{point.code}", "point")

    return submit(request, build=build, typed=typed, act=act)


@router.get("/{code}")
@allow(Role.ADMIN)
def show_point(request: Request, code: str, principal: Principal = SignedIn) -> Response:
    """One point: facts, desk hours, closures, people, history."""

    def read(session: Session, now: datetime) -> dict[str, Any]:
        row = own_point(session, company_id=principal.company_id, code=code)
        point_id = row.id or 0
        entries = audit.list_changes(
            session, company_id=principal.company_id, subject=("service_point", point_id), limit=30
        )
        return {
            "point": point_info(row),
            "opened_on": opened_on(session, point_info(row)),
            "hours": {
                each.weekday: each for each in desk_hours(session, point_id=point_id, day=today_kst(now))
            },
            "weekdays": point_forms.weekday_names(),
            "closures": list_closures(session, point_id=point_id, since=now),
            "technicians": list_technicians(
                session, company_id=principal.company_id, at=now, point_id=point_id
            ),
            "gaps": gaps_of_company(session, company_id=principal.company_id, now=now).get(point_id, []),
            "today": today_kst(now),
            "changes": changes_of(e for e in entries if e.what != "DutySet"),
            "key": new_key(),
        }

    return show(request, "point.html", look(request, read), section=SECTION)


def opened_on(session: Session, point: PointInfo) -> date:
    """The calendar day it opened on: what is founded at 04:33 is open from the operating day before."""
    added = audit.list_changes(
        session,
        company_id=point.company_id,
        what=("ServicePointAdded",),
        subject=("service_point", point.id),
        limit=1,
    )
    if added and operating_day(added[0].at) == point.open_from:
        return today_kst(added[0].at)
    return point.open_from


@router.get("/{code}/edit")
@allow(Role.ADMIN)
def edit_point(request: Request, code: str, principal: Principal = SignedIn) -> Response:
    """Name, place, phone, limit."""

    def build(session: Session, _now: datetime) -> Any:
        point = point_info(own_point(session, company_id=principal.company_id, code=code))
        return point_forms.edit(point, opened_on=opened_on(session, point))

    return show_form(request, build)


@router.post("/{code}/edit")
@allow(Role.ADMIN)
def change(
    request: Request,
    code: str,
    typed: Typed = FormFields,
    principal: Principal = SignedIn,
    by: Actor = Author,
) -> Response:
    """Store them; a changed address is looked up again on request."""
    must_be_company_wide(request)
    notice = _locate(typed)

    def build(session: Session, _now: datetime) -> Any:
        point = point_info(own_point(session, company_id=principal.company_id, code=code))
        return point_forms.edit(point, opened_on=opened_on(session, point), typed=typed, notice=notice)

    if notice is not None:
        return _show_located(request, build, typed, notice)

    def act(session: Session, now: datetime) -> Done:
        facts = _facts(typed)
        change_point(session, company_id=principal.company_id, code=code, **facts, by=by, now=now)
        return Done(f"{SECTION}/{code}", "saved")

    return submit(request, build=build, typed=typed, act=act)


@router.get("/{code}/end")
@allow(Role.ADMIN)
def ask_end(request: Request, code: str, principal: Principal = SignedIn) -> Response:
    """Close for good from a day on."""

    def build(session: Session, now: datetime) -> Any:
        point = point_info(own_point(session, company_id=principal.company_id, code=code))
        return point_forms.end(point, today_kst(now))

    return show_form(request, build)


@router.post("/{code}/end")
@allow(Role.ADMIN)
def end(
    request: Request,
    code: str,
    typed: Typed = FormFields,
    principal: Principal = SignedIn,
    by: Actor = Author,
) -> Response:
    """Store the day, or take it back when the field is empty."""

    def build(session: Session, now: datetime) -> Any:
        point = point_info(own_point(session, company_id=principal.company_id, code=code))
        return point_forms.end(point, today_kst(now))

    def act(session: Session, now: datetime) -> Done:
        day: date | None = typed.day("day", required=False, not_before=today_kst(now))
        reason = typed.text("reason")
        typed.check()
        set_end_of_point(
            session,
            company_id=principal.company_id,
            code=code,
            first_day_closed=day,
            reason=reason,
            by=by,
            now=now,
        )
        return Done(f"{SECTION}/{code}", "ended" if day else "reopened")

    return submit(request, build=build, typed=typed, act=act)


def _kind_of_company(session: Session, principal: Principal) -> str:
    return get_company(session, company_id=principal.company_id).kind


def _locate(typed: Typed) -> tuple[str, str] | None:
    """Fill in the place of the typed address where it is asked for or missing; what to tell, or None."""
    wanted = bool(typed.raw("locate"))
    if not wanted and typed.raw("lat") and typed.raw("lon"):
        return None
    if not typed.raw("address"):
        return ("bad", _("주소를 적어 주세요.")) if wanted else None
    try:
        placed = place_address(raw=typed.raw("address"))
    except AddressError as error:
        return "bad", getattr(error, "detail", "") or _("주소를 읽을 수 없습니다. 시·군·구부터 적어 주세요.")
    place = placed.location
    if place.precision is Precision.NONE:
        return "bad", _("주소를 찾지 못했습니다. 시·군·구부터 적거나 지도에서 눌러 주세요.")
    typed.fields["lat"], typed.fields["lon"] = [f"{place.lat:.6f}"], [f"{place.lon:.6f}"]
    if place.precision in (Precision.SGG, Precision.SIDO):
        return "warn", _("동까지는 찾지 못했습니다. 지도에서 정확한 자리를 눌러 주세요.")
    return "info", _("주소의 자리를 찾았습니다. 지도에서 맞는지 보고 저장해 주세요.")


def _show_located(request: Request, build: Build, typed: Typed, notice: tuple[str, str]) -> Response:
    """The form with the place on its map. Asking for it is answered; only saving without it is refused."""
    if notice[0] == "bad":
        return show_again(request, build, typed, errors={"address": notice[1]})
    return show_again(request, build, typed, errors={}, status=200 if typed.raw("locate") else 422)


def _facts(typed: Typed) -> dict[str, Any]:
    """The fields of a point, read and checked; the area comes from the address."""
    facts: dict[str, Any] = {
        "name": typed.text("name", longest=60),
        "address": typed.text("address"),
        "kind": typed.choice("kind", ("direct", "designated")),
        "desk_phone": typed.phone("desk_phone"),
        "daily_limit": typed.integer("daily_limit", low=0, high=MAX_DAILY_LIMIT, required=False),
        "lat": typed.decimal("lat", low=33, high=39) or 0.0,
        "lon": typed.decimal("lon", low=124, high=132) or 0.0,
    }
    typed.check()
    try:
        code = place_address(raw=facts["address"]).location.area_code
    except AddressError:
        code = ""
    if len(code) < 5:
        message = _("주소에 시·군·구까지 적어 주세요. 담당 지역을 정하는 데 씁니다.")
        raise InvalidError(message, errors=(FieldError("address", message),))
    return {**facts, "area_code": code[:5]}
