"""Companies' own wordings: what may be written, what is refused and why, what reaches which phone."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlmodel import Session

from core.actor import Actor
from core.db import Database
from core.errors import InvalidError
from notifications import piece_names, pieces, surface, texts, trial_texts, wording
from notifications.catalogue import Event
from notifications.messages import Case, EnRoute, VisitResult, VisitScheduled, Worker
from notifications.providers.choice import Carriers
from notifications.providers.solapi import SolapiProvider, read_reports
from notifications.samples import WIDEST_LINES, Brand, samples
from notifications.schemas import BrandFacts
from notifications.template_check import check_wording, preview
from notifications.template_source import template_of
from notifications.template_store import (
    WordingChangedError,
    WordingRefusedError,
    own_wordings,
    store_wording,
    versions,
)
from notifications.webhooks import take_receipts
from tests.notifications.conftest import Fake
from tests.notifications.outbox import Outbox, make_outbox
from tests.world import NOW, id_of, make_company, make_ticket

BRAND = Brand("온누리보일러", "+8215880000")
ADMIN = Actor(kind="person", name="최관리", source="test")
ALL = [(event, variant) for event in Event for variant in sorted(wording.all_variants(event))]
EN_ROUTE = Event.EN_ROUTE


def problems_of(text: str, *, event: Event = Event.VISIT_SCHEDULED, variant: str = "resident") -> list[str]:
    report = check_wording(event=event, variant=variant, text=text, brand=BRAND)
    return [problem.message for problem in report.problems]


def default(event: Event = Event.VISIT_SCHEDULED, variant: str = "resident") -> str:
    return pieces.default_wording(event, variant).text


@pytest.mark.parametrize(("event", "variant"), ALL)
def test_the_packages_wording_taken_apart_says_the_same_in_every_case(event: Event, variant: str) -> None:
    read = surface.read(event, variant, default(event, variant))
    for sample in samples(event, BRAND):
        values = {"m": sample.context, "first": sample.first}
        raw = template_of(event, variant).render(values)
        assert read.render(values) == "\n".join(line.rstrip() for line in raw.strip().splitlines())


@pytest.mark.parametrize(("event", "variant"), ALL)
def test_the_packages_wording_passes_its_own_check_at_its_widest(event: Event, variant: str) -> None:
    report = check_wording(event=event, variant=variant, text=default(event, variant), brand=BRAND)
    assert report.problems == ()
    assert report.usual is not None and report.widest is not None
    assert report.usual.bytes <= report.widest.bytes
    if report.jargon is not None:
        assert not report.jargon.hard, "the package speaks plainly to parents"


def test_the_pieces_have_names_that_a_person_wrote() -> None:
    given_names = {
        *piece_names.VALUES.values(),
        *piece_names.PARTS.values(),
        *piece_names.LINES.values(),
        *piece_names.WITHIN.values(),
    }
    unnamed = {
        (event.value, variant, name)
        for event, variant in ALL
        for name in pieces.default_wording(event, variant).own - given_names
    }
    assert not unnamed, "name these in notifications/piece_names.py"


@given(st.text(max_size=200))
@settings(max_examples=300, deadline=None)
def test_bytes_are_those_of_cp949_and_what_has_none_is_named(typed: str) -> None:
    plain = texts.normalise(typed)
    hidden = texts.unsendable(plain)
    said = "".join(c for c in plain if c not in hidden)
    assert texts.sms_bytes(said) == len(said.encode("cp949"))
    for character in hidden:
        assert character in plain
        assert not character.isprintable() or _has_no_writing(character)


def _has_no_writing(character: str) -> bool:
    try:
        character.encode("cp949")
    except UnicodeEncodeError:
        return True
    return False


@given(st.text(alphabet="가나{}%# \n방문시간m.__class__|()'\"", max_size=120))
@settings(max_examples=300, deadline=None)
def test_whatever_is_typed_is_judged_and_never_run(typed: str) -> None:
    report = check_wording(event=EN_ROUTE, variant="resident", text=typed, brand=BRAND)
    assert not report.may_be_stored, "none of these names the technician"


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("{{ m.case.resident }}", "{{ m.case.resident }}"),
        ("{% for x in range(10**9) %}", "{% for x in range(10**9) %}"),
        ("{{ ''.__class__.__mro__ }}", "__class__"),
        ("{# 몰래 #}", "{# 몰래 #}"),
        ("{기사이름}", "{기사 이름}을(를) 뜻하셨나요"),
        ("{zzzz}", "목록에 있는 이름만"),
        ("{m.case.resident.__class__}", "목록에 있는 이름만"),
        ("방문 {기사 이름", "짝이 없는 괄호"),
        ("방문 😀", "😀"),
        ("올겨울 할인 이벤트를 합니다.", "할인, 이벤트"),
    ],
)
def test_what_cannot_be_is_refused_by_name(typed: str, said: str) -> None:
    assert any(said in message for message in problems_of(f"{default()}\n{typed}"))


@pytest.mark.parametrize(
    ("piece", "instead", "said"),
    [
        ("{방문 시간}", "곧", "언제 오는지"),
        ("{기사와 직원번호}", "기사", "누가 오는지"),
        ("{회사 전화}", "", "어디로 전화할지"),
        ("{출장비 안내}", "", "얼마인지"),
        ("{처음 드리는 말}", "", "뺄 수 없습니다"),
        ("[{회사 이름}]", "", "맨 앞에는"),
    ],
)
def test_a_wording_that_does_not_tell_what_it_must_is_refused(piece: str, instead: str, said: str) -> None:
    assert any(said in message for message in problems_of(default().replace(piece, instead)))


def test_a_value_in_its_own_words_tells_as_much_as_the_packages_line() -> None:
    own = default().replace("{출장비 안내}", "와 보는 값은 {출장비}입니다.")
    assert problems_of(own) == []
    told = [
        preview(event=Event.VISIT_SCHEDULED, variant="resident", text=own, sample=sample)
        for sample in samples(Event.VISIT_SCHEDULED, BRAND)
    ]
    assert "와 보는 값은 1만 8천원(18,000원)입니다." in told[0]
    assert "와 보는 값" not in told[2], "a line whose value nobody knows falls out"


def test_the_widest_bill_is_what_a_wording_is_measured_by() -> None:
    event, variant = Event.VISIT_RESULT, "requester"
    report = check_wording(event=event, variant=variant, text=default(event, variant), brand=BRAND)
    widest = samples(event, BRAND)[-1].context
    assert isinstance(widest, VisitResult)
    assert report.widest is not None and len(widest.lines) == WIDEST_LINES
    room = texts.LMS_BYTES - report.widest.bytes
    fits = default(event, variant) + "\n" + "가" * ((room - 1) // 2)
    assert problems_of(fits, event=event, variant=variant) == []
    assert any("줄여 주세요" in m for m in problems_of(fits + "가", event=event, variant=variant))


def test_a_third_payer_is_offered_nothing_of_the_visit() -> None:
    offered = pieces.default_wording(Event.VISIT_RESULT, "payer").pieces
    assert "비용 내역" in offered and not {"기사 이름", "한 일", "기사와 직원번호"} & offered.keys()


@dataclass
class Two:
    """Two makers' outboxes on one provider."""

    mine: Outbox
    other: Outbox

    def store(self, text: str | None, *, variant: str = "requester", based_on: int = 0) -> None:
        with self.mine.database.transaction() as session:
            store_wording(
                session,
                company_id=self.mine.company_id,
                event=EN_ROUTE,
                variant=variant,
                text=text,
                based_on=based_on,
                brand=BRAND,
                reason="더 따뜻하게",
                by=ADMIN,
                now=self.mine.clock(),
            )


