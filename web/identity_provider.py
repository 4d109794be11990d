"""The company's identity provider (OpenID Connect Core 1.0): the way there, and what the way back proves.

Code flow with PKCE (RFC 7636), `state` and `nonce`. Addresses and keys are read anew at each log-in:
those are few, and a provider that changed its keys a minute ago is then understood. No transaction is open.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import ssl
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from urllib.parse import urlencode

import httpx
import structlog
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from core.errors import ForbiddenError, UnavailableError
from core.i18n import _
from core.settings import Settings

log = structlog.get_logger(__name__)

TIMEOUT_S = 5.0
ALGORITHMS = ["RS256", "PS256", "ES256"]
"""Never `none`, nor one that takes a public key for a shared secret."""
LEEWAY_S = 60
BACK = "/login/provider/back"


class ProviderAwayError(UnavailableError):
    """The identity provider does not answer, or not as the standard says."""

    code = "provider-away"


class NotProvenError(ForbiddenError):
    """What came back does not prove who it is."""

    code = "provider-not-proven"


@dataclass(frozen=True)
class Proven:
    """Who somebody is at the provider. `email` is empty unless the provider has verified it."""

    subject: str
    email: str


def way_there(settings: Settings, *, state: str, nonce: str, verifier: str) -> str:
    """Where the browser is sent. Raises ProviderAwayError."""
    found = _discover(settings)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    query = urlencode(
        {
            "response_type": "code",
            "client_id": settings.oidc_client_id,
            "redirect_uri": settings.base_url + BACK,
            "scope": "openid email",
            "state": state,
            "nonce": nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
    )
    where = str(found["authorization_endpoint"])
    return f"{where}{'&' if '?' in where else '?'}{query}"


def prove(settings: Settings, *, code: str, nonce: str, verifier: str, now: datetime) -> Proven:
    """Change the code for an ID token, and check all it says. Raises ProviderAwayError, NotProvenError."""
    found = _discover(settings)
    sent = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": settings.base_url + BACK,
        "code_verifier": verifier,
    }
    by_header = "client_secret_basic" in found.get(
        "token_endpoint_auth_methods_supported", ["client_secret_basic"]
    )
    if not by_header:
        sent |= {"client_id": settings.oidc_client_id, "client_secret": settings.oidc_client_secret}
    auth = (settings.oidc_client_id, settings.oidc_client_secret) if by_header else None
    answer = _ask("POST", str(found["token_endpoint"]), data=sent, auth=auth)
    keys = _ask("GET", str(found["jwks_uri"]))
    return _read(settings, str(answer.get("id_token", "")), keys, nonce=nonce, now=now)


def _read(settings: Settings, id_token: str, keys: dict[str, Any], *, nonce: str, now: datetime) -> Proven:
    registry = jwt.JWTClaimsRegistry(
        now=int(now.timestamp()),
        leeway=LEEWAY_S,
        iss={"essential": True, "value": settings.oidc_issuer},
        aud={"essential": True, "value": settings.oidc_client_id},
        exp={"essential": True},
        iat={"essential": True},
        sub={"essential": True},
    )
    try:
        token = jwt.decode(id_token, KeySet.import_key_set(keys), algorithms=ALGORITHMS)  # type: ignore[arg-type]
        claims = token.claims
        registry.validate(claims)
    except (JoseError, ValueError, KeyError, TypeError) as error:
        log.warning("provider_token_refused", error=repr(error)[:200])
        raise _not_proven() from error
    audience = claims["aud"]
    for_others = isinstance(audience, list) and len(audience) > 1
    if for_others and claims.get("azp") != settings.oidc_client_id:
        raise _not_proven()
    if not hmac.compare_digest(str(claims.get("nonce", "")), nonce):
        raise _not_proven()
    email = str(claims.get("email", "")) if claims.get("email_verified") is True else ""
    return Proven(subject=str(claims["sub"]), email=email.strip().lower())


def _discover(settings: Settings) -> dict[str, Any]:
    """The provider's own description (OpenID Connect Discovery 1.0). Raises ProviderAwayError."""
    found = _ask("GET", settings.oidc_issuer.rstrip("/") + "/.well-known/openid-configuration")
    needed = ("authorization_endpoint", "token_endpoint", "jwks_uri")
    if found.get("issuer") != settings.oidc_issuer or not all(found.get(name) for name in needed):
        log.error("provider_description_wrong", issuer=str(found.get("issuer"))[:200])
        raise _away()
    return found


@cache
def _tls() -> ssl.SSLContext:
    """Reading the list of authorities takes longer than the answer."""
    return httpx.create_ssl_context()


def _ask(method: str, url: str, **options: Any) -> dict[str, Any]:
    try:
        answer = httpx.request(
            method, url, timeout=TIMEOUT_S, verify=_tls(), headers={"Accept": "application/json"}, **options
        )
        body = answer.json()
    except (httpx.HTTPError, ValueError) as error:
        log.warning("provider_away", url=url, error=repr(error)[:200])
        raise _away() from error
    if 400 <= answer.status_code < 500 and method == "POST":
        log.warning("provider_refused_code", error=str(body)[:200])
        raise _not_proven()
    if answer.status_code != httpx.codes.OK or not isinstance(body, dict):
        log.error("provider_away", url=url, status=answer.status_code)
        raise _away()
    return body


def _away() -> ProviderAwayError:
    return ProviderAwayError(
        _("회사 계정 서버가 대답하지 않습니다. 잠시 뒤에 다시 하거나, 아이디와 비밀번호로 들어와 주세요.")
    )


def _not_proven() -> NotProvenError:
    return NotProvenError(_("회사 계정을 확인하지 못했습니다. 처음부터 다시 해 주세요."))
