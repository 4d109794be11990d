"""The OpenAPI document, told as things are: our errors, the replay key, the codes that are known.

FastAPI describes its own form of a 422; ours is RFC 9457's, for every way a request can fail.
"""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from dispatch.intake_rules import CHANNELS, SYMPTOMS
from web.api.answers import KEY_LENGTH
from web.identity import COOKIE

PROBLEM = "Problem"
FAILURES = {
    "400": "본문이 UTF-8 JSON이 아님",
    "401": "토큰이 없거나 틀리거나 지났음",
    "403": "이 역할로는 할 수 없음. 본문을 보기 전에 답한다",
    "404": "그런 것이 없거나 다른 회사의 것임",
    "429": "토큰의 1분 한도를 넘음: `Retry-After` 초 뒤에 다시",
    "413": "본문이 2.5MB보다 큼",
    "422": "칸이 잘못되었음: `errors`에 칸마다 까닭이 있다",
}
AWAY = {"503": "저장소가 잠시 쉬는 중: 저장되지 않았으니 `Retry-After` 뒤에 다시"}
ON_CHANGE = {"409": "그사이 바뀌었거나 지금 상태에서는 할 수 없음"}
CODES = {"symptom": SYMPTOMS, "channel": CHANNELS}
_PROBLEM = {"application/problem+json": {"schema": {"$ref": f"#/components/schemas/{PROBLEM}"}}}
_PROBLEM_SCHEMA: dict[str, Any] = {
    "type": "object",
    "title": "RFC 9457 problem",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "request_id": {"type": "string", "description": "문의 번호. 답의 X-Request-ID와 같다"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "message"],
                "properties": {"field": {"type": "string"}, "message": {"type": "string"}},
            },
        },
    },
}
_SCHEMES: dict[str, Any] = {
    "token": {
        "type": "http",
        "scheme": "bearer",
        "description": "`/admin/tokens`에서 만들거나 `run.py token`이 발급하는 토큰. 범위와 기한이 있다",
    },
    "login": {"type": "apiKey", "in": "cookie", "name": COOKIE, "description": "화면에 로그인한 브라우저"},
}
_KEY: dict[str, Any] = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "같은 키로 다시 보내면 처음 답을 그대로 준다. 같은 키에 다른 내용이면 422.",
    "schema": {"type": "string", "maxLength": KEY_LENGTH},
}


def document(app: FastAPI) -> dict[str, Any]:
    """The document of an application, made once and kept by it."""
    if app.openapi_schema is None:
        made = get_openapi(
            title=app.title, version=app.version, description=app.description, routes=app.routes
        )
        schemas = made.setdefault("components", {}).setdefault("schemas", {})
        for operations in made["paths"].values():
            for method, operation in operations.items():
                _correct(operation, changes=method == "post")
        for name in ("HTTPValidationError", "ValidationError"):
            schemas.pop(name, None)
        for schema in schemas.values():
            _name_codes(schema)
        schemas[PROBLEM] = _PROBLEM_SCHEMA
        made["components"]["securitySchemes"] = _SCHEMES
        app.openapi_schema = made
    return app.openapi_schema


def _correct(operation: dict[str, Any], *, changes: bool) -> None:
    if "x-roles" not in operation:  # nobody signs in there
        if operation.get("responses", {}).pop("422", None) is not None:
            operation["responses"]["422"] = {"description": FAILURES["422"], "content": _PROBLEM}
        return
    operation["security"] = [{name: []} for name in _SCHEMES]
    told = {**FAILURES, **AWAY, **(ON_CHANGE if changes else {})}
    operation["responses"] |= {
        status: {"description": words, "content": _PROBLEM} for status, words in sorted(told.items())
    }
    if changes:
        operation.setdefault("parameters", []).append(_KEY)
    for parameter in operation.get("parameters", []):
        if parameter["name"] in CODES:
            parameter["schema"]["enum"] = list(CODES[parameter["name"]])


def _name_codes(schema: dict[str, Any]) -> None:
    for name, known in CODES.items():
        if name in schema.get("properties", {}):
            schema["properties"][name]["description"] = ", ".join(known)
