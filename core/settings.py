"""Settings of an installation, read once from the environment in `main.py` and passed down in pieces.

Numbers that a law, a maker or a season sets are not here: they are dated rows (`core.dated`).
"""

from __future__ import annotations

import string
import tempfile
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic_settings import BaseSettings, SettingsConfigDict

DEMO_KEY = "ondol-demo-invented-key-for-invented-people"
KEY_LENGTH = 32
VAPID_KEY_CHARS = 43
BASE64URL = frozenset(string.ascii_letters + string.digits + "-_")
SMALLEST_TABLE = 2
"""One place to drive from and one to drive to."""


TEXT_SECRETS = {
    "solapi": ("api_key", "api_secret"),
    "sens": ("access_key", "secret_key", "sms_service"),
    "nhn": ("app_key", "secret_key"),
}
"""What an account of each text provider cannot be without."""


class Settings(BaseSettings):
    """Environment of one process; every field can be given as an upper-case environment variable."""

    model_config = SettingsConfigDict(env_prefix="", env_file=None, extra="ignore")

    database_url: str = ""
    """`postgresql://…` of PostgreSQL >= 15. Empty only where `demo` brings its own."""
    base_url: str = "http://127.0.0.1:8000"
    """How the outside reaches this installation, without a trailing slash."""
    link_base_url: str = ""
    """A short domain of one's own for the links in texts, e.g. `https://on.dol.kr`, which leads here as well;
    empty: `base_url`."""
    link_requests_a_minute: int = 60
    """How often one link may be asked; all web processes together."""
    link_requests_a_minute_address: int = 1200
    """The same of one address, whatever the links: a carrier's customers share one."""
    ondol_mode: Literal["production", "demo"] = "production"
    secret_key: str = ""
    """Seals authenticators. 32 characters or more; several, newest first, parted by commas."""
    login_free_tries: int = 5
    """Wrong passwords of one log-in name, or wrong codes of one account, before it has to wait."""
    login_free_tries_address: int = 100
    """The same of one address, whatever the names; an office shares one."""
    login_pause_s: int = 30
    """The first wait; each further wrong one doubles it."""
    login_pause_longest_s: int = 900
    oidc_issuer: str = ""
    """The company's identity provider (OpenID Connect), e.g. `https://login.example.com`; empty: none."""
    oidc_client_id: str = ""
    oidc_client_secret: str = ""
    oidc_name: str = ""
    """What the log-in page calls it, e.g. `온누리 통합 로그인`."""
    notices: Literal["on", "off"] = "on"
    sms_provider: Literal["", "solapi", "sens", "nhn", "fake"] = ""
    """Whom a company uses that has chosen no order of its own. `fake` is taken in demo and tests alone."""
    solapi_url: str = "https://api.solapi.com"
    solapi_api_key: str = ""
    solapi_api_secret: str = ""
    sens_url: str = "https://sens.apigw.ntruss.com"
    sens_access_key: str = ""
    sens_secret_key: str = ""
    sens_sms_service: str = ""
    """Service id of NAVER SENS for texts, `ncp:sms:kr:…`."""
    sens_alimtalk_service: str = ""
    """The same for 알림톡, `ncp:kkobizmsg:kr:…`; empty: this account sends texts alone."""
    nhn_url: str = "https://api-sms.cloud.toast.com"
    nhn_app_key: str = ""
    nhn_secret_key: str = ""
    text_accounts: dict[str, dict[str, str]] = {}
    """More accounts, as JSON: `{"haedam-sens": {"provider": "sens", "access_key": "…", …}}`. A company's
    order of providers names them; `solapi`, `sens` and `nhn` are the accounts above."""
    webhook_token: str = ""
    """Secret part of the provider's webhook address."""
    vapid_private_key: str = ""
    """base64url, 32 bytes: as whom technicians' phones are told (web push). Empty: they are told by text."""
    vapid_contact: str = ""
    """`mailto:…` or `https:…`: where a push service writes when something is wrong; empty: BASE_URL."""
    push_services: str = (
        "fcm.googleapis.com,*.push.services.mozilla.com,*.push.apple.com,*.notify.windows.com"
    )
    """Hosts of push services, comma-separated; `*.` stands for every host below. Pushes go nowhere else."""
    fake_provider_url: str = ""
    map_tile_url: str = ""
    """Optional `https://…/{z}/{x}/{y}.png`; without it the map shows district outlines alone."""
    web_threads: int = 6
    """Requests at once in a web process, and its connections. For more, start more processes."""
    web_processes: int = 1
    looks_url: str = ""
    """Where a process of its own (`main.py serve --looks`) writes what open pages ask by themselves, e.g.
    `http://127.0.0.1:8009`; empty: each web process does it beside people's requests."""
    worker_events: int = 1
    """Events at once in a worker process. They keep its interpreter busy: for more, start more workers."""
    worker_texts: int = 4
    """Texts at once: they wait for the provider. Solves run one at a time."""
    worker_queues: str = ""
    """Comma-separated queues of this worker process; empty means all."""
    worker_heartbeat_s: float = 5.0
    worker_stalled_s: float = 20.0
    """A worker silent for so long is gone: its jobs are taken up by another. At least three heartbeats."""
    day_sheets_dir: str = ""
    """A folder into which a worker writes each point's day as a page every 15 minutes; empty: none."""
    disk_paths: str = ""
    """Comma-separated folders whose disks `/ready` and `/metrics` watch (say, PostgreSQL's when it is on this
    machine); empty means the one for temporary files."""
    disk_free_mb: int = 500
    """Below this many free megabytes a disk counts as full."""
    solve_seconds: float = 4.0
    """Wall seconds of one improving solve (contract: at most 5)."""

    osrm_url: str = ""
    """A road engine (OSRM) of one's own, e.g. `http://127.0.0.1:5000`; empty: travel times are estimated."""
    osrm_table_size: int = 100
    """Places in one question: no more than the engine's own `--max-table-size`."""
    osrm_budget_s: float = 1.0
    """What one ticket may wait for the engine, all questions together; then it is planned with estimates."""
    osrm_solve_budget_s: float = 10.0
    """The same for an improving solve, for which nobody waits."""
    osrm_pause_s: float = 30.0
    """So long an engine that has failed three times in a row is left alone."""

    @property
    def seal_key(self) -> str:
        """What authenticators are sealed under; the demo's people are invented, and so is its key."""
        return self.secret_key or (DEMO_KEY if self.is_demo else "")

    @property
    def push_hosts(self) -> tuple[str, ...]:
        """Where pushes may go."""
        return tuple(name.strip() for name in self.push_services.split(",") if name.strip())

    @property
    def has_provider(self) -> bool:
        """Whether people may log in through an identity provider."""
        return bool(self.oidc_issuer)

    @property
    def links_at(self) -> str:
        """Where links in texts lead, without a trailing slash."""
        return (self.link_base_url or self.base_url).rstrip("/")

    @property
    def is_https(self) -> bool:
        """Whether the outside reaches this installation over TLS alone."""
        return self.base_url.startswith("https://")

    @property
    def is_demo(self) -> bool:
        """Whether this process belongs to the self-contained demo."""
        return self.ondol_mode == "demo"

    @property
    def watched_disks(self) -> tuple[Path, ...]:
        """The folders whose disks are watched."""
        named = [Path(each.strip()) for each in self.disk_paths.split(",") if each.strip()]
        return tuple(named) or (Path(tempfile.gettempdir()),)

    @property
    def sends_notices(self) -> bool:
        """Whether texts leave the house."""
        return self.notices == "on"


