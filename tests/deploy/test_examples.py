"""The examples in deploy/ name commands, settings and addresses that exist."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from fastapi.routing import APIRoute

from core.settings import Settings, check_settings_for_start
from main import ROOT, _parser
from tools.commands import HELP
from web.looks import BY_ITSELF
from web.pages.live import router as live_router
from web.readiness import CHECKS
from web.routes import PAGE_ROUTERS

DEPLOY = ROOT / "deploy"
UNITS = sorted(DEPLOY.glob("*.service"))
FROM_OUTSIDE = {"PYTHONUNBUFFERED", "PYTHONPYCACHEPREFIX"}


def settings_of(unit: Path) -> dict[str, list[str]]:
    """Directive -> its values, in order."""
    found: dict[str, list[str]] = {}
    for line in unit.read_text(encoding="utf-8").splitlines():
        name, equals, value = line.partition("=")
        if equals and not line.startswith("#"):
            found.setdefault(name, []).append(value)
    return found


def accepted(arguments: list[str]) -> str:
    """The command that our own command line makes of these arguments."""
    return str(_parser().parse_args(arguments).command)


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_a_unit_runs_a_command_of_ours_without_rights(unit: Path) -> None:
    found = settings_of(unit)
    program, script, *arguments = shlex.split(found["ExecStart"][0].replace("%i", "8001"))
    assert (program, script) == (f"{found['WorkingDirectory'][0]}/.venv/bin/python", "main.py")
    serves = unit.stem in ("ondol-web@", "ondol-looks")
    assert accepted(arguments) == ("serve" if serves else unit.stem.removeprefix("ondol-"))
    for name in ("DynamicUser", "NoNewPrivileges", "ProtectHome", "PrivateTmp", "PrivateDevices"):
        assert found[name] == ["yes"], name
    assert found["ProtectSystem"] == ["strict"]
    assert found["CapabilityBoundingSet"] == [""]
    names = {pair.split("=")[0] for line in found["Environment"] for pair in line.split()}
    assert names <= FROM_OUTSIDE


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd on this machine")
def test_systemd_understands_every_line(tmp_path: Path) -> None:
    for unit in UNITS:
        text = unit.read_text(encoding="utf-8").replace("/opt/ondol/.venv/bin/python", "/bin/true")
        (tmp_path / unit.name).write_text(text, encoding="utf-8")
    units = [str(tmp_path / unit.name.replace("@", "@8001")) for unit in UNITS]
    (tmp_path / "ondol-web@8001.service").symlink_to(tmp_path / "ondol-web@.service")
    said = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *units], capture_output=True, text=True, check=False
    ).stderr
    assert not [line for line in said.splitlines() if "ondol" in line], said


def test_the_settings_of_the_example_are_ours_and_let_it_start() -> None:
    lines = (DEPLOY / "ondol.env.example").read_text(encoding="utf-8").splitlines()
    given = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    assert {name.lower() for name in given} <= set(Settings.model_fields)
    filled = {name.lower(): value or "filled in" for name, value in given.items()}
    check_settings_for_start(Settings.model_validate(filled))


def test_the_image_runs_without_rights_and_asks_what_exists() -> None:
    text = (DEPLOY / "Containerfile").read_text(encoding="utf-8")
    last = text[text.rindex("FROM ") :]
    user = re.search(r"^USER (\d+)", last, re.MULTILINE)
    assert user is not None and int(user[1]) > 0
    entry, command = (
        json.loads(line.split(" ", 1)[1])
        for line in last.splitlines()
        if line.startswith(("ENTRYPOINT", "CMD"))
    )
    assert entry == [".venv/bin/python", "main.py"]
    assert accepted(command) == "serve"
    asked = re.search(r"/api/v1/ready\?exclude=(\w+)", last)
    assert asked is not None and asked[1] in CHECKS
    for run in re.findall(r"python3 run\.py (\w+)", text):
        assert f"  {run} " in HELP


def test_the_front_server_names_our_processes_and_our_header() -> None:
    front = (DEPLOY / "nginx.conf.example").read_text(encoding="utf-8")
    looks = settings_of(DEPLOY / "ondol-looks.service")["ExecStart"][0].split()[-1]
    assert f"server 127.0.0.1:{looks} " in front
    assert f"$http_{BY_ITSELF.replace('-', '_')}" in front
    streams = re.findall(r"location = (\S+) \{\s+proxy_pass http://ondol_looks;", front)
    assert streams == ["/live"] and any(route.path == "/live" for route in live_router.routes)


def test_no_log_of_the_front_server_holds_a_token_or_what_was_searched_for() -> None:
    front = (DEPLOY / "nginx.conf.example").read_text(encoding="utf-8")
    (written,) = re.findall(r"log_format ondol '(.+)';", front)
    assert re.findall("access_log .*", front) == ["access_log /var/log/nginx/access.log ondol;"]
    assert not re.search(r"\$(request|request_uri|args|query_string|http_referer)\b", written)
    (masked,) = re.findall(r'"~(\S+)" "/\$kind/\.\.\.";', front)
    (quiet,) = re.findall(r"location ~ (\S+) \{[^}]*error_log \S+ crit;", front)
    paths = {route.path for router in PAGE_ROUTERS for route in router.routes if isinstance(route, APIRoute)}
    secret = {path for path in paths if "{token}" in path}
    assert {"/t/{token}", "/login/once/{token}"} < secret
    for path in secret:
        assert re.match(masked.replace("?<", "?P<"), path) and re.match(quiet, path), path


def test_the_composition_runs_commands_of_ours_on_a_read_only_root() -> None:
    composed: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yml").read_text(encoding="utf-8"))
    services = composed["services"]
    ours = {name: each for name, each in services.items() if name != "database"}
    assert set(ours) == {"migrate", "web", "worker"}
    for name, each in ours.items():
        assert each["read_only"] is True and each["cap_drop"] == ["ALL"], name
        assert {key.lower() for key in each["environment"]} <= set(Settings.model_fields)
        if "command" in each:
            assert accepted(each["command"]) == name
        for waits_for in each["depends_on"]:
            assert waits_for in services
    assert (ROOT / "deploy" / composed["x-ondol"]["build"]["context"]).resolve() == ROOT
