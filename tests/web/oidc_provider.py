"""A small identity provider with real OpenID Connect over HTTP: discovery, keys, codes, signed tokens."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urlencode

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

CLIENT, SECRET = "ondol", "s3cret"


@dataclass
class Provider:
    """What it knows; tests turn it into a dishonest or a broken one."""

    clock: Callable[[], datetime]
    issuer: str = ""
    person: dict[str, Any] = field(
        default_factory=lambda: {"sub": "u-1", "email": "", "email_verified": True}
    )
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, parameters={"kid": "k1"}))
    signs_with: RSAKey | None = None
    lies: dict[str, Any] = field(default_factory=dict)
    """Claims that it makes wrong."""
    broken: bool = False
    codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def token(self, asked: dict[str, str]) -> str:
        """A signed ID token for one who was sent here."""
        now = int(self.clock().timestamp())
        claims = {
            "iss": self.issuer,
            "aud": CLIENT,
            "iat": now,
            "exp": now + 300,
            "nonce": asked["nonce"],
            **self.person,
            **self.lies,
        }
        return jwt.encode({"alg": "RS256", "kid": "k1"}, claims, self.signs_with or self.key)


def make_app(provider: Provider) -> FastAPI:
    """Its addresses."""
    app = FastAPI()

    @app.get("/.well-known/openid-configuration")
    def describe() -> Response:
        if provider.broken:
            return Response(status_code=503)
        return JSONResponse(
            {
                "issuer": provider.issuer,
                "authorization_endpoint": f"{provider.issuer}/authorize",
                "token_endpoint": f"{provider.issuer}/token",
                "jwks_uri": f"{provider.issuer}/keys",
                "token_endpoint_auth_methods_supported": ["client_secret_basic"],
            }
        )

    @app.get("/keys")
    def keys() -> Any:
        return KeySet([provider.key]).as_dict(private=False)

    @app.get("/authorize")
    def authorize(request: Request) -> Response:
        asked = dict(request.query_params)
        assert asked["response_type"] == "code" and asked["client_id"] == CLIENT
        assert "openid" in asked["scope"].split() and asked["code_challenge_method"] == "S256"
        code = f"code-{len(provider.codes)}"
        provider.codes[code] = asked
        query = urlencode({"code": code, "state": asked["state"]})
        return RedirectResponse(f"{asked['redirect_uri']}?{query}", status_code=302)

    @app.post("/token")
    async def token(request: Request) -> Response:
        sent = {name: values[0] for name, values in parse_qs((await request.body()).decode()).items()}
        who = base64.b64decode(request.headers["authorization"].removeprefix("Basic ")).decode()
        asked = provider.codes.pop(sent.get("code", ""), None)
        digest = hashlib.sha256(sent["code_verifier"].encode()).digest()
        proof = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if asked is None or who != f"{CLIENT}:{SECRET}" or asked["code_challenge"] != proof:
            return JSONResponse({"error": "invalid_grant"}, status_code=400)
        assert sent["redirect_uri"] == asked["redirect_uri"]
        return JSONResponse({"token_type": "Bearer", "access_token": "x", "id_token": provider.token(asked)})

    return app
