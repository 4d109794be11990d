"""Other names of Korean places: what people write for the official name, and names that have passed away."""

from __future__ import annotations

SIDO_ALIASES = {
    "서울특별시": ("서울", "서울시"),
    "부산광역시": ("부산", "부산시"),
    "대구광역시": ("대구", "대구시"),
    "인천광역시": ("인천", "인천시"),
    "광주광역시": ("광주",),  # 광주시 is also a city of 경기도: see SHARED_NAMES
    "대전광역시": ("대전", "대전시"),
    "울산광역시": ("울산", "울산시"),
    "세종특별자치시": ("세종", "세종시"),
    "경기도": ("경기",),
    "강원특별자치도": ("강원", "강원도"),
    "충청북도": ("충북",),
    "충청남도": ("충남",),
    "전북특별자치도": ("전북", "전라북도", "전북도"),
    "전라남도": ("전남",),
    "경상북도": ("경북",),
    "경상남도": ("경남",),
    "제주특별자치도": ("제주", "제주도"),
}

SHARED_NAMES = {"광주시": "광주광역시"}
"""시군구 names that people also use for a whole 시도."""

RENAMED_SGG = {
    "청원군": ("43110",),
    "여주군": ("41670",),
    "당진군": ("44270",),
    "양주군": ("41630",),
    "포천군": ("41650",),
    "마산시": ("48125", "48127"),
    "진해시": ("48129",),
    "연기군": ("36110",),
    "남구": ("28177",),  # 인천 남구 is 미추홀구 since 2018; the other 남구 keep their name
    "제물포구": ("28110", "28140"),  # 인천, since July 2026, out of 중구 and 동구
    "영종구": ("28110",),
    "검단구": ("28260",),
}
"""Former or newer name of a 시군구 -> 5-digit codes in the gazetteer."""

RENAMED_EMD = {
    "고로면": "삼국유사면", "중부면": "남한산성면", "능서면": "세종대왕면", "가금면": "중앙탑면",
    "양북면": "문무대왕면", "사벌면": "사벌국면", "고령읍": "대가야읍", "금수면": "금수강산면",
    "수주면": "무릉도원면",
}  # fmt: skip
"""Former name of an 읍면 -> the name of today, where nobody else bears the former one."""
