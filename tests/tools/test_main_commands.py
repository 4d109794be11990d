"""The commands that scripts use: what they print where, and what they say when the database is away."""

from __future__ import annotations

from pathlib import Path

import pytest

from main import main
from tests.databases import Server

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
