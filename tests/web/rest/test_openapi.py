"""The description: sound, complete, and true of what is served."""

from __future__ import annotations

import re
from typing import Any

import jsonschema
import pytest
from starlette.testclient import TestClient

from whichmodel.web.rest.openapi import description
from whichmodel.web.rest.page import kind_of
from whichmodel.web.rest.table import ENDPOINTS

BASE = "http://localhost:8470"


def test_all_types_are_there_and_are_schemas() -> None:
    told = description()
    schemas = told["components"]["schemas"]
    for schema in schemas.values():
        jsonschema.Draft202012Validator.check_schema(schema)
    used = set(re.findall(r"#/components/schemas/([^'\"]+)", str(told)))
    assert used <= set(schemas)
    assert all(re.fullmatch(r"\w+", name) for name in schemas)


def test_every_endpoint_is_described_with_all_its_errors() -> None:
    paths = description()["paths"]
    assert sum(len(methods) for methods in paths.values()) == len(ENDPOINTS)
    names = [operation["operationId"] for methods in paths.values() for operation in methods.values()]
    assert len(set(names)) == len(names)
    for endpoint in ENDPOINTS:
        answers = paths[endpoint.path][endpoint.method.lower()]["responses"]
        assert {str(status) for status in endpoint.statuses} | {str(endpoint.status)} <= set(answers)


def test_every_field_that_is_sent_is_explained_to_people(served: TestClient) -> None:
    page = TestClient(served.app, base_url=BASE).get("/api").text
    told = description()
    for methods in told["paths"].values():
        for operation in methods.values():
            assert f'id="{operation["operationId"]}"' in page
    for name, schema in told["components"]["schemas"].items():
        assert f'id="type-{name}"' in page
        for field in schema.get("properties", {}):
            assert f"<code>{field}</code>" in page
    for target in re.findall(r'href="#([^"]+)"', page):
        assert f'id="{target}"' in page
    for name in ("AskRequest", "PlanRequest", "RunRequest", "EvidenceRequest"):
        fields = told["components"]["schemas"][name]["properties"]
        bare = [field for field, each in fields.items() if not re.search(r"'description'", str(each))]
        assert not bare, name
    assert "API=http://localhost:8470/api/v1" in page


def test_the_pages_lead_to_it(served: TestClient) -> None:
    assert '<a href="/api">' in TestClient(served.app, base_url=BASE).get("/").text


@pytest.mark.parametrize(
    ("schema", "shown"),
    [
        ({"type": "array", "items": {"$ref": "#/components/schemas/StepState"}}, "list of StepState"),
        (
            {"anyOf": [{"type": "string", "maxLength": 9}, {"type": "null"}]},
            "text, at most 9 characters or null",
        ),
        ({"type": "integer", "minimum": 1, "maximum": 1000}, "whole number, 1 to 1,000"),
        ({"enum": ["a", 1]}, "“a” or 1"),
        ({"type": "object", "additionalProperties": {"type": "number"}}, "object of number"),
        ({}, "anything"),
    ],
)
def test_types_are_told_in_words(schema: dict[str, Any], shown: str) -> None:
    assert kind_of(schema) == shown
