"""Short messages that ride on an answer to the browser."""

from __future__ import annotations

import json


def toast(text: str, kind: str = "ok") -> dict[str, str]:
    """The header that shows a short message; none for an empty one."""
    return {"HX-Trigger": json.dumps({"toast": {"text": text, "kind": kind}})} if text else {}
