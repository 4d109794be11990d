"""Result codes of the carriers as their relays pass them on, in our words.

Published by NHN Cloud ("수신 결과 코드"), and the same numbers by users of other relays; 1000 or 0 is
delivered.
SENS documents A000 (taken) and 0000 (delivered), 3019 (no KakaoTalk) and 3020 (blocked) for 알림톡: there the
same numbers mean something else. A code that is not listed here counts as failed and is shown to the
operator, because nobody has judged it yet.
"""

from __future__ import annotations

from notifications.providers.base import Fault

_RETRY = "1001 1019 2000 2001 2002 2003 2004 2005 2007 3005 3011"
_PERMANENT = "1002 3001 3003 3004 3006 3008 3010 3013 3018"
_CONFIGURATION = "1003 3002 3007 3009 3016 3017 3019 3022 3023"
_TEXT_FAULTS = {
    code: fault
    for codes, fault in (
        (_RETRY, Fault.RETRY),
        (_PERMANENT, Fault.PERMANENT),
        (_CONFIGURATION, Fault.CONFIGURATION),
    )
    for code in codes.split()
}
_ALIMTALK_FAULTS = dict.fromkeys(("3019", "3020"), Fault.CHANNEL)


def fault_of_text(code: str) -> Fault:
    """Who can mend a text that the carrier did not deliver."""
    return _TEXT_FAULTS.get(code, Fault.OPERATOR)


def fault_of_alimtalk(code: str) -> Fault:
    """The same for 알림톡; whatever is wrong with it, the text may still go."""
    return _ALIMTALK_FAULTS.get(code, Fault.OPERATOR)


def fault_of_http(status: int) -> Fault:
    """Who can mend a request that was refused (4xx)."""
    return {429: Fault.RETRY, 402: Fault.OPERATOR}.get(status, Fault.CONFIGURATION)
