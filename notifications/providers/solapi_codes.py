"""Solapi's four-digit status codes in our words.

Source: the provider's public list of message status codes (1xxx refused on entry, 2000 taken, 2xxx failed
inside, 3000 at the carrier, 3xxx failed at the carrier, 4000 delivered). Codes that are not listed here
count as failed and are shown to the operator, because nobody has judged them yet.
"""

from __future__ import annotations

from notifications.providers.base import Fault, MessageState

_STATES = {
    "2000": MessageState.ACCEPTED,
    "3000": MessageState.ACCEPTED,
    "4000": MessageState.DELIVERED,
    "3014": MessageState.UNKNOWN,
    "3048": MessageState.UNKNOWN,
}

_RETRY = "1024 2024 3012 3024 3040 3041 3042 3043 3045 3053"
_CHANNEL = "3104 3107"
_PERMANENT = "1026 1060 1061 2060 2061 3010 3031 3032 3044 3046 3047 3050 3051 3055 3056 3057"
_CONFIGURATION = (
    "1010 1011 1013 1014 1025 1027 1028 1029 1031 1032 1041 1042 1043 1062 2011 2062 3011 3013 3059 3103 3105"
)
_OPERATOR = "1020 1030 1058 1064 2063 2064 2230 2254 3052 3054 3058"
_FAULTS = {
    code: fault
    for codes, fault in (
        (_RETRY, Fault.RETRY),
        (_CHANNEL, Fault.CHANNEL),
        (_PERMANENT, Fault.PERMANENT),
        (_CONFIGURATION, Fault.CONFIGURATION),
        (_OPERATOR, Fault.OPERATOR),
    )
    for code in codes.split()
}

_ERRORS = {
    "DuplicatedSignature": Fault.RETRY,
    "TooManyRequests": Fault.RETRY,
    "RequestTimeTooSkewed": Fault.CONFIGURATION,
    "SignatureDoesNotMatch": Fault.CONFIGURATION,
    "InvalidAPIKey": Fault.CONFIGURATION,
    "ValidationError": Fault.CONFIGURATION,
    "NotEnoughBalance": Fault.OPERATOR,
}


def state_of(code: str) -> MessageState:
    """The state that a status code stands for."""
    return _STATES.get(code, MessageState.FAILED)


def fault_of(code: str) -> Fault | None:
    """Who can mend a failed message; None while it has not failed."""
    return _FAULTS.get(code, Fault.OPERATOR) if state_of(code) is MessageState.FAILED else None


def fault_of_error(error_code: str, http_status: int) -> Fault:
    """Who can mend a refused request (4xx): by the error's name, else by the HTTP status."""
    if error_code in _ERRORS:
        return _ERRORS[error_code]
    return {429: Fault.RETRY, 402: Fault.OPERATOR}.get(http_status, Fault.CONFIGURATION)
