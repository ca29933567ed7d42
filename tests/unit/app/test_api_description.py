"""What the service says about itself in /openapi.json, and whether it keeps to it."""

from __future__ import annotations

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode

from app.api_keys import generate, hashed
from app.settings import Settings

from .conftest import StartApp
from .serving import App

KEY = generate()
AUTHORIZED = {"Authorization": f"Bearer {KEY}"}
EXAMPLES = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)


@pytest.fixture(scope="module")
def described(launch: StartApp) -> App:
    """Everything is on: keys, budgets, limits that no test reaches."""
    return launch(
        DOCS="on",
        API_KEYS_SOURCE="env",
        API_KEYS=f'{{"keys": [{{"id": "tester", "sha256": "{hashed(KEY)}"}}]}}',
        TOKENS_PER_MINUTE="100000000",
    )


@pytest.fixture(scope="module")
def description(described: App) -> Any:
    return schemathesis.openapi.from_url(f"{described.url}/openapi.json", headers=AUTHORIZED)


@pytest.mark.parametrize(
    ("mode", "status"),
    [(GenerationMode.POSITIVE, 200), (GenerationMode.NEGATIVE, 422)],
    ids=["valid", "invalid"],
)
@pytest.mark.usefixtures("provider")
def test_nothing_happens_that_is_not_described(description: Any, mode: GenerationMode, status: int) -> None:
    """No 5xx, no undocumented status or type, no answer of another shape."""
    statuses: dict[str, set[int]] = {}

    def check(case: Any) -> None:
        if mode is GenerationMode.POSITIVE:
            please_the_provider(case)
        response = case.call_and_validate(headers=AUTHORIZED)
        statuses.setdefault(case.path, set()).add(response.status_code)

    for found in description.get_all_operations():
        operation = found.ok()
        takes_something = {"parameters", "requestBody"} & operation.definition.raw.keys()
        if takes_something or mode is GenerationMode.POSITIVE:
            EXAMPLES(given(case=operation.as_strategy(generation_mode=mode))(check))()
    assert status in statuses["/generate"]
    assert (200 if mode is GenerationMode.POSITIVE else 400) in statuses["/v1/chat/completions"]


def please_the_provider(case: Any) -> None:
    """What the description leaves free: no generated name is that of a model, nor a message one."""
    for place in (case.body, case.path_parameters):
        if isinstance(place, dict) and "model" in place:
            place["model"] = Settings().openai_model
    if isinstance(case.body, dict):
        for message in case.body.get("messages", ()):
            message.update(role="user", content="one two")


def document(app: App) -> dict[str, Any]:
    content: dict[str, Any] = app.get("/openapi.json", headers=AUTHORIZED).json()
    return content


def test_every_status_of_generate_is_described_with_its_shape(described: App) -> None:
    responses = document(described)["paths"]["/generate"]["post"]["responses"]

    expected = {200, 400, 401, 404, 408, 413, 422, 429, 431, 500, 502, 503, 504}
    assert {int(status) for status in responses} == expected
    for status in expected - {200}:
        schema = responses[str(status)]["content"]["application/json"]["schema"]
        assert schema == {"$ref": "#/components/schemas/Error"}
    assert {"X-RateLimit-Remaining", "X-RateLimit-Remaining-Tokens"} <= set(responses["200"]["headers"])


def test_keys_are_described_where_they_are_needed(described: App, launch: StartApp) -> None:
    closed, opened = document(described), document(launch(DOCS="on"))

    assert closed["paths"]["/generate"]["post"]["security"] == [{"bearer": []}, {"header": []}]
    assert "security" not in closed["paths"]["/health"]["get"]
    assert "401" not in opened["paths"]["/generate"]["post"]["responses"]
    assert "securitySchemes" not in opened["components"]


@pytest.mark.usefixtures("provider")
def test_an_error_has_the_described_shape(described: App) -> None:
    schema = document(described)["components"]["schemas"]["Error"]

    answer = described.generate("", headers=AUTHORIZED).json()
    assert set(schema["required"]) <= set(answer)
    assert set(schema["properties"]["error"]["required"]) <= set(answer["error"])
