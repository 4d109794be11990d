"""The commands that scripts use: what they print where, and what they say when the database is away."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from sqlalchemy import text

from core.db import Database, make_engine
from core.supervisor import find_free_port
from main import main
from tests.databases import Server
from tests.world import make_company

WHO = ["--role", "agent", "--company", "onnuri"]


@pytest.mark.parametrize("command", ["token", "login-link"])
def test_a_database_that_is_down_is_said_in_a_sentence(
    command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://ondol@127.0.0.1:9/ondol")
    assert main([command, *WHO]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert "데이터베이스에 닿지 않습니다" in err and "Traceback" not in err
    assert len(err.splitlines()) == 2


@pytest.mark.parametrize("command", ["token", "login-link"])
def test_without_a_database_the_way_to_one_is_said(
    command: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", "")
    assert main([command, *WHO, "--data-dir", str(tmp_path)]) == 2
    out, err = capsys.readouterr()
    assert out == "" and str(tmp_path) in err and "run.py demo" in err


def test_an_empty_database_is_told_to_be_migrated(
    postgres_server: Server, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with postgres_server.temporary() as name:
        monkeypatch.setenv("DATABASE_URL", postgres_server.url_of(name))
        assert main(["token", *WHO]) == 2
    assert "run.py migrate" in capsys.readouterr().err


def test_the_demo_never_moves_in_with_another_company(
    postgres_server: Server,
    template_database: str,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    arguments = ["demo", "--port", str(find_free_port("127.0.0.1")), "--data-dir", str(tmp_path)]
    with postgres_server.temporary(template_database) as name:
        url = postgres_server.url_of(name)
        database = Database(make_engine(url, pool_size=1))
        with database.transaction() as session:
            make_company(session)
        monkeypatch.setenv("DATABASE_URL", url)
        assert main(arguments) == 2
        with database.reading() as session:
            assert session.execute(text("SELECT to_regclass('demo.world')")).scalar_one() is None
        database.dispose()
    out, err = capsys.readouterr()
    assert out == "" and "unset DATABASE_URL" in err and "Traceback" not in err


def test_a_database_of_ones_own_is_not_forgotten_by_the_demo(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://ondol@127.0.0.1:9/ondol")
    port = str(find_free_port("127.0.0.1"))
    assert main(["demo", "--fresh", "--port", port, "--data-dir", str(tmp_path)]) == 2
    assert "--fresh" in capsys.readouterr().err


FOUNDING = ["first-admin", "--name", "새보일러", "--admin-name", "최관리"]


def test_what_a_first_admin_typed_wrong_is_said_field_by_field(
    postgres_server: Server,
    template_database: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("a-long-password\n"))
    with postgres_server.temporary(template_database) as name:
        monkeypatch.setenv("DATABASE_URL", postgres_server.url_of(name))
        assert main([*FOUNDING, "--company", "new", "--phone", "12", "--login", "admin"]) == 2
    out, err = capsys.readouterr()
    assert out == "" and "  --phone: " in err and len(err.splitlines()) == 2


def test_migrating_a_database_that_is_away_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://ondol@127.0.0.1:9/ondol")
    assert main(["migrate"]) == 2
    assert "데이터베이스에 닿지 않습니다" in capsys.readouterr().err


@pytest.mark.parametrize("port", ["99999", "0", "-1", "web"])
def test_a_port_that_cannot_be_is_refused(port: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["serve", f"--port={port}"])
    assert "65535" in capsys.readouterr().err


def test_nothing_is_served_from_a_database_without_tables(
    postgres_server: Server, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("NOTICES", "off")
    with postgres_server.temporary() as name:
        monkeypatch.setenv("DATABASE_URL", postgres_server.url_of(name))
        assert main(["serve", "--port", str(find_free_port("127.0.0.1"))]) == 2
    assert "run.py migrate" in capsys.readouterr().err
