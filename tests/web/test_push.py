"""What a browser fetches before anybody is known, and who may ask to be told where."""

from __future__ import annotations

import httpx
import pytest

from core.settings import Settings, StartupRefusedError, check_settings_for_start
from notifications.web_push import new_private_key
from tests.notifications.push_makers import Phone
from tests.serving import client_of
from tests.web.conftest import ClientAs, WebWorld


@pytest.fixture
def nobody(web_world: WebWorld) -> httpx.Client:
    """A browser without cookies."""
    client = client_of(web_world.url)
    web_world.clients.append(client)
    return client


def test_a_phone_fetches_the_worker_and_the_manifest_without_cookies(nobody: httpx.Client) -> None:
    worker = nobody.get("/m/worker.js")
    assert worker.headers["service-worker-allowed"] == "/m"
    assert worker.headers["content-type"].startswith("text/javascript")
    assert worker.headers["cache-control"] == "no-cache"
    assert "script-src 'self'" in worker.headers["content-security-policy"]
    assert "showNotification" in worker.text
    manifest = nobody.get("/m/app.webmanifest").json()
    assert (manifest["start_url"], manifest["scope"], manifest["display"]) == ("/m", "/m", "standalone")
    assert nobody.get(manifest["icons"][0]["src"]).status_code == 200


def test_without_a_key_nothing_is_offered_and_nothing_taken(web_world: WebWorld, client_as: ClientAs) -> None:
    technician = client_as("technician", technician=web_world.technician)
    assert "data-push=" not in technician.get("/m").text
    form = Phone("https://fcm.googleapis.com/fcm/send/x").form
    assert technician.post("/m/devices", data=form).status_code == 404
    assert client_as("dispatcher").post("/m/devices", data=form).status_code == 403


@pytest.mark.parametrize("key", ["short", "x" * 44, "!" * 43])
def test_a_key_that_is_none_is_refused_at_the_start(key: str) -> None:
    with pytest.raises(StartupRefusedError, match="VAPID_PRIVATE_KEY"):
        check_settings_for_start(Settings(database_url="postgresql://x", vapid_private_key=key))


def test_a_new_key_is_taken_with_an_address_to_write_to() -> None:
    given = {"database_url": "postgresql://x", "notices": "off", "vapid_private_key": new_private_key()}
    check_settings_for_start(Settings(**given, vapid_contact="mailto:it@onnuri.example"))
    with pytest.raises(StartupRefusedError, match="VAPID_CONTACT"):
        check_settings_for_start(Settings(**given, base_url="http://10.0.0.1"))
