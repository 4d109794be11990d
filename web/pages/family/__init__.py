"""The family's page behind the link in a text: no log-in, one thing a page, forms alone."""

from __future__ import annotations

from web.pages.family import acts, checkup, pages

ROUTERS = (pages.router, acts.router, checkup.router, pages.elsewhere)
