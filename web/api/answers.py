"""How the API answers: one transaction a request, replays give the first answer."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

from fastapi import Request
from fastapi.encoders import jsonable_encoder
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from sqlalchemy import text
from sqlmodel import Session, col, select

from core.errors import InvalidError
from core.i18n import _
from core.models import ReplayedRequest
from web.context import context_of
from web.identity import current_principal

KEY_HEADER = "idempotency-key"
KEY_LENGTH = 200

Act = Callable[[Session, datetime], dict[str, Any] | list[Any]]


class KeyReusedError(InvalidError):
    """The same Idempotency-Key came with another body or for another address."""

    code = "idempotency-key-reused"


def read(request: Request, look: Act) -> JSONResponse:
    """Answer a GET from one read-only transaction."""
    context = context_of(request)
    with context.database.reading() as session:
        return JSONResponse(jsonable_encoder(look(session, context.clock())))


def act_once(request: Request, act: Act, *, body: BaseModel | None = None, status: int = 200) -> JSONResponse:
    """Run a POST in one transaction; with an Idempotency-Key a replay gets the stored first answer.

    Errors are not stored: nothing was changed, so the same key may try again.

    Raises:
        KeyReusedError: the key came before with another body or address.
    """
    context = context_of(request)
    key = request.headers.get(KEY_HEADER)
    with context.database.transaction() as session:
        now = context.clock()
        if key is None:
            return JSONResponse(jsonable_encoder(act(session, now)), status_code=status)
        stored = _find_or_claim(session, request, key=key, body=body, now=now, status=status)
        if stored.answer.get("body") is None:
            stored.answer = {"body": jsonable_encoder(act(session, now))}
            session.add(stored)
        return JSONResponse(stored.answer["body"], status_code=stored.status)


def _find_or_claim(
    session: Session, request: Request, *, key: str, body: BaseModel | None, now: datetime, status: int
) -> ReplayedRequest:
    if not 0 < len(key) <= KEY_LENGTH:
        raise InvalidError(_("Idempotency-Key는 1자에서 200자 사이여야 합니다."))
    principal = current_principal(request)
    # Two copies of one request wait for each other here; the second then finds the first's answer.
    session.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 7))"),
        {"name": f"{principal.company_id}/{principal.account_id}/{key}"},
    )
    query = select(ReplayedRequest).where(
        col(ReplayedRequest.company_id) == principal.company_id,
        col(ReplayedRequest.account_id) == principal.account_id,
        col(ReplayedRequest.key) == key,
    )
    body_hash = _hash(body)
    stored = session.exec(query).one_or_none()
    if stored is None:
        return ReplayedRequest(
            company_id=principal.company_id,
            account_id=principal.account_id,
            key=key,
            path=request.url.path,
            body_hash=body_hash,
            status=status,
            answer={},
            at=now,
        )
    if stored.path != request.url.path or stored.body_hash != body_hash:
        raise KeyReusedError(_("같은 Idempotency-Key로 다른 내용이 왔습니다. 새 요청이면 새 키를 써 주세요."))
    return stored


def _hash(body: BaseModel | None) -> str:
    plain = body.model_dump(mode="json") if body is not None else None
    return hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()
