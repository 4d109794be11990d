"""A company's own face: brand, colour, numbers, greeting. Changes are kept with old and new values."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from sqlmodel import Session

from core import audit
from core.actor import Actor
from core.errors import FieldError, InvalidError, NotFoundError
from core.i18n import _
from core.phones import PhoneError, parse_phone
from workforce.models import Company
from workforce.queries import company_info
from workforce.schemas import CompanyInfo

COLOUR = re.compile(r"#[0-9a-f]{6}")
LONGEST_NAME = 60
LONGEST_GREETING = 500


def change_company(
    session: Session,
    *,
    company_id: int,
    name: str,
    brand_name: str,
    colour: str,
    kind: str,
    main_phone: str,
    sender_number: str,
    greeting: str,
    by: Actor,
    now: datetime,
) -> CompanyInfo:
    """Take over what the form says; what is the same leaves no trace.

    Raises:
        InvalidError: with every field that cannot be taken. NotFoundError.
    """
    row = session.get(Company, company_id, with_for_update=True)
    if row is None:
        raise NotFoundError(_("그런 회사가 없습니다."))
    wanted = checked_brand(
        name=name,
        brand_name=brand_name,
        colour=colour,
        kind=kind,
        main_phone=main_phone,
        sender_number=sender_number,
        greeting=greeting,
    )
    changed = {key: [getattr(row, key), value] for key, value in wanted.items() if getattr(row, key) != value}
    if not changed:
        return company_info(row)
    for key, (_old, new) in changed.items():
        setattr(row, key, new)
    session.add(row)
    audit.record(
        session,
        by=by,
        at=now,
        what="CompanyChanged",
        subject=("company", company_id),
        company_id=company_id,
        data=changed,
    )
    return company_info(row)


def checked_brand(
    *,
    name: str,
    brand_name: str,
    colour: str,
    kind: str,
    main_phone: str,
    sender_number: str,
    greeting: str,
) -> dict[str, Any]:
    """The fields as they are stored (phones E.164). Raises InvalidError with every bad one."""
    errors: list[FieldError] = []
    for field, text in (("name", name), ("brand_name", brand_name)):
        if not 0 < len(text.strip()) <= LONGEST_NAME:
            errors.append(FieldError(field, _("1자에서 60자까지 적어 주세요.")))
    if not COLOUR.fullmatch(colour.strip().lower()):
        errors.append(FieldError("colour", _("색을 #b4430f처럼 적어 주세요.")))
    if kind not in ("direct", "designated"):
        errors.append(FieldError("kind", _("직영이나 지정점 가운데 하나를 골라 주세요.")))
    if len(greeting.strip()) > LONGEST_GREETING:
        errors.append(FieldError("greeting", _("500자까지 적어 주세요.")))
    numbers = {}
    for field, raw in (("main_phone", main_phone), ("sender_number", sender_number)):
        try:
            numbers[field] = parse_phone(raw).e164
        except PhoneError as error:
            errors.append(FieldError(field, error.detail))
    if errors:
        raise InvalidError(_("고칠 곳이 있습니다."), errors=tuple(errors))
    return {
        "name": name.strip(),
        "brand_name": brand_name.strip(),
        "colour": colour.strip().lower(),
        "kind": kind,
        "greeting": greeting.strip(),
        **numbers,
    }
