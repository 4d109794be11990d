"""As whom an installation pushes."""

from __future__ import annotations

from core.settings import Settings
from notifications.push_service import PushService
from notifications.web_push import Sender


def sender_of(settings: Settings) -> Sender | None:
    """The installation's key pair; None where it has none and technicians are told by text."""
    contact = settings.vapid_contact or settings.base_url
    if settings.vapid_private_key:
        return Sender(settings.vapid_private_key, contact)
    return Sender.derived_from(settings.seal_key, contact=contact) if settings.is_demo else None


def make_push_service(settings: Settings) -> PushService | None:
    """Who pushes; None without a key."""
    sender = sender_of(settings)
    return PushService(sender=sender, services=settings.push_hosts) if sender else None
