"""What a wording must pass before it is stored: readable, sendable, short, telling what it must, no ad.

Every case of the event is filled in, once with the package's wording and once with the new one: what the
reader learns from the first he must learn from the second.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from jinja2 import TemplateError

from core.i18n import _
from core.phones import PhoneError
from notifications import advert, jargon, texts
from notifications import piece_names as names
from notifications.catalogue import Event
from notifications.languages import language_of, reader_of
from notifications.pieces import Piece, default_wording, must_stay, must_tell
from notifications.samples import Brand, Sample, samples
from notifications.surface import Compiled, WordingError, read
from notifications.template_source import SUBJECT, compiled

LONGEST = 2000
"""Characters of a wording: more cannot fit a text of 2,000 bytes."""
FOR_PARENTS = frozenset({"resident", "shared"})
"""Whose wordings are held against the list of plain words, which is Korean."""

ProblemCode = Literal[
    "empty", "unreadable", "characters", "too_long", "missing", "must_stay", "maker_first", "ad", "one_line"
]


@dataclass(frozen=True)
class Problem:
    """Why a wording cannot be stored: `message` is a sentence for whoever wrote it."""

    code: ProblemCode
    message: str


@dataclass(frozen=True)
class Length:
    """How long a text is: bytes in cp949, and what it goes out as (None: as nothing, it is too long)."""

    bytes: int
    channel: texts.TextChannel | None


@dataclass(frozen=True)
class Report:
    """All that is known of a wording. `usual` and `widest` are None when it cannot be filled in."""

    problems: tuple[Problem, ...]
    usual: Length | None
    widest: Length | None
    characters: tuple[str, ...]
    """What no phone can show, each once."""
    jargon: jargon.Jargon | None
    """None for readers who know the words of the trade."""
    ad: advert.AdVerdict

    @property
    def may_be_stored(self) -> bool:
        """Whether nothing stands against it."""
        return not self.problems


def check_wording(*, event: Event, variant: str, text: str, brand: Brand) -> Report:
    """Judge a wording (`text` with `{names}`) of one company. Never raises for what a person typed."""
    plain = texts.normalise(text).strip()
    characters = texts.unsendable(plain)
    ad = advert.check(plain)
    words = jargon.check(plain) if variant in FOR_PARENTS else None
    problems = list(_of_the_text(plain, variant, characters, ad))
    usual = widest = None
    try:
        own = read(event, variant, plain)
    except WordingError as error:
        problems.append(Problem("unreadable", error.detail))
    else:
        if plain and not characters and len(plain) <= LONGEST:
            usual, widest, found = _filled(event, variant, own, brand)
            problems += found
    return Report(tuple(problems), usual, widest, characters, words, ad)


def preview(*, event: Event, variant: str, text: str, sample: Sample) -> str:
    """The finished text of a wording for invented facts.

    Raises:
        WordingError: it cannot be read.
    """
    return texts.normalise(read(event, variant, texts.normalise(text)).render(_values(sample)))


def _of_the_text(
    plain: str, variant: str, characters: tuple[str, ...], ad: advert.AdVerdict
) -> Iterator[Problem]:
    if not plain:
        yield Problem("empty", _("글이 없습니다. 문구를 적어 주세요."))
    if len(plain) > LONGEST:
        yield Problem("too_long", _("문구는 {limit}자까지 적을 수 있습니다.").format(limit=f"{LONGEST:,}"))
    if characters:
        shown = ", ".join(c if c.isprintable() else f"U+{ord(c):04X}" for c in characters)
        message = _("문자로 보낼 수 없는 글자가 있습니다: {characters}. 지우거나 다른 글자로 바꿔 주세요.")
        yield Problem("characters", message.format(characters=shown))
    if reader_of(variant) == SUBJECT and "\n" in plain:
        yield Problem("one_line", _("제목은 한 줄로 적어 주세요."))
    if ad.is_ad:
        message = _(
            "‘{words}’ 때문에 문자 전체가 광고가 됩니다. "
            "광고는 동의한 분께 낮에만 보낼 수 있어 알림에 넣을 수 없습니다."
        )
        yield Problem("ad", message.format(words=", ".join(ad.words)))


def _filled(event: Event, variant: str, own: Compiled, brand: Brand) -> tuple[Length, Length, list[Problem]]:
    found: dict[str, Problem] = {}
    lengths: list[Length] = []
    default = _default(event, variant)
    maker = f"[{texts.shorten(brand.maker, texts.NAME_BYTES, instead=texts.NAMELESS)}]"
    for sample in samples(event, brand):
        values = _values(sample)
        text = texts.normalise(own.render(values))
        length = _length(text, variant)
        lengths.append(length)
        if length.channel is None:
            found.setdefault("too long", _too_long(variant, length))
        if not text.startswith(maker):
            found.setdefault("maker", _maker_first())
        if reader_of(variant) != SUBJECT:
            for problem in _missing(event, variant, text, texts.normalise(default.render(values)), values):
                found.setdefault(problem.message, problem)
    for name in sorted(must_stay(event, variant) - own.names):
        message = _("{name}이(가) 빠졌습니다. 옮길 수는 있지만 뺄 수 없습니다.")
        found[name] = Problem("must_stay", message.format(name=f"{{{name}}}"))
    return lengths[0], max(lengths, key=lambda each: each.bytes), list(found.values())


def _missing(
    event: Event, variant: str, text: str, expected: str, values: dict[str, Any]
) -> Iterator[Problem]:
    """What the package's wording tells in this case and the new one does not."""
    for name, piece in must_tell(event, language_of(variant)).items():
        told = texts.normalise(_fill(piece, values))
        if told and told in expected and told not in text:
            message = _("{name}이(가) 빠졌습니다. 받는 분이 {what} 알 수 없습니다.")
            yield Problem("missing", message.format(name=f"{{{name}}}", what=_(names.MUST_TELL[name])))


def _fill(piece: Piece, values: dict[str, Any]) -> str:
    try:
        return compiled(piece.source, piece.language).render(values)
    except (TemplateError, PhoneError):  # a case in which the event has no such value
        return ""


def _length(text: str, variant: str) -> Length:
    length = texts.sms_bytes(text)
    if reader_of(variant) == SUBJECT:
        return Length(length, "LMS" if length <= texts.SUBJECT_BYTES else None)
    return Length(
        length, "SMS" if length <= texts.SMS_BYTES else "LMS" if length <= texts.LMS_BYTES else None
    )


def _too_long(variant: str, length: Length) -> Problem:
    limit = texts.SUBJECT_BYTES if reader_of(variant) == SUBJECT else texts.LMS_BYTES
    message = _("이름과 금액이 가장 길 때 {length}바이트입니다. {limit}바이트까지 되니 글을 줄여 주세요.")
    return Problem("too_long", message.format(length=f"{length.bytes:,}", limit=f"{limit:,}"))


def _maker_first() -> Problem:
    message = _("맨 앞에는 [{name}]이 있어야 합니다. 누가 보낸 문자인지 먼저 보여야 합니다.")
    return Problem("maker_first", message.format(name="{회사 이름}"))


def _values(sample: Sample) -> dict[str, Any]:
    return {"m": sample.context, "first": sample.first}


@lru_cache(256)
def _default(event: Event, variant: str) -> Compiled:
    return read(event, variant, default_wording(event, variant).text)
