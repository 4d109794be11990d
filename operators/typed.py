"""What a person may type behind an option, and the sentence when it is something else."""

from __future__ import annotations

import argparse
from datetime import datetime

from core import clock

LONGEST_NUMBER = 18
"""Digits that an id of PostgreSQL always holds."""


def port(typed: str) -> int:
    """A port that a program may listen on."""
    if not typed.isascii() or not typed.isdigit() or not 1 <= int(typed[:9]) <= 65535:
        raise argparse.ArgumentTypeError(
            f"{typed[:20]}번은 쓸 수 없습니다. 1부터 65535 사이의 번호를 적어 주세요. "
            "(a number from 1 to 65535)"
        )
    return int(typed)


def number(typed: str) -> int:
    """A number that a page shows, e.g. of a log-in."""
    if not typed.isascii() or not typed.isdigit() or len(typed) > LONGEST_NUMBER:
        raise argparse.ArgumentTypeError(
            f"{typed[:40]}: 화면에 보이는 번호를 숫자로 적어 주세요. (a whole number)"
        )
    return int(typed)


def moment(typed: str) -> datetime:
    """A date, or a date and time; in Korea unless it says otherwise."""
    try:
        at = datetime.fromisoformat(typed)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"{typed[:40]}: 2026-12-01 이나 2026-12-01T09:00 모양으로 적어 주세요. (a date, or date and time)"
        ) from None
    return at if at.tzinfo else at.replace(tzinfo=clock.KST)
