"""Pure decisions of intake: which words are known, how urgent a case is, what counts as a safety case."""

from __future__ import annotations

import re
import unicodedata

CHANNELS = ("phone", "app", "ars", "chat", "kakao", "web", "email", "paper", "visit", "iot", "point")
SYMPTOMS = (
    "NO_HEAT",
    "NO_HOT_WATER",
    "LEAK",
    "NOISE",
    "ERROR_CODE",
    "CONTROLLER",
    "POWER",
    "FREEZE",
    "IGNITION",
    "FLUE",
    "GAS_SMELL",
    "CO",
    "ODOUR_SMOKE",
    "INSTALL",
    "INSPECTION",
    "BILLING",
    "COMPLAINT",
)
SAFETY_SYMPTOMS = frozenset({"GAS_SMELL", "CO", "FLUE", "ODOUR_SMOKE"})
CHECKUP = "CHECKUP"
"""Nothing is broken: a home that took up a campaign's invitation. No caller names it."""
CHECKS = frozenset({CHECKUP, "INSPECTION"})
"""Somebody comes to look, and mends only what he is then asked to: told as a check-up, not as a repair."""
UNKNOWN_DANGER = "DANGER"
"""Something is dangerous and nobody could say what: filed first, asked afterwards. Only of a safety case."""
COLD_SYMPTOMS = frozenset({"NO_HEAT", "IGNITION", "FREEZE"})
"""No flame and a frozen appliance mean no heat."""
PRIORITIES = {
    "NO_HOT_WATER": 2,
    "LEAK": 2,
    "ERROR_CODE": 2,  # the boiler has stopped for a reason; what fails is not known yet
    "NOISE": 3,
    "CONTROLLER": 3,
    "POWER": 3,
}


def is_safety(*, symptom: str, flagged: bool | None, code_is_safety: bool) -> bool:
    """Gas smell, CO, flue off or smoke; or the caller or the error code says so. Never unsaid by a False."""
    return symptom in SAFETY_SYMPTOMS or bool(flagged) or code_is_safety


def priority_of(*, symptom: str, priority_care: bool, safety: bool) -> int:
    """0 (most urgent) to 4, by domain.md section 12."""
    if safety:
        return 0
    if symptom in COLD_SYMPTOMS:
        return 0 if priority_care else 1
    if symptom == "NO_HOT_WATER" and priority_care:
        return 0
    return PRIORITIES.get(symptom, 4)


def plain_error_code(text: str) -> str:
    """The code as it is looked up: half-width, upper case, without blanks."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text)).upper()
