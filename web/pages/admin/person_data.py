"""What is held on a person who asks to see it (열람 요구): found, handed out as a file, written down."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

from fastapi import APIRouter, Request, Response

from core.actor import Principal, Role
from core.clock import KST
from core.errors import DomainError, FieldError, InvalidError
from core.i18n import N_, _
from customers.holdings import HeldPerson, find_people, get_people
from privacy.holdings import held_on
from web.context import caller_address, context_of
from web.identity import GuardedRoute, SignedIn, allow
from web.pages.admin.frame import show
from web.pages.posting import Posted, PostedForm
from web.presenters.masks import MASKED
from web.presenters.person_data import label_words, value_words
from web.scope import must_be_company_wide
from web.templating import environment
from web.typed_ids import read_id
from workforce.access_log import ASK_WHY_TAKEN, Act, note_access, require_reason
from workforce.queries import get_company

router = APIRouter(prefix="/admin/person-data", route_class=GuardedRoute)

HERE = "/admin/person-data"
SHORTEST_QUERY = 2
README = N_(
    "data.json은 기계가 읽는 파일이고 data.html은 사람이 읽는 파일입니다. 담긴 내용은 같습니다. "
    "같은 접수에 있는 다른 분의 이름과 번호는 가렸습니다."
)


@router.get("")
@allow(Role.ADMIN)
def show_form(request: Request) -> Response:
    """Whom, and why."""
    must_be_company_wide(request)
    return _page(request, {})


@router.post("/search")
@allow(Role.ADMIN)
def search(request: Request, posted: Posted, principal: Principal = SignedIn) -> Response:
    """Who of that name or number is kept, masked; that somebody looked is written down."""
    must_be_company_wide(request)
    try:
        people = _found(request, principal, posted)
    except DomainError as error:
        return _page(request, {"error": error}, posted=posted, status=error.status)
    shown = [
        {
            "id": person.id,
            "name": MASKED.name(person.name),
            "phone": MASKED.phone(person.phone),
            "homes": len(person.household_ids),
        }
        for person in people
    ]
    return _page(request, {"people": shown, "asked": True}, posted=posted)


@router.post("/file")
@allow(Role.ADMIN)
def download(request: Request, posted: Posted, principal: Principal = SignedIn) -> Response:
    """Everything about the chosen entries of one person as a ZIP: data.json and data.html."""
    must_be_company_wide(request)
    context = context_of(request)
    try:
        with context.database.transaction() as session:
            now = context.clock()
            reason = require_reason(posted.get("reason"), ask=ASK_WHY_TAKEN)
            people = get_people(session, company_id=principal.company_id, contact_ids=_chosen(posted))
            if not people:
                message = _("누구의 것인지 하나 이상 골라 주세요.")
                raise InvalidError(message, errors=(FieldError("person", message),))
            data = held_on(session, company_id=principal.company_id, people=people, now=now)
            company = get_company(session, company_id=principal.company_id)
            for person in people:
                note_access(
                    session,
                    principal=principal,
                    act=Act.DOWNLOADED,
                    subject=("contact", person.id),
                    fields=("everything",),
                    reason=reason,
                    from_address=caller_address(request),
                    now=now,
                )
    except DomainError as error:
        return _page(request, {"error": error}, posted=posted, status=error.status)
    page = environment().get_template("admin/person_data_file.html")
    html = page.render(data=data, company=company, words=label_words, said=value_words)
    return _zip(f"person-data-{now.astimezone(KST):%Y%m%d-%H%M}", data, html)


def _found(request: Request, principal: Principal, posted: PostedForm) -> list[HeldPerson]:
    context = context_of(request)
    with context.database.transaction() as session:
        reason, q = require_reason(posted.get("reason")), posted.get("q").strip()
        if len(q) < SHORTEST_QUERY:
            message = _("이름 전체나 전화번호를 적어 주세요. 번호는 뒤 네 자리만 적어도 됩니다.")
            raise InvalidError(message, errors=(FieldError("q", message),))
        people = find_people(session, company_id=principal.company_id, q=q)
        for person in people:
            note_access(
                session,
                principal=principal,
                act=Act.SEARCHED,
                subject=("contact", person.id),
                fields=("name", "phone"),
                reason=reason,
                from_address=caller_address(request),
                now=context.clock(),
            )
        return people


def _chosen(posted: PostedForm) -> set[int]:
    return {key for each in posted.all("person") if (key := read_id(each)) is not None}


def _page(
    request: Request, values: dict[str, Any], *, posted: PostedForm | None = None, status: int = 200
) -> Response:
    error: DomainError | None = values.get("error")
    given = {
        "people": [],
        "asked": False,
        "q": posted.get("q")[:100] if posted else "",
        "reason": posted.get("reason")[:300] if posted else "",
        "errors": {each.field: each.message for each in error.errors} if error else {},
        "error": None,
    }
    return show(request, "person_data.html", {**given, **values}, section=HERE, status=status)


def _zip(name: str, data: dict[str, Any], html: str) -> Response:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("data.json", json.dumps(data, ensure_ascii=False, indent=2))
        archive.writestr("data.html", html)
        archive.writestr("README.txt", _(README))
    return Response(
        out.getvalue(),
        media_type="application/zip",
        headers={"Content-Disposition": f'attachment; filename="{name}.zip"'},
    )
