"""Who does something: the "who" and "from where" of every change, and what the signed-in person may reach."""

from __future__ import annotations

import getpass
from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """A membership's role; the values are names that outside checks rely on."""

    AGENT = "agent"
    DISPATCHER = "dispatcher"
    POINT = "point"
    TECHNICIAN = "technician"
    QA = "qa"
    MANAGER = "manager"
    ADMIN = "admin"


@dataclass(frozen=True)
class Actor:
    """The author of a change.

    Attributes:
        kind: `person`, `system` (a rule or timer), `provider` (a webhook) or `command` (the command line).
        name: as the timeline shows it.
        source: where it came from: an IP address, `worker`, `command`.
        on_behalf_of: the technician's name when a desk logs a step for him.
    """

    kind: str
    name: str
    source: str
    account_id: int | None = None
    person_id: int | None = None
    role: Role | None = None
    on_behalf_of: str | None = None


SYSTEM = Actor(kind="system", name="온돌", source="worker")


def this_command() -> Actor:
    """Whoever runs a command on the server, by the name that they are logged in with there."""
    return Actor(kind="command", name=getpass.getuser(), source="command")


@dataclass(frozen=True)
class Principal:
    """A signed-in person in one membership: the scope of everything the request may see.

    `service_point_id` is None for company-wide members; `technician_id` only for technicians who are one.
    """

    account_id: int
    person_id: int
    name: str
    login: str
    company_id: int
    company_code: str
    role: Role
    membership_id: int
    service_point_id: int | None
    technician_id: int | None
    via: str
    """`session` (a browser) or `token` (the API)."""
    company_name: str = ""
    company_colour: str = ""
    session_id: int | None = None
    """The browser session, when it is one."""
    token_id: int | None = None
    """The API token, when it is one."""

    def actor(self, *, source: str) -> Actor:
        """This person as the author of a change."""
        return Actor(
            kind="person",
            name=self.name,
            source=source,
            account_id=self.account_id,
            person_id=self.person_id,
            role=self.role,
        )
