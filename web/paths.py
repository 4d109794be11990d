"""Where a form may send a person back to."""

from __future__ import annotations


def own_path(target: str) -> str:
    """Only paths of this site: an address of another site must not ride on our forms."""
    safe = target.startswith("/") and not target.startswith(("//", "/\\"))
    return target if safe and "\n" not in target and "\r" not in target else "/"
