import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.address import AddressError, locate, parse_address
from geo.gazetteer import load_gazetteer
from geo.schemas import Precision

YEOKSAM = "1168010100"


@pytest.mark.parametrize(
    "raw",
    [
        "서울 강남구 역삼동 735, 101동 1203호",
        "서울시 강남구 역삼동 735번지 101동 1203호",
        "서울특별시강남구역삼동735 101동1203호",
        "서울강남구역삼동735번지101동1203호",
        "강남구 역삼동 735 101동 1203호",
        "역삼동 735 101동 1203호",
        "서울 강남 역삼동 735 제101동 제1203호",
        "０６２３６ 서울 강남구 역삼동 ７３５, １０１동 １２０３호",
        "(06236) 서울 강남구 역삼동 735 101동 1203호",
        "우)06236 서울 강남구 역삼동 735 101동 1203호",
        "[135-080] 서울 강남구 역삼동 735 101동 1203호",
    ],
)
def test_every_writing_of_one_lot_is_the_same(raw: str) -> None:
    parsed = parse_address(raw)
    assert parsed.text == "서울특별시 강남구 역삼동 735, 101동 1203호"
    assert parsed.public_text == "서울특별시 강남구 역삼동 735"
    assert (parsed.sgg_code, parsed.area_code, parsed.candidates) == ("11680", YEOKSAM, (YEOKSAM,))
    assert (parsed.jibun, parsed.unit, parsed.road, parsed.note) == ("735", "101동 1203호", "", "")


@pytest.mark.parametrize(
    ("raw", "road", "building", "unit", "emd"),
    [
        ("서울 강남구 테헤란로 123", "테헤란로", "123", "", ""),
        ("서울강남구테헤란로123", "테헤란로", "123", "", ""),
        ("서울 강남구 테헤란로 123 (역삼동)", "테헤란로", "123", "", "역삼동"),
        ("서울 강남구 테헤란로12길 3-1, 3층", "테헤란로12길", "3-1", "3층", ""),
        ("서울 강남구 테헤란로 12길 3-1", "테헤란로12길", "3-1", "", ""),
        ("서울 송파구 올림픽로35다길 42 101호", "올림픽로35다길", "42", "101호", ""),
        ("서울 강남구 강남대로 지하 396", "강남대로", "396", "", ""),
        ("서울 구로구 구로동로 12", "구로동로", "12", "", ""),
        ("서울 구로구 구로중앙로 12, B02호", "구로중앙로", "12", "B02호", ""),
        ("서울 서초구 반포대로 222 지하 1층 (반포동 505)", "반포대로", "222", "지하 1층", "반포동"),
        ("경기 고양시 일산동구 중앙로1275번길 12", "중앙로1275번길", "12", "", ""),
        ("전북 전주시 덕진구 송천로 12, 가동 302호 (송천동1가)", "송천로", "12", "가동 302호", "송천동1가"),
        ("강남구 테헤란로 123 역삼동 735", "테헤란로", "123", "", "역삼동"),
    ],
)
def test_road_addresses(raw: str, road: str, building: str, unit: str, emd: str) -> None:
    parsed = parse_address(raw)
    assert (parsed.road, parsed.building, parsed.unit, parsed.emd) == (road, building, unit, emd)
    expected = Precision.DONG if emd else Precision.SGG
    assert locate(parsed).precision is expected


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        ("전라북도 전주시덕진구 송천동1가 12", "전북특별자치도 전주시 덕진구 송천동1가"),
        ("성남 분당 정자동 3", "경기도 성남시 분당구 정자동"),
        ("분당구 정자동", "경기도 성남시 분당구 정자동"),
        ("광주 북구 용봉동 1", "광주광역시 북구 용봉동"),
        ("광주시 북구 용봉동 1", "광주광역시 북구 용봉동"),
        ("광주시 초월읍 산 12", "경기도 광주시 초월읍"),
        ("경북 군위군 고로면 1", "대구광역시 군위군 삼국유사면"),
        ("화성시 봉담면 와우리 12", "경기도 화성시 효행구 봉담읍 와우리"),
        ("남양주시 덕소리 12", "경기도 남양주시 와부읍 덕소리"),
        ("세종 조치원읍 신흥리 12", "세종특별자치시 조치원읍 신흥리"),
        ("제주도제주시노형동 925", "제주특별자치도 제주시 노형동"),
        ("강원도 고성군 토성면 1", "강원특별자치도 고성군 토성면"),
        ("청원군 오창읍 12", "충청북도 청주시 청원구 오창읍"),
        ("인천 남구 주안동 12", "인천광역시 미추홀구 주안동"),
        ("인천 제물포구 송림동 3", "인천광역시 동구 송림동"),
        ("마산시 월영동", "경상남도 창원시 마산합포구 월영동"),
        ("서울 종로구 종로1·2·3·4가동 1", "서울특별시 종로구 종로1.2.3.4가동"),
        ("서울 중구 을지로3가 12", "서울특별시 중구 을지로3가"),
        ("종로구 세종로 1", "서울특별시 종로구 세종로"),
        ("역삼1동 12", "서울특별시 강남구 역삼1동"),
        ("동작구 상도1동 12", "서울특별시 동작구 상도1동"),
        ("충주시 성내·충인동 12", "충청북도 충주시 성내.충인동"),
        ("경기도고양시일산동구중산동12", "경기도 고양시 일산동구 중산동"),
        ("경기도파주시적성면구읍리12-3", "경기도 파주시 적성면 구읍리"),
        ("댁 주소는 서울 강남구 역삼동 735", "서울특별시 강남구 역삼동"),
    ],
)
def test_names_old_short_and_glued(raw: str, name: str) -> None:
    parsed = parse_address(raw)
    assert len(parsed.candidates) == 1
    assert (
        " ".join(p for p in (parsed.sido, parsed.sgg, parsed.emd, parsed.ri) if p).replace(
            "세종특별자치시 세종특별자치시", "세종특별자치시"
        )
        == name
    )
    assert locate(parsed).precision in {Precision.DONG, Precision.RI}