class StartupRefusedError(Exception):
    """The settings must not go live as they are; the text says what to set."""


def check_settings_for_start(settings: Settings) -> None:
    """Refuse to start a real installation without a real way to tell people.

    Raises:
        StartupRefusedError: no database, or outside the demo a fake or absent SMS provider.
    """
    if not settings.database_url:
        raise StartupRefusedError(
            "DATABASE_URL is not set. Give a PostgreSQL (>= 15) address, or run `python3 run.py demo`."
        )
    _check_access(settings)
    _check_road_engine(settings)
    if settings.link_base_url and not _is_server(settings.link_base_url):
        raise StartupRefusedError(
            f"LINK_BASE_URL is no address that a text could name: {settings.link_base_url!r}. Write it like "
            "https://on.example.kr, or leave it empty to use BASE_URL."
        )
    if settings.looks_url and not _is_server(settings.looks_url):
        raise StartupRefusedError(
            f"LOOKS_URL is no address of a looks process: {settings.looks_url!r}. Write it like "
            "http://127.0.0.1:8009, or leave it empty to let each web process write the looks itself."
        )
    _check_push_key(settings)
    if settings.is_demo or not settings.sends_notices:
        return
    if settings.sms_provider not in TEXT_SECRETS:
        raise StartupRefusedError(
            "No real SMS provider is set (SMS_PROVIDER=solapi, SOLAPI_API_KEY, SOLAPI_API_SECRET; or sens, "
            "nhn). To run without any text messages set NOTICES=off; every page will then say so."
        )
    needed = [f"{settings.sms_provider}_{name}" for name in TEXT_SECRETS[settings.sms_provider]]
    if not all(getattr(settings, name) for name in needed):
        raise StartupRefusedError(f"{' and '.join(name.upper() for name in needed)} must all be set.")
    for name, account in settings.text_accounts.items():
        missing = [key for key in TEXT_SECRETS.get(account.get("provider", ""), ()) if not account.get(key)]
        if missing or account.get("provider") not in TEXT_SECRETS:
            wanted = ", ".join(missing) or f"provider ({', '.join(TEXT_SECRETS)})"
            raise StartupRefusedError(f"TEXT_ACCOUNTS: {name} lacks {wanted}.")


