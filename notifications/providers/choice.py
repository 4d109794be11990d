"""Which provider an installation uses."""

from __future__ import annotations

from core.settings import Settings, StartupRefusedError
from notifications.providers.base import Provider
from notifications.providers.solapi import SolapiProvider


def make_provider(settings: Settings) -> Provider:
    """The provider that the settings name; the fake one in the demo alone.

    Raises:
        StartupRefusedError: none is named, or a fake one outside the demo.
    """
    if settings.sms_provider == "solapi":
        return SolapiProvider(
            api_key=settings.solapi_api_key,
            api_secret=settings.solapi_api_secret,
            base_url=settings.solapi_url,
        )
    if settings.sms_provider == "fake" and settings.is_demo and settings.fake_provider_url:
        from notifications.fake_provider.app import API_KEY, API_SECRET

        return SolapiProvider(api_key=API_KEY, api_secret=API_SECRET, base_url=settings.fake_provider_url)
    raise StartupRefusedError(
        "No SMS provider: set SMS_PROVIDER=solapi with its key and secret, or NOTICES=off. "
        "SMS_PROVIDER=fake with FAKE_PROVIDER_URL works in the demo alone."
    )
