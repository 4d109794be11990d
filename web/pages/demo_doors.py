"""The demo's log-ins on its log-in page: one button a role, maker by maker. Elsewhere there are none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from fastapi import Request

from web.context import DemoLogin, context_of
from web.pages.admin.people_forms import role_options


@dataclass(frozen=True)
class Maker:
    """A maker's log-ins, each with the role's name."""

    name: str
    doors: Sequence[tuple[str, DemoLogin]]


def demo_doors(request: Request) -> list[Maker]:
    """What the log-in page offers for one press; empty outside the demo, whatever the context holds."""
    context = context_of(request)
    if not context.settings.is_demo:
        return []
    with context.database.everywhere.reading() as session:
        logins = context.demo_logins(session)
    words = dict(role_options())
    return [
        Maker(name, [(words[login.role], login) for login in group])
        for name, group in groupby(logins, key=lambda login: login.maker)
    ]
