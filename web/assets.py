"""Addresses of the built browser files: the manifest written by tools/build_assets.py."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

STATIC_DIR = Path(__file__).resolve().parent / "static"
DIST_DIR = STATIC_DIR / "dist"
DIST_URL = "/static/dist/"


class AssetMissingError(LookupError):
    """A template names a browser file that was not built."""


def asset_url(name: str, *, dist: Path = DIST_DIR, seconds: Callable[[], float] = time.monotonic) -> str:
    """The address of an entry such as ``main.js`` or ``pages/dispatch.css``.

    The name carries a hash of the content, so it may be cached for ever. New files are seen within a second.
    Raises AssetMissingError.
    """
    manifest = dist / "manifest.json"
    try:
        changed = _changed_ns(manifest, int(seconds()))
    except FileNotFoundError as error:
        raise AssetMissingError("browser files are not built: run `python3 tools/build_assets.py`") from error
    try:
        return DIST_URL + _names(manifest, changed)[name]
    except KeyError as error:
        raise AssetMissingError(f"no browser file {name!r}: is it in web/assets and built?") from error


@lru_cache(maxsize=4)
def _changed_ns(manifest: Path, _second: int) -> int:
    """The disk is asked once a second, not at every address: at each asking another thread may come first."""
    return manifest.stat().st_mtime_ns


@lru_cache(maxsize=4)
def _names(manifest: Path, _changed_ns: int) -> dict[str, str]:
    """The manifest, read again only when its time stamp changes."""
    names: dict[str, str] = json.loads(manifest.read_text(encoding="utf-8"))
    return names
