"""What the asset build decides: when to build, with which node, and under which names."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def build() -> ModuleType:
    spec = importlib.util.spec_from_file_location("build_assets", ROOT / "tools" / "build_assets.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project with two entries and a module, and nothing built."""
    assets = tmp_path / "web" / "assets"
    (assets / "js").mkdir(parents=True)
    (assets / "pages").mkdir()
    (assets / "main.js").write_text("import './js/a.js';", encoding="utf-8")
    (assets / "js" / "a.js").write_text("export {};", encoding="utf-8")
    (assets / "pages" / "dispatch.css").write_text("a { color: red }", encoding="utf-8")
    for name in ("package.json", "package-lock.json"):
        (tmp_path / name).write_text("{}", encoding="utf-8")
    return tmp_path


def test_entries_are_top_files_and_pages_only(build: ModuleType, root: Path) -> None:
    assert [path.as_posix() for path in build.entry_points(root=root)] == ["main.js", "pages/dispatch.css"]


def test_the_stamp_follows_every_source(build: ModuleType, root: Path) -> None:
    before = build.stamp_of_sources(root=root)
    assert build.stamp_of_sources(root=root) == before
    (root / "web" / "assets" / "js" / "a.js").write_text("export const b = 1;", encoding="utf-8")
    changed = build.stamp_of_sources(root=root)
    (root / "package-lock.json").write_text('{"a": 1}', encoding="utf-8")
    assert len({before, changed, build.stamp_of_sources(root=root)}) == 3


def test_unchanged_sources_are_not_built_again(
    build: ModuleType, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dist = root / "web" / "static" / "dist"
    dist.mkdir(parents=True)
    (dist / "manifest.json").write_text("{}", encoding="utf-8")
    (dist / "stamp").write_text(build.stamp_of_sources(root=root), encoding="utf-8")

    def no_node() -> None:
        raise AssertionError("node is not needed when nothing changed")

    monkeypatch.setattr(build, "find_node", no_node)
    assert build.build_assets(root=root) is False
    (root / "web" / "assets" / "main.js").write_text("console.log(1)", encoding="utf-8")
    with pytest.raises(AssertionError, match="not needed"):
        build.build_assets(root=root)


def test_a_broken_build_leaves_the_old_one(
    build: ModuleType, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dist = root / "web" / "static" / "dist"
    dist.mkdir(parents=True)
    (dist / "manifest.json").write_text('{"main.js": "old.js"}', encoding="utf-8")
    monkeypatch.setattr(build, "find_node", lambda: build.Node(node=Path(sys.executable), npm=Path("npm")))
    monkeypatch.setattr(build, "install_packages", lambda **_: False)
    with pytest.raises(build.AssetBuildError):  # there is no esbuild here: the program ends with an error
        build.build_assets(root=root)
    assert json.loads((dist / "manifest.json").read_text(encoding="utf-8")) == {"main.js": "old.js"}
    assert [path.name for path in dist.parent.iterdir()] == ["dist"]


def test_without_any_node_the_error_says_what_to_do(
    build: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(build.shutil, "which", lambda _: None)
    monkeypatch.setattr(build.importlib.util, "find_spec", lambda _: None)
    with pytest.raises(build.AssetBuildError, match=r"requirements-node\.lock"):
        build.find_node()


def test_the_manifest_names_entries_by_their_source(build: ModuleType, root: Path) -> None:
    out = root / "web" / "static" / "dist-new"
    meta = {
        "outputs": {
            "web/static/dist-new/main-AA.js": {"entryPoint": "web/assets/main.js"},
            "web/static/dist-new/main-BB.css": {"entryPoint": "web/assets/main.js"},
            "web/static/dist-new/pages/dispatch-CC.css": {"entryPoint": "web/assets/pages/dispatch.css"},
            "web/static/dist-new/chunk-DD.js": {},
        }
    }
    assert build._manifest(meta, out=out, root=root) == {
        "main.js": "main-AA.js",
        "pages/dispatch.css": "pages/dispatch-CC.css",
    }


def test_lock_file_carries_no_address() -> None:
    assert "://" not in (ROOT / "package-lock.json").read_text(encoding="utf-8")


def test_data_files_get_a_name_by_their_content(build: ModuleType, root: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    assert build._copy_data(root=root, out=out) == {}
    data = root / "geo" / "data" / "basemap.json"
    data.parent.mkdir(parents=True)
    data.write_text('{"sgg": []}', encoding="utf-8")
    first = build._copy_data(root=root, out=out)["basemap.json"]
    assert (out / first).read_text(encoding="utf-8") == '{"sgg": []}'
    data.write_text('{"sgg": [1]}', encoding="utf-8")
    assert build._copy_data(root=root, out=out)["basemap.json"] != first
