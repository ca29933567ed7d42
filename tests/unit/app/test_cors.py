from __future__ import annotations

import httpx

from .conftest import StartApp
from .serving import App, Provider

ALLOWED, FOREIGN = "https://app.example.com", "https://evil.example.com"


def preflight(app: App, origin: str) -> httpx.Response:
    headers = {
        "Origin": origin,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type,x-request-id",
    }
    return httpx.options(f"{app.url}/generate", headers=headers)


def test_an_allowed_origin_passes_the_preflight(app: App) -> None:
    response = preflight(app, ALLOWED)

    assert response.status_code == 200
    assert response.headers["Access-Control-Allow-Origin"] == ALLOWED
    assert "POST" in response.headers["Access-Control-Allow-Methods"]
    assert response.headers["Access-Control-Allow-Headers"] == "content-type,x-request-id"


def test_a_foreign_origin_does_not(app: App) -> None:
    for response in (preflight(app, FOREIGN), app.generate(headers={"Origin": FOREIGN})):
        assert "Access-Control-Allow-Origin" not in response.headers


def test_a_page_can_read_the_answer_and_its_headers(app: App) -> None:
    response = app.generate(headers={"Origin": "http://localhost:3000"})

    assert response.status_code == 200
    assert response.headers["Access-Control-Allow-Origin"] == "http://localhost:3000"
    exposed = {name.strip() for name in response.headers["Access-Control-Expose-Headers"].split(",")}
    assert exposed >= {"X-Request-ID", "X-RateLimit-Remaining", "Retry-After"}


def test_a_page_can_read_errors(app: App, provider: Provider) -> None:
    provider.set_fault(status=500)

    response = app.generate(headers={"Origin": ALLOWED})

    assert response.status_code == 502
    assert response.headers["Access-Control-Allow-Origin"] == ALLOWED


def test_a_wildcard_never_comes_with_credentials(launch: StartApp, provider: Provider) -> None:
    app = launch(ALLOWED_ORIGINS="*")
    with_cookie = {"Origin": FOREIGN, "Cookie": "session=1"}

    for response in (preflight(app, FOREIGN), app.get("/health", headers=with_cookie)):
        assert response.headers["Access-Control-Allow-Origin"] == "*"
        assert "Access-Control-Allow-Credentials" not in response.headers


def test_by_default_no_origin_is_allowed(launch: StartApp) -> None:
    response = preflight(launch(), ALLOWED)

    assert "Access-Control-Allow-Origin" not in response.headers