def _check_push_key(settings: Settings) -> None:
    """A wrong key would be noticed by technicians' phones alone. Raises StartupRefusedError."""
    key = settings.vapid_private_key
    if not key:
        return
    if len(key) != VAPID_KEY_CHARS or not set(key) <= BASE64URL:
        raise StartupRefusedError(
            "VAPID_PRIVATE_KEY is no key: 32 bytes in base64url. `python3 main.py push-key` prints one."
        )
    if not (settings.vapid_contact or settings.base_url).startswith(("mailto:", "https://")):
        raise StartupRefusedError("VAPID_CONTACT must be a mailto: or https: address.")


def _check_access(settings: Settings) -> None:
    """Half a setting is a mistake that would be noticed at the log-in only. Raises StartupRefusedError."""
    if any(len(key.strip()) < KEY_LENGTH for key in settings.secret_key.split(",") if key.strip()):
        raise StartupRefusedError(
            f"SECRET_KEY is too short: {KEY_LENGTH} characters or more, e.g. `openssl rand -base64 48`."
        )
    if settings.oidc_issuer and not settings.oidc_issuer.startswith(("https://", "http://127.0.0.1:")):
        raise StartupRefusedError(
            "OIDC_ISSUER must be an https:// address, as the provider writes it itself."
        )
    given = (settings.oidc_issuer, settings.oidc_client_id, settings.oidc_client_secret)
    if any(given) and not all(given):
        raise StartupRefusedError(
            "OIDC_ISSUER, OIDC_CLIENT_ID and OIDC_CLIENT_SECRET must all be set, or none of them."
        )


PUBLIC_ENGINES = ("project-osrm.org", "openstreetmap.de")
"""Servers for trying things out: planning would send them every home, all day long."""


def _is_server(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme in ("http", "https") and bool(parts.hostname) and not (parts.query or parts.fragment)


def _check_road_engine(settings: Settings) -> None:
    """A wrong address would be noticed by its estimates alone. Raises StartupRefusedError."""
    if not settings.osrm_url:
        return
    parts = urlsplit(settings.osrm_url)
    if not _is_server(settings.osrm_url):
        raise StartupRefusedError(
            f"OSRM_URL is no address of a road engine: {settings.osrm_url!r}. "
            "Write it like http://127.0.0.1:5000, or leave it empty to estimate travel times."
        )
    if "/table" in parts.path or "/route" in parts.path:
        raise StartupRefusedError(
            "OSRM_URL must be the engine's own address, without /table or /route: "
            "write it like http://127.0.0.1:5000."
        )
    host = parts.hostname or ""
    if any(host == each or host.endswith("." + each) for each in PUBLIC_ENGINES):
        raise StartupRefusedError(
            f"OSRM_URL names a public server ({host}). It would be sent every customer's place, "
            "and its rules forbid such use. Run an engine of your own: docs/operations.md says how."
        )
    if settings.osrm_table_size < SMALLEST_TABLE:
        raise StartupRefusedError(f"OSRM_TABLE_SIZE must be {SMALLEST_TABLE} or more.")
    if min(settings.osrm_budget_s, settings.osrm_solve_budget_s, settings.osrm_pause_s) <= 0:
        raise StartupRefusedError(
            "OSRM_BUDGET_S, OSRM_SOLVE_BUDGET_S and OSRM_PAUSE_S are seconds and must be above 0."
        )
