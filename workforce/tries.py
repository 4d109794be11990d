"""Wrong passwords, codes and links, counted in the database for all web processes, and the wait they cost."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import text, update
from sqlmodel import Session, col, func, select

from core.db import count_changed
from core.errors import TooManyError
from core.i18n import _
from workforce.models import SignInTry

REMEMBERED = timedelta(hours=24)
"""How long a wrong try of a name counts, and how long one of an address does."""
ADDRESS_REMEMBERED = timedelta(hours=1)
MOST_DOUBLINGS = 20


@dataclass(frozen=True)
class TryLimits:
    """How many wrong tries are free, and how long the next ones wait."""

    free: int = 5
    free_of_address: int = 100
    pause_s: int = 30
    longest_s: int = 900

    def pause(self, wrong: int, free: int) -> timedelta:
        """The wait after so many wrong tries."""
        if wrong < free:
            return timedelta(0)
        doubled = self.pause_s * 2 ** min(wrong - free, MOST_DOUBLINGS)
        return timedelta(seconds=min(doubled, self.longest_s))


class LockedOutError(TooManyError):
    """Too many wrong tries; wait, or have an administrator unlock it."""

    code = "locked-out"


def refuse_while_waiting(
    session: Session, *, kind: str, login: str, from_address: str, limits: TryLimits, now: datetime
) -> None:
    """Hold back whoever has to wait; what is tried meanwhile is neither looked at nor counted.

    The tries of one name are judged one after the other, so a storm of guesses gets no more than its share.

    Raises:
        LockedOutError: with the time to wait.
    """
    session.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 12))"), {"name": f"{kind}/{login}"}
    )
    of_login = (col(SignInTry.login) == login[:200], col(SignInTry.kind) == kind) if login else None
    waits = [
        _wait(
            session,
            (col(SignInTry.from_address) == from_address,),
            ADDRESS_REMEMBERED,
            limits,
            limits.free_of_address,
            now,
        )
    ]
    if of_login is not None:
        waits.append(_wait(session, of_login, REMEMBERED, limits, limits.free, now))
    longest = max(waits)
    if longest > timedelta(0):
        raise _locked_out(longest)


def note_wrong_try(session: Session, *, kind: str, login: str, from_address: str, now: datetime) -> None:
    """Count a wrong one."""
    session.add(SignInTry(login=login[:200], from_address=from_address, kind=kind, at=now))


def forgive_tries(session: Session, *, login: str, now: datetime, kind: str | None = None) -> int:
    """A right one, or an administrator, makes an end of the wait of a name. Returns how many were forgiven.

    Those of the address go on counting for the address: whoever has one log-in cannot clear it for others.
    """
    wrong = update(SignInTry).where(
        col(SignInTry.login) == login[:200],
        col(SignInTry.forgiven_at).is_(None),
        col(SignInTry.at) > now - REMEMBERED,
    )
    if kind is not None:
        wrong = wrong.where(col(SignInTry.kind) == kind)
    return count_changed(session, wrong.values(forgiven_at=now))


def waits_until(session: Session, *, login: str, limits: TryLimits, now: datetime) -> datetime | None:
    """Until when a log-in name has to wait, for the administrator's page; None when it need not."""
    waits = [
        _wait(
            session,
            (col(SignInTry.login) == login[:200], col(SignInTry.kind) == kind),
            REMEMBERED,
            limits,
            limits.free,
            now,
        )
        for kind in ("password", "factor")
    ]
    return now + max(waits) if max(waits) > timedelta(0) else None


def _wait(
    session: Session,
    which: tuple[object, ...],
    remembered: timedelta,
    limits: TryLimits,
    free: int,
    now: datetime,
) -> timedelta:
    counted = [*which, col(SignInTry.at) > now - remembered]
    if remembered == REMEMBERED:
        counted.append(col(SignInTry.forgiven_at).is_(None))
    query = select(func.count(), func.max(SignInTry.at)).where(*counted)  # type: ignore[arg-type]
    wrong, last = session.exec(query).one()
    return timedelta(0) if last is None else last + limits.pause(wrong, free) - now


def _locked_out(wait: timedelta) -> LockedOutError:
    seconds = max(1, -(-int(wait.total_seconds() * 1000) // 1000))
    said = _("{n}초").format(n=seconds) if seconds < 60 else _("{n}분").format(n=-(-seconds // 60))
    return LockedOutError(
        _("여러 번 틀려서 잠시 막았습니다. {time} 뒤에 다시 해 주세요. 급하면 관리자에게 부탁하세요.").format(
            time=said
        ),
        retry_after_s=seconds,
    )
