"""The drill: a world with tickets into one file, into an empty database, and not a row is lost."""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from core.db import Database, libpq_url
from core.i18n import set_language
from core.revision import code_revisions
from exchange.backup import DatabaseInUseError, NotABackupError, back_up, count_tickets, restore
from exchange.export import FolderTakenError, cell, export_everything
from main import main
from tests.databases import Server
from tests.exchange.conftest import Bring
from tests.exchange.test_importing import TICKETS


def every_table(url: str) -> dict[str, tuple[int, str]]:
    """Rows and a hash of all of them, by table; sequences too."""
    with psycopg.connect(libpq_url(url)) as connection:
        names = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        found = {}
        for (name,) in names:
            query = sql.SQL("SELECT t::text FROM {} t ORDER BY 1").format(sql.Identifier(name))
            rows = [row for (row,) in connection.execute(query)]
            found[name] = (len(rows), hashlib.sha256("\n".join(rows).encode()).hexdigest())
        sequences = connection.execute(
            "SELECT sequencename, last_value FROM pg_sequences ORDER BY 1"
        ).fetchall()
    return found | {name: (value or 0, "") for name, value in sequences}


def rights_of(url: str) -> list[object]:
    """Who may do what, the rows' policies, functions and triggers."""
    with psycopg.connect(libpq_url(url)) as connection:
        return [
            connection.execute(query).fetchall()
            for query in (
                "SELECT grantee, table_name, privilege_type FROM information_schema.role_table_grants "
                "WHERE table_schema = 'public' ORDER BY 1, 2, 3",
                "SELECT tablename, policyname, cmd, qual, with_check FROM pg_policies ORDER BY 1, 2",
                "SELECT proname, prosecdef, prosrc FROM pg_proc "
                "WHERE pronamespace = 'public'::regnamespace ORDER BY 1, 3",
                "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1",
                "SELECT defaclobjtype, defaclacl::text FROM pg_default_acl ORDER BY 1",
                "SELECT has_schema_privilege('ondol_web', 'public', 'USAGE')",
            )
        ]


@pytest.fixture
def world(database_url: str, bring: Bring) -> str:
    """A database with tickets, open and closed."""
    assert bring("tickets", TICKETS).taken == 3
    return database_url


@pytest.fixture
def revisions(database_url: str) -> list[str]:
    return list(code_revisions())


def test_not_a_row_is_lost(world: str, postgres_server: Server, tmp_path: Path, revisions: list[str]) -> None:
    file = tmp_path / "ondol.backup"
    made = back_up(world, file)
    assert made.sha256 == hashlib.sha256(file.read_bytes()).hexdigest()
    assert file.stat().st_mode & 0o077 == 0
    assert [each.name for each in tmp_path.iterdir()] == [file.name]
    before = every_table(world)
    with postgres_server.temporary() as name:
        empty = postgres_server.url_of(name)
        assert restore(empty, file, replacing=False, revisions=revisions) == made
        assert every_table(empty) == before
        assert count_tickets(empty) == 3
        for found, wanted in zip(rights_of(empty), rights_of(world), strict=True):
            assert set(found) ^ set(wanted) == set()
        again = tmp_path / "again.backup"
        back_up(empty, again)
        restore(empty, again, replacing=True, revisions=revisions)
        assert every_table(empty) == before
    assert before["ticket"][0] == 3


def test_a_demo_is_replaced_whole(world: str, tmp_path: Path, revisions: list[str]) -> None:
    """A demo has a schema of its own. What it says of its rows must not outlive them."""

    def founded() -> list[object]:
        with psycopg.connect(libpq_url(world)) as connection:
            if connection.execute("SELECT to_regclass('demo.world')").fetchone() == (None,):
                return []
            return connection.execute("SELECT founded FROM demo.world").fetchall()

    real, demo = tmp_path / "real.backup", tmp_path / "demo.backup"
    back_up(world, real)
    with psycopg.connect(libpq_url(world)) as connection:
        connection.execute("CREATE SCHEMA demo")
        connection.execute("CREATE TABLE demo.world AS SELECT 1 AS founded")
    back_up(world, demo)
    with psycopg.connect(libpq_url(world)) as connection:
        connection.execute("UPDATE demo.world SET founded = 2")
    restore(world, demo, replacing=True, revisions=revisions)
    assert founded() == [(1,)]
    restore(world, real, replacing=True, revisions=revisions)
    assert founded() == []


def test_what_holds_tickets_is_not_overwritten_by_mistake(
    world: str, database: Database, tmp_path: Path, revisions: list[str]
) -> None:
    file = tmp_path / "ondol.backup"
    back_up(world, file)
    before = every_table(world)
    with pytest.raises(DatabaseInUseError, match="--replace"):
        restore(world, file, replacing=False, revisions=revisions)
    assert every_table(world) == before


