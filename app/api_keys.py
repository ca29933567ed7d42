"""The callers' keys as they are kept: a JSON document of hashes, in a secret manager or the environment.

    {"keys": [{"id": "team-a", "sha256": "9f86d0…", "requests_per_minute": 100,
               "tokens_per_minute": 50000, "expires": "2027-01-01T00:00:00Z"}]}

Only ``id`` and ``sha256`` are needed. A plain SHA-256 is right here: a slow hash protects secrets that
can be guessed, and 256 random bits cannot, while it would cost every request as much as the attacker.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import UTC, datetime
from hashlib import sha256
from hmac import compare_digest
from typing import Annotated, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError, model_validator

PREFIX = "aik_"


class ApiKeysError(ValueError):
    """The document is not one; the text says where, and quotes nothing of it."""


class ApiKey(BaseModel):
    """One caller. Limits that are not given are those of the service."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Annotated[str, Field(pattern=r"^[\w.-]{1,64}$")]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    requests_per_minute: Annotated[int, Field(ge=1)] | None = None
    tokens_per_minute: Annotated[int, Field(ge=0)] | None = None
    expires: AwareDatetime | None = None


class Document(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    keys: list[ApiKey]

    @model_validator(mode="after")
    def _distinct(self) -> Self:
        for values in ([key.id for key in self.keys], [key.sha256 for key in self.keys]):
            if len(set(values)) < len(values):
                raise ValueError("expected every id and every sha256 once")
        return self


class ApiKeys:
    """The keys of one document, to be asked by the key that a caller sent."""

    def __init__(self, keys: Sequence[ApiKey]) -> None:
        self._by_hash = {key.sha256: key for key in keys}

    @classmethod
    def parse(cls, document: str) -> Self:
        """Raises ApiKeysError."""
        try:
            return cls(Document.model_validate_json(document).keys)
        except ValidationError as error:
            problems = error.errors(include_url=False, include_context=False, include_input=False)
            places = (f"{_place(problem['loc'])}: {problem['msg']}" for problem in problems[:5])
            raise ApiKeysError("; ".join(places)) from None

    def find(self, key: str) -> ApiKey | None:
        """The caller with this key, unless it has expired.

        Takes the same time for every wrong key: what is looked up is a hash, which nobody can steer
        towards one that is kept, and it is compared as a whole.
        """
        sought = hashed(key)
        found = self._by_hash.get(sought)
        if found is None or not compare_digest(found.sha256, sought):
            return None
        return None if found.expires and found.expires <= datetime.now(UTC) else found

    def __len__(self) -> int:
        return len(self._by_hash)


def hashed(key: str) -> str:
    return sha256(key.encode(errors="surrogateescape")).hexdigest()


def generate() -> str:
    """A new key of 256 random bits, with a prefix by which scanners for leaked secrets can know it."""
    return PREFIX + secrets.token_urlsafe(32)


def _place(loc: tuple[int | str, ...]) -> str:
    """``keys[3].sha256``; names that are not ours are not shown, since they may be anything."""
    known = {"keys", *ApiKey.model_fields}
    text = "".join(
        f"[{part}]" if isinstance(part, int) else f".{part if part in known else '?'}" for part in loc
    )
    return text.lstrip(".") or "document"
