"""The intake form: what was typed becomes a request, and errors find their way back to their fields."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import ValidationError
from sqlmodel import Session

from callcenter.cards import Card, cards_for, script_version
from core.errors import DomainError, FieldError, InvalidError
from core.i18n import N_, _
from core.phones import PhoneError, parse_phone
from customers.queries import household_detail
from customers.schemas import AddressInfo, ContactInfo, HouseholdDetail, MemberInfo, NewAddress
from dispatch.intake_check import BadTicketError, check_request
from dispatch.intake_rules import SAFETY_SYMPTOMS, UNKNOWN_DANGER
from dispatch.schemas import TicketRequest
from dispatch.words import symptom_words
from web.pages.late_forms import LATE_PLACES, is_paper, late_body
from web.pages.posting import PostedForm
from web.presenters.masks import UNNAMED

MAX_DIGITS = 18


class BadFormError(InvalidError):
    """Fields that cannot be read; each is named."""

    code = "bad-form"


@dataclass(frozen=True)
class KnownHome:
    """The household a form was opened for: its people need not be typed, nor shown, again."""

    detail: HouseholdDetail
    resident: MemberInfo | None

    @property
    def address(self) -> AddressInfo:
        """Where it is."""
        return self.detail.household.address

    def member(self, contact_id: str) -> MemberInfo | None:
        """A person of the home by the id that the form carries."""
        return next((m for m in self.detail.members if str(m.contact.id) == contact_id), None)


def read_home(session: Session, *, company_id: int, text: str) -> KnownHome | None:
    """The household that a form names; None for a new caller. Raises NotFoundError for an unknown one."""
    if not (text.isascii() and text.isdigit() and len(text) <= MAX_DIGITS):
        return None
    detail = household_detail(session, company_id=company_id, household_id=int(text))
    own = [m for m in detail.members if m.relationship == "resident"]
    return KnownHome(detail, next(iter(own or detail.members), None))


def caller_of(posted: PostedForm, home: KnownHome) -> str:
    """The home's member with the caller's number, else the caller as typed; never the resident by mistake."""
    if posted.get("caller") != "other":
        return posted.get("caller")
    try:
        phone = parse_phone(posted.get("requester_phone")).e164
    except PhoneError:
        return "other"
    found = [m for m in home.detail.members if m.contact.phone == phone]
    return str(found[0].contact.id) if len(found) == 1 and found[0] != home.resident else "other"


def is_safety_form(posted: PostedForm) -> bool:
    """The red button was pressed, or the symptom is a danger by itself."""
    return posted.get("safety") == "1" or posted.get("symptom") in SAFETY_SYMPTOMS


def to_request(
    session: Session, *, posted: PostedForm, home: KnownHome | None, company_id: int, now: datetime
) -> TicketRequest:
    """What dispatch takes. Raises BadFormError naming the form's own fields."""
    symptom, note = _symptom_and_note(posted)
    cards = cards_for(session, company_id=company_id, symptom=symptom, at=now)
    body = {
        "channel": "paper" if is_paper(posted) else "phone",
        "resident": _resident(posted, home),
        "requester": _requester(posted, home),
        "payer": _payer(posted),
        "symptom": symptom,
        "error_code": posted.get("error_code") or None,
        "boiler": _boiler(posted),
        "priority_care": _care(posted),
        "age_band": posted.get("age_band") or None,
        "safety": posted.get("safety") == "1",
        "note": note or None,
        "self_fix": None if is_safety_form(posted) else _self_fix(posted, cards),
        "wished_windows": _wished(posted),
        "notices": _notices(posted, has_requester=_requester(posted, home) is not None),
        "script_version": script_version(cards) or None,
        **late_body(posted),
    }
    missing = _no_symptom(symptom)
    try:
        return TicketRequest.model_validate(body)
    except ValidationError as error:
        fields = tuple(
            FieldError(".".join(str(part) for part in item["loc"]), _plain(item["type"]))
            for item in error.errors()
        )
        numbers = tuple(_bad_numbers(body))
        raise BadFormError(_("표시된 칸을 고쳐 주세요."), errors=(*missing, *numbers, *fields)) from error


