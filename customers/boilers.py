"""The door to boilers: which one is meant, added when it is new, corrected at the home."""

from __future__ import annotations

from datetime import date, datetime

from sqlmodel import Session, col, select

from core import audit
from core.actor import Actor
from core.clock import today_kst
from core.errors import FieldError, InvalidError, NotFoundError
from core.i18n import _
from customers.locks import lock_keys
from customers.models import Boiler, BoilerModel
from customers.queries import boiler_info, find_model, get_boiler
from customers.schemas import BoilerFactsSeen, BoilerInfo, NewBoiler

OLDEST = date(1970, 1, 1)


class BadBoilerError(InvalidError):
    """What was read off an appliance and cannot be; `errors` names the field (422)."""

    code = "bad-boiler"


def find_or_add_boiler(
    session: Session,
    *,
    company_id: int,
    address_id: int,
    boiler: NewBoiler,
    by: Actor,
    now: datetime,
    is_new_home: bool = False,
) -> BoilerInfo | None:
    """The boiler that is meant: by serial, else by model, else the only one that stands there.

    Blanks of a known boiler are filled, nothing is overwritten. None when nothing was said and it is not
    clear which one (or whether any) stands there.

    Args:
        is_new_home: nothing is known to stand there, so nothing is looked for.
    """
    if is_new_home and boiler == NewBoiler():
        return None
    row, serial, model = _look(session, company_id=company_id, address_id=address_id, boiler=boiler)
    if row is None:
        if not (boiler.model or serial):
            return None
        row = Boiler(company_id=company_id, address_id=address_id, created_at=now)
        fill_blanks(row, boiler=boiler, serial=serial, model=model)
        session.add(row)
        session.flush()
        note_boiler(session, row, by=by, now=now)
    else:
        fill_blanks(row, boiler=boiler, serial=serial, model=model)
        session.add(row)
        session.flush()
    return boiler_info(row, session.get(BoilerModel, row.model_id) if row.model_id else None)


def standing_boiler(
    session: Session, *, company_id: int, address_id: int, boiler: NewBoiler
) -> BoilerInfo | None:
    """The boiler that is meant among those that stand there, as `find_or_add_boiler` finds it; read only."""
    row, _serial, _model = _look(session, company_id=company_id, address_id=address_id, boiler=boiler)
    return get_boiler(session, boiler_id=row.id) if row is not None and row.id is not None else None


def _look(
    session: Session, *, company_id: int, address_id: int, boiler: NewBoiler
) -> tuple[Boiler | None, str | None, BoilerModel | None]:
    """The boiler that is meant, with the serial and the model as they are stored."""
    lock_keys(session, boiler_key(address_id))
    serial = plain_serial(boiler)
    model = find_model(session, company_id=company_id, code=boiler.model) if boiler.model else None
    query = (
        select(Boiler)
        .where(col(Boiler.address_id) == address_id, col(Boiler.removed_at).is_(None))
        .order_by(col(Boiler.id))
    )
    standing = list(session.exec(query))
    return meant_boiler(standing, boiler=boiler, serial=serial, model=model), serial, model


def boiler_key(address_id: int) -> str:
    """What is locked while the boilers of an address are looked through."""
    return f"boiler/{address_id}"


def plain_serial(boiler: NewBoiler) -> str | None:
    """The serial as it is stored; None when none was read."""
    return (boiler.serial or "").strip().upper() or None


def note_boiler(session: Session, row: Boiler, *, by: Actor, now: datetime) -> None:
    """Write down that a boiler was added."""
    audit.record(
        session,
        by=by,
        at=now,
        what="BoilerAdded",
        subject=("boiler", row.id or 0),
        company_id=row.company_id,
        data={"address_id": row.address_id},
    )


def meant_boiler(
    standing: list[Boiler], *, boiler: NewBoiler, serial: str | None, model: BoilerModel | None
) -> Boiler | None:
    """Which of those that stand there is meant: by serial, else by model, else the only one."""
    if serial:
        same = [row for row in standing if (row.serial or "").upper() == serial]
        if same:
            return same[0]
        standing = [row for row in standing if row.serial is None]
    if boiler.model:
        if model is not None:
            same = [row for row in standing if row.model_id == model.id]
        else:
            same = [row for row in standing if row.model_text.casefold() == boiler.model.strip().casefold()]
        unnamed = [row for row in standing if row.model_id is None and not row.model_text]
        return next(iter(same or unnamed), None)
    return standing[0] if len(standing) == 1 else None


