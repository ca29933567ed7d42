"""Signature Version 4: read from a request and checked against a secret."""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass
from urllib.parse import quote

from ..core.asgi import Request

_AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=(?P<key>[^/]+)/(?P<date>\d{8})/(?P<region>[^/]+)/(?P<service>[^/]+)"
    r"/aws4_request,\s*SignedHeaders=(?P<headers>[^,]+),\s*Signature=(?P<signature>[0-9a-f]{64})"
)


@dataclass(frozen=True)
class Signature:
    """The fields of an Authorization header. Presigned URLs are not read: nothing here uses them."""

    access_key_id: str
    date: str
    region: str
    service: str
    signed_headers: str
    value: str

    @classmethod
    def of(cls, request: Request) -> Signature | None:
        match = _AUTHORIZATION.match(request.headers.get("authorization", ""))
        return cls(*match.groups()) if match else None

    def made_with(self, secret: str, request: Request) -> bool:
        """Whether this secret signs this request so."""
        canonical = "\n".join(
            (
                request.method,
                quote(request.path, safe="/-_.~"),
                _canonical_query(request.query),
                *(
                    f"{name}:{' '.join(request.headers.get(name, '').split())}"
                    for name in self.signed_headers.split(";")
                ),
                "",
                self.signed_headers,
                request.headers.get("x-amz-content-sha256") or hashlib.sha256(request.body).hexdigest(),
            )
        )
        scope = f"{self.date}/{self.region}/{self.service}/aws4_request"
        text = "\n".join(
            (
                "AWS4-HMAC-SHA256",
                request.headers.get("x-amz-date", ""),
                scope,
                hashlib.sha256(canonical.encode()).hexdigest(),
            )
        )
        key = f"AWS4{secret}".encode()
        for part in (self.date, self.region, self.service, "aws4_request", text):
            key = hmac.digest(key, part.encode(), "sha256")
        return hmac.compare_digest(key.hex(), self.value)


def _canonical_query(query: dict[str, list[str]]) -> str:
    pairs = ((quote(name, safe="-_.~"), quote(value, safe="-_.~")) for name in query for value in query[name])
    return "&".join(f"{name}={value}" for name, value in sorted(pairs))
