"""The road that several tests of solves begin with."""

from __future__ import annotations

from datetime import datetime

import pytest

from core.db import Database
from dispatch.models import Visit
from tests.dispatch.plan_world import Shop
from tests.dispatch.planning.solves import zigzag


@pytest.fixture
def road(database: Database, now: datetime) -> tuple[Shop, list[Visit]]:
    """One technician whose day runs 1, 9, 2, 8, 3 km from his home."""
    with database.transaction() as session:
        shop = Shop(session)
        who = shop.technician()
        visits = zigzag(session, shop, who, now, (1, 9, 2, 8, 3))
    return shop, visits
