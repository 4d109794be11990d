"""The days of the week in the reader's language; `월` alone would also be a month, `일` also a day."""

from __future__ import annotations

from core.i18n import P_


def weekday_names() -> tuple[str, ...]:
    """Monday to Sunday, short, in the language of this request."""
    return (
        P_("요일", "월"),
        P_("요일", "화"),
        P_("요일", "수"),
        P_("요일", "목"),
        P_("요일", "금"),
        P_("요일", "토"),
        P_("요일", "일"),
    )
