"""Invented keys: they open nothing, because the fake sends nothing."""

from __future__ import annotations

API_KEY = "DEMOKEY000000000"
API_SECRET = "DEMOSECRET0000000000000000000000"  # noqa: S105 - see above
SENS_SECRET = "DEMOSENS00000000000000000000000"  # noqa: S105
SENS_KEY = "DEMOSENSKEY"
SENS_SMS = "ncp:sms:kr:000000000000:demo"
SENS_ALIMTALK = "ncp:kkobizmsg:kr:0000000:demo"
NHN_KEY = "DEMONHNAPPKEY"
NHN_SECRET = "DEMONHN00"  # noqa: S105

ACCOUNTS: dict[str, dict[str, str]] = {
    "solapi": {"api_key": API_KEY, "api_secret": API_SECRET},
    "sens": {
        "access_key": SENS_KEY,
        "secret_key": SENS_SECRET,
        "sms_service": SENS_SMS,
        "alimtalk_service": SENS_ALIMTALK,
    },
    "nhn": {"app_key": NHN_KEY, "secret_key": NHN_SECRET},
}
"""What an adapter needs for the account that the fake has at each provider."""
