"""`/health`: it lives; `/ready`: it can do its work; `/metrics` in Prometheus' text form."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import BaseModel
from sqlalchemy import text

from core.errors import UnavailableError
from core.i18n import _
from web.context import context_of
from web.identity import GuardedRoute, everyone
from web.metrics import collect

router = APIRouter(tags=["health"])
guarded = APIRouter(tags=["health"], route_class=GuardedRoute)

CheckName = Literal["database", "revision", "pool", "worker", "disk", "roads"]


class ReadyAnswer(BaseModel):
    """The verdict and every check: its `state` (`ok` or `failed`) and the figures behind it."""

    status: Literal["ready", "not_ready"]
    checks: dict[CheckName, dict[str, Any]]


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


@router.get(
    "/ready",
    summary="요청을 받을 수 있으면 200, 아니면 503. 부하 분산기가 묻는다",
    responses={
        200: {"model": ReadyAnswer},
        503: {"model": ReadyAnswer, "description": "아직 또는 더는 못 받음"},
    },
)
async def get_ready(
    request: Request,
    exclude: Annotated[list[CheckName], Query(description="세지 않을 검사. 답에는 그대로 나온다")] = [],  # noqa: B006
) -> JSONResponse:
    """Each check by name with its state; `exclude` leaves one out of the verdict."""
    checks = await context_of(request).readiness.ask()
    ready = all(check.ok for check in checks if check.name not in exclude)
    told = {check.name: {"state": "ok" if check.ok else "failed", **check.facts} for check in checks}
    return JSONResponse(
        {"status": "ready" if ready else "not_ready", "checks": told}, status_code=200 if ready else 503
    )


@guarded.get(
    "/metrics",
    summary="프로메테우스 형식의 지표",
    response_class=PlainTextResponse,
)
@everyone
def get_metrics(request: Request) -> Response:
    """Gauges that tell whether anything is late, lost or stuck."""
    context = context_of(request)
    found = collect(context, now=context.clock(), times=request.app.state.request_times)
    return Response(generate_latest(found), media_type=CONTENT_TYPE_LATEST)