def _bad_numbers(body: Mapping[str, Any]) -> Iterator[FieldError]:
    """What the form shows red already by each number is told beside what cannot be read otherwise."""
    for role in ("resident", "requester", "payer"):
        named = body[role]
        number = named.get("phone") if isinstance(named, Mapping) else None
        if not number:
            continue
        try:
            parse_phone(number)
        except PhoneError as error:
            yield FieldError(f"{role}.phone", error.detail)


def require_whole(
    asked: TicketRequest,
    *,
    located: NewAddress | None,
    now: datetime,
    missing: Sequence[FieldError] = (),
    more: Sequence[FieldError] = (),
) -> None:
    """A form without its symptom is told of everything else that is wrong with it at once, `more` too.

    Args:
        missing: what else the form itself asks for and does not have.

    Raises BadFormError when the symptom, or anything of `missing`, is not there.
    """
    missing = (*missing, *_no_symptom(asked.symptom))
    if not missing:
        return
    others: tuple[FieldError, ...] = ()
    try:
        check_request(asked, located=located, now=now, more=more)
    except BadTicketError as error:
        others = tuple(item for item in error.errors if item.field != "symptom")
    raise BadFormError(missing[0].message, errors=(*missing, *others))


def _symptom_and_note(posted: PostedForm) -> tuple[str, str]:
    """Nobody invents a danger and none waits for its name: it is filed as unknown, beside what was said."""
    said, note = posted.get("symptom"), posted.get("note")
    if posted.get("safety") != "1" or said in SAFETY_SYMPTOMS:
        return said, note
    words = symptom_words(said) if said else ""
    return UNKNOWN_DANGER, "\n".join(part for part in (words, note) if part)


def _no_symptom(symptom: str) -> tuple[FieldError, ...]:
    return () if symptom else (FieldError("symptom", _("어디가 불편하신지 골라 주세요.")),)


def known_address(posted: PostedForm, home: KnownHome | None) -> NewAddress | None:
    """The stored address, when the form did not write another: a place that was found is not lost."""
    written = posted.get("resident_address")
    if home is None or (written and written != home.address.raw):
        return None
    address = home.address
    return NewAddress(
        raw=address.raw,
        normalised=address.normalised,
        unit=address.unit,
        postcode=address.postcode,
        area_code=address.area_code,
        lat=address.lat,
        lon=address.lon,
        precision=address.precision,
        located_by=address.located_by,
    )


PLACES = {
    **LATE_PLACES,
    "household": N_("누구 댁인가요"),
    "resident_phone": N_("거주자 전화"),
    "resident_name": N_("거주자 이름"),
    "resident_language": N_("문자를 받을 언어"),
    "resident_address": N_("주소"),
    "caller": N_("전화하신 분"),
    "requester_phone": N_("전화하신 분 번호"),
    "requester_name": N_("전화하신 분 이름"),
    "requester_relationship": N_("거주자와의 관계"),
    "requester_language": N_("문자를 받을 언어"),
    "notices": N_("수리 진행을 문자로 알려 드려도 될까요?"),
    "payer": N_("비용 내실 분"),
    "payer_phone": N_("내실 분 번호"),
    "payer_name": N_("내실 분 이름"),
    "payer_relationship": N_("거주자와의 관계"),
    "payer_language": N_("문자를 받을 언어"),
    "age_band": N_("거주자 연령대"),
    "symptom": N_("증상"),
    "error_code": N_("화면의 오류 번호"),
    "boiler_model": N_("보일러 모델"),
    "self_fix_result": N_("먼저 해 보신 결과"),
    "note": N_("말씀하신 내용"),
    "wished": N_("원하는 시간"),
    "boiler_serial": N_("제조 번호"),
    "boiler_installed_on": N_("설치한 날"),
}
"""The form's fields that show what is wrong with them, and their labels, from the top down."""


def errors_by_field(error: DomainError, *, posted: PostedForm) -> dict[str, str]:
    """Messages by the form's field names; what has no field of its own stands at the top.

    Of a home that was picked and is still masked the form has no fields: what is wrong with its resident is
    said beside the home.
    """
    typed = {name for name, _value in posted.fields}
    found: dict[str, str] = {}
    for item in error.errors:
        name = _field_name(item.field)
        picked = item.field.startswith("resident.") and name not in typed and posted.get("household")
        found.setdefault("household" if picked else name, item.message)
    order = list(PLACES)
    return dict(sorted(found.items(), key=lambda it: order.index(it[0]) if it[0] in PLACES else len(order)))


