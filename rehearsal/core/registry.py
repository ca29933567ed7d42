"""The registry protocol (OCI distribution) over blobs on disk; a cloud says who may and what is named how."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, Protocol

from .asgi import DisconnectedError, Receive, Response, Scope, Send, headers_of, read_request, respond
from .blobs import Blobs, DigestError

_PATH = re.compile(
    r"/v2/(?P<repository>.+?)/(?P<kind>blobs/uploads|blobs|manifests|tags)/(?P<reference>[^/]*)/?"
)


@dataclass(frozen=True)
class Manifest:
    digest: str
    media_type: str
    content: bytes


class RefusedError(Exception):
    """The cloud refuses a push, in the protocol's words: a code such as TAG_INVALID, and a message."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Repositories(Protocol):
    """What a cloud knows of its repositories. ``session`` is whatever its ``login`` returned."""

    def login(self, user: str, password: str) -> Any | None:
        """None if they are wrong. A bearer token comes as the password of a user without a name."""

    def exists(self, session: Any, repository: str) -> bool: ...

    def find(self, session: Any, repository: str, reference: str) -> Manifest | None: ...

    def put(self, session: Any, repository: str, reference: str, media_type: str, content: bytes) -> str:
        """Keep a manifest; its digest. Raise RefusedError."""

    def tags(self, session: Any, repository: str) -> list[str]: ...


class Registry:
    """An ASGI application for paths under /v2/."""

    def __init__(self, blobs: Blobs, repositories: Repositories) -> None:
        self._blobs = blobs
        self._repositories = repositories

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        session = self._login(headers_of(scope).get("authorization", ""))
        match = _PATH.fullmatch(scope["path"])
        if session is None:
            challenge = {"www-authenticate": 'Basic realm="rehearsal"'}
            await respond(send, _error(401, "UNAUTHORIZED", "log in first", challenge))
        elif scope["path"].rstrip("/") == "/v2":
            await respond(send, Response.json({}))
        elif match is None:
            await respond(send, _error(404, "UNSUPPORTED", scope["path"]))
        elif not self._repositories.exists(session, match["repository"]):
            name = match["repository"]
            message = f"The repository with name '{name}' does not exist"
            await respond(send, _error(404, "NAME_UNKNOWN", message))
        else:
            await self._dispatch(session, match, scope, receive, send)

    def _login(self, authorization: str) -> Any | None:
        kind, _, encoded = authorization.partition(" ")
        if kind.lower() == "bearer":
            return self._repositories.login("", encoded)
        try:
            user, _, password = base64.b64decode(encoded).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return None
        return self._repositories.login(user, password) if kind.lower() == "basic" else None

    async def _dispatch(
        self, session: Any, match: re.Match[str], scope: Scope, receive: Receive, send: Send
    ) -> None:
        repository, kind, reference = match["repository"], match["kind"], match["reference"]
        if kind == "blobs/uploads":
            await respond(send, await self._upload(repository, reference, scope, receive))
        elif kind == "blobs":
            await self._blob(reference, scope["method"], send)
        elif kind == "tags":
            tags = self._repositories.tags(session, repository)
            await respond(send, Response.json({"name": repository, "tags": tags}))
        elif scope["method"] == "PUT":
            await respond(send, await self._put_manifest(session, repository, reference, scope, receive))
        else:
            manifest = self._repositories.find(session, repository, reference)
            await respond(send, _manifest(manifest, scope["method"], reference))

    async def _upload(self, repository: str, upload: str, scope: Scope, receive: Receive) -> Response:
        """Begin, continue, ask about, finish or cancel an upload."""
        query = dict(part.partition("=")[::2] for part in scope["query_string"].decode().split("&"))
        digest = (query.get("digest") or query.get("mount") or "").replace("%3A", ":")
        where = f"/v2/{repository}/blobs"
        if not upload and digest and self._blobs.size(digest) is not None:
            return _created(f"{where}/{digest}", digest)
        if not upload and scope["method"] == "POST":
            upload = self._blobs.begin()
        elif self._blobs.uploaded(upload) is None:
            return _error(404, "BLOB_UPLOAD_UNKNOWN", upload)
        if scope["method"] == "DELETE":
            self._blobs.cancel(upload)
            return Response(204)
        size = await self._blobs.append(upload, _body(receive)) if scope["method"] != "GET" else 0
        if "digest" not in query:
            headers = {"location": f"{where}/uploads/{upload}", "range": f"0-{max(0, size - 1)}"}
            return Response(202, headers=headers)
        try:
            self._blobs.finish(upload, digest)
        except DigestError as error:
            return _error(400, "DIGEST_INVALID", str(error))
        return _created(f"{where}/{digest}", digest)

    async def _blob(self, digest: str, method: str, send: Send) -> None:
        size = self._blobs.size(digest)
        if size is None:
            await respond(send, _error(404, "BLOB_UNKNOWN", digest))
            return
        headers = {
            "content-type": "application/octet-stream",
            "content-length": str(size),
            "docker-content-digest": digest,
        }
        pairs = [(name.encode(), value.encode()) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": 200, "headers": pairs})
        if method == "GET":
            for chunk in self._blobs.read(digest):
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    async def _put_manifest(
        self, session: Any, repository: str, reference: str, scope: Scope, receive: Receive
    ) -> Response:
        request = await read_request(scope, receive)
        media_type = request.headers.get("content-type", "")
        try:
            digest = self._repositories.put(session, repository, reference, media_type, request.body)
        except RefusedError as error:
            return _error(400, error.code, str(error))
        return _created(f"/v2/{repository}/manifests/{digest}", digest)


async def _body(receive: Receive) -> AsyncIterator[bytes]:
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise DisconnectedError
        yield message.get("body", b"")
        more = message.get("more_body", False)


def _created(location: str, digest: str) -> Response:
    return Response(201, headers={"location": location, "docker-content-digest": digest})


def _manifest(manifest: Manifest | None, method: str, reference: str) -> Response:
    if manifest is None:
        return _error(404, "MANIFEST_UNKNOWN", f"Requested image not found: {reference}")
    headers = {"docker-content-digest": manifest.digest, "content-length": str(len(manifest.content))}
    return Response(200, b"" if method == "HEAD" else manifest.content, manifest.media_type, headers)


def _error(status: int, code: str, message: str, headers: dict[str, str] | None = None) -> Response:
    answer = Response.json({"errors": [{"code": code, "message": message}]}, status)
    return Response(status, answer.body, headers=headers or {})
