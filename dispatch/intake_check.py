"""Reading a request before anything is stored: every bad field is named by its path."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from core.clock import today_kst
from core.errors import DomainError, FieldError, InvalidError
from core.i18n import _
from core.phones import parse_phone
from customers.rules import read_age_band, read_person_name, read_relationship
from customers.schemas import NewAddress, NewContact
from dispatch.intake_rules import CHANNELS, SYMPTOMS, UNKNOWN_DANGER, plain_error_code
from dispatch.intake_words import check_words
from dispatch.places import read_address
from dispatch.schemas import PayerRequest, RequesterRequest, ResidentRequest, TicketRequest

T = TypeVar("T")

CLOCK_SLACK = timedelta(minutes=2)
"""A sender's clock may run ahead by this much; then the ticket counts as received now."""


class BadTicketError(InvalidError):
    """Fields of a ticket that cannot be taken; nothing was stored."""

    code = "bad-ticket"


@dataclass(frozen=True)
class Party:
    """A person named in a request; `phone_raw` is the number as it was written."""

    role: str
    person: NewContact
    phone_raw: str
    relationship: str
    language: str | None = None
    """In which to write to them; None: nothing was said."""


@dataclass(frozen=True)
class CheckedTicket:
    """A request whose every field was read."""

    address: NewAddress
    parties: tuple[Party, ...]
    payer_role: str
    channel: str
    symptom: str
    age_band: str | None
    error_code: str | None
    received_at: datetime


def check_request(
    request: TicketRequest,
    *,
    located: NewAddress | None,
    now: datetime,
    more: Iterable[FieldError] = (),
) -> CheckedTicket:
    """Read every field before anything is stored; raises BadTicketError naming all bad ones by path.

    `more`: what the caller has found wrong already.
    """
    problems: list[FieldError] = list(more)

    def refuse(field: str, message: str) -> None:
        problems.append(FieldError(field, message))

    address = located
    if address is None:
        try:
            address = read_address(request.resident.address)
        except DomainError as error:
            refuse("resident.address", error.detail)
    parties = _check_parties(request, problems)
    problems += check_words(request, {party.role for party in parties})
    _check_words(request, problems)
    _check_times(request, problems, now=now)
    if problems or address is None:
        raise BadTicketError(_("빨간 칸을 고쳐서 다시 보내 주세요."), errors=tuple(problems))
    return CheckedTicket(
        address=address,
        parties=tuple(parties),
        payer_role=_payer_role(request),
        channel=request.channel.lower(),
        symptom=request.symptom.upper(),
        age_band=read_age_band(request.age_band) if request.age_band else None,
        error_code=plain_error_code(request.error_code) if request.error_code else None,
        received_at=min(request.received_at or now, now),
    )


def _check_parties(request: TicketRequest, problems: list[FieldError]) -> list[Party]:
    wanted: list[tuple[str, ResidentRequest | RequesterRequest | PayerRequest, str]] = [
        ("resident", request.resident, "resident")
    ]
    if request.requester is not None:
        wanted.append(("requester", request.requester, request.requester.relationship or ""))
    if request.payer is not None and request.payer.role == "payer":
        wanted.append(("payer", request.payer, request.payer.relationship or ""))
    parties = []
    for role, named, relationship in wanted:
        read_name = _read(f"{role}.name", named.name, read_person_name, problems)
        number = _read(f"{role}.phone", named.phone, parse_phone, problems)
        if read_name is None or number is None:
            continue
        said = relationship or read_name.note or number.note
        person = NewContact(read_name.name, number)
        parties.append(Party(role, person, named.phone, read_relationship(said).value, named.language))
    if request.payer is not None and request.payer.role == "requester" and request.requester is None:
        problems.append(FieldError("payer", _("접수자가 없습니다. 결제할 분을 다시 골라 주세요.")))
    return parties


def _read(field: str, raw: str, reader: Callable[[str], T], problems: list[FieldError]) -> T | None:
    try:
        return reader(raw)
    except DomainError as error:
        problems.append(FieldError(field, error.detail))
        return None


def _check_words(request: TicketRequest, problems: list[FieldError]) -> None:
    if request.channel.lower() not in CHANNELS:
        known = ", ".join(CHANNELS)
        problems.append(FieldError("channel", _("접수 경로를 골라 주세요: {known}").format(known=known)))
    unsaid = request.safety and request.symptom == UNKNOWN_DANGER
    if not unsaid and request.symptom.upper() not in SYMPTOMS:
        known = ", ".join(SYMPTOMS)
        problems.append(FieldError("symptom", _("증상을 골라 주세요: {known}").format(known=known)))
    if request.age_band:
        _read("age_band", request.age_band, read_age_band, problems)
    if request.error_code and len(request.error_code) > 20:
        problems.append(FieldError("error_code", _("화면에 보이는 오류 번호만 적어 주세요.")))


def _check_times(request: TicketRequest, problems: list[FieldError], *, now: datetime) -> None:
    if request.received_at is not None and request.received_at > now + CLOCK_SLACK:
        problems.append(FieldError("received_at", _("아직 오지 않은 시각입니다. 접수한 시각을 적어 주세요.")))
    installed = request.boiler.installed_on if request.boiler else None
    if installed is not None and not (installed.year >= 1970 and installed <= today_kst(now)):
        problems.append(FieldError("boiler.installed_on", _("설치한 날짜를 확인해 주세요.")))
    for i, window in enumerate(request.wished_windows or ()):
        if window.end <= window.start:
            problems.append(FieldError(f"wished_windows.{i}.end", _("끝나는 시각이 시작보다 늦어야 합니다.")))


def _payer_role(request: TicketRequest) -> str:
    if request.payer is not None:
        return request.payer.role
    return "resident"
