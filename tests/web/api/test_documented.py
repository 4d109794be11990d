"""The OpenAPI document says what a caller really meets."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.web.conftest import ClientAs


@pytest.fixture
def agent(client_as: ClientAs) -> httpx.Client:
    return client_as("agent")


@pytest.fixture
def told(agent: httpx.Client) -> dict[str, Any]:
    document: dict[str, Any] = agent.get("/openapi.json").json()
    return document


def test_failures_are_told_in_our_own_form(agent: httpx.Client, told: dict[str, Any]) -> None:
    filing = told["paths"]["/api/v1/tickets"]["post"]
    assert {"201", "401", "403", "404", "409", "422"} <= set(filing["responses"])
    refused = filing["responses"]["422"]["content"]
    assert list(refused) == ["application/problem+json"]
    schema = told["components"]["schemas"]["Problem"]
    answer = agent.post("/api/v1/tickets", json={"symptom": "NONE"})
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert set(schema["required"]) <= set(answer.json()) <= set(schema["properties"])
    assert "HTTPValidationError" not in str(told)


def test_keys_and_codes_are_named(agent: httpx.Client, told: dict[str, Any]) -> None:
    filing = told["paths"]["/api/v1/tickets"]["post"]
    assert "Idempotency-Key" in [parameter["name"] for parameter in filing["parameters"]]
    asked = {p["name"]: p for p in told["paths"]["/api/v1/slots"]["get"]["parameters"]}
    known = asked["symptom"]["schema"]["enum"]
    assert "NO_HEAT" in known
    assert "NO_HEAT" in told["components"]["schemas"]["TicketRequest"]["properties"]["symptom"]["description"]
    wrong = agent.get("/api/v1/slots", params={"address": "서울 강남구 역삼동 735", "symptom": "NO_HEATX"})
    assert wrong.status_code == 422
    assert [error["field"] for error in wrong.json()["errors"]] == ["symptom"]


def test_the_way_to_sign_in_is_told(told: dict[str, Any]) -> None:
    schemes = told["components"]["securitySchemes"]
    assert {"http", "apiKey"} == {scheme["type"] for scheme in schemes.values()}
    assert told["paths"]["/api/v1/tickets"]["post"]["security"] == [{"token": []}, {"login": []}]
    assert "security" not in told["paths"]["/api/v1/health"]["get"]
