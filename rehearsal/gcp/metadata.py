"""The metadata server: a container asks who it is, and is told by the address that it asks from."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable

from ..core.asgi import Request, Response
from .tokens import Tokens

PREFIX = "/computeMetadata/"
_ROOT = f"{PREFIX}v1/"
_FLAVOR = {"metadata-flavor": "Google", "server": "Metadata Server for VM"}
_SCOPES = ["https://www.googleapis.com/auth/cloud-platform"]


class MetadataServer:
    """``account`` gives the e-mail address of the account that a container runs as, by its address."""

    def __init__(
        self, project: str, number: str, tokens: Tokens, account: Callable[[str], str | None]
    ) -> None:
        self._project, self._number = project, number
        self._tokens, self._account = tokens, account

    async def __call__(self, request: Request) -> Response:
        if request.path == "/":  # by which Google's libraries look whether there is one
            return _text("computeMetadata/\n")
        if request.headers.get("metadata-flavor") != "Google":
            return _text("Missing Metadata-Flavor:Google header.", 403)
        email = await asyncio.to_thread(self._account, request.client)
        if email is None:
            return _text("No Cloud Run instance asks from this address.", 403)
        return self._answer(request, request.path.removeprefix(_ROOT).rstrip("/"), email)

    def _answer(self, request: Request, path: str, email: str) -> Response:
        simple = {"project/project-id": self._project, "project/numeric-project-id": self._number}
        if path in simple:
            return _text(simple[path])
        name, _, rest = path.removeprefix("instance/service-accounts").lstrip("/").partition("/")
        if not path.startswith("instance/service-accounts") or name not in ("", "default", email):
            return _text("Not Found", 404)
        if not name:
            return _text(f"default/\n{email}/\n")
        return self._about(request, rest, email)

    def _about(self, request: Request, what: str, email: str) -> Response:
        if what == "token":
            return _json(self._tokens.issue(email))
        if what == "identity":
            audience = request.query.get("audience", [""])[0]
            if not audience:
                return _text("non-empty audience parameter required", 400)
            return _text(self._tokens.identity_token(email, audience))
        if not what and request.query.get("recursive", [""])[0] == "true":
            return _json({"aliases": ["default"], "email": email, "scopes": _SCOPES})
        plain = {"": "email\nidentity\nscopes\ntoken\n", "email": email, "scopes": "\n".join(_SCOPES)}
        return _text(plain[what]) if what in plain else _text("Not Found", 404)


def _text(content: str, status: int = 200) -> Response:
    return Response(status, content.encode(), "application/text", _FLAVOR)


def _json(content: dict[str, object]) -> Response:
    return Response(200, json.dumps(content).encode(), "application/json", _FLAVOR)
