"""The web as the load meets it."""

from __future__ import annotations

from tests.web.conftest import client_as, web_world

__all__ = ["client_as", "web_world"]
