"""What every answer says to the browser: what a page may load, who may frame it, and that TLS stays."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from urllib.parse import urlsplit

from core.settings import Settings

HSTS = "max-age=31536000; includeSubDomains"
KEY_IN_ADDRESS = "/t/"
PRIVATE = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow, noarchive",
}
"""Where the address is the key, whatever the answer: nobody keeps it, passes it on or lists it."""
NOT_USED = (
    "accelerometer",
    "autoplay",
    "camera",
    "display-capture",
    "encrypted-media",
    "fullscreen",
    "geolocation",
    "gyroscope",
    "magnetometer",
    "microphone",
    "midi",
    "payment",
    "picture-in-picture",
    "publickey-credentials-get",
    "screen-wake-lock",
    "usb",
    "xr-spatial-tracking",
)
"""Abilities of a browser that no page of ours uses, so that nothing slipped into one can."""


@cache
def _security_headers(base_url: str, tile_url: str) -> tuple[tuple[str, str], ...]:
    headers = {
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "same-origin",
        "Permissions-Policy": ", ".join(f"{name}=()" for name in NOT_USED),
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Content-Security-Policy": _policy(tile_url),
    }
    if base_url.startswith("https://"):
        headers["Strict-Transport-Security"] = HSTS
    return tuple(headers.items())


def security_headers(settings: Settings) -> Mapping[str, str]:
    """The headers of every answer of an installation."""
    return dict(_security_headers(settings.base_url, settings.map_tile_url))


def _policy(tile_url: str) -> str:
    """Everything from here; pictures besides from the one map server that the installation names."""
    tiles = urlsplit(tile_url.replace("{s}", "*"))
    pictures = f"'self' data: {tiles.scheme}://{tiles.netloc}" if tiles.netloc else "'self' data:"
    parts = {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "font-src": "'self'",
        "img-src": pictures,
        "connect-src": "'self'",
        "manifest-src": "'self'",
        "worker-src": "'self'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
        "base-uri": "'none'",
        "object-src": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in parts.items())
