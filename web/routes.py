"""Every router, by kind. A screen or a resource that is not named here does not exist."""

from __future__ import annotations

from fastapi import APIRouter

from web.api import health
from web.pages import live, session

API_ROUTERS: tuple[APIRouter, ...] = (health.router, health.guarded)
PAGE_ROUTERS: tuple[APIRouter, ...] = (session.router, live.router)
