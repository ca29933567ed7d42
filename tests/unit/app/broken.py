"""The application with an endpoint that fails in a way nobody foresaw."""

from __future__ import annotations

from fastapi import FastAPI

from app.main import create_app as create_good_app


def create_app() -> FastAPI:
    app = create_good_app()

    @app.post("/broken")
    async def broken(body: dict[str, str]) -> None:
        prompt = body["prompt"]
        raise ValueError(f"cannot cope with {prompt}")

    return app
