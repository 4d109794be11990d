"""How long requests take, by route: counted in this process, read by `/metrics`."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Histogram

BUCKETS_S = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class RequestTimes:
    """A histogram of one application, without its streams (`/live`): they last as long as a page is open."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._seconds = Histogram(
            "ondol_request_seconds",
            "Seconds from a request to the end of its answer, by route, method and kind of status",
            ("route", "method", "status"),
            buckets=BUCKETS_S,
            registry=self.registry,
        )

    def add(self, *, route: str, method: str, status: int, seconds: float) -> None:
        """Count an answer. Status 0: the asker left before there was one."""
        if route == "/live":
            return
        known = method if method in _METHODS else "other"
        self._seconds.labels(route, known, f"{status // 100}xx").observe(seconds)
