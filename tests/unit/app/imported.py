"""The application with an endpoint that tells which modules are imported."""

from __future__ import annotations

import sys

from fastapi import FastAPI

from app.main import create_app as create_plain_app


def create_app() -> FastAPI:
    app = create_plain_app()

    @app.get("/modules")
    async def modules() -> list[str]:
        return sorted(sys.modules)

    return app
