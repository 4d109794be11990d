"""What a page asks of the phone that shows it."""

from __future__ import annotations

from web.presenters.browsers import way_to


def test_the_way_is_opened_by_the_maps_that_the_phone_has() -> None:
    address = "서울 강남구 역삼동 1&2"
    quoted = "%EC%84%9C%EC%9A%B8%20%EA%B0%95%EB%82%A8%EA%B5%AC%20%EC%97%AD%EC%82%BC%EB%8F%99%201%262"
    for apples in ("(iPhone; CPU iPhone OS 17_0 like Mac OS X)", "(iPad; CPU OS 15_0)", "(Macintosh; Intel)"):
        assert way_to(address, f"Mozilla/5.0 {apples}") == f"maps://?daddr={quoted}"
    for other in ("Mozilla/5.0 (Linux; Android 14; SM-S918N)", ""):
        assert way_to(address, other) == f"geo:0,0?q={quoted}"
