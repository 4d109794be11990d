"""What is wrong, who calls how and when, what it costs: draws from the distributions of a winter day.

Rough figures of the trade (domain notes, section 5): two peaks of calls, 8-11 and 18-21; heat and hot water
make up most of it; 92 % are called back within the hour.
"""

from __future__ import annotations

import random

from core.dated import CompanyRules
from dispatch.open_visits import skills_of
from simulation.shapes import DAY, HOUR

_HOUR_WEIGHTS = (
    *(0.4, 0.3, 0.3, 0.3, 0.4, 0.8, 2.0, 4.5, 8.0, 9.5, 9.0, 7.0),
    *(5.0, 5.5, 5.5, 5.0, 4.5, 4.5, 6.0, 6.5, 5.5, 4.0, 2.5, 1.2),
)
_SYMPTOMS = {
    "NO_HEAT": 34,
    "NO_HOT_WATER": 16,
    "LEAK": 9,
    "ERROR_CODE": 9,
    "CONTROLLER": 8,
    "NOISE": 7,
    "FREEZE": 6,
    "IGNITION": 6,
    "POWER": 3,
    "INSPECTION": 2,
}
_CHANNELS = {"phone": 68, "kakao": 8, "app": 8, "web": 6, "ars": 6, "point": 3, "iot": 1}
_NOTES = {
    "NO_HEAT": ("방바닥이 차가워요", "어제 밤부터 난방이 안 돼요", "보일러가 돌다가 꺼져요", ""),
    "NO_HOT_WATER": ("찬물만 나와요", "뜨거운 물이 나오다 말아요", ""),
    "LEAK": ("보일러 밑에 물이 고여요", "배관에서 물이 똑똑 떨어져요"),
    "NOISE": ("돌 때 쿵쿵 소리가 나요", "윙 하는 소리가 커졌어요"),
    "ERROR_CODE": ("화면에 숫자가 깜빡여요", ""),
    "CONTROLLER": ("온도조절기 화면이 안 나와요", "버튼이 안 눌려요"),
    "FREEZE": ("밤새 얼었나 봐요", "뜨거운 물 쪽만 안 나와요"),
    "IGNITION": ("딱딱 소리만 나고 불이 안 붙어요", ""),
    "POWER": ("전원이 안 들어와요",),
    "INSPECTION": ("겨울 전에 점검을 받고 싶어요",),
}
_COSTS = {
    "NO_HEAT": (("LABOUR_IGNITION", "PART_ELECTRODE"), ("LABOUR_GENERAL",), ("LABOUR_PUMP", "PART_PUMP"), ()),
    "NO_HOT_WATER": (("LABOUR_GENERAL", "PART_3WAY"), ("LABOUR_GENERAL", "PART_THERMISTOR")),
    "LEAK": (("LABOUR_GENERAL",), ("LABOUR_PUMP", "PART_PUMP")),
    "NOISE": (("LABOUR_GENERAL", "PART_FAN"), ("LABOUR_GENERAL",)),
    "ERROR_CODE": (("LABOUR_GENERAL", "PART_THERMISTOR"), ("LABOUR_GENERAL", "PART_PCB"), ()),
    "CONTROLLER": (("LABOUR_GENERAL", "PART_CONTROLLER"), ()),
    "FREEZE": (("LABOUR_THAW",),),
    "IGNITION": (("LABOUR_IGNITION", "PART_ELECTRODE"), ("LABOUR_IGNITION",)),
    "POWER": (("LABOUR_GENERAL", "PART_PCB"), ("LABOUR_GENERAL",)),
}
SAFETY_LINES = ("LABOUR_FLUE", "PART_GASKET")
_CODES = {
    "NO_HEAT": "불이 붙지 않음",
    "IGNITION": "불이 붙지 않음",
    "LEAK": "물 부족",
    "ERROR_CODE": "과열",
    "NOISE": "송풍팬 이상",
}


def received_time(rng: random.Random) -> int:
    """When somebody calls, seconds after 05:00."""
    hour = rng.choices(range(24), _HOUR_WEIGHTS)[0]
    return (hour * HOUR + rng.randrange(HOUR) - 5 * HOUR) % DAY


def symptom_for(rng: random.Random, skills: frozenset[str], rules: CompanyRules) -> str:
    """A complaint that a technician with these licences may be sent to."""
    for _ in range(20):
        symptom = rng.choices(list(_SYMPTOMS), list(_SYMPTOMS.values()))[0]
        if skills_of(rules, symptom) <= skills:
            return symptom
    return "NO_HEAT"


def channel(rng: random.Random) -> str:
    """How they reach us."""
    return rng.choices(list(_CHANNELS), list(_CHANNELS.values()))[0]


def contact_delay(rng: random.Random) -> int:
    """Seconds from intake to the first talk: 92 % within the hour."""
    low, high = rng.choices(((130, 590), (600, 1500), (1500, 3500), (3700, 7800)), (55, 30, 7, 8))[0]
    return rng.randint(low, high)


def note_words(rng: random.Random, symptom: str) -> str:
    """What the family says."""
    return rng.choice(_NOTES.get(symptom, ("",)))


def cost_lines(rng: random.Random, symptom: str) -> tuple[str, ...]:
    """What is billed beside the visit fee."""
    return rng.choice(_COSTS.get(symptom, ((),)))


def error_meaning(rng: random.Random, symptom: str) -> str | None:
    """What the display says, if anybody read it."""
    share = 0.9 if symptom == "ERROR_CODE" else 0.35
    return _CODES.get(symptom) if rng.random() < share else None