@pytest.fixture
def two(database: Database, solapi: SolapiProvider) -> Two:
    mine = make_outbox(database, solapi)
    with database.transaction() as session:
        company = make_company(session, code="haedam")
        ticket = make_ticket(session, company=company)
        other = Outbox(database, mine.carriers, mine.clock, id_of(company), id_of(ticket))
    return Two(mine, other)


OWN = default(EN_ROUTE, "requester").replace("기사가 출발했습니다.", "저희 기사가 방금 떠났습니다.")


def test_a_companys_own_words_reach_its_phones_and_never_anothers(two: Two, fake: Fake) -> None:
    two.store(OWN)
    for outbox in (two.mine, two.other):
        [notice_id] = outbox.tell()
        outbox.send(notice_id)
    sent = [message["text"] for message in fake.messages()]
    assert [("방금 떠났습니다" in text) for text in sent] == [True, False]
    mine, other = two.mine.row(two.mine.notices()[0].id), two.other.row(two.other.notices()[0].id)
    package = wording.template_version(EN_ROUTE)
    assert (mine.template_version, other.template_version) == (f"requester.1/{package}", package)


def test_every_version_stays_and_the_newest_holds(two: Two) -> None:
    two.store(OWN)
    two.store(OWN.replace("방금", "조금 전"), based_on=1)
    with pytest.raises(WordingChangedError):
        two.store(OWN + "\n고맙습니다.", based_on=1)
    with pytest.raises(WordingRefusedError):
        two.store("[{회사 이름}] 갑니다.", based_on=2)
    two.mine.tell()
    two.store(None, based_on=2)
    two.mine.tell(generation=2)
    first, second = two.mine.notices()
    assert "조금 전 떠났습니다" in first.text and "기사가 출발했습니다" in second.text
    with two.mine.database.reading() as session:
        kept = versions(session, company_id=two.mine.company_id, event=EN_ROUTE, variant="requester")
        assert [(v.version, v.text is None, v.by) for v in kept] == [
            (3, True, "최관리"),
            (2, False, "최관리"),
            (1, False, "최관리"),
        ]
        assert not own_wordings(session, company_id=two.mine.company_id, event=EN_ROUTE)


