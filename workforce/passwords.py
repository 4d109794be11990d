"""What a password must be: long enough, and nothing that everybody tries first."""

from __future__ import annotations

from core.i18n import _

PASSWORD_MIN = 8
PASSWORD_MAX = 200
_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm", "01234567890", "abcdefghijklmnopqrstuvwxyz")
_FAVOURITES = frozenset(
    {
        "password",
        "password1",
        "passw0rd",
        "iloveyou",
        "administrator",
        "qwer1234",
        "asdf1234",
        "abcd1234",
        "1q2w3e4r",
        "1q2w3e4r5t",
        "qwerty123",
        "12341234",
        "11223344",
        "123123123",
        "1qaz2wsx",
    }
)


def password_fault(password: str, *, login: str) -> str:
    """What is wrong with a new password of this log-in, as a sentence; empty when nothing is."""
    if not PASSWORD_MIN <= len(password) <= PASSWORD_MAX:
        return _("비밀번호는 8자에서 200자까지 적어 주세요.")
    if _is_tried_first(password.lower(), login.lower()):
        return _("남이 쉽게 짐작할 비밀번호입니다. 아이디나 12345678 같은 것 말고 다른 것을 적어 주세요.")
    return ""


def _is_tried_first(password: str, login: str) -> bool:
    if password in _FAVOURITES or len(set(password)) <= 2:
        return True
    if login and password.startswith(login) and len(password) - len(login) <= 2:
        return True
    return any(password in row or password in row[::-1] for row in _ROWS)
