from __future__ import annotations

import httpx
import pytest

from .conftest import StartApp
from .serving import App, Provider


@pytest.mark.parametrize(("method", "path"), [("GET", "/health"), ("GET", "/nowhere"), ("POST", "/generate")])
def test_every_answer_is_careful(app: App, provider: Provider, method: str, path: str) -> None:
    headers = httpx.request(method, f"{app.url}{path}", json={"prompt": "hi"}, timeout=20).headers

    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cache-Control"] == "no-store"
    assert "Strict-Transport-Security" not in headers


@pytest.mark.parametrize(
    ("proto", "expected"), [("https", True), ("http, https", True), ("https, http", False)]
)
def test_tls_is_required_of_those_who_came_through_it(app: App, proto: str, expected: bool) -> None:
    headers = app.get("/health", headers={"X-Forwarded-Proto": proto}).headers

    assert ("Strict-Transport-Security" in headers) is expected


def test_the_description_is_served_where_it_is_switched_on(launch: StartApp, app: App) -> None:
    described = launch(DOCS="on")
    for path in ("/docs", "/redoc", "/openapi.json"):
        assert described.get(path).status_code == 200
        assert app.get(path).status_code == 404
