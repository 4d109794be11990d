"""How a field was understood, while the caller is still on the line: phones, addresses, error codes."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response
from sqlmodel import Session

from callcenter.error_codes import look_up_code
from core.actor import Principal
from core.errors import NotFoundError
from core.i18n import _
from core.phones import PhoneError, PhoneKind, parse_phone
from customers.rules import read_relationship, relationship_label
from customers.search import search_households
from geo.service import AddressError, PlacedAddress, Precision, place_address
from web.context import context_of
from web.identity import GuardedRoute, SignedIn, allow
from web.pages.agent.words import DESK_ROLES, PRECISIONS
from web.pages.posting import Posted
from web.presenters.masks import MASKED
from web.templating import render_page

router = APIRouter(prefix="/agent/new/echo", route_class=GuardedRoute)

PHONES = ("resident_phone", "requester_phone", "payer_phone")
MAX_KNOWN = 3
KOREA_VIEW = "36.4,127.9,7"


@router.post("/{field}")
@allow(*DESK_ROLES)
def show_echo(
    request: Request, field: str, posted: Posted, told: bool = False, principal: Principal = SignedIn
) -> Response:
    """The fragment below a field; `told`: the page says already why it was refused."""
    written = posted.get(field)
    if not written.strip():
        return _show(request, {"kind": "none"}, told=told)
    if field == "resident_address":
        return _show(request, _address(written), told=told)
    with context_of(request).database.reading() as session:
        if field in PHONES:
            values = _phone(written, is_own=field == "resident_phone")
            if values["kind"] == "phone" and field != "payer_phone" and not posted.get("household"):
                values["known"] = _homes_of(session, values["digits"], company_id=principal.company_id)
        elif field == "error_code":
            values = _code(session, written, company_id=principal.company_id)
        else:
            raise NotFoundError(_("그런 칸이 없습니다."))
    return _show(request, values, told=told)


def _show(request: Request, values: dict[str, Any], *, told: bool) -> Response:
    return render_page(request, "agent/_echo.html", {**values, "told": told})


def _homes_of(session: Session, digits: str, *, company_id: int) -> list[dict[str, Any]]:
    """Homes to pick from: nothing is filled in before one is."""
    found = search_households(session, company_id=company_id, query=digits, limit=MAX_KNOWN)
    return [
        {"id": hit.detail.household.id, "text": MASKED.address(hit.detail.household.address.normalised)}
        for hit in found
        if hit.matched_by == "phone"
    ]


def _phone(written: str, *, is_own: bool) -> dict[str, Any]:
    try:
        phone = parse_phone(written)
    except PhoneError as error:
        return {"kind": "bad", "text": error.detail}
    kinds = {
        PhoneKind.MOBILE: _("휴대전화 · 문자 받음"),
        PhoneKind.FIXED_LINE: _("집 전화 · 문자 못 받음, 전화로 알립니다"),
        PhoneKind.VOIP: _("인터넷 전화 · 문자 못 받음, 전화로 알립니다"),
        PhoneKind.PERSONAL: _("평생 번호 · 문자 못 받음, 전화로 알립니다"),
        PhoneKind.UAN: _("회사 대표 번호 · 문자 못 받음"),
    }
    said = relationship_label(read_relationship(phone.note)) if phone.note and not is_own else ""
    return {
        "kind": "phone",
        "text": phone.display,
        "sub": kinds[phone.kind],
        "can_text": phone.can_text,
        "note": f"{phone.note} → {said}" if said else phone.note,
        "digits": phone.digits,
        "known": [],
    }


def _address(written: str) -> dict[str, Any]:
    try:
        placed = place_address(raw=written)
    except AddressError as error:
        return {"kind": "bad", "text": error.detail, "view": KOREA_VIEW, "pick": True}
    found, location = placed.address, placed.location
    located = location.precision is not Precision.NONE
    zoom = {Precision.SGG: 12, Precision.SIDO: 9}.get(location.precision, 13)
    return {
        "kind": "address",
        "text": found.public_text or written,
        "unit": found.unit,
        "note": found.note,
        "postcode": found.zip_code,
        "sub": _(PRECISIONS[location.precision.value]),
        "plannable": location.precision.plannable,
        "pick": not location.precision.plannable,
        "view": f"{location.lat},{location.lon},{zoom}" if located else KOREA_VIEW,
        "candidates": [(name, _with_area(placed, written, name)) for name in location.candidates[:6]],
    }


def _with_area(placed: PlacedAddress, written: str, full_name: str) -> str:
    """What was written with one of the meant places spelt out."""
    last = full_name.rsplit(maxsplit=1)[-1]
    word = next((w for w in (placed.address.emd, placed.address.sgg, last) if w and w in written), "")
    return written.replace(word, full_name, 1) if word else f"{full_name} {written}"


def _code(session: Session, written: str, *, company_id: int) -> dict[str, Any]:
    meanings = look_up_code(session, company_id=company_id, code=written)
    return {
        "kind": "code",
        "meanings": list({m.meaning: m for m in meanings}.values()),
        "danger": any(m.safety for m in meanings),
    }
