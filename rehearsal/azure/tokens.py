"""Access tokens: JSON web tokens as Entra ID makes them, signed with a key of our own."""

from __future__ import annotations

import base64
import binascii
import datetime
import hashlib
import hmac
import json
import time
import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from .arm.errors import ArmError
from .config import Config

SECONDS = 3599


@dataclass(frozen=True)
class Caller:
    """Who a token was made for: object id and client id of a service principal or managed identity."""

    principal: str
    client: str


class Tokens:
    def __init__(self, config: Config) -> None:
        self._key = hashlib.sha256(f"{config.instance} {config.client_secret}".encode()).digest()
        self._tenant = config.tenant_id

    def make(self, caller: Caller, audience: str, seconds: int = SECONDS, **more: Any) -> str:
        moment = int(time.time())
        claims = {
            "aud": audience,
            "iss": f"https://sts.windows.net/{self._tenant}/",
            "iat": moment,
            "nbf": moment,
            "exp": moment + seconds,
            "appid": caller.client,
            "idtyp": "app",
            "oid": caller.principal,
            "sub": caller.principal,
            "tid": self._tenant,
            "uti": uuid.uuid4().hex,
            **more,
        }
        content = f"{_encoded({'typ': 'JWT', 'alg': 'HS256'})}.{_encoded(claims)}"
        return f"{content}.{self._signature(content)}"

    def claims(self, token: str) -> dict[str, Any] | None:
        """None for what was not made here; it may have expired."""
        content, _, signature = token.rpartition(".")
        if not hmac.compare_digest(signature.encode(), self._signature(content).encode()):
            return None
        return decoded(token)

    def caller(self, headers: Mapping[str, str], audiences: Collection[str]) -> Caller:
        """Of the bearer token of a request to ARM. Raise ArmError in ARM's words."""
        kind, _, token = headers.get("authorization", "").partition(" ")
        if not token or kind.lower() != "bearer":
            message = "Authentication failed. The 'Authorization' header is missing."
            raise _unauthorized("AuthenticationFailed", message)
        claims = self.claims(token)
        if claims is None:
            raise _unauthorized("InvalidAuthenticationToken", "The access token is invalid.")
        if claims["exp"] <= time.time():
            raise expired(claims["exp"])
        if claims["aud"].rstrip("/") not in audiences:
            raise _unauthorized(
                "InvalidAuthenticationTokenAudience",
                f"The access token has been obtained for wrong audience or resource '{claims['aud']}'. It "
                f"should exactly match with one of the allowed audiences '{','.join(sorted(audiences))}'.",
            )
        return Caller(claims["oid"], claims["appid"])

    def _signature(self, content: str) -> str:
        return _base64(hmac.digest(self._key, content.encode(), "sha256"))


def decoded(token: str) -> dict[str, Any] | None:
    """The claims of a token, unverified; None if it is none."""
    parts = token.split(".")
    if len(parts) != 3:
        return None
    try:
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (ValueError, binascii.Error):
        return None
    return claims if isinstance(claims, dict) else None


def expired(moment: float) -> ArmError:
    at, current = (_time(each) for each in (moment, time.time()))
    return _unauthorized(
        "ExpiredAuthenticationToken",
        f"The access token expiry UTC time '{at}' is earlier than current UTC time '{current}'.",
    )


def _time(moment: float) -> str:
    return datetime.datetime.fromtimestamp(moment, datetime.UTC).strftime("%m/%d/%Y %I:%M:%S %p")


def _unauthorized(code: str, message: str) -> ArmError:
    challenge = f'Bearer error="invalid_token", error_description="{message}"'
    return ArmError(401, code, message, headers={"www-authenticate": challenge})


def _encoded(content: Mapping[str, Any]) -> str:
    return _base64(json.dumps(content).encode())


def _base64(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")
