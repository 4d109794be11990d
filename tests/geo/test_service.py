import pytest

from geo import service
from geo.service import GeocoderAwayError, Location, Precision, place_address


class Known:
    """A provider that knows one point and remembers what it was asked."""

    def __init__(self, name: str, answer: Location | Exception | None) -> None:
        self.name = name
        self.answer = answer
        self.asked: list[str] = []

    def geocode(self, query: str) -> Location | None:
        self.asked.append(query)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


RAW = "서울 강남구 테헤란로 123, 101동 1203호 (역삼동)"
EXACT = Location(37.4995, 127.0320, Precision.ADDRESS)


def test_without_providers_the_gazetteer_answers() -> None:
    placed = place_address(raw=RAW)
    assert placed.source == service.GAZETTEER and placed.location.precision is Precision.DONG
    assert placed.failures == ()


def test_the_first_provider_that_knows_wins_and_sees_no_unit() -> None:
    away, unknown = Known("a", GeocoderAwayError("over quota")), Known("b", None)
    good, never = Known("c", EXACT), Known("d", EXACT)
    placed = place_address(raw=RAW, providers=[away, unknown, good, never])
    assert placed.source == "c" and placed.failures == ("a: over quota", "b: unknown")
    assert placed.location.precision is Precision.ADDRESS and placed.location.lat == EXACT.lat
    assert placed.location.area_code == "1168010100"
    assert placed.location.area is service.AreaClass.METRO
    assert good.asked == ["서울특별시 강남구 테헤란로 123"] and never.asked == []


def test_a_point_in_another_town_is_not_believed() -> None:
    busan = Location(35.1, 129.0, Precision.ADDRESS)
    placed = place_address(raw=RAW, providers=[Known("x", busan)])
    assert placed.source == service.GAZETTEER and placed.failures == ("x: outside the area",)


@pytest.mark.parametrize("raw", ["서울 강남구 역삼동", "중구 735", "우리집 735"])
def test_nobody_is_asked_without_a_number_and_an_area(raw: str) -> None:
    provider = Known("x", EXACT)
    assert place_address(raw=raw, providers=[provider]).source == service.GAZETTEER
    assert provider.asked == []
