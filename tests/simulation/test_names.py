"""Invented names and numbers: readable everywhere, and nobody's."""

from __future__ import annotations

from core.phones import PhoneKind, parse_phone
from geo.gazetteer import sgg_list
from simulation.names import AREA_CODES, Numbers, domestic, romanise, short_place
from simulation.points import place_name


def test_mobiles_are_texted_to_and_are_given_out_to_nobody() -> None:
    numbers = Numbers(mobile_from=0)
    drawn = [numbers.mobile() for _ in range(10_000)]
    assert len(set(drawn)) == len(drawn)
    for number in drawn[::97]:
        phone = parse_phone(number)
        assert phone.kind is PhoneKind.MOBILE
        assert phone.digits == domestic(number)
        assert phone.digits.startswith("0100")


def test_landlines_take_no_text_and_begin_with_an_exchange_that_does_not_exist() -> None:
    numbers = Numbers(mobile_from=0)
    for area, prefix in AREA_CODES.items():
        phone = parse_phone(numbers.landline(area + "110"))
        assert phone.kind is PhoneKind.FIXED_LINE
        assert phone.digits.startswith(f"{prefix}1")
        assert not phone.can_text


def test_places_are_spelt_for_codes() -> None:
    assert romanise(short_place("강남구")) == "gangnam"
    assert romanise(short_place("수원시 영통구")) == "suwonyeongtong"
    assert romanise(short_place("중구")) == "junggu"
    assert romanise(short_place("세종특별자치시")) == "sejong"


def test_points_of_the_same_district_name_say_their_city() -> None:
    names = {area.code[:5]: place_name(area) for area in sgg_list()}
    assert names["11680"] == "강남"
    assert {names[code] for code in ("26320", "27230")} == {"부산 북구", "대구 북구"}
    assert len(set(names.values())) == len(names)
