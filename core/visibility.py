"""Who sees what of whom: role x datum x relation, one table that every output asks.

Pages, the API, lists, timelines, texts and downloads never decide by themselves. How something is hidden
(`홍*동`, `010-****-5678`) is `core.masking`; whether it is hidden is here.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from core.actor import Role


class Datum(StrEnum):
    """A kind of personal data of a family. The values are the words of `access_log.fields`."""

    NAME = "name"
    PHONE = "phone"
    ADDRESS = "address"
    """Street, number and 동·호; the 동 alone is no secret."""
    DOOR_NOTE = "door_note"
    """Door codes, parking, where the key lies."""
    FREE_TEXT = "free_text"
    """What somebody typed: notes, reasons, what was said. Anything may stand in it."""
    SENT_TEXT = "sent_text"
    """A text as it went to a family or to staff."""


class Relation(StrEnum):
    """What ties a reader to a case that he can reach at all; out of reach there is nothing to ask."""

    LISTED = "listed"
    """One of many in a list, a search or a stream: nobody has asked for this one."""
    IN_REACH = "in_reach"
    """Of the reader's company or point, and opened by itself."""
    OPENED = "opened"
    """He gave a reason a short while ago, which is in the access log."""
    OWN_TASK = "own_task"
    """He was asked to ring these people: he reads whom, the number opens with a reason."""
    OWN_VISIT = "own_visit"
    """The technician who goes there, from his assignment until some hours after the visit."""


class Sight(StrEnum):
    """How much of a datum is shown."""

    WHOLE = "whole"
    MASKED = "masked"
    NOTHING = "nothing"


EVERYTHING = frozenset(Datum)
WITHOUT_THE_HOME = EVERYTHING - {Datum.ADDRESS, Datum.DOOR_NOTE}

OPENS: Mapping[Role, frozenset[Datum]] = {
    Role.AGENT: EVERYTHING,
    Role.DISPATCHER: EVERYTHING,
    Role.POINT: EVERYTHING,
    Role.TECHNICIAN: EVERYTHING,
    # They ring people after the visit: nobody goes there any more.
    Role.QA: WITHOUT_THE_HOME,
    # They sit at the intake desk and at the console, too.
    Role.MANAGER: EVERYTHING,
    Role.ADMIN: EVERYTHING,
}
"""What a role sees whole once it has given a reason."""

SEEN_UNASKED: Mapping[Relation, frozenset[Datum]] = {
    Relation.OWN_TASK: frozenset({Datum.NAME}),
    Relation.OWN_VISIT: EVERYTHING,
}
"""What a relation shows without a reason."""

NEVER_HALF = frozenset({Datum.DOOR_NOTE})
"""A door code with its middle hidden still tells too much: whole or not at all."""


def sight_of(role: Role, datum: Datum, relation: Relation) -> Sight:
    """How a reader of this role, so related to the case, sees this datum."""
    if datum in SEEN_UNASKED.get(relation, frozenset()):
        return Sight.WHOLE
    if relation is Relation.OPENED and datum in OPENS[role]:
        return Sight.WHOLE
    return Sight.NOTHING if datum in NEVER_HALF else Sight.MASKED


def seen_whole(role: Role, relation: Relation) -> frozenset[Datum]:
    """Everything that this reader sees unmasked."""
    return frozenset(datum for datum in Datum if sight_of(role, datum, relation) is Sight.WHOLE)


def opened_fields(role: Role) -> tuple[str, ...]:
    """What giving a reason shows to a role, as the access log names it."""
    return tuple(datum.value for datum in Datum if datum in OPENS[role])