def test_a_wording_that_stopped_working_gives_way_to_the_packages(two: Two) -> None:
    """Its row is older than the pieces it names."""
    context = EnRoute(Case("온누리보일러", "+8215880000", "T-1", "김영자"), Worker("박기사", "1042"))
    for broken in ("[{회사 이름}] {없어진 이름}", "[{회사 이름}] " + "가" * 1200):
        own = {"resident": wording.OwnText(broken, 4), "subject": wording.OwnText("가" * 30, 2)}
        rendered = wording.render(context=context, variant="resident", own=own)
        assert rendered.text == wording.render(context=context, variant="resident").text
        assert rendered.template_version == wording.template_version(EN_ROUTE)


def test_a_wording_older_than_what_the_law_wants_told_gives_way() -> None:
    """Stored before the first text to a number had to say who gave it: an invitation would go without."""
    context = samples(Event.CHECKUP_INVITED)[0].context
    whole = default(Event.CHECKUP_INVITED, "resident")
    warmer = whole.replace("점검해 드립니다", "살펴 드립니다")
    for text, is_sent in ((warmer, True), (warmer.replace("{처음 드리는 말}\n", ""), False)):
        assert text != whole and ("{처음 드리는 말}" in text) is is_sent
        rendered = wording.render(
            context=context,
            variant="resident",
            acquaintance="FIRST",
            own={"resident": wording.OwnText(text, 1)},
        )
        assert ("살펴 드립니다" in rendered.text) is is_sent and "번호" in rendered.text


def test_own_words_are_written_as_quickly_as_a_storm_needs() -> None:
    """A thousand a second: held against the package's own rendering, not against a clock."""
    own = {"resident": wording.OwnText(default(), 1)}
    context = samples(Event.VISIT_SCHEDULED)[0].context
    assert isinstance(context, VisitScheduled)

    def cost(words: wording.OwnWordings | None) -> float:
        began = time.process_time()
        for _ in range(300):
            wording.render(context=context, variant="resident", own=words)
        return time.process_time() - began

    cost(own), cost(None)
    assert cost(own) < 5 * cost(None)


def take_report(box: Outbox, our_id: str, code: str) -> None:
    data = {"messageId": "M1", "statusCode": code, "customFields": {"noticeId": our_id}}
    with box.database.transaction() as session:
        take_receipts(
            session,
            provider_name="solapi",
            receipts=read_reports([{"eventDataId": f"E{our_id}{code}", "data": data}]),
            now=box.clock(),
        )


