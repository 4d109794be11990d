"""Whose lane comes first: a console opens on those who are at work."""

from __future__ import annotations

import re
from datetime import timedelta

from httpx import Client

from core.clock import KST
from tests import world
from tests.web.conftest import WebWorld
from tests.web.dispatch_world import assign, dispatcher, file_ticket
from workforce.models import ServicePoint

__all__ = ["dispatcher"]
"""The fixture; pytest finds it by its name here."""


def test_who_is_on_shift_or_has_work_stands_before_who_does_not(
    web_world: WebWorld, dispatcher: Client
) -> None:
    hour = web_world.now.astimezone(KST).hour
    shifts = {"가쉼": (20, 22), "나쉼": (20, 23), "하근무": (hour - 1, hour + 4)}
    ids = {}
    with web_world.database.transaction() as session:
        point = session.get_one(ServicePoint, web_world.point.id)
        for name, hours in shifts.items():
            technician = world.make_technician(
                session, point=point, name=name, days=(0,), hours=hours, now=web_world.now
            )
            ids[name] = technician.id
    evening = (web_world.now + timedelta(hours=21 - hour)).astimezone(KST)
    number = file_ticket(web_world)
    done = assign(
        dispatcher,
        number,
        technician_id=str(ids["나쉼"]),
        start=evening.strftime("%Y-%m-%dT%H:00"),
        reason="저녁에 감",
    )
    assert done.status_code == 200
    lanes = re.findall(r'id="lane-(\d+)"', dispatcher.get("/dispatch").text)
    order = [web_world.technician.id, ids["하근무"], ids["나쉼"], ids["가쉼"]]
    assert [int(lane) for lane in lanes] == order, "at work, with work later, off"
