"""`/health`: seeded, migrated and planned; and `/metrics` in Prometheus' text form."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy import text

from core.errors import UnavailableError
from core.i18n import _
from web.context import context_of
from web.identity import GuardedRoute, everyone
from web.metrics import collect

router = APIRouter(tags=["health"])
guarded = APIRouter(tags=["health"], route_class=GuardedRoute)


@router.get("/health", summary="데이터베이스가 살아 있고 모든 서비스점에 계획이 있으면 200")
def get_health(request: Request) -> dict[str, str]:
    """200 when the database answers, is migrated, and every point has a stored plan."""
    with context_of(request).database.everywhere.reading() as session:
        points, planned = session.execute(
            text(
                "SELECT (SELECT count(*) FROM service_point),"
                " (SELECT count(DISTINCT service_point_id) FROM point_day WHERE plan_id IS NOT NULL)"
            )
        ).one()
    if context_of(request).settings.is_demo and (points == 0 or planned < points):
        raise UnavailableError(_("데모를 준비하고 있습니다. 잠시 뒤에 다시 해 주세요."))
    return {"status": "ok"}


@guarded.get("/metrics", summary="프로메테우스 형식의 지표")
@everyone
def get_metrics(request: Request) -> Response:
    """Gauges that tell whether anything is late, lost or stuck."""
    context = context_of(request)
    return Response(generate_latest(collect(context, now=context.clock())), media_type=CONTENT_TYPE_LATEST)