def ask_trial(session: Session, box: Outbox, phone: str = "010-2222-3333") -> int:
    return trial_texts.ask_for_trial(
        session,
        event=EN_ROUTE,
        variant="resident",
        text="[온누리보일러] 기사가 출발했습니다.",
        subject="",
        to_phone=phone,
        sender=BrandFacts(box.company_id, "+8215880000"),
        by=ADMIN,
        now=box.clock(),
    )


def test_a_trial_goes_out_once_and_its_report_comes_back(
    two: Two, fake: Fake, solapi: SolapiProvider
) -> None:
    box = two.mine
    with box.database.transaction() as session:
        trial_id = ask_trial(session, box)
    for _ in range(2):
        trial_texts.send_trial(
            box.database,
            trial_id=trial_id,
            carriers=Carriers({"solapi": solapi}, ("solapi",)),
            clock=box.clock,
        )
    [sent] = fake.messages()
    assert sent["text"].startswith("(시험) [온누리보일러]") and sent["to"] == "01022223333"
    [told] = _trials(box)
    assert (told.state, told.problem) == ("accepted", None)
    take_report(box, f"trial-{trial_id}", "4000")
    take_report(box, "trial-99999999", "3050")
    assert _trials(box)[0].state == "delivered"
    with box.database.transaction() as session:
        box.clock.tick(days=8)
        assert trial_texts.drop_old_trials(session, now=box.clock()) == 1
    assert _trials(box) == []


def test_a_trial_without_a_provider_or_beyond_the_hours_share_says_so(two: Two) -> None:
    box = two.mine
    with box.database.transaction() as session:
        first = ask_trial(session, box)
        with pytest.raises(InvalidError):
            ask_trial(session, box, "02-555-0101")
        for _ in range(trial_texts.MOST_AN_HOUR - 1):
            ask_trial(session, box)
        with pytest.raises(trial_texts.TooManyTrialsError):
            ask_trial(session, box)
    trial_texts.send_trial(box.database, trial_id=first, carriers=None, clock=box.clock)
    assert {trial.problem for trial in _trials(box, 50) if trial.id == first} == {"switched_off"}
    box.clock.tick(minutes=11)
    lost = {(trial.state, trial.problem) for trial in _trials(box, 50) if trial.id != first}
    assert lost == {("failed", "too_late")}, "whose wake-up was lost does not seem to wait for ever"
    assert _trials(two.other) == []


def _trials(box: Outbox, limit: int = 5) -> list[trial_texts.Trial]:
    with box.database.reading() as session:
        return trial_texts.list_trials(
            session, company_id=box.company_id, event=EN_ROUTE, now=box.clock(), limit=limit
        )


def test_an_english_reader_gets_the_packages_english_where_the_company_wrote_korean_alone(
    session: Session,
) -> None:
    """Each language has versions of its own, checked alike: what a reader must learn may not be missing."""
    company = make_company(session)
    facts = samples(EN_ROUTE, BRAND)[0].context
    korean, english = default(EN_ROUTE, "resident"), default(EN_ROUTE, "resident.en")
    about = {"company_id": company.id or 0, "event": EN_ROUTE, "based_on": 0, "brand": BRAND}
    store: Any = partial(store_wording, session, **about, reason="시험", by=ADMIN, now=NOW)
    store(variant="resident", text=f"{korean}\n따뜻한 하루 되세요.")
    own = own_wordings(session, company_id=company.id or 0, event=EN_ROUTE)
    told = wording.render(context=facts, variant="resident.en", own=own)
    assert "has set out" in told.text and told.template_version == wording.template_version(EN_ROUTE, "en")
    assert "따뜻한 하루" in wording.render(context=facts, variant="resident", own=own).text
    with pytest.raises(WordingRefusedError, match="누가 오는지"):
        store(variant="resident.en", text="[{회사 이름}] On the way.")
    store(variant="resident.en", text=f"{english}\nStay warm!")
    own = own_wordings(session, company_id=company.id or 0, event=EN_ROUTE)
    told = wording.render(context=facts, variant="resident.en", own=own)
    assert told.text.endswith("Stay warm!") and told.template_version.startswith("resident.en.1/")
