"""`python -m notifications.fake_provider --port 0`: prints its address, then serves until it is stopped."""

from __future__ import annotations

import argparse
import socket
import sys
from collections.abc import Sequence

import uvicorn

from notifications.fake_provider.app import API_KEY, API_SECRET, create_fake_provider
from notifications.fake_provider.controls import Controls


def main(arguments: Sequence[str] | None = None) -> None:
    """Bind first, then tell the port: with `--port 0` nobody else knows it."""
    parser = argparse.ArgumentParser(prog="notifications.fake_provider", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0: any free port")
    parser.add_argument("--webhook-url", help="where delivery reports are posted")
    parser.add_argument("--delay", type=float, default=1.0, help="seconds until the delivery report")
    parser.add_argument("--api-key", default=API_KEY)
    parser.add_argument("--api-secret", default=API_SECRET)
    options = parser.parse_args(arguments)
    app = create_fake_provider(
        api_key=options.api_key,
        api_secret=options.api_secret,
        controls=Controls(webhook_url=options.webhook_url, delay_s=options.delay),
    )
    with socket.create_server((options.host, options.port)) as listening:
        host, port = listening.getsockname()[:2]
        sys.stdout.write(f"http://{host}:{port}\n")
        sys.stdout.flush()
        config = uvicorn.Config(app, log_level="warning", ws="none", timeout_graceful_shutdown=1)
        uvicorn.Server(config).run(sockets=[listening])


if __name__ == "__main__":
    main()
