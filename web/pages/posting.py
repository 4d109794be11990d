"""What pages do with a posted form: read its fields, and take each sending once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from fastapi import Depends, Request
from sqlalchemy import text
from sqlmodel import Session, col, select

from core.actor import Principal
from core.errors import ConflictError
from core.i18n import _
from core.models import ReplayedRequest
from dispatch.schemas import clean_text

KEY_FIELD = "idempotency_key"
KEY_LENGTH = 200
MAX_FIELDS = 400
MAX_CHARS = 4000
VOLATILE = frozenset({KEY_FIELD, "dialled_at"})
"""Fields that a second press may send differently although it is the same sending."""


class FormReusedError(ConflictError):
    """A form that was already sent came again with other content."""

    code = "form-reused"


@dataclass(frozen=True)
class PostedForm:
    """The text fields of a form in their order; control characters are gone, length is bounded."""

    fields: tuple[tuple[str, str], ...] = ()

    def get(self, name: str, default: str = "") -> str:
        """The first value of a field."""
        return next((value for key, value in self.fields if key == name), default)

    def all(self, name: str) -> list[str]:
        """Every value of a field, for boxes that may be ticked together."""
        return [value for key, value in self.fields if key == name]

    def below(self, prefix: str) -> Iterator[tuple[str, str]]:
        """(rest of the name, value) of the fields whose name begins so."""
        return ((key.removeprefix(prefix), value) for key, value in self.fields if key.startswith(prefix))


async def read_posted(request: Request) -> PostedForm:
    """The form of this request; files are not taken."""
    form = await request.form(max_files=0, max_fields=MAX_FIELDS)
    return PostedForm(
        tuple(
            (name, clean_text(value)[:MAX_CHARS])
            for name, value in form.multi_items()
            if isinstance(value, str)
        )
    )


Posted = Annotated[PostedForm, Depends(read_posted)]


def take_once(
    session: Session, request: Request, *, principal: Principal, posted: PostedForm, now: datetime
) -> bool:
    """Whether this sending is the first of its `idempotency_key`; without a key every sending is.

    The claim belongs to the caller's transaction: what fails may be sent again. Two copies of one press wait
    for each other.

    Raises:
        FormReusedError: the key came before with other content or to another address (409).
    """
    key = posted.get(KEY_FIELD)[:KEY_LENGTH]
    if not key:
        return True
    session.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 7))"),
        {"name": f"{principal.company_id}/{principal.account_id}/{key}"},
    )
    query = select(ReplayedRequest).where(
        col(ReplayedRequest.company_id) == principal.company_id,
        col(ReplayedRequest.account_id) == principal.account_id,
        col(ReplayedRequest.key) == key,
    )
    body_hash = _hash(posted)
    stored = session.exec(query).one_or_none()
    if stored is None:
        session.add(_claim(request, principal, key=key, body_hash=body_hash, now=now))
        return True
    if stored.path != request.url.path or stored.body_hash != body_hash:
        raise FormReusedError(_("이미 보낸 화면입니다. 화면을 새로 고치고 다시 해 주세요."))
    return False


def _claim(
    request: Request, principal: Principal, *, key: str, body_hash: str, now: datetime
) -> ReplayedRequest:
    answer: Mapping[str, Any] = {"page": True}
    return ReplayedRequest(
        company_id=principal.company_id,
        account_id=principal.account_id,
        key=key,
        path=request.url.path,
        body_hash=body_hash,
        status=303,
        answer=dict(answer),
        at=now,
    )


def _hash(posted: PostedForm) -> str:
    plain = [[name, value] for name, value in posted.fields if name not in VOLATILE]
    return hashlib.sha256(json.dumps(plain, ensure_ascii=True).encode()).hexdigest()