def fill_blanks(row: Boiler, *, boiler: NewBoiler, serial: str | None, model: BoilerModel | None) -> None:
    """Write what was not known so far; nothing is overwritten."""
    if row.model_id is None and model is not None:
        row.model_id = model.id
    elif row.model_id is None and not row.model_text:
        row.model_text = (boiler.model or "").strip()
    row.serial = row.serial or serial
    row.installed_on = row.installed_on or boiler.installed_on
    row.installer = row.installer or (boiler.installer or "").strip() or None
    row.warranty_start = row.warranty_start or boiler.warranty_start


def remove_boiler(
    session: Session, *, company_id: int, boiler_id: int, reason: str, by: Actor, now: datetime
) -> None:
    """Another one stands in its place: it keeps its history and is looked for no more.

    Raises NotFoundError: unknown, or another company's (404).
    """
    row = _locked(session, company_id=company_id, boiler_id=boiler_id)
    row.removed_at = row.removed_at or now
    session.add(row)
    session.flush()
    subject = ("boiler", boiler_id)
    audit.record(
        session, by=by, at=now, what="BoilerRemoved", subject=subject, company_id=company_id, reason=reason
    )


def correct_boiler(
    session: Session, *, company_id: int, boiler_id: int, facts: BoilerFactsSeen, by: Actor, now: datetime
) -> dict[str, list[str | None]]:
    """Write what somebody read off the appliance; what it was before stays in its history.

    Returns what changed: the field's name with its value before and after; empty when nothing did.

    Raises:
        BadBoilerError: a day that has not come, or nothing said at all; `errors` names the field (422).
        NotFoundError: unknown, or another company's (404).
    """
    check_boiler_facts(facts, today=today_kst(now))
    row = _locked(session, company_id=company_id, boiler_id=boiler_id)
    before = _written(session, row)
    model = find_model(session, company_id=company_id, code=facts.model) if facts.model else None
    row.model_id = model.id if model is not None else None
    row.model_text = "" if model is not None else facts.model.strip()
    row.serial = facts.serial.strip().upper() or None
    row.installer = facts.installer.strip() or None
    row.installed_on, row.warranty_start = facts.installed_on, facts.warranty_start
    row.bought_on, row.made_on = facts.bought_on, facts.made_on
    session.add(row)
    session.flush()
    after = _written(session, row)
    changed = {name: [before[name], after[name]] for name in after if before[name] != after[name]}
    if changed:
        audit.record(
            session,
            by=by,
            at=now,
            what="BoilerCorrected",
            subject=("boiler", boiler_id),
            company_id=company_id,
            data={"changed": changed},
        )
    return changed


def _locked(session: Session, *, company_id: int, boiler_id: int) -> Boiler:
    row = session.get(Boiler, boiler_id, with_for_update=True, populate_existing=True)
    if row is None or row.company_id != company_id:
        raise NotFoundError(_("그런 보일러가 없습니다."))
    return row


def check_boiler_facts(facts: BoilerFactsSeen, *, today: date) -> None:
    """Raises BadBoilerError: nothing that tells the boiler, or a day that cannot be."""
    errors = []
    if not (facts.model.strip() or facts.serial.strip()):
        errors.append(FieldError("model", _("모델이나 제조 번호 가운데 하나는 적어 주세요.")))
    for name in ("installed_on", "warranty_start", "bought_on", "made_on"):
        day = getattr(facts, name)
        if day is not None and not OLDEST <= day <= today:
            errors.append(FieldError(name, _("지난 날짜를 적어 주세요. 모르면 비워 두세요.")))
    if errors:
        raise BadBoilerError(errors[0].message, errors=tuple(errors))


def _written(session: Session, row: Boiler) -> dict[str, str | None]:
    model = session.get(BoilerModel, row.model_id) if row.model_id else None
    return {
        "model": model.code if model else row.model_text or None,
        "serial": row.serial,
        "installer": row.installer,
        "installed_on": row.installed_on.isoformat() if row.installed_on else None,
        "warranty_start": row.warranty_start.isoformat() if row.warranty_start else None,
        "bought_on": row.bought_on.isoformat() if row.bought_on else None,
        "made_on": row.made_on.isoformat() if row.made_on else None,
    }
