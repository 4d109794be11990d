"""The wordings: every event and reader, plain Korean, the bill to the won, nothing unsendable."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

import pytest
from jinja2 import UndefinedError

from core.clock import kst
from notifications import advert, messages, texts, wording
from notifications.catalogue import STAFF_EVENTS, Event
from notifications.contexts.consent import CONSENT_NEWS
from notifications.contexts.money import MONEY_NEWS
from notifications.languages import in_language, language_of
from notifications.template_source import TEMPLATE_DIR, template_of

DAY = date(2026, 12, 1)
YEARS_ON = date(2028, 12, 1)
CASE = messages.Case(
    maker="온누리보일러",
    call_back="+8215881234",
    ticket_number="ON-261201-0007",
    resident="김영자",
    requester="김민수",
    relationship="child",
)
WORKER = messages.Worker("박철수", "1042")
WINDOW = messages.Window(kst(DAY, 14), kst(DAY, 16))
LATER = messages.Window(kst(DAY, 17), kst(DAY, 19))
BILL = (
    messages.CostLine("출장비", 18_000),
    messages.CostLine("점화장치 수리", 14_000),
    messages.CostLine("온도 센서", 0, warranty=True),
)
CONTEXTS: dict[Event, messages.Context] = {
    Event.TICKET_RECEIVED: messages.TicketReceived(
        CASE, kst(DAY, 9, 12), "난방이 안 됨", kst(DAY, 10, 12), requester_told=True, agreed=True
    ),
    Event.CONTACT_FAILED: messages.ContactFailed(CASE, kst(DAY, 9, 40)),
    Event.LATE: messages.Late(CASE, WORKER, kst(DAY, 16, 42), WINDOW),
    Event.ON_HOLD: messages.OnHold(CASE, "parts_wait", kst(DAY, 48), WINDOW),
    Event.REVISIT: messages.Revisit(CASE, "again", kst(DAY, 10, 12), other_worker=True),
    Event.HAPPY_CALL_MISSED: messages.HappyCallMissed(CASE, 3),
    Event.COMPLAINT_CLOSED: messages.ComplaintClosed(CASE, kst(DAY, 15)),
    Event.VISIT_SCHEDULED: messages.VisitScheduled(CASE, WORKER, WINDOW, 18_000),
    Event.WINDOW_CHANGED: messages.WindowChanged(
        CASE, WORKER, WINDOW, LATER, "앞 댁 수리가 길어졌습니다", 22_000
    ),
    Event.EN_ROUTE: messages.EnRoute(CASE, WORKER, kst(DAY, 14, 7)),
    Event.ABSENT: messages.Absent(CASE, WORKER, kst(DAY, 14, 20), (WINDOW, LATER)),
    Event.ESTIMATE: messages.CostEstimate(CASE, WORKER, WINDOW, 18_000, 18_000, 420_000, 300_000),
    Event.APPROVAL_ASKED: messages.ApprovalAsked(CASE, WORKER, BILL, 32_000),
    Event.VISIT_RESULT: messages.VisitResult(CASE, WORKER, kst(DAY, 15), BILL, 32_000, "점화장치 청소"),
    Event.CORRECTION_NOTICE: messages.CorrectionNotice(
        CASE,
        ("가스가 새는 곳이 있습니다. 가스 밸브를 잠그고, 고칠 때까지 열지 마세요.",),
        use_stop=True,
        put_right_by=kst(DAY, 12),
    ),
    Event.ADVERT_CHOICE: messages.AdvertChoice(
        CASE, said_yes=True, said_at=kst(DAY, 10), ends_at=kst(YEARS_ON, 10), refusal_number="+82801234567"
    ),
    Event.ADVERT_RECONFIRM: messages.AdvertReconfirm(CASE, kst(DAY, 10), kst(YEARS_ON, 10), "+82801234567"),
    Event.CHECKUP_INVITED: messages.CheckupInvited(CASE, 9, 0),
    Event.JOB_ASSIGNED: messages.JobAssigned(
        "온누리보일러",
        "ON-261201-0007",
        "강남구 역삼동",
        "난방 안 됨",
        WINDOW,
        kst(DAY, 14, 30),
        "박철수",
        "CARE",
    ),
    Event.JOB_CHANGED: messages.JobChanged(
        "온누리보일러", "ON-261201-0007", "강남구 역삼동", "담당이 바뀌었습니다.", WINDOW, "박철수"
    ),
    Event.CONTACT_DUE: messages.ContactDue(
        "온누리보일러", "ON-261201-0007", "강남구 역삼동", kst(DAY, 14), kst(DAY, 15), "박철수"
    ),
}
VISIT_OF_A_CHECKUP = messages.VisitScheduled(replace(CASE, checkup=True), WORKER, WINDOW, 0)
ALL = [
    (event, variant)
    for event in Event
    for variant in sorted(wording.variants(event) | wording.variants(event, "en"))
]
FAMILY = {"resident", "requester", "shared"}


def text_of(context: messages.Context, variant: str, acquaintance: wording.Acquaintance = "LATER") -> str:
    return wording.render(context=context, variant=variant, acquaintance=acquaintance).text


def test_every_event_has_its_readers() -> None:
    staff = {"technician", "point"}
    for event in Event:
        expected = staff if event in STAFF_EVENTS else FAMILY
        if event in CONSENT_NEWS:
            expected = {"resident", "requester"}  # each is told of his own word
        if event in MONEY_NEWS:
            expected = FAMILY | {"payer"}
        assert wording.variants(event) == expected
        in_english = {in_language(reader, "en") for reader in expected - staff}
        assert wording.variants(event, "en") == in_english


@pytest.mark.parametrize(("event", "variant"), ALL)
@pytest.mark.parametrize("acquaintance", ["FIRST", "LATER"])
def test_every_text_can_be_sent_and_names_the_maker_first(
    event: Event, variant: str, acquaintance: wording.Acquaintance
) -> None:
    rendered = wording.render(context=CONTEXTS[event], variant=variant, acquaintance=acquaintance)
    assert rendered.event is event
    assert rendered.text.startswith("[온누리보일러]")
    assert rendered.bytes == len(rendered.text.encode("cp949"))
    assert (rendered.subject is None) == (rendered.channel == "SMS")
    assert not advert.promoting(rendered.text) and (event in CONSENT_NEWS or "광고" not in rendered.text)
    assert not re.search(r"https?://|/t/|None|\{\{|\n\n\n", rendered.text)
    assert len(rendered.template_version) == 12


@pytest.mark.parametrize(("event", "variant"), [each for each in ALL if each[0] not in STAFF_EVENTS], ids=str)
def test_a_readers_own_link_ends_the_text_and_stands_by_itself(event: Event, variant: str) -> None:
    """Phones make it pressable up to the next blank; the text says the same things without it."""
    context, link = CONTEXTS[event], "https://on.example.kr/t/aB3dE6gH9jK2mN5pQ8sT2vW"
    assert isinstance(context, messages.FamilyNews)
    without = text_of(context, variant)
    linked = text_of(replace(context, case=replace(context.case, link=link)), variant)
    assert re.search(rf"\n{re.escape(link)}$", linked) and linked.startswith(without)
    assert len(re.findall("https?://", linked)) == 1 and "\n\n\n" not in linked


@pytest.mark.parametrize(
    "path",
    [path for path in sorted(TEMPLATE_DIR.rglob("*.txt")) if path.parent.name != "en"],
    ids=lambda p: f"{p.parent.name}-{p.stem}",
)
def test_templates_are_plain_korean(path: object) -> None:
    source = (TEMPLATE_DIR / str(path)).read_text(encoding="utf-8")
    texts.require_sendable(texts.normalise(source))
    words = re.sub(r"\{[{%].*?[%}]\}", "", source, flags=re.DOTALL)
    assert not re.search(r"[A-Za-z]", words), "no English and no abbreviations in what customers read"


@pytest.mark.parametrize("variant", sorted(FAMILY))
@pytest.mark.parametrize("acquaintance", ["FIRST", "LATER"])
def test_who_came_too_early_says_sorry(variant: str, acquaintance: wording.Acquaintance) -> None:
    for options in ((), (WINDOW, LATER)):
        early = messages.Absent(CASE, WORKER, kst(DAY, 11), options, came_before=WINDOW)
        rendered = wording.render(context=early, variant=variant, acquaintance=acquaintance)
        assert "먼저 찾아가 만나지 못했습니다. 죄송합니다." in rendered.text
        assert "약속한 시간: 12월 1일(화) 오후 2시~4시" in rendered.text and "\n\n\n" not in rendered.text
        assert rendered.subject is None or "부재" not in rendered.subject


@pytest.mark.parametrize("variant", sorted(FAMILY))
def test_who_comes_before_the_agreed_time_names_it_and_asks(variant: str) -> None:
    text = text_of(messages.EnRoute(CASE, WORKER, kst(DAY, 12, 40), comes_before=WINDOW), variant)
    assert "약속한 12월 1일(화) 오후 2시~4시보다 먼저 갑니다." in text
    assert "1588-1234번으로 바로 전화해 주세요" in text


def test_the_parent_is_told_who_comes_when_and_whom_to_call() -> None:
    text = text_of(CONTEXTS[Event.VISIT_SCHEDULED], "resident")
    for fact in ("박철수", "1042", "12월 1일(화) 오후 2시~4시", "1588-1234", "1만 8천원(18,000원)"):
        assert fact in text


def test_a_check_up_is_never_told_as_a_repair() -> None:
    """But for what is repaired after all: asked about beforehand, and waited for."""
    repairs = {Event.APPROVAL_ASKED, Event.ON_HOLD}
    told = {event: context for event, context in CONTEXTS.items() if event not in repairs}
    told[Event.ON_HOLD] = messages.OnHold(CASE, "customer_request", before=WINDOW)
    for event, context in told.items():
        if not isinstance(context, messages.FamilyNews):
            continue
        checked = replace(context, case=replace(context.case, checkup=True))
        for variant in wording.variants(event):
            rendered = wording.render(context=checked, variant=variant, acquaintance="FIRST")
            said = re.sub("점화장치 수리|앞 댁 수리", "", f"{rendered.subject} {rendered.text}")
            assert "수리" not in said and "보증" not in said.replace("무료(보증 기간)", ""), (event, variant)
    english = text_of(VISIT_OF_A_CHECKUP, "resident.en")
    assert "coming to check your boiler" in english
    own = {
        "resident": wording.OwnText(
            "[{회사 이름}] {하는 일} 기사가 {방문 시간}에 갑니다.\n{처음 드리는 말}", 1
        )
    }
    said = wording.render(context=VISIT_OF_A_CHECKUP, variant="resident", own=own).text
    assert said == "[온누리보일러] 점검 기사가 12월 1일(화) 오후 2시~4시에 갑니다."


@pytest.mark.parametrize("variant", ["resident", "requester", "shared"])
def test_another_hour_is_told_with_its_own_fee(variant: str) -> None:
    assert "출장비: 2만 2천원(22,000원)" in text_of(CONTEXTS[Event.WINDOW_CHANGED], variant)


def test_the_first_text_says_who_asked_why_and_how_to_stop() -> None:
    first = text_of(CONTEXTS[Event.VISIT_SCHEDULED], "resident", "FIRST")
    assert "자녀분 김민수님이 김영자님 댁 보일러 수리를 접수하셔서" in first
    assert "문자를 받고 싶지 않으시면 1588-1234번으로" in first
    assert "접수하셔서" not in text_of(CONTEXTS[Event.VISIT_SCHEDULED], "resident", "LATER")


@pytest.mark.parametrize(
    ("relationship", "asker"),
    [
        ("child", "자녀분 김민수님"),
        ("neighbour", "이웃분 김민수님"),
        (None, "김민수님"),
        ("chairman", "김민수님"),
    ],
)
def test_the_asker_is_named_without_guessing(relationship: str | None, asker: str) -> None:
    assert replace(CASE, relationship=relationship).asker == asker


@pytest.mark.parametrize("requester", [None, "김영자"])
def test_who_asked_in_person_is_not_told_of_another(requester: str | None) -> None:
    own = replace(CASE, requester=requester)
    context = messages.VisitScheduled(own, WORKER, WINDOW, 18_000)
    assert own.asker is None
    assert "김영자님이 접수하신 보일러 수리" in text_of(context, "resident", "FIRST")


@pytest.mark.parametrize(
    ("reached", "words"), [("TEXT", "께도 문자로"), ("CALL", "저희가 전화로"), (None, None)]
)
def test_the_child_is_told_how_the_parent_hears_of_it(reached: str | None, words: str | None) -> None:
    case = replace(CASE, resident_reached=reached)  # type: ignore[arg-type]
    text = text_of(messages.VisitScheduled(case, WORKER, WINDOW), "requester")
    assert (words in text) if words else ("문자로" not in text and "전화로 알려" not in text)


@pytest.mark.parametrize("variant", ["resident", "requester", "shared", "payer"])
def test_the_bill_is_itemised_to_the_won(variant: str) -> None:
    text = text_of(CONTEXTS[Event.VISIT_RESULT], variant)
    for line in (
        "출장비: 18,000원",
        "점화장치 수리: 14,000원",
        "온도 센서: 무료(보증 기간)",
        "3만 2천원(32,000원)",
    ):
        assert line in text


def test_nothing_to_pay_is_said_plainly() -> None:
    free = messages.VisitResult(
        CASE, WORKER, kst(DAY, 15), (messages.CostLine("출장비", 0, warranty=True),), 0
    )
    assert "내실 금액이 없습니다." in text_of(free, "resident")


def test_a_bill_that_does_not_add_up_is_refused() -> None:
    with pytest.raises(messages.BillMismatchError):
        messages.VisitResult(CASE, WORKER, kst(DAY, 15), BILL, 32_001)


def test_the_parent_is_told_that_the_child_pays() -> None:
    case = replace(CASE, payer="requester")
    assert "비용은 자녀분 김민수님이 내십니다." in text_of(
        messages.VisitScheduled(case, WORKER, WINDOW), "resident"
    )


def test_a_third_payer_gets_the_bill_and_nothing_of_the_visit() -> None:
    case = replace(CASE, payer="payer", payer_name="이건물")
    bill = messages.VisitResult(case, WORKER, kst(DAY, 15), BILL, 32_000, "점화장치 청소")
    text = text_of(bill, "payer", "FIRST")
    assert "이건물님" in text
    assert "비용을 내실 분으로 이 번호를" in text
    assert "박철수" not in text
    assert "점화장치 청소" not in text


def test_a_long_name_is_cut_visibly_and_a_line_break_cannot_forge_a_line() -> None:
    case = replace(CASE, resident="김" * 40, requester="김민수\n[다른보일러] 송금하세요")
    text = text_of(messages.VisitScheduled(case, WORKER, WINDOW), "resident", "FIRST")
    assert "김" * 14 + "…님" in text
    assert "\n[다른보일러]" not in text


@pytest.mark.parametrize(("name", "told"), [("김😀자", "김자님"), ("😀\x07", "고객님"), ("José", "Jose님")])
def test_what_no_phone_shows_is_left_out_of_a_name(name: str, told: str) -> None:
    text = text_of(messages.EnRoute(replace(CASE, resident=name), WORKER), "resident")
    assert text.startswith(f"[온누리보일러] {told}, 기사가")


def test_template_code_in_a_name_stays_text() -> None:
    text = text_of(messages.EnRoute(replace(CASE, resident="{{7*7}}<script>"), WORKER), "resident")
    assert "{{7*7}}<script>님" in text


def test_a_bill_too_long_for_any_text_is_refused_not_cut() -> None:
    lines = tuple(messages.CostLine("아주 긴 이름의 부품 교체 작업 비용", 1_000) for _ in range(60))
    with pytest.raises(texts.TextError):
        text_of(messages.VisitResult(CASE, WORKER, kst(DAY, 15), lines, 60_000), "requester")


def test_a_context_of_another_event_cannot_fill_a_template() -> None:
    template = template_of(Event.VISIT_RESULT, "resident")
    with pytest.raises(UndefinedError):
        template.render(m=CONTEXTS[Event.EN_ROUTE], first=False)


def test_versions_differ_by_event_and_hold_still() -> None:
    assert len({wording.template_version(event) for event in Event}) == len(Event)
    before = wording.template_version(Event.ABSENT)
    wording.template_version.cache_clear()
    assert wording.template_version(Event.ABSENT) == before


@pytest.mark.parametrize("variant", ["resident", "requester", "shared"])
def test_whoever_asked_for_another_time_is_confirmed_and_the_others_get_an_apology(variant: str) -> None:
    ours = CONTEXTS[Event.WINDOW_CHANGED]
    assert isinstance(ours, messages.WindowChanged)
    sorry, confirmed = text_of(ours, variant), text_of(replace(ours, wished=True), variant)
    assert "죄송합니다" in sorry and "앞 댁 수리가 길어졌습니다" in sorry
    assert (
        "요청에 따라 방문 시간을 바꾸었습니다" in confirmed
        or "방문 시간을 요청에 따라 바꾸었습니다" in confirmed
    )
    assert "죄송" not in confirmed and "앞 댁" not in confirmed
    for text in (sorry, confirmed):
        assert "12월 1일(화) 오후 5시~7시" in text and "12월 1일(화) 오후 2시~4시" in text
        assert len(text.encode("cp949")) <= texts.LMS_BYTES
        assert "\n\n\n" not in text


def test_a_technician_of_a_safety_case_is_told_to_go_at_once_and_to_call_on_the_way() -> None:
    job = messages.JobAssigned(
        "온누리보일러",
        "ON-261201-0007",
        "강남구 역삼동",
        "가스 냄새",
        contact_due_at=kst(DAY, 14, 30),
        urgency="SAFETY",
    )
    text = wording.render(context=job, variant="technician").text
    assert "지금 바로 출발하고, 가는 길에 고객에게 전화해 주세요." in text
    assert "방문 시간을 정해" not in text
    asleep = replace(job, caller="최창구", planned_at=kst(DAY, 31, 38), contact_due_at=None)
    at_night = wording.render(context=asleep, variant="technician").text
    assert "바로 출발" not in at_night and "오전 7시 38분" in at_night and "최창구님" in at_night
    calm = wording.render(context=replace(job, urgency="NORMAL"), variant="technician").text
    assert "방문 시간을 정해 주세요" in calm and "바로 출발" not in calm


@pytest.mark.parametrize(
    ("event", "variant"), [each for each in ALL if language_of(each[1]) == "en"], ids=str
)
def test_an_english_text_has_no_korean_but_what_people_gave(event: Event, variant: str) -> None:
    """Names as they are; all that is ours is English, also a symptom, an item of the bill and a time."""
    given = "온누리보일러|김영자|김민수|박철수|이건물|앞 댁 수리가 길어졌습니다"
    for acquaintance in ("FIRST", "LATER"):
        rendered = wording.render(context=CONTEXTS[event], variant=variant, acquaintance=acquaintance)
        ours = re.sub(given, "", f"{rendered.subject or ''}\n{rendered.text}")
        assert not re.search("[가-힣]", ours), ours


def test_an_english_reader_gets_times_and_money_as_he_writes_them() -> None:
    text = text_of(CONTEXTS[Event.VISIT_SCHEDULED], "resident.en", "FIRST")
    for fact in ("박철수", "1042", "Tue, Dec 1, 2 PM to 4 PM", "18,000 won", "1588-1234", "김민수 (child)"):
        assert fact in text
    bill = text_of(CONTEXTS[Event.VISIT_RESULT], "shared.en")
    assert "- Ignition repair: 14,000 won" in bill and "- Temperature sensor: free (warranty)" in bill


def test_english_does_not_end_what_was_approved_in_korean() -> None:
    korean, english = wording.template_version(Event.ABSENT), wording.template_version(Event.ABSENT, "en")
    assert korean != english
    assert wording.version_name(Event.ABSENT, "resident", None) == korean
    assert wording.version_name(Event.ABSENT, "resident.en", None) == english
