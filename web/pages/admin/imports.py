"""Lists of the system before, brought in by the browser: looked at first, then taken."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse
from sqlmodel import Session
from starlette.datastructures import UploadFile

from callcenter.error_codes import ErrorCodeBook
from core.actor import Actor, Principal, Role
from core.errors import InvalidError
from core.i18n import _
from exchange.cells import read_day
from exchange.importing import ImportReport, import_file, try_file
from exchange.kinds import KINDS, find_kind, template_of
from exchange.records import get_import, keep_upload, list_imports, see_upload, take_upload
from exchange.rows import Ground, Kind
from exchange.table_file import read_table
from web.context import context_of
from web.identity import Author, GuardedRoute, SignedIn, allow
from web.pages.admin.frame import Done, go, look, show
from web.pages.posting import Posted
from web.scope import must_be_company_wide

router = APIRouter(prefix="/admin/imports", route_class=GuardedRoute)

SECTION = "/admin/imports"
MAX_UPLOAD_BYTES = 2 * 1024 * 1024
MOST_ROWS = 2000
"""What a person may wait for in front of a page; `run.py import` takes any number."""
MOST_SHOWN = 200
"""Refused rows on the page of a look: whoever has more mends these first."""


@dataclass(frozen=True)
class Sent:
    """What came with the form: the kind chosen and the file, or why it cannot be taken."""

    kind: str = ""
    file_name: str = ""
    content: bytes = b""
    problem: str = ""
    day: str = ""
    """As written: of every row of a list that has no column for it."""


async def _read_sent(request: Request) -> Sent:
    size = request.headers.get("content-length", "")
    if not size.isdigit() or int(size) > MAX_UPLOAD_BYTES:
        return Sent(problem=_too_large())
    async with request.form(max_files=1, max_fields=5) as form:
        kind, day, file = str(form.get("kind", "")), str(form.get("day", ""))[:40], form.get("file")
        if not isinstance(file, UploadFile) or not file.filename:
            return Sent(kind=kind, problem=_("파일을 골라 주세요."), day=day)
        return Sent(kind, PurePath(file.filename).name, await file.read(), day=day)


SentFile = Depends(_read_sent)


@router.get("")
@allow(Role.ADMIN)
def show_imports(request: Request, principal: Principal = SignedIn) -> Response:
    """The form, the files to fill in, and what was brought in so far."""
    return _show_page(request, principal, Sent())


@router.get("/templates/{kind}")
@allow(Role.ADMIN)
def download_template(kind: str) -> Response:
    """A file to fill in."""
    found = find_kind(kind)
    name = quote(f"{_(found.label)}.csv")
    return Response(
        template_of(found),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f"attachment; filename=\"{kind}.csv\"; filename*=UTF-8''{name}"},
    )


@router.post("")
@allow(Role.ADMIN)
def look_at_file(request: Request, principal: Principal = SignedIn, sent: Sent = SentFile) -> Response:
    """Keep a file for a moment and show what would come of it; nothing of it is taken yet."""
    must_be_company_wide(request)
    if not sent.problem:
        sent = _checked(sent)
    if sent.problem:
        return _show_page(request, principal, sent, status=422)
    context = context_of(request)
    with context.database.transaction() as session:
        upload_id = keep_upload(
            session,
            principal=principal,
            kind=sent.kind,
            file_name=sent.file_name,
            content=sent.content,
            now=context.clock(),
        )
    return RedirectResponse(f"{SECTION}/files/{upload_id}{_query(sent.day)}", status_code=303)


@router.get("/files/{upload_id}")
@allow(Role.ADMIN)
def show_look(
    request: Request, upload_id: int, day: str = "", principal: Principal = SignedIn, by: Actor = Author
) -> Response:
    """What would come of a file: tried row by row, and taken back. `day`: of all its rows."""
    must_be_company_wide(request)
    context = context_of(request)
    with context.database.reading() as session:
        upload = see_upload(session, principal=principal, upload_id=upload_id, now=context.clock())
    kind = find_kind(upload.kind)
    try:
        report = try_file(
            context.database,
            kind=kind,
            content=upload.content,
            file_name=upload.file_name,
            ground=_ground(principal, by, context.clock(), day),
        )
    except InvalidError as error:
        problem = Sent(upload.kind, upload.file_name, problem=error.detail, day=day)
        return _show_page(request, principal, problem, status=422)
    values = _look_values(kind, report) | {"upload_id": upload_id, "day": day}
    return show(request, "import_look.html", values, section=SECTION)


@router.post("/files/{upload_id}")
@allow(Role.ADMIN)
def take_file(
    request: Request, upload_id: int, posted: Posted, principal: Principal = SignedIn, by: Actor = Author
) -> Response:
    """Bring it in. A second press finds the file gone and is told so."""
    must_be_company_wide(request)
    context = context_of(request)
    ground = _ground(principal, by, context.clock(), posted.get("day"))
    with context.database.transaction() as session:
        upload = take_upload(session, principal=principal, upload_id=upload_id, now=context.clock())
    report = import_file(
        context.database,
        kind=find_kind(upload.kind),
        content=upload.content,
        file_name=upload.file_name,
        ground=ground,
    )
    numbers = (report.taken, report.present, len(report.refused))
    return go(Done(f"{SECTION}/{report.record_id}", "imported", numbers))


@router.get("/{import_id}")
@allow(Role.ADMIN)
def show_import(request: Request, import_id: int, principal: Principal = SignedIn) -> Response:
    """One import with the rows that were refused."""

    def read(session: Session, _now: datetime) -> dict[str, Any]:
        return {
            "item": get_import(session, company_id=principal.company_id, import_id=import_id),
            "kinds": KINDS,
        }

    return show(request, "import.html", look(request, read), section=SECTION)


def _show_page(request: Request, principal: Principal, sent: Sent, *, status: int = 200) -> Response:
    def read(session: Session, _now: datetime) -> dict[str, Any]:
        return {
            "imports": list_imports(session, company_id=principal.company_id),
            "kinds": KINDS,
            "chosen": sent.kind,
            "problem": sent.problem,
            "day": sent.day,
        }

    return show(request, "imports.html", look(request, read), section=SECTION, status=status)


def _checked(sent: Sent) -> Sent:
    """The same, with why it cannot be looked at here."""
    if sent.kind not in KINDS:
        return Sent(problem=_("무엇의 목록인지 골라 주세요."))
    if len(sent.content) > MAX_UPLOAD_BYTES:
        return Sent(sent.kind, problem=_too_large())
    try:
        _day_of(sent.day)
        rows = len(read_table(sent.content).rows)
    except InvalidError as error:
        return Sent(sent.kind, problem=error.detail, day=sent.day)
    if rows > MOST_ROWS:
        problem = _(
            "{rows}줄입니다. 화면에서는 {most}줄까지 가져올 수 있습니다. "
            "나누어 올리거나 서버에서 run.py import를 써 주세요."
        )
        return Sent(sent.kind, problem=problem.format(rows=f"{rows:,}", most=f"{MOST_ROWS:,}"))
    return sent


def _too_large() -> str:
    return _("파일이 너무 큽니다. {limit}MB 안으로 나누거나 서버에서 run.py import를 써 주세요.").format(
        limit=MAX_UPLOAD_BYTES // (1024 * 1024)
    )


def _ground(principal: Principal, by: Actor, now: datetime, day: str) -> Ground:
    return Ground(principal.company_id, ErrorCodeBook(), by, now, day=_day_of(day))


def _day_of(written: str) -> date | None:
    return read_day(written) if written.strip() else None


def _query(day: str) -> str:
    return f"?day={quote(day)}" if day.strip() else ""


def _look_values(kind: Kind, report: ImportReport) -> dict[str, Any]:
    return {
        "kind": kind,
        "report": report,
        "refused": report.refused[:MOST_SHOWN],
        "more": max(0, len(report.refused) - MOST_SHOWN),
    }
