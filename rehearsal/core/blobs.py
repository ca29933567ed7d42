"""Content by digest on disk: layers are large, and memory is not for them."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_UPLOAD = re.compile(r"[0-9a-f]{32}")
_CHUNK_BYTES = 1 << 20


class DigestError(Exception):
    """What arrived is not what its digest says, or the digest is malformed."""


class Blobs:
    """Blobs under ``root``; uploads grow in a folder beside them until their digest is known."""

    def __init__(self, root: Path) -> None:
        self._blobs = root / "blobs"
        self._uploads = root / "uploads"
        for folder in (self._blobs, self._uploads):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def size(self, digest: str) -> int | None:
        """Bytes, None if there is no such blob."""
        path = self._path(digest)
        return path.stat().st_size if path and path.exists() else None

    def read(self, digest: str) -> Iterator[bytes]:
        path = self._path(digest)
        if path is None:
            raise DigestError(digest)
        with path.open("rb") as content:
            while chunk := content.read(_CHUNK_BYTES):
                yield chunk

    def begin(self) -> str:
        """The id of a new upload."""
        upload = secrets.token_hex(16)
        (self._uploads / upload).touch(mode=0o600)
        return upload

    def uploaded(self, upload: str) -> int | None:
        """Bytes so far, None if there is no such upload."""
        path = self._upload(upload)
        return path.stat().st_size if path else None

    async def append(self, upload: str, chunks: AsyncIterator[bytes]) -> int:
        """Add to an upload that exists; its size then."""
        with (self._uploads / upload).open("ab") as content:
            async for chunk in chunks:
                content.write(chunk)
            return content.tell()

    def finish(self, upload: str, digest: str) -> None:
        """Make a blob of the upload. Raise DigestError, and drop it, if it is not what the digest says."""
        source, target = self._uploads / upload, self._path(digest)
        with source.open("rb") as content:
            actual = f"sha256:{hashlib.file_digest(content, 'sha256').hexdigest()}"
        if target is None or actual != digest:
            source.unlink()
            raise DigestError(f"expected {digest}, got {actual}")
        source.replace(target)

    def cancel(self, upload: str) -> None:
        (self._uploads / upload).unlink(missing_ok=True)

    def clear(self) -> None:
        for folder in (self._blobs, self._uploads):
            for path in folder.iterdir():
                path.unlink()

    def _path(self, digest: str) -> Path | None:
        return self._blobs / digest.removeprefix("sha256:") if _DIGEST.fullmatch(digest) else None

    def _upload(self, upload: str) -> Path | None:
        path = self._uploads / upload
        return path if _UPLOAD.fullmatch(upload) and path.exists() else None
