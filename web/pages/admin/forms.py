"""Forms of the settings pages: described once, shown empty, shown again with errors, stored once.

A POST carries a key made with the form. Pressing twice, going back and sending again, or a lost answer give
the first answer again; nothing is entered twice.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from fastapi import Request, Response
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from core.errors import ConflictError, DomainError, InvalidError, NotFoundError
from core.i18n import _
from core.models import ReplayedRequest
from web.context import context_of
from web.identity import current_principal
from web.pages.admin.changes import Change
from web.pages.admin.fields import Entry
from web.pages.admin.frame import Done, go, look, show
from web.pages.admin.typed import Typed
from web.scope import must_be_company_wide

KEY_LENGTH = 80


class SentBeforeError(ConflictError):
    """The same form came again with other words after it had been stored."""

    code = "form-sent-before"


@dataclass(frozen=True)
class MapPick:
    """A map in the form: its view, and the place it shows at first."""

    lat: float
    lon: float
    zoom: int
    known: bool
    name: str = ""


@dataclass(frozen=True)
class FormPage:
    """A form with what stands around it."""

    title: str
    action: str
    section: str
    back: str
    entries: Sequence[Entry]
    submit: str = ""
    lead: str = ""
    kind: str = "primary"
    facts: Sequence[tuple[str, str]] = ()
    facts_title: str = ""
    notes: Sequence[tuple[str, str]] = ()
    """(tone, sentence)."""
    history: Sequence[Change] = ()
    map: MapPick | None = None

    @property
    def labels(self) -> dict[str, str]:
        """What its fields are called, by name."""
        return {entry.name: entry.label for entry in self.entries}


Build = Callable[[Session, datetime], FormPage]
Act = Callable[[Session, datetime], Done]


def show_form(request: Request, build: Build) -> Response:
    """The form as it stands at first."""
    return _render(request, look(request, build), errors={}, general="", status=200)


def show_again(
    request: Request,
    build: Build,
    typed: Typed,
    *,
    errors: dict[str, str],
    general: str = "",
    status: int = 422,
) -> Response:
    """The form with what was typed, and what is wrong beside each field."""
    page = look(request, build)
    values = typed.values
    entries = [_with_typed(entry, values) for entry in page.entries]
    return _render(request, replace(page, entries=entries), errors=errors, general=general, status=status)


def submit(request: Request, *, build: Build, typed: Typed, act: Act, everywhere: bool = False) -> Response:
    """Store a form whole or not at all, once; a bad one is shown again as it was typed.

    Args:
        everywhere: it writes rows of a company that is not the signed-in person's own yet.
    """

    def again(errors: dict[str, str], general: str, status: int) -> Response:
        return show_again(request, build, typed, errors=errors, general=general, status=status)

    return submit_page(request, typed=typed, act=act, again=again, everywhere=everywhere)


def submit_page(
    request: Request,
    *,
    typed: Typed,
    act: Act,
    again: Callable[[dict[str, str], str, int], Response],
    everywhere: bool = False,
) -> Response:
    """`submit` for a page of its own: `again(errors, general, status)` shows it as it was typed."""
    must_be_company_wide(request)
    context = context_of(request)
    database = context.database.everywhere if everywhere else context.database
    try:
        with database.transaction() as session:
            done = _once(session, request, typed, act, now=context.clock())
    except NotFoundError:
        raise
    except IntegrityError:
        general = _("방금 다른 사람이 같은 것을 넣었습니다. 확인하고 다시 눌러 주세요.")
        return again({}, general, 409)
    except DomainError as error:
        errors = {item.field: item.message for item in error.errors}
        general = "" if errors else error.detail
        return again(errors, general, error.status)
    return go(done)


def press(request: Request, *, typed: Typed, act: Act) -> Response:
    """A button without fields: done once; what stands against it becomes its own page."""
    must_be_company_wide(request)
    context = context_of(request)
    with context.database.transaction() as session:
        done = _once(session, request, typed, act, now=context.clock())
    return go(done)


def new_key() -> str:
    """A key for one showing of a form."""
    return uuid.uuid4().hex


def _render(
    request: Request, page: FormPage, *, errors: dict[str, str], general: str, status: int
) -> Response:
    values = {"page": page, "errors": errors, "general": general, "key": new_key()}
    return show(request, "form.html", values, section=page.section, status=status)


def _with_typed(entry: Entry, values: dict[str, Any]) -> Entry:
    if entry.kind in ("password", "heading"):
        return entry
    if entry.kind == "checkbox":
        return replace(entry, value=entry.name in values)
    if entry.kind == "many":
        found = values.get(entry.name, [])
        return replace(entry, value=found if isinstance(found, list) else [found])
    found = values.get(entry.name, "")
    return replace(entry, value=found[-1] if isinstance(found, list) else found)


def _once(session: Session, request: Request, typed: Typed, act: Act, *, now: datetime) -> Done:
    key = typed.raw("idempotency_key")
    if not key:
        return act(session, now)
    if len(key) > KEY_LENGTH:
        raise InvalidError(_("화면이 오래되었습니다. 새로 열고 다시 해 주세요."))
    principal = current_principal(request)
    # Two copies of one form wait for each other here; the second then finds the first's answer.
    session.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 11))"),
        {"name": f"{principal.account_id}/{key}"},
    )
    content = json.dumps({k: v for k, v in typed.fields.items() if k != "idempotency_key"}, sort_keys=True)
    body_hash = hashlib.sha256(content.encode()).hexdigest()
    query = select(ReplayedRequest).where(
        # By the account alone: founding a company moves the person there before the second press arrives.
        col(ReplayedRequest.account_id) == principal.account_id,
        col(ReplayedRequest.key) == f"form/{key}",
    )
    before = session.exec(query).one_or_none()
    if before is not None:
        if before.path != request.url.path or before.body_hash != body_hash:
            raise SentBeforeError(
                _("이미 저장된 화면입니다. 저장된 것을 확인하고, 더 고칠 것이 있으면 다시 눌러 주세요.")
            )
        return Done(before.answer["to"], before.answer["says"], tuple(before.answer["numbers"]))
    done = act(session, now)
    session.add(
        ReplayedRequest(
            company_id=principal.company_id,
            account_id=principal.account_id,
            key=f"form/{key}",
            path=request.url.path,
            body_hash=body_hash,
            status=303,
            answer={"to": done.to, "says": done.says, "numbers": list(done.numbers)},
            at=now,
        )
    )
    return done
