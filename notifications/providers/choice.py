"""Which accounts an installation has, and in which order a company uses them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from core.settings import Settings, StartupRefusedError
from notifications.providers.base import Provider
from notifications.providers.nhn import NhnProvider
from notifications.providers.sens import SensProvider
from notifications.providers.solapi import SolapiProvider

MAKERS: Mapping[str, Callable[..., Provider]] = {
    "solapi": SolapiProvider,
    "sens": SensProvider,
    "nhn": NhnProvider,
}
"""By the provider's name; each takes the fields of its account and `base_url`."""
_FIELDS = {
    "solapi": ("api_key", "api_secret"),
    "sens": ("access_key", "secret_key", "sms_service", "alimtalk_service"),
    "nhn": ("app_key", "secret_key"),
}


@dataclass(frozen=True)
class Carriers:
    """The accounts of this installation by name, and the order where a company has chosen none."""

    accounts: Mapping[str, Provider]
    usual: tuple[str, ...]

    def order(self, chosen: Sequence[str]) -> tuple[str, ...]:
        """The accounts of a company, the first to try in front; those that are not set up are left out."""
        return tuple(name for name in chosen if name in self.accounts) or self.usual

    def close(self) -> None:
        """Let go of every connection."""
        for provider in self.accounts.values():
            provider.close()


def make_carriers(settings: Settings) -> Carriers:
    """Every account that the settings have; those at the fake provider in the demo alone.

    Raises:
        StartupRefusedError: there is none, or a fake one outside the demo.
    """
    if settings.sms_provider == "fake" and settings.is_demo and settings.fake_provider_url:
        return fake_carriers(settings.fake_provider_url)
    accounts = {
        name: MAKERS[name](**given, base_url=_url(settings, name))
        for name, fields in _FIELDS.items()
        if (given := {field: getattr(settings, f"{name}_{field}") for field in fields})[fields[0]]
    }
    for name, account in settings.text_accounts.items():
        kind = account["provider"]
        given = {field: account.get(field, "") for field in _FIELDS[kind]}
        accounts[name] = MAKERS[kind](**given, base_url=account.get("base_url", _url(settings, kind)))
    if settings.sms_provider in accounts:
        return Carriers(accounts, (settings.sms_provider,))
    raise StartupRefusedError(
        "No SMS provider: set SMS_PROVIDER=solapi (or sens, nhn) with its keys, or NOTICES=off. "
        "SMS_PROVIDER=fake with FAKE_PROVIDER_URL works in the demo alone."
    )


def fake_carriers(url: str, *, timeout_s: float = 5.0) -> Carriers:
    """An account of each provider at the fake one; nothing that it takes goes anywhere."""
    from notifications.fake_provider import credentials

    accounts = {
        name: MAKERS[name](**given, base_url=url, timeout_s=timeout_s)
        for name, given in credentials.ACCOUNTS.items()
    }
    return Carriers(accounts, ("solapi",))


def _url(settings: Settings, provider: str) -> str:
    return str(getattr(settings, f"{provider}_url"))
