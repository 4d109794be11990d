"""As whom an installation pushes."""

from __future__ import annotations

from core.settings import Settings, StartupRefusedError
from notifications.push_service import PushService
from notifications.web_push import BadKeyError, Sender


def sender_of(settings: Settings) -> Sender | None:
    """The installation's key pair; None where it has none and technicians are told by text.

    Raises:
        StartupRefusedError: VAPID_PRIVATE_KEY is no key, or there is no address to write to.
    """
    contact = settings.vapid_contact or settings.base_url
    if not settings.vapid_private_key:
        return Sender.derived_from(settings.seal_key, contact=contact) if settings.is_demo else None
    sender = Sender(settings.vapid_private_key, contact)
    try:
        _ = sender.public_key
    except BadKeyError as error:
        raise StartupRefusedError(
            f"VAPID_PRIVATE_KEY is no key: {error}. Make one with `python3 main.py push-key`."
        ) from error
    if not contact.startswith(("mailto:", "https://")):
        raise StartupRefusedError("VAPID_CONTACT must be a mailto: or https: address.")
    return sender


def make_push_service(settings: Settings) -> PushService | None:
    """Who pushes; None without a key. Raises `StartupRefusedError` as `sender_of`."""
    sender = sender_of(settings)
    return PushService(sender=sender, services=settings.push_hosts) if sender else None
