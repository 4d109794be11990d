"""Lists brought in: good rows stay, bad ones are told with line and reason, twice adds nothing."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import text
from sqlmodel import select

from billing.models import PriceItem
from core.db import Database
from core.models import StoredEvent
from customers.models import Boiler, Contact, Household, HouseholdMember
from dispatch.models import Ticket, TicketClock, TicketParty
from exchange.kinds import KINDS, template_of
from exchange.models import DataImport
from exchange.rows import Ground
from exchange.table_file import UnreadableFileError
from operators.exchanging import IMPORT_KINDS
from tests.exchange.conftest import Bring
from workforce.models import Account, Membership, Person, Qualification, ServicePoint

POINTS = """코드;점명;소재지;대표전화;구분;하루 방문 한도
songpa;송파점;서울시 송파구 잠실동 22;０２-４１５-０１００;지정점;40
gangnam-1;다른 이름;서울 강남구 역삼동 1;02-555-0100;직영;
jeonju;전주점;전북 전주시 완산구 효자동 1가 5;063-222-0100;지정;마흔
nowhere;어딘가점;한라산 너머;064-700-0100;지정점;
"""
TECHNICIANS = """성명,연락처,서비스점,사번,아이디,자격,취득일
박성호,010.1234.5678,gangnam-1,K-1,k1024,가스시설 시공/콘덴싱 보일러,2019.11.2
이정민,010-2222-3333,gangnam-9,K-2,,,
최민준,010-3333-4444,gangnam-1,K-1,,,
"""
HOUSEHOLDS = """고객명,전화번호,설치 주소,보호자,보호자 전화,나이,취약계층
김영자,02-555-0101,"서울 강남구 역삼동 735, 101동 1203호",김민수,010.9876.5432 (딸),78세,예
김영자,02)555-0101,"서울특별시 강남구 역삼동 735 101동 1203호",,,,
박노인,전화 없음,"서울 강남구 역삼동 736, 1동 1호",,,,아마도
이노인,063-222-0101,전라북도 전주시 완산구 효자동1가 7 3동 2호,,,,

