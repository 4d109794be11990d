import pytest

from core.masking import mask_address, mask_name, mask_phone, mask_text


@pytest.mark.parametrize(
    ("name", "masked"),
    [
        ("김영자", "김*자"),
        ("김 영자", "김*자"),
        ("김영", "김*"),
        ("김", "*"),
        ("", ""),
        ("남궁민수", "남**수"),
        ("블라디미르", "블***르"),
        ("金英子", "金*子"),
        ("Nguyen Van An", "N***** V** A*"),
        ("김영자(딸)", "김*자"),
    ],
)
def test_names(name: str, masked: str) -> None:
    assert mask_name(name) == masked


def test_script_in_a_name_is_hidden_not_broken() -> None:
    assert "alert" not in mask_name("<script>alert(1)</script>")


@pytest.mark.parametrize(
    ("phone", "masked"),
    [
        ("01012345678", "010-****-5678"),
        ("+821012345678", "010-****-5678"),
        ("010.1234.5678 (딸)", "010-****-5678"),
        ("02-555-0101", "02-***-0101"),
        ("0504-1234-5678", "0504-****-5678"),
        ("1588-1234", "1588-****"),
        ("12", "***"),
        ("전화 없음", "***"),
        ("", ""),
    ],
)
def test_phones(phone: str, masked: str) -> None:
    assert mask_phone(phone) == masked


@pytest.mark.parametrize(
    ("address", "masked"),
    [
        ("서울 강남구 역삼동 735, 101동 1203호", "서울 강남구 역삼동 ***"),
        ("서울강남구역삼동735-1", "서울강남구역삼동 ***"),
        ("서울 강남구 역삼동735", "서울 강남구 역삼동 ***"),
        ("서울 강남구 테헤란로 123 (역삼동)", "서울 강남구 역삼동 ***"),
        ("서울 강남구 테헤란로 123", "서울 강남구 ***"),
        ("서울강남구테헤란로123", "서울강남구 ***"),
        ("강남구 테헤란로12길 3", "강남구 ***"),
        ("경기 남양주시 와부읍 덕소리 123", "경기 남양주시 와부읍 ***"),
        ("성동구 성수동2가 12-1", "성동구 성수동2가 ***"),
        ("서울 구로구 구로동 12", "서울 구로구 구로동 ***"),
        (
            "전북 전주시 덕진구 송천로 12, 가동 302호 (송천동1가, 현대아파트)",
            "전북 전주시 덕진구 송천동1가 ***",
        ),
        ("101동 1203호", "***"),
        ("@@@", "***"),
        ("", ""),
    ],
)
def test_addresses_stop_at_the_dong(address: str, masked: str) -> None:
    assert mask_address(address) == masked


def test_phones_inside_free_text() -> None:
    text = "딸 010-1234-5678, 댁 02)555-0101, +82 10 9876 5432. 2026-12-01 14:00에 1588-1234로"
    assert (
        mask_text(text) == "딸 010-****-5678, 댁 02-***-0101, 010-****-5432. 2026-12-01 14:00에 1588-1234로"
    )
    assert mask_text("０１０－１２３４－５６７８") == "010-****-5678"


@pytest.mark.parametrize(
    "text", ["", "방이 너무 추워요", "32,000원", "접수번호 20261201-0001", "S/N 2010123456789"]
)
def test_other_digits_in_text_stay(text: str) -> None:
    assert mask_text(text) == text
