"""Plans of a point's day, windows that can be offered, and asking for a better plan."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from sqlmodel import Session

from core.actor import Actor, Principal, Role
from core.clock import rfc3339_kst
from core.errors import FieldError, InvalidError, NotFoundError
from core.i18n import _
from core.wall import across_the_company
from dispatch.first_contact import MAY_PROMISE_NEIGHBOURS
from dispatch.intake_rules import SYMPTOMS
from dispatch.planning.neighbour_slots import rank_slots_around
from dispatch.planning.plan_queries import PlanView, RouteView, StopView, plan_of
from dispatch.planning.replans import ask_replan
from dispatch.planning.slot_shapes import Slot
from dispatch.planning.slots import SlotQuestion, rank_slots, rank_slots_for
from geo.service import Precision, place_address
from web.api.answers import act_once, read
from web.api.plan_shapes import PlanShape, ReplanShape, SlotShape
from web.identity import Author, GuardedRoute, SignedIn, allow, everyone
from web.scope import reach_ticket
from workforce.queries import get_point_by_code
from workforce.schemas import PointInfo

router = APIRouter(tags=["plans"], route_class=GuardedRoute)


@router.get("/slots", summary="잡을 수 있는 방문 시간, 좋은 것부터", response_model=list[SlotShape])
@everyone
def get_slots(
    request: Request,
    ticket: Annotated[str | None, Query(max_length=60)] = None,
    address: Annotated[str | None, Query(max_length=300)] = None,
    symptom: Annotated[str, Query(max_length=40)] = "NO_HEAT",
    vulnerable: bool = False,
    principal: Principal = SignedIn,
) -> Response:
    """Windows in which a technician really fits: of a ticket, or of an address without one."""

    def look(session: Session, now: datetime) -> list[dict[str, Any]]:
        if ticket:
            ticket_id = reach_ticket(session, principal=principal, number=ticket)
            look_around = principal.role in MAY_PROMISE_NEIGHBOURS
            ranked = (rank_slots_around if look_around else rank_slots)(session, ticket_id=ticket_id, now=now)
            # A program that takes the first one calls nobody out of bed.
            return [_slot(slot) for slot in sorted(ranked, key=lambda slot: slot.arrives_at is not None)]
        question = _question(address, symptom=symptom, vulnerable=vulnerable)
        found = rank_slots_for(session, company_id=principal.company_id, question=question, now=now)
        return [_slot(slot) for slot in found]

    return read(request, look)


@router.get("/plans/{service_point}/{day}", summary="한 서비스점의 하루 계획", response_model=PlanShape)
@everyone
def get_plan(request: Request, service_point: str, day: date, principal: Principal = SignedIn) -> Response:
    """The published plan with its version; what is left out, and why."""

    def look(session: Session, _now: datetime) -> dict[str, Any]:
        point = _reach_point(session, principal, service_point)
        return plan_json(plan_of(session, point_id=point.id, day=day), point=point)

    return read(request, look)


@router.post(
    "/plans/{service_point}/{day}/replans",
    status_code=202,
    summary="다시 계획해 달라고 한다",
    response_model=ReplanShape,
)
@allow(Role.DISPATCHER, Role.POINT, Role.MANAGER, Role.ADMIN)
def post_replan(
    request: Request, service_point: str, day: date, principal: Principal = SignedIn, by: Actor = Author
) -> Response:
    """Ask for an improving solve; it runs in the worker within seconds."""

    def act(session: Session, now: datetime) -> dict[str, Any]:
        point = _reach_point(session, principal, service_point)
        with across_the_company(session):
            ask_replan(session, point_id=point.id, day=day, by=by, now=now)
        return {"service_point": point.code, "day": day.isoformat(), "state": "asked"}

    return act_once(request, act, status=202)


def plan_json(plan: PlanView, *, point: PointInfo) -> dict[str, Any]:
    """A plan in the contract's form."""
    return {
        "service_point": point.code,
        "day": plan.day.isoformat(),
        "version": plan.version,
        "origin": plan.origin,
        "made_at": rfc3339_kst(plan.made_at) if plan.made_at else None,
        "cost": plan.cost,
        "routes": [_route(route) for route in plan.routes],
        "stops": [_stop(route, stop) for route in plan.routes for stop in route.stops],
        "unplanned": [
            {"number": left.number, "ticket": left.number, "reasons": list(left.reasons)}
            for left in plan.unplanned
        ],
        "proposal": plan.proposal_id,
        "travel_source": plan.travel_source,
    }


def _reach_point(session: Session, principal: Principal, code: str) -> PointInfo:
    point = get_point_by_code(session, company_id=principal.company_id, code=code)
    if principal.service_point_id not in (None, point.id):
        raise NotFoundError(_("그런 서비스점이 없습니다. 코드를 확인해 주세요."))
    return point


def _question(address: str | None, *, symptom: str, vulnerable: bool) -> SlotQuestion:
    if not address:
        message = _("접수 번호(ticket)나 주소(address)를 적어 주세요.")
        raise InvalidError(message, errors=(FieldError("address", message),))
    if symptom.upper() not in SYMPTOMS:
        message = _("증상을 골라 주세요: {known}").format(known=", ".join(SYMPTOMS))
        raise InvalidError(message, errors=(FieldError("symptom", message),))
    location = place_address(raw=address).location
    if location.precision in (Precision.NONE, Precision.SIDO):
        message = _("주소를 찾지 못했습니다. 시·군·구와 동 이름까지 적어 주세요.")
        raise InvalidError(message, errors=(FieldError("address", message),))
    return SlotQuestion(
        lat=location.lat,
        lon=location.lon,
        area_code=location.area_code,
        symptom=symptom.upper(),
        vulnerable=vulnerable,
    )


def _slot(slot: Slot) -> dict[str, Any]:
    return {
        "start": rfc3339_kst(slot.start),
        "end": rfc3339_kst(slot.end),
        "technician_id": slot.technician_id,
        "added_travel_s": slot.added_travel_s,
        "travel_source": slot.travel_source,
        "reachable": slot.reachable,
        "overtime": slot.overtime,
        "touched": slot.touched,
        "most_later_s": slot.most_later_s,
        "standby_at": rfc3339_kst(slot.standby_at) if slot.standby_at else None,
        "service_point_id": slot.service_point_id,
        "neighbour": slot.neighbour,
        "score": slot.score,
    }


def _route(route: RouteView) -> dict[str, Any]:
    return {
        "technician": {"id": route.technician_id, "name": route.technician_name},
        "lunch_start": rfc3339_kst(route.lunch_start) if route.lunch_start else None,
        "stops": [_stop(route, stop) for stop in route.stops],
    }


def _stop(route: RouteView, stop: StopView) -> dict[str, Any]:
    return {
        "number": stop.number,
        "ticket": stop.number,
        "technician_id": route.technician_id,
        "state": stop.state,
        "arrive": rfc3339_kst(stop.arrive),
        "start": rfc3339_kst(stop.start),
        "end": rfc3339_kst(stop.end),
        "window": {"start": rfc3339_kst(stop.window[0]), "end": rfc3339_kst(stop.window[1])}
        if stop.window
        else None,
        "late": stop.late,
        "travel_source": stop.travel_source,
    }
