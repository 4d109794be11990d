"""The stream that keeps open pages true."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

from fastapi import APIRouter, Request, Response
from sse_starlette import EventSourceResponse

from core.actor import Principal
from web.context import context_of
from web.identity import GuardedRoute, SignedIn, everyone
from web.live_hub import Held

router = APIRouter(route_class=GuardedRoute)

PING_S = 15
OWN_STREAM = "/live?hear="
"""A stream of what the page's parts wait for, and nothing else: `js/live_share.js` writes it behind this."""


@router.get("/live")
@everyone
async def live(
    request: Request, without: str = "", hear: str | None = None, principal: Principal = SignedIn
) -> EventSourceResponse:
    """Server-sent events of what this person may see: of `hear=technician:7,ticket:ON-1` alone, if that is
    said; but for the topics named `without=a,b`."""
    stream = context_of(request).live.stream(
        company_id=principal.company_id,
        service_point_id=principal.service_point_id,
        held=_held(principal),
        deaf_to=frozenset(without.split(",")),
        hears=None if hear is None else frozenset(hear.split(",")),
    )
    return EventSourceResponse(_written(stream), ping=PING_S)


async def _written(stream: AsyncGenerator[dict[str, str]]) -> AsyncGenerator[bytes]:
    """As they go out: the library's writing looks for line breaks that JSON does not have, for each page."""
    async with aclosing(stream) as events:
        async for event in events:
            yield f"event: {event['event']}\r\ndata: {event['data']}\r\n\r\n".encode()


def _held(principal: Principal) -> Held | None:
    """What ends this stream when it ends."""
    if principal.session_id is not None:
        return "session", principal.session_id
    return ("token", principal.token_id) if principal.token_id is not None else None


@router.get("/live/here")
@everyone
def here(principal: Principal = SignedIn) -> Response:
    """Whether the server is there and still knows this person: asked before a form leaves its page."""
    del principal
    return Response(status_code=204, headers={"Cache-Control": "no-store"})


@router.post("/live/active")
@everyone
def active(principal: Principal = SignedIn) -> Response:
    """Somebody types or points on this page: it is in use although it sends nothing."""
    del principal
    return Response(status_code=204)