def _field_name(path: str) -> str:
    head, _dot, rest = path.partition(".")
    if head == "wished_windows":
        return "wished"
    if head == "self_fix":
        return "self_fix_result"
    return f"{head}_{rest.replace('.', '_')}" if rest else head


def _resident(posted: PostedForm, home: KnownHome | None) -> dict[str, str | None]:
    typed: dict[str, str | None] = {
        key: posted.get(f"resident_{key}") for key in ("name", "phone", "address")
    }
    typed["language"] = posted.get("resident_language") or None
    if home is not None and home.resident is not None:
        person = home.resident.contact
        typed["name"] = typed["name"] or person.name
        typed["phone"] = typed["phone"] or person.phone
        typed["address"] = typed["address"] or home.address.raw
    if not typed["name"] and is_safety_form(posted):
        typed["name"] = UNNAMED
    return typed


def _requester(posted: PostedForm, home: KnownHome | None) -> dict[str, str | None] | None:
    caller = posted.get("caller")
    if caller in ("", "resident"):
        return None
    if caller == "other":
        return {
            "name": posted.get("requester_name") or (UNNAMED if is_safety_form(posted) else ""),
            "phone": posted.get("requester_phone"),
            "relationship": posted.get("requester_relationship") or None,
            "language": posted.get("requester_language") or None,
        }
    member = home.member(caller) if home is not None else None
    if member is None:
        message = _("전화하신 분을 다시 골라 주세요.")
        raise BadFormError(message, errors=(FieldError("caller", message),))
    if home is not None and home.resident is not None and _same(member.contact, home.resident.contact):
        return None
    related = "other" if member.relationship == "resident" else member.relationship
    return {"name": member.contact.name, "phone": member.contact.phone, "relationship": related}


def _same(one: ContactInfo, other: ContactInfo) -> bool:
    return one.id == other.id


def _payer(posted: PostedForm) -> str | dict[str, str | None] | None:
    said = posted.get("payer")
    if said != "payer":
        return said if said in ("resident", "requester") else None
    return {
        "name": posted.get("payer_name"),
        "phone": posted.get("payer_phone"),
        "relationship": posted.get("payer_relationship") or None,
        "language": posted.get("payer_language") or None,
    }


def _boiler(posted: PostedForm) -> dict[str, str | None] | None:
    said = {key: posted.get(f"boiler_{key}") or None for key in ("model", "serial", "installed_on")}
    return said if any(said.values()) else None


def _care(posted: PostedForm) -> bool | None:
    """Not ticking says nothing: a known home keeps what was said before."""
    return True if posted.get("priority_care") == "1" else None


def _self_fix(posted: PostedForm, cards: list[Card]) -> dict[str, Any] | None:
    result = posted.get("self_fix_result")
    if not result:
        return None
    card = next((card for card in cards if card.code == posted.get("self_fix_card")), None)
    return {
        "card": card.code if card else None,
        "card_version": card.version if card else None,
        "result": result,
    }


NOTICE_WORDS = (
    ("both", N_("알려도 된다고 하심")),
    ("not_me", N_("전화하신 분은 원하지 않으심")),
)
"""What a caller says when asked whether we may text; empty: not asked."""


def _notices(posted: PostedForm, *, has_requester: bool) -> list[dict[str, Any]] | None:
    said, caller = posted.get("notices"), "requester" if has_requester else "resident"
    if said == "not_me":
        return [{"to": caller, "agreed": False, "by": caller}]
    if said == "both":
        return [{"to": to, "agreed": True, "by": caller} for to in dict.fromkeys((caller, "resident"))]
    return None


def _wished(posted: PostedForm) -> list[dict[str, str]]:
    windows = []
    for text in posted.all("wished"):
        start, _slash, end = text.partition("/")
        windows.append({"start": start, "end": end})
    return windows


def _plain(kind: str) -> str:
    if kind == "string_too_long":
        return _("너무 깁니다. 줄여서 적어 주세요.")
    if kind.startswith(("date", "datetime", "timezone")):
        return _("날짜를 확인해 주세요.")
    return _("이 칸을 다시 확인해 주세요.")