@pytest.mark.parametrize(
    ("raw", "jibun", "unit", "note"),
    [
        ("서울 강남구 역삼동 735-1번지", "735-1", "", ""),
        ("서울 강남구 역삼동 735번지 2호", "735-2", "", ""),
        ("서울 강남구 역삼동 산 1-2", "산 1-2", "", ""),
        ("서울 강남구 역삼동 산1-2", "산 1-2", "", ""),
        ("서울 강남구 역삼동 1203호", "", "1203호", ""),
        ("성남시 분당구 정자동 178-1 아이파크 101-1203", "178-1", "101동 1203호", "아이파크"),
        ("서울 강남구 역삼동 래미안 3단지 101동 1203호", "", "101동 1203호", "래미안 3단지"),
        ("당산동6가 121 현관 비밀번호 1234", "121", "", "현관 비밀번호 1234"),
    ],
)
def test_lots_units_and_notes(raw: str, jibun: str, unit: str, note: str) -> None:
    parsed = parse_address(raw)
    assert (parsed.jibun, parsed.unit, parsed.note) == (jibun, unit, note)


def test_only_area_street_and_number_may_leave_the_house() -> None:
    parsed = parse_address("강남구 테헤란로 123, 101동 1203호 (역삼동, 행복빌라) 비밀번호 9999")
    assert parsed.public_text == "서울특별시 강남구 테헤란로 123"
    assert parsed.unit == "101동 1203호" and "9999" in parsed.note


def test_search_tokens_hold_the_words_people_use() -> None:
    tokens = parse_address("서울특별시 강남구 역삼동 735-1, 101동 1203호").tokens
    assert {"서울", "서울특별시", "강남구", "강남", "역삼동", "735-1", "735", "101동", "1203호"} <= set(
        tokens
    )
    assert {"경남", "창원"} <= set(parse_address("경상남도 창원시").tokens)


@pytest.mark.parametrize(
    ("raw", "precision", "code", "several"),
    [
        ("서울 강남구 역삼동 735", Precision.DONG, YEOKSAM, False),
        ("경기도 남양주시 와부읍 덕소리 123", Precision.RI, "4136025021", False),
        ("서울 강남구", Precision.SGG, "11680", False),
        ("수원시", Precision.SGG, "41110", False),
        ("부산", Precision.SIDO, "26", False),
        ("신사동 123", Precision.SIDO, "11", True),  # 강남구, 은평구, 관악구
        ("은평구 신사동 123", Precision.DONG, "1138010900", False),
        ("중구", Precision.NONE, "", True),
        ("고성군", Precision.NONE, "", True),
        ("광주시 송정동 3", Precision.NONE, "", True),
        ("서울 중구", Precision.SGG, "11140", False),
        ("강남구청 앞", Precision.NONE, "", False),
        ("우리집", Precision.NONE, "", False),
        ("경기 강남구 역삼동 1", Precision.SIDO, "41", False),
    ],
)
def test_precision_is_what_all_meanings_share(
    raw: str, precision: Precision, code: str, several: bool
) -> None:
    location = locate(parse_address(raw))
    assert (location.precision, location.area_code) == (precision, code)
    assert (len(location.candidates) > 1) is several
    if precision is Precision.NONE:
        assert (location.lat, location.lon) == (0.0, 0.0)


def test_candidates_are_full_names_to_choose_from() -> None:
    location = locate(parse_address("신사동 123"))
    assert "서울특별시 강남구 신사동" in location.candidates
    assert "서울특별시 은평구 신사동" in location.candidates


def test_a_village_without_its_own_point_counts_as_its_township() -> None:
    location = locate(parse_address("경기도 양평군 개군면 앙덕리 3"))
    assert location.precision is Precision.DONG and location.area_code == "4183041000"


def test_precisions_fit_for_planning() -> None:
    assert [p for p in Precision if p.plannable] == [
        Precision.ADDRESS,
        Precision.ROAD,
        Precision.RI,
        Precision.DONG,
    ]


@pytest.mark.parametrize("raw", ["", "  ", "735", "735 Yeoksam-dong", "가" * 201, "\u200b"])
def test_what_is_no_korean_address_is_refused(raw: str) -> None:
    with pytest.raises(AddressError) as caught:
        parse_address(raw)
    assert caught.value.status == 422 and "주소" in caught.value.detail


@given(st.text(alphabet="서울부산강남중구역삼동읍면리로길가산시도제 0123456789-,.()호층", max_size=60))
def test_any_text_is_read_or_refused(raw: str) -> None:
    try:
        parsed = parse_address(raw)
    except AddressError:
        return
    location = locate(parsed)
    assert (location.precision is Precision.NONE) == (location.lat == 0.0)
    assert parsed.text


def test_every_place_of_the_table_is_read_back_with_and_without_blanks() -> None:
    places = [a for a in load_gazetteer().by_code.values() if a.emd][::7]
    for area in places:
        for writing in (area.full_name, area.full_name.replace(" ", "")):
            parsed = parse_address(f"{writing}12-3")
            found = {load_gazetteer().by_code[code].full_name.replace("제", "") for code in parsed.candidates}
            assert found == {area.full_name.replace("제", "")}, writing
            assert parsed.jibun == "12-3", writing
