"""What a caller says of who may be told by text: checked with the call, kept before anybody is told."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlmodel import Session

from core.actor import Actor
from core.errors import FieldError
from core.i18n import _
from customers.consents import Choice, Door, record_choice
from customers.schemas import HouseholdInfo
from dispatch.schemas import TicketRequest


def keep_words_of_call(
    session: Session,
    *,
    request: TicketRequest,
    home: HouseholdInfo,
    contact_ids: Mapping[str, int],
    by: Actor,
    now: datetime,
) -> None:
    """What the caller said of who is told, before anybody of the new case is. Checked by `check_words`."""
    for said in request.notices or ():
        record_choice(
            session,
            company_id=home.company_id,
            household_id=home.id,
            contact_id=contact_ids[said.to],
            decided_by_id=contact_ids[said.by or _caller(request)],
            choice=Choice.AGREED if said.agreed else Choice.REFUSED,
            door=Door.INTAKE,
            by=by,
            now=now,
        )


def check_words(request: TicketRequest, roles: Collection[str]) -> list[FieldError]:
    """What is wrong with what a caller is said to have said of who is told."""
    problems = []
    for i, said in enumerate(request.notices or ()):
        decider = said.by or _caller(request)
        if said.to not in roles:
            problems.append(FieldError(f"notices.{i}.to", _("이 접수에 없는 사람입니다.")))
        elif decider not in roles:
            problems.append(FieldError(f"notices.{i}.by", _("이 접수에 없는 사람입니다.")))
        elif not said.agreed and decider not in (said.to, "resident"):
            message = _("알림을 거절하는 것은 본인이나 거주자만 할 수 있습니다.")
            problems.append(FieldError(f"notices.{i}.by", message))
    return problems


def _caller(request: TicketRequest) -> str:
    return "requester" if request.requester is not None else "resident"
