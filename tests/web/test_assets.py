"""The manifest lookup for templates."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from web.assets import AssetMissingError, asset_url


def write_manifest(dist: Path, names: dict[str, str], *, changed_s: int) -> None:
    manifest = dist / "manifest.json"
    manifest.write_text(json.dumps(names), encoding="utf-8")
    os.utime(manifest, (changed_s, changed_s))


def test_gives_the_hashed_address(tmp_path: Path) -> None:
    write_manifest(tmp_path, {"main.js": "main-AB12.js"}, changed_s=1_000)
    assert asset_url("main.js", dist=tmp_path) == "/static/dist/main-AB12.js"


def test_sees_a_new_build_without_a_restart(tmp_path: Path) -> None:
    write_manifest(tmp_path, {"main.js": "main-OLD.js"}, changed_s=1_000)
    asset_url("main.js", dist=tmp_path, seconds=lambda: 7.2)
    write_manifest(tmp_path, {"main.js": "main-NEW.js"}, changed_s=2_000)
    assert asset_url("main.js", dist=tmp_path, seconds=lambda: 7.9) == "/static/dist/main-OLD.js"
    assert asset_url("main.js", dist=tmp_path, seconds=lambda: 8.0) == "/static/dist/main-NEW.js"


def test_an_unknown_name_is_named(tmp_path: Path) -> None:
    write_manifest(tmp_path, {"main.js": "main-AB12.js"}, changed_s=1_000)
    with pytest.raises(AssetMissingError, match=r"pages/nothing\.css"):
        asset_url("pages/nothing.css", dist=tmp_path)


def test_says_how_to_build_when_nothing_is_built(tmp_path: Path) -> None:
    with pytest.raises(AssetMissingError, match=r"build_assets\.py"):
        asset_url("main.js", dist=tmp_path)
