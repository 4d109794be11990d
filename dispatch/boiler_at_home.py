"""The boiler of a case as somebody at the home reads it off: entered or corrected, with its history."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlmodel import Session

from core.actor import Actor
from core.errors import FieldError, NotFoundError
from core.i18n import N_, _
from customers.boilers import (
    BadBoilerError,
    correct_boiler,
    find_or_add_boiler,
    remove_boiler,
    standing_boiler,
)
from customers.queries import address_of_household, get_boiler, list_boilers
from customers.schemas import BoilerFactsSeen, BoilerInfo, NewBoiler
from dispatch.cases import WrongStateError, author_of_step, lock_case
from dispatch.models import Ticket
from dispatch.states import ENDED_STATUSES
from dispatch.tickets import note_change

__all__ = ["OTHER_BOILER", "BadBoilerError", "note_boiler"]

OTHER_BOILER = {
    "same": N_("같은 보일러입니다. 제조 번호가 잘못 적혀 있었습니다."),
    "replaced": N_("새 보일러로 바꾼 집입니다. 앞 보일러는 없습니다."),
    "beside": N_("다른 보일러입니다. 앞 보일러도 그대로 있습니다."),
}
"""What an unknown serial may mean where another one is written down; only who stands before it knows."""


SERIAL = re.compile(r"[A-Za-z0-9 /-]*")
"""What plates bear; a question mark is a guess, and a guess finds no boiler."""


@dataclass(frozen=True)
class _Plate:
    """What was typed, on a form that showed `shown` (empty for an empty form), and who says so."""

    facts: BoilerFactsSeen
    shown: BoilerFactsSeen
    shown_id: int | None
    other: str
    by: Actor
    now: datetime

    @property
    def named(self) -> NewBoiler:
        """As boilers are looked for."""
        return NewBoiler(self.facts.model.strip() or None, self.facts.serial.strip() or None)

    @property
    def typed(self) -> dict[str, Any]:
        """What is new on the form. The rest tells of the boiler that it showed, of no other."""
        return {
            name: value
            for name, value in vars(self.facts).items()
            if value and value != getattr(self.shown, name)
        }


def note_boiler(
    session: Session,
    *,
    ticket_id: int,
    facts: BoilerFactsSeen,
    by: Actor,
    now: datetime,
    shown_id: int | None = None,
    other: str = "",
) -> None:
    """Write down which boiler it is; the bill that is not written yet is reckoned by it.

    Args:
        shown_id: the boiler whose facts the form showed. Only there a blank says that something is not known;
            on an empty form it says nothing, and what is known stays.
        other: what an unknown serial means, a key of `OTHER_BOILER`.

    Raises:
        UnknownTicketError: no such ticket (404).
        NotYourVisitError: a technician acts on another technician's visit (403).
        WrongStateError: the case has ended; its bill is corrected instead (409).
        BadBoilerError: as `correct_boiler`; a new serial no plate bears; an unknown serial without `other`:
            `errors` names `other` (422).
    """
    case = lock_case(session, ticket_id=ticket_id)
    ticket = case.ticket
    if ticket.status in ENDED_STATUSES:
        raise WrongStateError(_("끝난 접수입니다. 비용이 틀렸으면 데스크에 청구 정정을 부탁해 주세요."))
    author = author_of_step(session, case=case, by=by)
    shown = _facts_of(session, ticket, shown_id) if shown_id is not None else BoilerFactsSeen()
    plate = _Plate(facts, shown, shown_id, other, author, now)
    _require_readable(plate)
    found = _meant(session, ticket, plate)
    boiler_id = found.id if found is not None else _add(session, ticket, plate)
    if boiler_id != shown_id:
        facts = replace(_facts_of(session, ticket, boiler_id), **plate.typed)
    changed = correct_boiler(
        session, company_id=ticket.company_id, boiler_id=boiler_id, facts=facts, by=author, now=now
    )
    is_other = ticket.boiler_id != boiler_id
    if not changed and not is_other:
        return
    data: dict[str, Any] = {"boiler_id": boiler_id, "changed": changed}
    if is_other and ticket.boiler_id is not None:
        data |= {"before_id": ticket.boiler_id, "boiler": _name_of(session, boiler_id)}
    ticket.boiler_id = boiler_id
    note_change(session, ticket=ticket, what="BoilerCorrected", by=author, now=now, data=data)


def _require_readable(plate: _Plate) -> None:
    """A serial that is new on the form must be one that a plate can bear; what is on file stays."""
    if not SERIAL.fullmatch(plate.typed.get("serial", "")):
        message = _(
            "제조 번호는 영문자, 숫자, 붙임표(-), 빗금(/), 빈칸으로만 적어 주세요. "
            "다 읽을 수 없으면 비워 두세요."
        )
        raise BadBoilerError(message, errors=(FieldError("serial", message),))


def _meant(session: Session, ticket: Ticket, plate: _Plate) -> BoilerInfo | None:
    """The boiler that was read; None: one that nobody knew. Raises BadBoilerError: only a person can tell."""
    if plate.named == NewBoiler():
        message = _("모델이나 제조 번호 가운데 하나는 적어 주세요.")
        raise BadBoilerError(message, errors=(FieldError("model", message),))
    address_id = _address_id(session, ticket)
    serial = (plate.named.serial or "").upper()
    standing = list_boilers(session, address_ids=[address_id]).get(address_id, [])
    same = next((each for each in standing if serial and (each.serial or "").upper() == serial), None)
    if same is not None:
        return same
    if ticket.boiler_id is not None:
        known = get_boiler(session, boiler_id=ticket.boiler_id)
        if not serial or known.serial is None or known.serial.upper() == serial or plate.other == "same":
            return known
        _make_room(session, ticket, known, plate)
    return standing_boiler(session, company_id=ticket.company_id, address_id=address_id, boiler=plate.named)


def _make_room(session: Session, ticket: Ticket, known: BoilerInfo, plate: _Plate) -> None:
    """It is another boiler than the one written down, which stays, or is gone when it was replaced."""
    if plate.other not in OTHER_BOILER:
        words = _("적혀 있던 제조 번호({serial})와 다릅니다. 다른 보일러인지 골라 주세요.")
        message = words.format(serial=known.serial)
        raise BadBoilerError(message, errors=(FieldError("other", message),))
    if plate.other == "replaced":
        remove_boiler(
            session,
            company_id=ticket.company_id,
            boiler_id=known.id,
            reason=N_("새 보일러로 바꿨습니다."),
            by=plate.by,
            now=plate.now,
        )


def _add(session: Session, ticket: Ticket, plate: _Plate) -> int:
    """A boiler that nobody knew; of what the form showed of another one only the model may be its own too."""
    added = find_or_add_boiler(
        session,
        company_id=ticket.company_id,
        address_id=_address_id(session, ticket),
        boiler=plate.named,
        by=plate.by,
        now=plate.now,
    )
    assert added is not None, "a model or a serial was said"
    return added.id


def _address_id(session: Session, ticket: Ticket) -> int:
    home = address_of_household(session, company_id=ticket.company_id, household_id=ticket.household_id)
    return home.id


def _facts_of(session: Session, ticket: Ticket, boiler_id: int) -> BoilerFactsSeen:
    """What is written down of a boiler, as the form shows it. Raises NotFoundError (404)."""
    known = get_boiler(session, boiler_id=boiler_id)
    if known.company_id != ticket.company_id:
        raise NotFoundError(_("그런 보일러가 없습니다."))
    return BoilerFactsSeen(
        model=known.model_code or known.model_text,
        serial=known.serial or "",
        installer=known.installer or "",
        installed_on=known.installed_on,
        warranty_start=known.warranty_start,
        bought_on=known.bought_on,
        made_on=known.made_on,
    )


def _name_of(session: Session, boiler_id: int) -> str:
    known = get_boiler(session, boiler_id=boiler_id)
    return " ".join(word for word in (known.model_code or known.model_text, known.serial) if word)
