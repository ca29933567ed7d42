"""The registry protocol where a docker client would never go."""

from __future__ import annotations

import asyncio
import hashlib
from pathlib import Path

import httpx
import pytest

from rehearsal.core.blobs import Blobs
from rehearsal.core.registry import Manifest, RefusedError, Registry

LOGIN = ("user", "right")
CONTENT = b"layer"
DIGEST = f"sha256:{hashlib.sha256(CONTENT).hexdigest()}"


class Repositories:
    """A cloud with the one repository ``a/b``, which refuses the tag ``taken``."""

    def __init__(self) -> None:
        self.manifests: dict[str, Manifest] = {}

    def login(self, user: str, password: str) -> str | None:
        return user if password == "right" else None

    def exists(self, session: str, repository: str) -> bool:
        return repository == "a/b"

    def find(self, session: str, repository: str, reference: str) -> Manifest | None:
        return self.manifests.get(reference)

    def put(self, session: str, repository: str, reference: str, media_type: str, content: bytes) -> str:
        if reference == "taken":
            raise RefusedError("TAG_INVALID", "it is taken")
        self.manifests[reference] = Manifest(DIGEST, media_type, content)
        return DIGEST

    def tags(self, session: str, repository: str) -> list[str]:
        return sorted(self.manifests)


class Client:
    def __init__(self, root: Path) -> None:
        self.root = root
        self._app = Registry(Blobs(root), Repositories())

    def __call__(
        self, method: str, path: str, content: bytes = b"", login: tuple[str, str] | None = LOGIN
    ) -> httpx.Response:
        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(app=self._app)
            async with httpx.AsyncClient(transport=transport, base_url="http://registry") as client:
                return await client.request(method, path, content=content, auth=login)

        return asyncio.run(ask())

    def begin(self) -> str:
        started = self("POST", "/v2/a/b/blobs/uploads/")
        assert started.status_code == 202
        return started.headers["location"]


@pytest.fixture
def registry(tmp_path: Path) -> Client:
    return Client(tmp_path)


def code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["errors"][0]["code"]


def test_a_blob_arrives_in_pieces_and_is_there_by_its_digest(registry: Client) -> None:
    upload = registry.begin()
    assert registry("PATCH", upload, CONTENT[:2]).headers["range"] == "0-1"
    assert registry("PATCH", upload, CONTENT[2:]).headers["range"] == "0-4"
    assert registry("PUT", f"{upload}?digest={DIGEST.replace(':', '%3A')}").status_code == 201
    assert registry("GET", f"/v2/a/b/blobs/{DIGEST}").content == CONTENT
    head = registry("HEAD", f"/v2/a/b/blobs/{DIGEST}")
    assert (head.headers["content-length"], head.content) == ("5", b"")
    # Known content is not sent again.
    assert registry("POST", f"/v2/a/b/blobs/uploads/?mount={DIGEST}&from=c").status_code == 201


def test_content_that_is_not_what_its_digest_says_is_dropped(registry: Client) -> None:
    upload = registry.begin()
    registry("PATCH", upload, b"other")
    assert code(registry("PUT", f"{upload}?digest={DIGEST}")) == (400, "DIGEST_INVALID")
    assert code(registry("GET", f"/v2/a/b/blobs/{DIGEST}")) == (404, "BLOB_UNKNOWN")
    assert [path for path in registry.root.rglob("*") if path.is_file()] == []


def test_a_cancelled_upload_is_gone(registry: Client) -> None:
    upload = registry.begin()
    assert registry("DELETE", upload).status_code == 204
    assert code(registry("PATCH", upload, CONTENT)) == (404, "BLOB_UPLOAD_UNKNOWN")


@pytest.mark.parametrize("name", ["..", "%2e%2e", "f" * 32])
def test_an_upload_that_was_never_begun_is_unknown(registry: Client, name: str) -> None:
    answer = registry("PATCH", f"/v2/a/b/blobs/uploads/{name}", CONTENT)
    assert answer.status_code in (400, 404)
    assert [path for path in registry.root.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize("digest", ["sha256:../../etc/passwd", "md5:1", "sha256:abc"])
def test_a_malformed_digest_is_unknown(registry: Client, digest: str) -> None:
    assert registry("GET", f"/v2/a/b/blobs/{digest}").status_code == 404


def test_who_is_not_logged_in_is_told_how(registry: Client) -> None:
    for login in (None, ("user", "wrong")):
        answer = registry("GET", "/v2/", login=login)
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"].startswith("Basic")
    assert registry("GET", "/v2/").status_code == 200


def test_the_clouds_refusal_is_passed_on(registry: Client) -> None:
    assert code(registry("PUT", "/v2/a/b/manifests/taken", b"{}")) == (400, "TAG_INVALID")
    assert code(registry("GET", "/v2/a/c/manifests/1")) == (404, "NAME_UNKNOWN")
    assert code(registry("GET", "/v2/a/b/manifests/1")) == (404, "MANIFEST_UNKNOWN")


def test_manifests_are_kept_and_listed(registry: Client) -> None:
    assert registry("PUT", "/v2/a/b/manifests/1", b"{}").headers["docker-content-digest"] == DIGEST
    assert registry("GET", "/v2/a/b/manifests/1").content == b"{}"
    assert registry("HEAD", "/v2/a/b/manifests/1").headers["content-length"] == "2"
    assert registry("GET", "/v2/a/b/tags/list").json() == {"name": "a/b", "tags": ["1"]}
