"""Where the text provider reports. Nobody signs in: the address itself is the secret."""

from __future__ import annotations

import hmac
import json
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from core.errors import DomainError, InvalidError, NotFoundError
from core.i18n import _
from notifications.providers.solapi import SolapiProvider, read_reports
from notifications.webhooks import take_receipts
from web.context import context_of

MAX_BODY = 2_000_000
"""Far above a batch of reports of one provider (about 1 kB each)."""

router = APIRouter(tags=["webhooks"])


class ReportTooLargeError(DomainError):
    """More than any provider sends at once."""

    status = 413
    code = "report-too-large"


async def body_of_the_provider(request: Request, token: str) -> bytes:
    """The body, read no further than its limit and only for who knows the address.

    Raises:
        NotFoundError: a wrong token: this address looks like any other that does not exist (404).
        ReportTooLargeError: more than `MAX_BODY` bytes (413).
    """
    known = context_of(request).settings.webhook_token
    if not known or not hmac.compare_digest(token.encode(), known.encode()):
        raise NotFoundError(_("그런 주소가 없습니다."))
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > MAX_BODY:
            raise ReportTooLargeError(_("보고가 너무 큽니다. 나누어 보내 주세요."))
        parts.append(part)
    return b"".join(parts)


@router.post("/webhooks/solapi/{token}", status_code=204)
def take_solapi_reports(request: Request, body: Annotated[bytes, Depends(body_of_the_provider)]) -> Response:
    """Delivery reports, in one transaction; the provider sends them again until it is answered with 2xx."""
    try:
        payload = json.loads(body)
    except (ValueError, RecursionError):
        raise InvalidError(_("배달 보고는 JSON이어야 합니다.")) from None
    receipts = read_reports(payload)
    context = context_of(request)
    with context.database.everywhere.transaction() as session:
        take_receipts(session, provider_name=SolapiProvider.name, receipts=receipts, now=context.clock())
    return Response(status_code=204)
