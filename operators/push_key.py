"""As whom an installation pushes to technicians' phones."""

from __future__ import annotations

import argparse
from typing import Any


def add_commands(commands: Any) -> None:
    """Declare `push-key`.

    Args:
        commands: argparse's sub-parsers.
    """
    commands.add_parser("push-key", help=push_key.__doc__).set_defaults(run=push_key)


def push_key(_arguments: argparse.Namespace) -> int:
    """Print a new VAPID_PRIVATE_KEY and nothing else; another key makes every phone ask again."""
    from notifications.web_push import new_private_key

    print(new_private_key())
    return 0
