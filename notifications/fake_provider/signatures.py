"""The fake's check of HMAC headers: a known key, a fresh date, a good signature; Solapi's is good once."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import UTC, datetime, timedelta
from threading import Lock

from fastapi import Request

SKEW = timedelta(minutes=15)
SALT_BYTES = range(12, 65)


class ApiError(Exception):
    """An answer in Solapi's error shape: `{"errorCode", "errorMessage"}`."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


class SignatureCheck:
    """Checks the headers of one account; remembers what was used as long as it could be used again."""

    def __init__(self, *, api_key: str, api_secret: str) -> None:
        self._api_key = api_key
        self._api_secret = api_secret
        self._used: dict[tuple[str, str], datetime] = {}
        self._lock = Lock()

    def require(self, header: str | None, *, now: datetime) -> None:
        """Pass, or raise the 403 that Solapi would give."""
        fields = _fields(header)
        if fields.get("apikey") != self._api_key:
            raise ApiError(403, "InvalidAPIKey", "유효한 API Key가 아닙니다.")
        date, salt, signature = (fields.get(name, "") for name in ("date", "salt", "signature"))
        at = _moment(date)
        if at is None or abs(now - at) > SKEW:
            raise ApiError(403, "RequestTimeTooSkewed", "요청 시각이 서버 시각과 15분 넘게 다릅니다.")
        expected = hmac.new(self._api_secret.encode(), (date + salt).encode(), hashlib.sha256).hexdigest()
        if len(salt.encode()) not in SALT_BYTES or not hmac.compare_digest(expected, signature):
            raise ApiError(403, "SignatureDoesNotMatch", "서명이 맞지 않습니다.")
        self._use_once(salt, signature, at, now)

    def _use_once(self, salt: str, signature: str, at: datetime, now: datetime) -> None:
        with self._lock:
            self._used = {used: dated for used, dated in self._used.items() if now - dated <= SKEW}
            if (salt, signature) in self._used:
                raise ApiError(403, "DuplicatedSignature", "이미 사용한 서명입니다.")
            self._used[salt, signature] = at


NAVER_SKEW = timedelta(minutes=5)


class NaverSignatureCheck:
    """Checks NAVER Cloud's three headers: they sign the method, the address, the moment and the key."""

    def __init__(self, *, access_key: str, secret_key: str) -> None:
        self._access_key = access_key
        self._secret_key = secret_key.encode()

    def require(self, request: Request, *, now: datetime) -> None:
        """Pass, or raise the 401 that NAVER's gateway would give."""
        timestamp = request.headers.get("x-ncp-apigw-timestamp", "")
        path = request.scope["raw_path"].decode()
        query = request.scope["query_string"].decode()
        uri = f"{path}?{query}" if query else path
        signed = f"{request.method} {uri}\n{timestamp}\n{self._access_key}"
        digest = base64.b64encode(hmac.new(self._secret_key, signed.encode(), hashlib.sha256).digest())
        given = request.headers.get("x-ncp-apigw-signature-v2", "")
        at = datetime.fromtimestamp(int(timestamp) / 1000, UTC) if timestamp.isdigit() else None
        if at is None or abs(now - at) > NAVER_SKEW:
            raise ApiError(401, "200", "Authentication Failed: timestamp")
        if request.headers.get("x-ncp-iam-access-key") != self._access_key:
            raise ApiError(401, "200", "Authentication Failed: access key")
        if not hmac.compare_digest(digest.decode(), given):
            raise ApiError(401, "200", "Authentication Failed: signature")


def _fields(header: str | None) -> dict[str, str]:
    scheme, _, rest = (header or "").partition(" ")
    if scheme != "HMAC-SHA256":
        return {}
    pairs = (part.partition("=") for part in rest.split(","))
    return {key.strip().lower(): value.strip() for key, _, value in pairs}


def _moment(written: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(written)
    except ValueError:
        return None
    return at if at.tzinfo else None
