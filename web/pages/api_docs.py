"""The API's page: every call with its roles, its body and an example, written from the OpenAPI document."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from fastapi import APIRouter, Request, Response

from web.templating import render_page

router = APIRouter()

METHODS = ("get", "post")


@router.get("/docs")
def show_api(request: Request) -> Response:
    """All calls of the API, by resource."""
    document = request.app.openapi()
    calls = list(_calls(document))
    groups = {
        tag: [call for call in calls if call["tag"] == tag] for tag in dict.fromkeys(c["tag"] for c in calls)
    }
    return render_page(
        request,
        "api/docs.html",
        {"groups": groups, "title": document["info"]["title"], "info": document["info"]},
    )


def _calls(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for path, item in document["paths"].items():
        for method in METHODS:
            operation = item.get(method)
            if operation is None:
                continue
            body = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
            yield {
                "tag": (operation.get("tags") or ["api"])[0],
                "id": operation["operationId"],
                "method": method.upper(),
                "path": path,
                "summary": operation.get("summary", ""),
                "description": operation.get("description", ""),
                "parameters": operation.get("parameters", []),
                "roles": operation.get("x-roles", []),
                "example": _example(document, body.get("schema")),
            }


def _example(document: dict[str, Any], schema: dict[str, Any] | None) -> str | None:
    """The example that the body's model carries, else its fields with their types."""
    if schema is None:
        return None
    for choice in (schema, *schema.get("anyOf", [])):
        if "$ref" in choice:
            model = document["components"]["schemas"][choice["$ref"].rsplit("/", 1)[1]]
            found = (model.get("examples") or [_shape(model)])[0]
            return json.dumps(found, ensure_ascii=False, indent=2)
    return None


def _shape(model: dict[str, Any]) -> dict[str, Any]:
    return {name: _word(field) for name, field in model.get("properties", {}).items()}


def _word(field: dict[str, Any]) -> Any:
    if "enum" in field:
        return " | ".join(map(str, field["enum"]))
    if "default" in field:
        return field["default"]
    return field.get("type") or "…"
