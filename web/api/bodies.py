"""The bodies of POST calls, exactly as `contracts` name them, and how they become dispatch's requests."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, Field

from billing.payment_schemas import Method, PartSerials
from billing.schemas import LineRequest
from dispatch.schemas import Moment, WindowRequest, clean_text
from dispatch.visit_schemas import AgreedWindow, AskedBy, AttemptRequest, CompletionRequest, Outcome

Reason = Annotated[str, Field(max_length=1000), AfterValidator(clean_text)]
Words = Annotated[str, Field(max_length=4000), AfterValidator(clean_text)]
PartyRole = Literal["resident", "requester", "payer"]


class SelfFixBody(BaseModel):
    """What came of the self-help card."""

    card: Reason | None = None
    result: Literal["SOLVED", "FAILED", "REFUSED", "NOT_APPLICABLE"]


class JoinBody(BaseModel):
    """A second call about an open ticket."""

    note: Words = ""


class AcceptanceBody(BaseModel):
    """A designated point's answer; a decline needs its reason."""

    decision: Literal["ACCEPT", "DECLINE"]
    reason: Reason | None = None


class OfferedWindow(WindowRequest):
    """An agreed window; of an offer from `/slots` its technician and, for a neighbouring point, its point."""

    technician_id: int | None = None
    service_point_id: int | None = None


class AttemptBody(BaseModel):
    """A try to talk with the family."""

    outcome: Outcome
    with_: Annotated[PartyRole | None, Field(alias="with")] = None
    at: Moment | None = None
    evidence: Literal["TELEPHONY", "FAMILY", "SELF_REPORT"] = "SELF_REPORT"
    window: OfferedWindow | None = None
    reason: Reason = ""
    asked_by: AskedBy = "company"
    call_back_at: Moment | None = None
    note: Words = ""

    def to_request(self) -> AttemptRequest:
        """Dispatch's form of it."""
        window = AgreedWindow(**self.window.model_dump()) if self.window else None
        return AttemptRequest(
            outcome=self.outcome,
            with_role=self.with_,
            at=self.at,
            evidence=self.evidence,
            window=window,
            reason=self.reason,  # a note is for the staff; the reason of a change is told to the family
            asked_by=self.asked_by,
            call_back_at=self.call_back_at,
            note=self.note,
        )


class StepBody(BaseModel):
    """A fact of a visit. `at` only when it is written down later than it happened."""

    at: Moment | None = None
    note: Words = ""


class HoldBody(StepBody):
    """Why the work waits, and until when."""

    reason: Literal["parts_wait", "customer_request"] = "parts_wait"
    due_at: Moment | None = None


class LineBody(BaseModel):
    """A cost line by its code in the price list."""

    code: Annotated[str, Field(min_length=1, max_length=60)]
    quantity: Annotated[int, Field(ge=1, le=99)] = 1


class PartBody(BaseModel):
    """A part that was changed; the old serial is empty where it cannot be read any more."""

    code: Annotated[Reason, Field(max_length=60)]
    old_serial: Annotated[Reason, Field(max_length=60)] = ""
    new_serial: Annotated[Reason, Field(min_length=1, max_length=60)]


class CompletedBody(StepBody):
    """What the technician says at the end."""

    checklist: dict[str, bool] = {}
    lines: Annotated[list[LineBody], Field(max_length=50)] = []
    misuse: bool = False
    misuse_reason: Reason = ""
    """For the family's eyes: why a defect within its warranty is paid all the same."""
    agreed_by_phone: bool = False
    """Whoever pays agreed to a bill above the limit on the phone or at the door."""
    parts: Annotated[list[PartBody], Field(max_length=50)] = []

    def to_request(self) -> CompletionRequest:
        """Dispatch's form of it."""
        return CompletionRequest(
            checklist=self.checklist,
            lines=tuple(LineRequest(code=line.code, quantity=line.quantity) for line in self.lines),
            misuse=self.misuse,
            misuse_reason=self.misuse_reason,
            note=self.note,
            agreed_by_phone=self.agreed_by_phone,
            parts=tuple(PartSerials(p.code, "", p.old_serial, p.new_serial) for p in self.parts),
        )


class ApprovalBody(BaseModel):
    """The work that whoever pays is asked about; the visit fee is added by itself."""

    lines: Annotated[list[LineBody], Field(max_length=50)]
    misuse: bool = False
    agreed_by_phone: bool = False
    """He agreed on the phone or at the door: nobody tells him."""

    def to_lines(self) -> tuple[LineRequest, ...]:
        """Billing's form of it."""
        return tuple(LineRequest(code=line.code, quantity=line.quantity) for line in self.lines)


class AnswerBody(BaseModel):
    """What whoever pays said on the phone."""

    agrees: bool


Won = Annotated[int, Field(ge=1, le=9_999_999_999)]


class PaymentBody(BaseModel):
    """Money for a visit's bill; `unpaid` says why none came. `visit_id`: the newest billed visit without."""

    method: Method
    amount: Won
    receipt_number: Annotated[Reason, Field(max_length=40)] = ""
    """Of the cash receipt; cash from a dated limit on needs one."""
    reason: Annotated[Reason, Field(max_length=500)] = ""
    visit_id: Annotated[int, Field(ge=1, le=2**63 - 1)] | None = None
    of_technician: bool = False
    """What a desk enters lies with the visit's technician: it is in his day's money."""


class AssignmentBody(BaseModel):
    """Who goes, when, why, and what planning must not touch any more."""

    technician_id: Annotated[int, Field(ge=1, le=2**63 - 1)]
    start: Moment | None = None
    reason: Annotated[Reason, Field(min_length=1)]
    pin: list[Literal["technician", "time"]] = []
    base_version: Annotated[int, Field(ge=0, le=2**31 - 1)] | None = None


class ReasonBody(BaseModel):
    """A change that needs a reason."""

    reason: Annotated[Reason, Field(min_length=1)]


class RefundBody(ReasonBody):
    """How much of a payment goes back; `of_technician`: out of the visit's technician's day's money."""

    amount: Won
    of_technician: bool = False


class CancellationBody(ReasonBody):
    """`fee`: WAIVED forgives the visit fee that is due once the technician has set out."""

    fee: Literal["BY_RULE", "WAIVED"] = "BY_RULE"


class ReopeningBody(ReasonBody):
    """`exclude_technician`: the one who must not come again."""

    exclude_technician: Annotated[int, Field(ge=1, le=2**63 - 1)] | None = None
