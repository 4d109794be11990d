"""What may go live, and what is refused with the sentence that helps."""

from __future__ import annotations

import os
from collections.abc import Sequence

import pytest

from core.db import Database
from core.settings import Settings, StartupRefusedError, check_settings_for_start
from main import main
from notifications.providers.choice import make_carriers
from operators.database import require_key
from tests import world
from workforce.access_models import SecondFactor
from workforce.models import Account

DATABASE = "postgresql://nobody@127.0.0.1:1/none"
KEYS = {"sms_provider": "solapi", "solapi_api_key": "key", "solapi_api_secret": "secret"}


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({}, "SMS_PROVIDER"),
        ({"sms_provider": "fake"}, "SMS_PROVIDER"),
        ({"sms_provider": "fake", "fake_provider_url": "http://127.0.0.1:1"}, "NOTICES=off"),
        ({"sms_provider": "solapi"}, "SOLAPI_API_KEY"),
        ({**KEYS, "solapi_api_secret": ""}, "SOLAPI_API_SECRET"),
        ({"sms_provider": "sens", "sens_access_key": "a"}, "SENS_SMS_SERVICE"),
        (
            {**KEYS, "text_accounts": {"x": {"provider": "nhn", "app_key": "a"}}},
            "TEXT_ACCOUNTS: x lacks secret_key",
        ),
        ({**KEYS, "text_accounts": {"x": {}}}, "TEXT_ACCOUNTS: x lacks provider"),
        ({**KEYS, "database_url": ""}, "DATABASE_URL"),
        ({"notices": "off", "database_url": ""}, "DATABASE_URL"),
        ({"notices": "off", "secret_key": "short"}, "SECRET_KEY"),
        ({"notices": "off", "secret_key": f"{'k' * 40},short"}, "SECRET_KEY"),
        ({"notices": "off", "oidc_issuer": "https://login.example.com"}, "OIDC_CLIENT_ID"),
        ({"notices": "off", "oidc_client_secret": "x"}, "OIDC_ISSUER"),
        ({"notices": "off", "oidc_issuer": "http://login.example.com"}, "https://"),
        ({"notices": "off", "osrm_url": "roads.example.com:5000"}, "http://127.0.0.1:5000"),
        ({"notices": "off", "osrm_url": "http://"}, "OSRM_URL is no address"),
        ({"notices": "off", "looks_url": "127.0.0.1:8009"}, "http://127.0.0.1:8009"),
        ({"notices": "off", "osrm_url": "http://roads:5000/?profile=car"}, "OSRM_URL is no address"),
        ({"notices": "off", "osrm_url": "http://roads:5000/table/v1/driving"}, "without /table"),
        ({"notices": "off", "osrm_url": "https://router.project-osrm.org"}, "public server"),
        ({"notices": "off", "osrm_url": "http://roads:5000", "osrm_table_size": "1"}, "OSRM_TABLE_SIZE"),
        ({"notices": "off", "osrm_url": "http://roads:5000", "osrm_budget_s": "0"}, "OSRM_BUDGET_S"),
    ],
)
def test_refused(given: dict[str, str], named: str) -> None:
    settings = Settings(**{"database_url": DATABASE, **given})  # type: ignore[arg-type]
    with pytest.raises(StartupRefusedError, match=named):
        check_settings_for_start(settings)


@pytest.mark.parametrize(
    "given",
    [
        KEYS,
        {"notices": "off", "osrm_url": "http://10.0.0.5:5000/korea"},
        {"notices": "off"},
        {"notices": "off", "sms_provider": "fake"},
        {"ondol_mode": "demo"},
    ],
)
def test_taken(given: dict[str, str]) -> None:
    check_settings_for_start(Settings(database_url=DATABASE, **given))  # type: ignore[arg-type]


def test_the_fake_provider_is_never_made_outside_the_demo() -> None:
    fake = {"sms_provider": "fake", "fake_provider_url": "http://127.0.0.1:1"}
    with pytest.raises(StartupRefusedError):
        make_carriers(Settings(**fake))  # type: ignore[arg-type]
    demo = make_carriers(Settings(ondol_mode="demo", **fake))  # type: ignore[arg-type]
    assert set(demo.accounts) == {"solapi", "sens", "nhn"}
    demo.close()


def test_accounts_are_what_the_settings_have_keys_of() -> None:
    more = {"haedam": {"provider": "sens", "access_key": "a", "secret_key": "s", "sms_service": "ncp:sms:1"}}
    carriers = make_carriers(Settings(**KEYS, text_accounts=more))  # type: ignore[arg-type]
    assert {name: account.name for name, account in carriers.accounts.items()} == {
        "solapi": "solapi",
        "haedam": "sens",
    }
    assert carriers.order(["haedam", "solapi"]) == ("haedam", "solapi")
    assert carriers.order(["gone"]) == carriers.order([]) == ("solapi",)
    carriers.close()


@pytest.mark.parametrize("command", [["serve", "--port", "1"], ["worker"]])
@pytest.mark.parametrize(
    ("given", "named"),
    [({}, "DATABASE_URL"), ({"DATABASE_URL": DATABASE, "SMS_PROVIDER": "fake"}, "NOTICES=off")],
)
def test_the_commands_say_in_one_line_why_they_do_not_start(
    command: Sequence[str],
    given: dict[str, str],
    named: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name in ("DATABASE_URL", "ONDOL_MODE", "NOTICES", "SMS_PROVIDER"):
        monkeypatch.delenv(name, raising=False)
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    before = os.nice(0)
    assert main(list(command)) == 2
    assert os.nice(0) == before, "who does not start gives way to nobody: the process goes on"
    said = capsys.readouterr().err
    assert named in said and said.count("\n") == 1


def test_without_the_key_nobody_is_served_once_somebody_has_a_second_factor(
    database: Database, database_url: str
) -> None:
    given = Settings(database_url=database_url, notices="off")
    require_key(given)
    with database.transaction() as session:
        person = world.make_person(session)
        account = Account(person_id=person.id or 0, login="kim", created_at=world.NOW)
        session.add(account)
        session.flush()
        factor = SecondFactor(
            account_id=account.id or 0, sealed_secret="x", confirmed_at=world.NOW, last_step=0
        )
        session.add(factor)
    with pytest.raises(StartupRefusedError, match="SECRET_KEY"):
        require_key(given)
    require_key(Settings(database_url=database_url, notices="off", secret_key="k" * 40))
    require_key(Settings(database_url=database_url, ondol_mode="demo"))
    require_key(Settings(database_url=DATABASE, notices="off"))  # away: met, and told of, later
