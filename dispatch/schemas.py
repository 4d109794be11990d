"""What comes in: the body of POST /tickets, with every nullability of the contract."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any, Literal, Protocol

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    JsonValue,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema
from sqlmodel import Session

from core.i18n import _

SelfFixResult = Literal["SOLVED", "FAILED", "REFUSED", "NOT_APPLICABLE"]
FIRST_YEAR, LAST_YEAR = 2001, 2099
"""The national defaults hold from 2000 on; the other end keeps a slip of the keyboard out of the plans."""


def clean_text(text: str) -> str:
    """Without control characters (PostgreSQL refuses NUL) and lone surrogates; line breaks stay."""
    kept = (c for c in text if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cs"))
    return "".join(kept).strip()


def _within_our_years(at: datetime) -> datetime:
    if not FIRST_YEAR <= at.year <= LAST_YEAR:
        text = _("{first}년에서 {last}년 사이의 시각을 적어 주세요.")
        raise ValueError(text.format(first=FIRST_YEAR, last=LAST_YEAR))
    return at


Line = Annotated[str, Field(max_length=300), AfterValidator(clean_text)]
Paragraph = Annotated[str, Field(max_length=4000), AfterValidator(clean_text)]
TextLanguage = Literal["ko", "en"]
"""In which somebody is written to; absent: as before, Korean for whoever is new."""
Moment = Annotated[AwareDatetime, AfterValidator(_within_our_years)]
"""A moment with its offset, far enough from the ends of the calendar to be shown in any time zone."""


class ResidentRequest(BaseModel):
    """Who lives there: the person to be visited. Phone and address in any writing."""

    name: Line
    phone: Line
    address: Line
    language: TextLanguage | None = None


class RequesterRequest(BaseModel):
    """Who asked, when it was somebody else."""

    name: Line
    phone: Line
    relationship: Line | None = None
    language: TextLanguage | None = None


class PayerRequest(BaseModel):
    """Who pays: the word `resident` or `requester`, or a third person (a landlord, say)."""

    role: Literal["resident", "requester", "payer"] = "payer"
    name: Line = ""
    phone: Line = ""
    relationship: Line | None = None
    language: TextLanguage | None = None

    @model_validator(mode="before")
    @classmethod
    def _read_word(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        if value not in ("resident", "requester"):
            raise ValueError("resident, requester 또는 {name, phone, relationship} 중 하나로 적어 주세요.")
        return {"role": value}

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        person = handler.resolve_ref_schema(handler(core_schema))
        properties = {k: v for k, v in person["properties"].items() if k != "role"}
        return {
            "anyOf": [
                {"type": "string", "enum": ["resident", "requester"]},
                {"type": "object", "properties": properties, "required": ["name", "phone"]},
            ]
        }


class BoilerRequest(BaseModel):
    """What stands there, as far as the caller knows."""

    model: Line | None = None
    serial: Line | None = None
    installed_on: date | None = None


class SelfFixRequest(BaseModel):
    """What came of the self-help card that was read out."""

    card: Line | None = None
    card_version: Annotated[int, Field(ge=0, le=2**31 - 1)] | None = None
    result: SelfFixResult


class NoticeWordRequest(BaseModel):
    """Whether somebody agreed that a party is told by text, or does not want it; `by`: the caller if absent.

    A no is the person's own, or the resident's about another.
    """

    to: Literal["resident", "requester", "payer"]
    agreed: bool
    by: Literal["resident", "requester", "payer"] | None = None


class WindowRequest(BaseModel):
    """A stretch of time with offsets."""

    start: Moment
    end: Moment


EXAMPLE: dict[str, JsonValue] = {
    "channel": "phone",
    "resident": {
        "name": "김영자",
        "phone": "02-555-0101",
        "address": "서울 강남구 역삼동 735, 101동 1203호",
    },
    "requester": {"name": "김민수", "phone": "010-9876-5432", "relationship": "child"},
    "payer": "requester",
    "symptom": "NO_HEAT",
    "error_code": "03",
    "boiler": {"model": "ON-20K", "installed_on": "2019-11-02"},
    "priority_care": True,
    "age_band": "75+",
    "note": "방이 너무 추워요",
    "self_fix": {"card": "THERMOSTAT", "result": "FAILED"},
    "wished_windows": [{"start": "2026-12-01T14:00:00+09:00", "end": "2026-12-01T16:00:00+09:00"}],
}
"""As the API's page shows it."""


class TicketRequest(BaseModel):
    """The body of POST /tickets.

    `received_at` (default: now) is for forms that were filled in earlier: with the reason why they come later
    (`NETWORK_DOWN`, `SYSTEM_DOWN`, `POINT_PAPER`, or `OTHER` with `late_entry_note`).
    """

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    channel: Line
    resident: ResidentRequest
    symptom: Line
    requester: RequesterRequest | None = None
    payer: PayerRequest | None = None
    error_code: Line | None = None
    boiler: BoilerRequest | None = None
    priority_care: bool | None = None
    age_band: Line | None = None
    safety: bool | None = None
    note: Paragraph | None = None
    self_fix: SelfFixRequest | None = None
    wished_windows: Annotated[list[WindowRequest], Field(max_length=10)] | None = None
    notices: Annotated[list[NoticeWordRequest], Field(max_length=10)] | None = None
    received_at: Moment | None = None
    late_entry_reason: Line | None = None
    late_entry_note: Line | None = None
    script_version: Line | None = None


@dataclass(frozen=True)
class CodeFact:
    """What is known of a display code. `safety`: any source calls it gas, CO or exhaust."""

    meaning: str
    safety: bool


class CodeBook(Protocol):
    """The maker's error codes; kept by the call desk, handed in by whoever files a ticket."""

    def look_up(self, session: Session, *, company_id: int, family: str | None, code: str) -> CodeFact | None:
        """What a code means on a model family (None: whichever), or None when nobody knows."""
        ...


@dataclass(frozen=True)
class ScriptStep:
    """One sentence for the call agent to read out, in order."""

    code: str
    text: str


@dataclass(frozen=True)
class FiledTicket:
    """What intake made of a request. `script` holds what the agent must read out now (safety cases)."""

    id: int
    number: str
    status: str
    safety: bool
    received_at: datetime
    household_id: int
    suspected_duplicate_of: str | None
    error_code_known: bool | None
    error_code_meaning: str | None
    location_precision: str
    needs_map_pick: bool
    script: tuple[ScriptStep, ...] = ()


@dataclass(frozen=True)
class Owner:
    """The one person who answers for a ticket at a moment. `role`: technician, desk or escalation."""

    person_id: int
    name: str
    role: str
    why: str
    off_duty: bool = False
    """The desk, because the visit's technician is not at work."""
