"""The door to boilers: which one is meant, added when it is new."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session, col, select

from core import audit
from core.actor import Actor
from customers.locks import lock_keys
from customers.models import Boiler, BoilerModel
from customers.queries import boiler_info, find_model
from customers.schemas import BoilerInfo, NewBoiler


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
    lock_keys(session, f"boiler/{address_id}")
    serial = (boiler.serial or "").strip().upper() or None
    model = find_model(session, company_id=company_id, code=boiler.model) if boiler.model else None
    query = (
        select(Boiler)
        .where(col(Boiler.address_id) == address_id, col(Boiler.removed_at).is_(None))
        .order_by(col(Boiler.id))
    )
    standing = list(session.exec(query))
    row = _meant_boiler(standing, boiler=boiler, serial=serial, model=model)
    if row is None:
        if not (boiler.model or serial):
            return None
        row = Boiler(company_id=company_id, address_id=address_id, created_at=now)
        _fill_blanks(row, boiler=boiler, serial=serial, model=model)
        session.add(row)
        session.flush()
        assert row.id is not None
        audit.record(
            session,
            by=by,
            at=now,
            what="BoilerAdded",
            subject=("boiler", row.id),
            company_id=company_id,
            data={"address_id": address_id},
        )
    else:
        _fill_blanks(row, boiler=boiler, serial=serial, model=model)
        session.add(row)
        session.flush()
    return boiler_info(row, session.get(BoilerModel, row.model_id) if row.model_id else None)


def _meant_boiler(
    standing: list[Boiler], *, boiler: NewBoiler, serial: str | None, model: BoilerModel | None
) -> Boiler | None:
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


def _fill_blanks(row: Boiler, *, boiler: NewBoiler, serial: str | None, model: BoilerModel | None) -> None:
    if row.model_id is None and model is not None:
        row.model_id = model.id
    elif row.model_id is None and not row.model_text:
        row.model_text = (boiler.model or "").strip()
    row.serial = row.serial or serial
    row.installed_on = row.installed_on or boiler.installed_on
