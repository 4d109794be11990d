"""The wordings of a company on the screen: phones with invented facts, length, faults, what may be put in."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from core.i18n import DEFAULT_LANGUAGE, LANGUAGES, N_, _
from dispatch.notice_facts import sendable
from notifications.advert import FAULTS
from notifications.catalogue import CATALOGUE, Event
from notifications.languages import in_language, language_of, reader_of
from notifications.pieces import Piece, default_wording
from notifications.samples import Brand, Sample, samples
from notifications.surface import WordingError
from notifications.template_check import Report, check_wording, preview
from notifications.template_source import SUBJECT
from notifications.template_store import WordingVersion
from notifications.texts import SMS_BYTES
from notifications.wording import all_variants
from web.presenters.notice_words import LANGUAGE_NAMES
from workforce.schemas import CompanyInfo

READERS = {
    "resident": N_("거주자"),
    "requester": N_("접수하신 분"),
    "shared": N_("두 분이 함께 받는 번호"),
    "payer": N_("비용 내시는 분"),
    "technician": N_("기사"),
    "point": N_("서비스점"),
    SUBJECT: N_("긴 문자의 제목"),
}
"""Whom a wording is for, in the order of the screen."""
GROUPS: tuple[tuple[str, str], ...] = (
    ("value", N_("이름·시간·금액")),
    ("lines", N_("줄 (말할 것이 없으면 그 줄이 빠집니다)")),
    ("within", N_("줄 안의 말")),
)
MOST_EXAMPLES = 3


Approvals = Mapping[tuple[str, str], datetime]
"""Since when a wording, as it is now, may go as 알림톡; by event and variant."""


@dataclass(frozen=True)
class WordingRow:
    """One wording in the list. `stale`: it would not be stored any more; where it cannot be sent, the
    package's goes out instead."""

    variant: str
    reader: str
    href: str
    version: WordingVersion | None
    is_own: bool
    stale: bool
    report: Report
    approval: datetime | None


@dataclass(frozen=True)
class EventRows:
    """An event with its wordings."""

    event: str
    label: str
    rows: Sequence[WordingRow]


@dataclass(frozen=True)
class Offer:
    """Something that may be put into a wording: its name in braces and what it says in some cases."""

    token: str
    says: tuple[str, ...]
    sometimes: bool
    must_stay: bool


@dataclass(frozen=True)
class Screen:
    """A phone with one reader's text on it; `problem` where it cannot be written."""

    variant: str
    reader: str
    text: str
    problem: str
    edited: bool
    is_long: bool = False
    """It goes out as a long text, with a title."""


def brand_of(company: CompanyInfo) -> Brand:
    """Whose texts they are, as every text names them."""
    return Brand(sendable(company.brand_name, company.code), company.main_phone)


def readers_of(event: Event, language: str) -> list[str]:
    """The wordings of an event in a language in the order of the screen, the title last; none for staff."""
    known = all_variants(event)
    return [variant for reader in READERS if (variant := in_language(reader, language)) in known]


def reader_name(variant: str) -> str:
    """Whom a wording is for, in words; a language other than Korean is named."""
    name, language = _(READERS[reader_of(variant)]), language_of(variant)
    return name if language == DEFAULT_LANGUAGE else f"{name} ({_(LANGUAGE_NAMES[language])})"


def names_of(event: Event) -> dict[str, str]:
    """Every wording of an event by whom it is for."""
    return {each: reader_name(each) for language in LANGUAGES for each in readers_of(event, language)}


def in_other_languages(event: Event, variant: str) -> list[tuple[str, str, bool]]:
    """The same wording in each language that it has: address, name, whether it is this one."""
    return [
        (href_of(event, each), _(LANGUAGE_NAMES[language]), each == variant)
        for language in LANGUAGES
        if (each := in_language(reader_of(variant), language)) in all_variants(event)
    ]


def href_of(event: Event, variant: str) -> str:
    """The editor's address."""
    return f"/admin/texts/{event.value}/{variant}"


def event_rows(
    brand: Brand,
    newest: Mapping[tuple[str, str], WordingVersion],
    approvals: Approvals,
    *,
    language: str,
    fits: Callable[..., bool],
) -> list[EventRows]:
    """Every event that has wordings in a language, each judged as it stands now.

    Args:
        fits: whether a wording is asked for, by its event, its reader and its text.
    """
    groups = []
    for event, rules in CATALOGUE.items():
        rows = []
        for variant in readers_of(event, language):
            version = newest.get((event.value, variant))
            text = (version and version.text) or default_wording(event, variant).text
            if fits(_(rules.label), _(READERS[reader_of(variant)]), text):
                approval = approvals.get((event.value, variant))
                rows.append(_row(event, variant, brand, version, approval, text=text))
        if rows:
            groups.append(EventRows(event.value, _(rules.label), rows))
    return groups


def _row(
    event: Event,
    variant: str,
    brand: Brand,
    version: WordingVersion | None,
    approval: datetime | None,
    *,
    text: str,
) -> WordingRow:
    own = version.text if version else None
    report = check_wording(event=event, variant=variant, text=text, brand=brand)
    return WordingRow(
        variant=variant,
        reader=_(READERS[reader_of(variant)]),
        href=href_of(event, variant),
        version=version,
        is_own=own is not None,
        stale=own is not None and not report.may_be_stored,
        report=report,
        approval=approval,
    )


def cases_of(event: Event, brand: Brand) -> list[Sample]:
    """The cases that a preview can show, one a label."""
    seen: dict[str, Sample] = {}
    for sample in samples(event, brand):
        seen.setdefault(sample.label, sample)
    return list(seen.values())


def case_named(event: Event, brand: Brand, code: str) -> Sample:
    """The case with this code, the usual one when there is none."""
    cases = cases_of(event, brand)
    return next((sample for sample in cases if sample.code == code), cases[0])


def screens_of(
    event: Event, texts: Mapping[str, str], *, edited: str, sample: Sample, order: Sequence[str]
) -> list[Screen]:
    """A phone for each reader, the one whose text is being written first and its counterpart beside it."""
    shown = []
    readers = [each for each in order if reader_of(each) != SUBJECT]
    for variant in sorted(readers, key=lambda each: each != edited):
        try:
            text, problem = preview(event=event, variant=variant, text=texts[variant], sample=sample), ""
        except WordingError as error:
            text, problem = "", error.detail
        is_long = len(text.encode("cp949", "replace")) > SMS_BYTES
        shown.append(
            Screen(variant, _(READERS[reader_of(variant)]), text, problem, variant == edited, is_long)
        )
    return shown


def offers_of(event: Event, variant: str, brand: Brand) -> list[tuple[str, list[Offer]]]:
    """What may be put into a wording, by kind."""
    pieces = default_wording(event, variant).pieces.values()
    cases = samples(event, brand)
    groups = []
    for kind, label in GROUPS:
        offers = sorted((_offer(each, cases) for each in pieces if each.kind == kind), key=lambda o: o.token)
        if offers:
            groups.append((_(label), offers))
    return groups


def _offer(piece: Piece, cases: Sequence[Sample]) -> Offer:
    said: dict[str, None] = {}
    for sample in cases:
        if sample.code.startswith("widest"):
            continue
        said.setdefault(piece.fill({"m": sample.context, "first": sample.first}).strip())
    words = [each for each in said if each]
    return Offer(f"{{{piece.name}}}", tuple(words[:MOST_EXAMPLES]), "" in said, piece.must_stay)


def ad_needs(report: Report) -> list[str]:
    """What the text would need if it were sent as the advertisement that it is."""
    return [_(FAULTS[fault]) for fault in report.ad.faults]
