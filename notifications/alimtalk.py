"""Which wordings KakaoTalk has approved for a company, so that they may go as 알림톡.

An approval is for exactly one event, variant and version of the wording, at one account: a changed wording
goes as a text until it is approved anew, and never as something that was not approved.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from core import audit
from core.actor import Actor
from core.errors import InvalidError
from core.i18n import _
from core.memo import once
from notifications.catalogue import CATALOGUE, FAMILY, Event
from notifications.languages import reader_of
from notifications.models import AlimtalkTemplate
from notifications.providers.base import Template
from notifications.template_source import SUBJECT
from notifications.template_store import own_wordings
from notifications.wording import all_variants, version_name

Key = tuple[str, str, str, str]
"""Account, event, variant, version of the wording."""


class TemplateError(InvalidError):
    """What was approved is not a wording that we have."""

    code = "bad-alimtalk-template"


@dataclass(frozen=True)
class ApprovedTemplate:
    """One approval as an administrator sees it; `is_current` while the wording is still the approved one."""

    account: str
    event: str
    variant: str
    wording_version: str
    code: str
    is_current: bool


def read_templates(session: Session, *, company_id: int) -> dict[Key, Template]:
    """Every approval that holds for the company now."""
    return once(session, AlimtalkTemplate, company_id, lambda: _read(session, company_id))


def list_templates(session: Session, *, company_id: int) -> list[ApprovedTemplate]:
    """The approvals of a company, by account and event."""
    return [
        ApprovedTemplate(*key, template.code, key[3] == _version(session, company_id, key[1], key[2]))
        for key, template in sorted(read_templates(session, company_id=company_id).items())
    ]


def approve_template(
    session: Session,
    *,
    company_id: int,
    account: str,
    event: str,
    variant: str,
    channel_key: str,
    code: str,
    by: Actor,
    now: datetime,
) -> str:
    """From now on this wording, as it stands, goes as 알림톡. Returns the version that was approved.

    An earlier approval of the same wording ends.

    Raises:
        TemplateError: no such event or variant, a text to staff, or an empty code.
    """
    if event not in CATALOGUE or not set(CATALOGUE[Event(event)].roles) & set(FAMILY):
        raise TemplateError(_("알림톡으로 보내는 소식이 아닙니다: {event}").format(event=event))
    if reader_of(variant) == SUBJECT or variant not in all_variants(Event(event)):
        raise TemplateError(_("그런 글이 없습니다: {variant}").format(variant=variant))
    if not (account.strip() and channel_key.strip() and code.strip()):
        raise TemplateError(_("계정과 채널, 템플릿 코드를 모두 적어 주세요."))
    version = _version(session, company_id, event, variant)
    key = (account, event, variant, version)
    _stop(session, company_id=company_id, key=key, now=now)
    session.add(
        AlimtalkTemplate(
            company_id=company_id,
            account=account.strip(),
            event=event,
            variant=variant,
            wording_version=version,
            channel_key=channel_key.strip(),
            code=code.strip(),
            entered_at=now,
        )
    )
    _record(session, company_id=company_id, what="AlimtalkApproved", key=key, code=code, by=by, now=now)
    return version


def stop_template(
    session: Session, *, company_id: int, account: str, event: str, variant: str, by: Actor, now: datetime
) -> int:
    """From now on the wording goes as a text, whichever version was approved. Returns how many ended."""
    keys = [
        key for key in read_templates(session, company_id=company_id) if key[:3] == (account, event, variant)
    ]
    for key in keys:
        _stop(session, company_id=company_id, key=key, now=now)
        _record(session, company_id=company_id, what="AlimtalkStopped", key=key, code="", by=by, now=now)
    return len(keys)


def approved_since(session: Session, *, company_id: int) -> dict[tuple[str, str], datetime]:
    """Since when the wording that holds now is approved, by event and variant."""
    query = select(AlimtalkTemplate).where(
        col(AlimtalkTemplate.company_id) == company_id, col(AlimtalkTemplate.state) == "approved"
    )
    return {
        (row.event, row.variant): row.entered_at
        for row in session.exec(query.order_by(col(AlimtalkTemplate.id)))
        if row.wording_version == _version(session, company_id, row.event, row.variant)
    }


def _version(session: Session, company_id: int, event: str, variant: str) -> str:
    """The wording that holds now, as its notices name it."""
    own = own_wordings(session, company_id=company_id, event=Event(event))
    return version_name(Event(event), variant, own.get(variant))


def _read(session: Session, company_id: int) -> dict[Key, Template]:
    query = select(AlimtalkTemplate).where(
        col(AlimtalkTemplate.company_id) == company_id, col(AlimtalkTemplate.state) == "approved"
    )
    return {
        (row.account, row.event, row.variant, row.wording_version): Template(row.channel_key, row.code)
        for row in session.exec(query)
    }


def _stop(session: Session, *, company_id: int, key: Key, now: datetime) -> None:
    account, event, variant, version = key
    query = select(AlimtalkTemplate).where(
        col(AlimtalkTemplate.company_id) == company_id,
        col(AlimtalkTemplate.account) == account,
        col(AlimtalkTemplate.event) == event,
        col(AlimtalkTemplate.variant) == variant,
        col(AlimtalkTemplate.wording_version) == version,
        col(AlimtalkTemplate.state) == "approved",
    )
    for row in session.exec(query):
        row.state, row.stopped_at = "stopped", now
        session.add(row)
    session.flush()


def _record(
    session: Session, *, company_id: int, what: str, key: Key, code: str, by: Actor, now: datetime
) -> None:
    audit.record(
        session,
        by=by,
        at=now,
        what=what,
        subject=("company", company_id),
        company_id=company_id,
        data=dict(zip(("account", "event", "variant", "version"), key, strict=True)) | {"code": code},
    )