def test_a_broken_file_leaves_the_database_as_it_was(
    world: str, tmp_path: Path, revisions: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    file, before = tmp_path / "ondol.backup", every_table(world)
    back_up(world, file)
    whole = file.read_bytes()
    for broken in (whole[: len(whole) // 2], whole[:-200], b"not a backup", b""):
        file.write_bytes(broken)
        with pytest.raises(NotABackupError):
            restore(world, file, replacing=True, revisions=revisions)
        assert every_table(world) == before
    file.write_bytes(whole)
    with pytest.raises(NotABackupError, match="더 새 온돌"):
        restore(world, file, replacing=True, revisions=["0001"])
    monkeypatch.setattr(
        "exchange.backup._AWAY_WITH_THE_OLD", "SET lock_timeout = '200ms'; DROP SCHEMA public CASCADE;"
    )
    with psycopg.connect(libpq_url(world)) as busy:
        busy.execute("SELECT count(*) FROM ticket")
        with pytest.raises(DatabaseInUseError, match="멈추고"):
            restore(world, file, replacing=True, revisions=revisions)
    assert every_table(world) == before


def test_everything_as_csv_and_back(world: str, tmp_path: Path) -> None:
    note = '=1+1, "따옴표"\n둘째 줄'
    with psycopg.connect(libpq_url(world)) as connection:
        connection.execute("UPDATE ticket SET note = %s WHERE status = 'CLOSED'", (note,))
    exported = {each.table: each for each in export_everything(world, tmp_path / "out")}
    text = (tmp_path / "out" / "ticket.csv").read_bytes()
    assert text.startswith(b"\xef\xbb\xbf")
    assert hashlib.sha256(text).hexdigest() == exported["ticket"].sha256
    rows = list(csv.DictReader(io.StringIO(text.decode("utf-8-sig"), newline="")))
    assert sorted(row["note"].removeprefix("'") for row in rows) == sorted([note, "어제부터", ""])
    assert any(row["note"].startswith("'=") for row in rows)
    assert all(row["received_at"].endswith("+09:00") for row in rows)
    for name in exported:
        head = (tmp_path / "out" / f"{name}.csv").read_text(encoding="utf-8-sig").partition("\r\n")[0]
        assert not re.search("hash|secret|verifier|nonce", head), f"{name}: {head}"
    waiting = {"uploaded_file", "pending_log_in", "provider_try"}
    assert not {*waiting, "alembic_version", "procrastinate_jobs"} & set(exported)
    assert {"account", "api_token", "second_factor", "recovery_code", "device"} <= set(exported)
    counted = {name: rows for name, (rows, _hash) in every_table(world).items()}
    assert {name: each.rows for name, each in exported.items()} == {name: counted[name] for name in exported}
    read_back(world, tmp_path / "out" / "ticket.csv", len(rows))
    with pytest.raises(FolderTakenError):
        export_everything(world, tmp_path / "out")
    assert [each.name for each in tmp_path.iterdir()] == ["out"]


def read_back(url: str, path: Path, rows: int) -> None:
    """PostgreSQL reads the file as it is; every text is what it was once its one mark is taken away."""
    with psycopg.connect(libpq_url(url)) as connection:
        connection.execute("CREATE TEMP TABLE back AS SELECT * FROM ticket WITH NO DATA")
        copy = "COPY back FROM STDIN WITH (FORMAT csv, HEADER)"
        with connection.cursor().copy(copy) as stream:
            stream.write(path.read_bytes().removeprefix(b"\xef\xbb\xbf"))
        connection.execute("UPDATE back SET note = substr(note, 2) WHERE left(note, 1) = ''''")
        same = connection.execute("SELECT count(*) FROM (TABLE back INTERSECT TABLE ticket) same").fetchone()
        assert same == (rows,)
        connection.rollback()


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (None, ""),
        ("", '""'),
        ("=SUM(A1)", "'=SUM(A1)"),
        ("-5도", "'-5도"),
        ("'x", "''x"),
        (-5, "-5"),
        (True, "true"),
        ("a,b", '"a,b"'),
        (" a", '" a"'),
        ({"a": "한글"}, '"{""a"": ""한글""}"'),
    ],
)
def test_a_cell(value: object, written: str) -> None:
    assert cell(value) == written


@pytest.fixture
def korean() -> Iterator[None]:
    yield
    set_language("ko")


@pytest.mark.usefixtures("korean")
def test_a_standby_is_backed_up(world: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing can be noted where nothing can be written; the file is whole, and the timer stays calm."""
    monkeypatch.setenv("DATABASE_URL", world)
    monkeypatch.setenv("PGOPTIONS", "-c default_transaction_read_only=on")
    assert main(["backup", str(tmp_path / "standby.backup")]) == 0
    assert (tmp_path / "standby.backup").stat().st_size > 0


@pytest.mark.usefixtures("korean")
def test_a_command_says_what_it_did(
    world: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", world)
    file = tmp_path / "day.backup"
    assert main(["backup", str(file)]) == 0
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    assert f"SHA-256 {digest}" in capsys.readouterr().out
    assert main(["restore", str(file)]) == 2
    assert "--replace" in capsys.readouterr().err
    assert main(["restore", str(file), "--replace"]) == 0
    assert "접수 3건" in capsys.readouterr().out
    assert main(["export", str(tmp_path / "all")]) == 0
    assert (tmp_path / "all" / "ticket.csv").exists()
    homes = tmp_path / "homes.csv"
    rows = "이름,전화,주소\n최노인,031-555-0101,수원시 영통구 매탄동 1\n박노인,없음,서울\n"
    homes.write_text(rows, encoding="cp949")
    assert main(["import", "households", str(homes), "--company", "onnuri", "--dry-run"]) == 1
    tried = capsys.readouterr().out
    assert "가져옴 1, 이미 있음 0, 가져오지 못함 1" in tried
    assert "3번째 줄: 거주자 전화:" in tried
    assert main(["import", "households", str(homes), "--company", "onnuri", "--language", "en"]) == 1
    assert "taken 1" in capsys.readouterr().out
    assert main(["import", "households", str(tmp_path / "no.csv"), "--company", "onnuri"]) == 1
    assert main(["import", "households", str(homes), "--company", "nobody"]) == 2