"""
BOILERS = """설치 주소,전화번호,모델명,제조번호,설치일자
서울 강남구 역삼동 735 101동 1203호,025550101,ON-20K,a1b2,20191102
서울 강남구 역삼동 735 101동 1203호,025550101,ON-20K,a1b2,19/11/02
서울 강남구 역삼동 999,025550101,ON-20K,zz,
"""
PRICES = """항목 코드,항목명,종류,시간대,금액(원),시행일,근거
VISIT_FEE,출장비,출장비,주간,"18,000원",2027-01-01,2027년 공문
VISIT_FEE,출장비,출장비,야간·휴일,30000,2027-01-01,2027년 공문
LABOUR_IGNITION,점화부 수리,기술료,,32000,2026-11-01,지난 공문
PART_FAN,송풍기,부품비,,-5,2027-01-01,공문
"""
HOME = "서울 강남구 역삼동 735, 101동 1203호"
HEADINGS = (
    "접수번호,접수일시,처리상태,완료일,조치 내용,고장 증상,고객명,전화번호,주소,보호자,보호자 전화,비고"
)
TICKETS = f"""{HEADINGS}
A-1,2025-01-11 14:30,완료,2025-01-12,교체,난방 불량,김영자,02-555-0101,"{HOME}",김민수,010-9876-5432 아들,
A-2,2026-12-01 09:30,진행,,,온수,이노인,010-7777-8888,"서울 강남구 역삼동 740, 2동 3호",,,어제부터
A-3,2025-03-01,취소,2025-03-01,,누수,김영자,02-555-0101,"{HOME}",,,
A-1,2025-01-11 14:30,완료,2025-01-12,,난방 불량,김영자,02-555-0101,"{HOME}",,,
A-5,2026-11-30,진행,,,난방 불량,박노인,010-5555-6666,서울 강남구 역삼동 741,,,
A-6,2025-01-11 14:30,완료,2024-12-31,,난방 불량,박노인,010-5555-6666,서울 강남구 역삼동 741,,,
A-7,2025-01-11 14:30,완료,2025-01-12,,유령이 나옴,박노인,12345,서울 강남구 역삼동 741,,,
A-8,2025-01-11 14:30,완료
"""


def counts(bring: Bring, kind: str, content: str, **how: object) -> tuple[int, int, list[int]]:
    report = bring(kind, content, **how)
    return report.taken, report.present, [each.line for each in report.refused]


def rows_of(database: Database) -> dict[str, int]:
    """How many rows each table has, but the records of imports."""
    with database.reading() as session:
        names = session.execute(
            text("SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'data_import'")
        ).scalars()
        return {
            name: session.execute(text(f'SELECT count(*) FROM "{name}"')).scalar_one() for name in names.all()
        }


def test_the_command_line_names_every_kind() -> None:
    assert tuple(KINDS) == IMPORT_KINDS


def test_points(database: Database, bring: Bring) -> None:
    report = bring("points", POINTS, encoding="cp949")
    assert (report.taken, report.present) == (1, 1)
    assert [(each.line, each.reason) for each in report.refused] == [
        (4, "하루 방문 한도: 숫자로 적어 주세요."),
        (5, report.refused[1].reason),
    ]
    assert report.refused[1].reason.startswith("주소: 위치를 찾지 못했습니다")
    assert counts(bring, "points", POINTS) == (0, 2, [4, 5])
    with database.reading() as session:
        made = {row.code: row for row in session.exec(select(ServicePoint))}
    songpa = made["songpa"]
    assert (songpa.name, songpa.kind, songpa.daily_limit, songpa.area_code, songpa.desk_phone) == (
        "송파점",
        "designated",
        40,
        "11710",
        "+8224150100",
    )
    assert made["gangnam-1"].name != "다른 이름"


def test_a_point_brought_in_has_a_plan(database: Database, bring: Bring) -> None:
    """`/health` asks for one of every point: without it a demo with an imported point never starts again."""
    bring("points", POINTS)
    with database.reading() as session:
        planned = session.execute(
            text(
                "SELECT count(*) FROM point_day d JOIN service_point p ON p.id = d.service_point_id"
                " WHERE p.code = 'songpa' AND d.plan_id IS NOT NULL"
            )
        ).scalar_one()
    assert planned == 1


def test_technicians(database: Database, bring: Bring) -> None:
    report = bring("technicians", TECHNICIANS)
    assert (report.taken, [each.line for each in report.refused]) == (1, [3, 4])
    assert "서비스점이 없습니다" in report.refused[0].reason
    assert "박성호" in report.refused[1].reason
    assert counts(bring, "technicians", TECHNICIANS) == (0, 1, [3, 4])
    with database.reading() as session:
        person = session.exec(select(Person).where(Person.name == "박성호")).one()
        seat = session.exec(select(Membership).where(Membership.person_id == person.id)).one()
        account = session.exec(select(Account).where(Account.person_id == person.id)).one()
        codes = {row.code for row in session.exec(select(Qualification)) if row.valid_from.year == 2019}
        names = set(session.exec(select(Person.name)))
    assert (seat.badge_number, seat.role, account.login, account.password_hash) == (
        "K-1",
        "technician",
        "k1024",
        None,
    )
    assert codes == {"GAS_WORK", "CONDENSING"}
    assert "최민준" not in names


def test_homes_and_their_boilers(database: Database, bring: Bring) -> None:
    report = bring("households", HOUSEHOLDS, encoding="cp949")
    assert (report.lines, report.taken, report.present) == (4, 2, 1)
    assert [each.line for each in report.refused] == [4]
    assert "거주자 전화:" in report.refused[0].reason
    assert "우선 돌봄: 예 또는 아니오로 적어 주세요." in report.refused[0].reason
    assert counts(bring, "households", HOUSEHOLDS) == (0, 3, [4])
    assert counts(bring, "boilers", BOILERS) == (1, 0, [3, 4])
    assert counts(bring, "boilers", BOILERS) == (0, 1, [3, 4])
    with database.reading() as session:
        homes = session.exec(select(Household).order_by(Household.id)).all()
        members = [row.relationship for row in session.exec(select(HouseholdMember))]
        names = set(session.exec(select(Contact.name)))
        boiler = session.exec(select(Boiler)).one()
    assert [(home.priority_care, home.age_band) for home in homes] == [(True, "75+"), (False, None)]
    assert sorted(members) == ["child", "resident", "resident"]
    assert names == {"김영자", "김민수", "이노인"}
    assert (boiler.serial, str(boiler.installed_on)) == ("A1B2", "2019-11-02")


def test_every_fault_of_a_row_is_told_and_one_day_may_stand_for_a_column(bring: Bring) -> None:
    bare = "수신거부번호\n010-1234-5678\n010-1234-5679\n"
    report = bring("refusals", "번호,등록일\n12,2099-01-01\n,언젠가\n010-1234-5678,2026-11-20\n")
    wrong, blank = (each.reason.split(" / ") for each in report.refused)
    assert (report.taken, len(wrong), len(blank)) == (1, 2, 2)
    assert wrong[0].startswith("전화번호: ") and wrong[1].startswith("거부한 때: 앞으로 올 때는")
    assert blank[0] == "전화번호: 빈칸입니다. 적어 주세요." and blank[1].startswith("거부한 때: 날짜를")
    with pytest.raises(UnreadableFileError, match="한 번만 따로 적어 주세요"):
        bring("refusals", bare)
    for outcome in ((1, 1), (0, 2)):  # one of them is known of that day already
        report = bring("refusals", bare, day=date(2026, 11, 20))
        assert (report.taken, report.present, report.refused) == (*outcome, [])
    with pytest.raises(UnreadableFileError, match="날짜를 따로 적지 않습니다"):
        bring("prices", PRICES, day=date(2026, 11, 20))
    headings = PRICES.splitlines()[0]
    (price,) = bring("prices", f"{headings}\n,송풍기,부품비,,-5,2027-01-01,\n").refused
    assert (
        price.reason.startswith("항목 코드: 빈칸")
        and "근거: 빈칸" in price.reason
        and "금액: " in price.reason
    )


def test_prices(database: Database, bring: Bring) -> None:
    report = bring("prices", PRICES)
    assert (report.taken, [each.line for each in report.refused]) == (2, [4, 5])
    assert "지난 날짜" in report.refused[0].reason
    assert counts(bring, "prices", PRICES) == (0, 2, [4, 5])
    with database.reading() as session:
        made = session.exec(select(PriceItem).order_by(PriceItem.id)).all()
    assert [(row.tier, row.amount) for row in made] == [("day", 18000), ("night_holiday", 30000)]


def test_a_price_that_is_known_for_a_day_is_not_changed(database: Database, bring: Bring) -> None:
    """Of two lines for one day the first counts, the second is told; the same file again changes nothing."""
    twice = f"{PRICES.splitlines()[0]}\n" + "".join(
        f"LABOUR_IGNITION,점화부 수리,기술료,,{amount},2027-01-01,공문\n" for amount in (32000, 33000)
    )
    report = bring("prices", twice)
    assert (report.taken, [each.line for each in report.refused]) == (1, [3])
    assert "점화부 수리, 32,000원" in report.refused[0].reason
    assert counts(bring, "prices", twice) == (0, 1, [3])
    with database.reading() as session:
        assert [row.amount for row in session.exec(select(PriceItem))] == [32000]


def test_tickets(database: Database, bring: Bring, now: datetime) -> None:
    report = bring("tickets", TICKETS, encoding="cp949")
    assert (report.taken, report.present) == (3, 1)
    reasons = {each.line: each.reason for each in report.refused}
    assert list(reasons) == [6, 7, 8, 9]
    assert reasons[6].startswith("접수 시각: 끝나지 않은 접수는 시각까지")
    assert reasons[7] == "끝난 시각: 끝난 시각은 접수한 뒤부터 지금까지여야 합니다."
    assert reasons[8].startswith("증상: ‘유령이 나옴’은(는) 모르는 말입니다.")
    assert reasons[9].startswith("칸이 모자랍니다(3칸, 첫 줄은 12칸)")
    assert counts(bring, "tickets", TICKETS) == (0, 4, [6, 7, 8, 9])
    with database.reading() as session:
        tickets = session.exec(select(Ticket).order_by(Ticket.received_at)).all()
        clocks = session.exec(select(TicketClock)).all()
        events = [row.name for row in session.exec(select(StoredEvent))]
        parties = session.exec(select(TicketParty).where(TicketParty.role == "requester")).all()
        homes = session.exec(select(Household)).all()
    assert [ticket.status for ticket in tickets] == ["CLOSED", "CANCELLED", "RECEIVED"]
    closed, cancelled, open_one = tickets
    assert closed.household_id == cancelled.household_id
    assert (closed.end_reason, closed.closed_at) == (
        "교체",
        datetime(2025, 1, 12, 14, 59, tzinfo=UTC),
    )
    assert closed.received_at == datetime(2025, 1, 11, 5, 30, tzinfo=UTC)
    assert {(clock.ticket_id, clock.started_at) for clock in clocks} == {
        (open_one.id, datetime(2026, 12, 1, 0, 30, tzinfo=UTC))
    }
    assert events == ["TicketFiled"]
    assert [party.relationship for party in parties] == ["child"]
    assert len(homes) == 2


def test_a_refused_row_has_left_nothing(database: Database, bring: Bring) -> None:
    """Also when what is wrong with it is read last of all."""
    head, _closed, row, *_rest = TICKETS.splitlines()
    report = bring("tickets", f"{head}\n{row.replace('어제부터', '가' * 4001)}\n")
    assert report.taken == 0 and "4000자까지" in report.refused[0].reason
    with database.reading() as session:
        assert session.exec(select(Ticket)).all() == []


def test_trying_says_the_same_and_keeps_nothing(database: Database, bring: Bring) -> None:
    before = rows_of(database)
    tried = bring("tickets", TICKETS, trying=True)
    assert rows_of(database) == before
    done = bring("tickets", TICKETS)
    assert (tried.taken, tried.present, tried.refused) == (done.taken, done.present, done.refused)
    assert bring("tickets", TICKETS, trying=True).present == 4


def test_an_import_leaves_a_record(database: Database, bring: Bring, ground: Ground) -> None:
    report = bring("prices", PRICES)
    with database.reading() as session:
        record = session.exec(select(DataImport)).one()
    assert (record.state, record.by_name, record.source) == ("done", "root", "command")
    assert (record.lines, record.taken, record.present, record.refused) == (4, 2, 0, 2)
    assert record.sha256 == report.sha256
    assert [each["line"] for each in record.refusals] == [4, 5]


def test_the_database_refuses_one_row_and_the_others_stay(
    bring: Bring, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What no check foresaw (here: another import stored the number just now) costs its own row alone."""
    lines = TICKETS.splitlines()
    bring("tickets", "\n".join(lines[:2]))
    monkeypatch.setattr("exchange.take_tickets.known_old_numbers", lambda *_a, **_k: set())
    report = bring("tickets", "\n".join([*lines[:2], lines[3]]))
    assert (report.taken, [each.line for each in report.refused]) == (1, [2])
    assert report.refused[0].reason.startswith("저장할 수 없는 줄입니다")


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("이름,전화\n김영자,02-555-0101\n", "필요한 칸 이름이 없습니다: 주소"),
        ("이름,성명,전화,주소\na,b,c,d\n", "두 번"),
        ("", "빈 파일"),
    ],
)
def test_a_file_without_its_columns_is_refused_whole(
    database: Database, bring: Bring, content: str, why: str
) -> None:
    with pytest.raises(UnreadableFileError, match=why):
        bring("households", content)
    with database.reading() as session:
        assert session.exec(select(DataImport)).all() == []


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in ("technicians", "boilers")])
def test_the_template_can_be_brought_in_as_it_is(bring: Bring, kind: str) -> None:
    report = bring(kind, template_of(KINDS[kind]).decode("utf-8-sig"))
    assert [each.reason for each in report.refused] == []
    assert report.unknown == ()
