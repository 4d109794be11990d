"""Service points and technicians, as far as other programs and pages need them."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response

from core.actor import Principal
from core.clock import today_kst
from web.api.answers import read
from web.api.plan_shapes import PointListShape, TechnicianListShape
from web.identity import GuardedRoute, SignedIn, everyone
from workforce import queries
from workforce.schemas import PointInfo, TechnicianInfo

router = APIRouter(tags=["points"], route_class=GuardedRoute)


@router.get("/service-points", summary="회사의 서비스점", response_model=PointListShape)
@everyone
def get_points(request: Request, principal: Principal = SignedIn) -> Response:
    """Every open point of the company; a point's own people see theirs alone."""
    return read(
        request,
        lambda session, now: {
            "items": [
                _point(point)
                for point in queries.list_points(session, company_id=principal.company_id, day=today_kst(now))
                if principal.service_point_id in (None, point.id)
            ],
            "next_cursor": None,
        },
    )


@router.get("/technicians", summary="기사. service_point=코드 로 좁힌다", response_model=TechnicianListShape)
@everyone
def get_technicians(
    request: Request, service_point: str | None = None, principal: Principal = SignedIn
) -> Response:
    """Technicians of the company or of one of its points; a point's own people see theirs alone."""

    def look(session: Any, now: Any) -> dict[str, Any]:
        point_id = principal.service_point_id
        if service_point:
            point = queries.get_point_by_code(session, company_id=principal.company_id, code=service_point)
            point_id = point.id if point_id in (None, point.id) else 0
        found = queries.list_technicians(session, company_id=principal.company_id, at=now, point_id=point_id)
        return {"items": [_technician(info) for info in found], "next_cursor": None}

    return read(request, look)


def _point(point: PointInfo) -> dict[str, Any]:
    return {
        "id": point.id,
        "code": point.code,
        "name": point.name,
        "kind": point.kind,
        "address": point.address,
        "location": {"lat": point.lat, "lon": point.lon},
        "daily_limit": point.daily_limit,
        "state": "open",
    }


def _technician(technician: TechnicianInfo) -> dict[str, Any]:
    return {
        "id": technician.id,
        "name": technician.name,
        "badge_number": technician.badge_number,
        "service_point_id": technician.service_point_id,
        "state": "active",
    }
