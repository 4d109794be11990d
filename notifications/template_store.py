"""Companies' own wordings: every version is kept, the newest holds; before it there is the package's."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.dialects.postgresql import distinct_on
from sqlmodel import Session, col, select

from core import audit
from core.actor import Actor
from core.errors import ConflictError, FieldError, InvalidError, NotFoundError
from core.i18n import _
from core.memo import once
from notifications import texts
from notifications.catalogue import Event
from notifications.pieces import default_wording
from notifications.samples import Brand
from notifications.template_check import check_wording
from notifications.wording import OwnText, OwnWordings, all_variants
from notifications.wording_models import MessageText

REASON_LONGEST = 200


class WordingRefusedError(InvalidError):
    """A wording that must not go out; `errors` say why, each in a sentence."""

    code = "wording-refused"


class WordingChangedError(ConflictError):
    """Somebody else stored another version meanwhile."""

    code = "wording-changed"


class UnknownWordingError(NotFoundError):
    """No such event, reader or version."""

    code = "unknown-wording"


@dataclass(frozen=True)
class WordingVersion:
    """One version as it was stored. `text` None: the package's wording was taken up again."""

    version: int
    text: str | None
    reason: str
    at: datetime
    by: str


def own_wordings(session: Session, *, company_id: int, event: Event) -> OwnWordings:
    """How a company words an event now, by variant; nothing where it goes by the package."""
    return once(session, MessageText, (company_id, event), lambda: _own_wordings(session, company_id, event))


def _own_wordings(session: Session, company_id: int, event: Event) -> OwnWordings:
    query = (
        select(MessageText.variant, MessageText.text, MessageText.version)
        .where(col(MessageText.company_id) == company_id, col(MessageText.event) == event.value)
        .ext(distinct_on(col(MessageText.variant)))
        .order_by(col(MessageText.variant), col(MessageText.version).desc())
    )
    return {variant: OwnText(text, version) for variant, text, version in session.exec(query) if text}


def newest_versions(session: Session, *, company_id: int) -> dict[tuple[str, str], WordingVersion]:
    """The newest version of each wording of a company, by event and variant."""
    query = (
        select(MessageText)
        .where(col(MessageText.company_id) == company_id)
        .ext(distinct_on(col(MessageText.event), col(MessageText.variant)))
        .order_by(col(MessageText.event), col(MessageText.variant), col(MessageText.version).desc())
    )
    return {(row.event, row.variant): _version(row) for row in session.exec(query)}


def versions(session: Session, *, company_id: int, event: Event, variant: str) -> list[WordingVersion]:
    """Every version of one wording, the newest first."""
    query = (
        select(MessageText)
        .where(
            col(MessageText.company_id) == company_id,
            col(MessageText.event) == event.value,
            col(MessageText.variant) == variant,
        )
        .order_by(col(MessageText.version).desc())
    )
    return [_version(row) for row in session.exec(query)]


def require_variant(event: Event, variant: str) -> None:
    """Raises `UnknownWordingError` when the event has no such reader."""
    if variant not in all_variants(event):
        raise UnknownWordingError(_("이 알림에는 그런 문구가 없습니다."))


def store_wording(
    session: Session,
    *,
    company_id: int,
    event: Event,
    variant: str,
    text: str | None,
    based_on: int,
    brand: Brand,
    reason: str,
    by: Actor,
    now: datetime,
) -> WordingVersion:
    """Store a new version; texts written from now on use it, those in the outbox stay as they are.

    Args:
        text: None takes up the package's wording again.
        based_on: the version that the writer had before him, 0 for the package's.

    Raises:
        UnknownWordingError: no such reader of the event.
        WordingRefusedError: it must not go out as it is; `errors` say why.
        WordingChangedError: another version was stored meanwhile.
    """
    require_variant(event, variant)
    plain = None if text is None else texts.normalise(text).strip()
    if plain == default_wording(event, variant).text:
        plain = None
    if plain is not None:
        _refuse_bad(event, variant, plain, brand)
    known = versions(session, company_id=company_id, event=event, variant=variant)
    newest = known[0].version if known else 0
    if newest != based_on:
        raise WordingChangedError(
            _("그 사이에 다른 사람이 이 문구를 고쳤습니다. 새 문구를 보고 다시 고쳐 주세요.")
        )
    if (known[0].text if known else None) == plain:
        raise WordingRefusedError(
            _("바뀐 것이 없습니다."), errors=(FieldError("text", _("바뀐 것이 없습니다.")),)
        )
    row = MessageText(
        company_id=company_id,
        event=event.value,
        variant=variant,
        version=newest + 1,
        text=plain,
        reason=reason,
        written_at=now,
        written_by=by.account_id,
        writer_name=by.name,
    )
    session.add(row)
    session.flush()
    _note(session, row=row, by=by, now=now)
    return _version(row)


def version_text(
    session: Session, *, company_id: int, event: Event, variant: str, version: int
) -> str | None:
    """What a version said; None for the package's wording. Raises `UnknownWordingError`."""
    if version == 0:
        return None
    known = versions(session, company_id=company_id, event=event, variant=variant)
    for each in known:
        if each.version == version:
            return each.text
    raise UnknownWordingError(_("이 알림에는 그런 문구가 없습니다."))


def _refuse_bad(event: Event, variant: str, text: str, brand: Brand) -> None:
    report = check_wording(event=event, variant=variant, text=text, brand=brand)
    if not report.may_be_stored:
        said = " ".join(problem.message for problem in report.problems)
        raise WordingRefusedError(said, errors=(FieldError("text", said),))


def _note(session: Session, *, row: MessageText, by: Actor, now: datetime) -> None:
    audit.record(
        session,
        by=by,
        at=now,
        what="MessageTextStored" if row.text is not None else "MessageTextDropped",
        subject=("company", row.company_id),
        company_id=row.company_id,
        reason=row.reason,
        data={"told": row.event, "reader": row.variant, "version": row.version},
    )


def _version(row: MessageText) -> WordingVersion:
    return WordingVersion(row.version, row.text, row.reason, row.written_at, row.writer_name)
