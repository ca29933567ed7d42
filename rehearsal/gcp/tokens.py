"""Access tokens and identity tokens: who calls."""

from __future__ import annotations

import json
import secrets
import time
from functools import cached_property
from typing import Any
from urllib.parse import parse_qs

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from ..core.asgi import Request, Response

SECONDS = 3600
_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_ISSUER = "https://accounts.google.com"
# google-auth names it as the audience, wherever the tokens are had.
_AUDIENCE = "https://oauth2.googleapis.com/token"
_CLOUD_PLATFORM = "https://www.googleapis.com/auth/cloud-platform"


class GrantError(Exception):
    """A token is refused; the text is OAuth's ``error_description``."""


class Tokens:
    """``key`` is the service-account key of the one who deploys; other accounts have no keys here."""

    def __init__(self, key: dict[str, Any]) -> None:
        self._email, self._audience = key["client_email"], key["token_uri"]
        self._public = _public_key(key["private_key"])
        self._issued: dict[str, tuple[str, float]] = {}

    def issue(self, email: str) -> dict[str, Any]:
        """As the token endpoint and the metadata server answer."""
        now = time.time()
        self._issued = {token: entry for token, entry in self._issued.items() if entry[1] > now}
        token = f"ya29.c.{secrets.token_urlsafe(96)}"
        self._issued[token] = (email, now + SECONDS)
        return {"access_token": token, "expires_in": SECONDS - 1, "token_type": "Bearer"}

    def identify(self, token: str, audience: str = "") -> str | None:
        """The e-mail address of the one whose access token, or self-signed JWT for an API, this is."""
        email, expires = self._issued.get(token, ("", 0.0))
        if expires > time.time():
            return email
        try:
            claims = self._claims(token)
        except GrantError:
            return None
        scoped = _CLOUD_PLATFORM in str(claims.get("scope", "")).split()
        named = audience and audience in str(claims.get("aud", ""))
        return self._email if scoped or named else None

    def identity_token(self, email: str, audience: str) -> str:
        """A signed token that says who its holder is."""
        now = int(time.time())
        claims = {"iss": _ISSUER, "aud": audience, "sub": email, "email": email, "email_verified": True}
        return jwt.encode({**claims, "iat": now, "exp": now + SECONDS}, self._own_key, "RS256")

    def invoker(self, token: str) -> str | None:
        """The e-mail address in an identity token of ours."""
        try:
            claims = jwt.decode(
                token, self._own_key.public_key(), ["RS256"], issuer=_ISSUER, options={"verify_aud": False}
            )
        except jwt.InvalidTokenError:
            return None
        return str(claims["email"])

    def answer(self, request: Request) -> Response:
        """POST /token, Google's OAuth 2.0 endpoint for service accounts."""
        form = {name: values[0] for name, values in parse_qs(request.body.decode(errors="replace")).items()}
        if form.get("grant_type") != _GRANT:
            return _refused("unsupported_grant_type", f"Invalid grant_type: {form.get('grant_type', '')}")
        try:
            claims = self._claims(form.get("assertion", ""), self._audience)
        except GrantError as error:
            return _refused("invalid_grant", str(error))
        if "target_audience" in claims:
            return _json({"id_token": self.identity_token(self._email, claims["target_audience"])})
        if not claims.get("scope"):
            return _refused("invalid_scope", "Invalid OAuth scope or ID token audience provided.")
        return _json(self.issue(self._email))

    def _claims(self, token: str, audience: str = "") -> dict[str, Any]:
        """Of a JWT that the service account signed. Raise GrantError."""
        try:
            claims = jwt.decode(
                token,
                self._public,
                ["RS256"],
                audience=[audience, _AUDIENCE] if audience else None,
                leeway=60,
                options={"require": ["iss", "iat", "exp"], "verify_aud": bool(audience)},
            )
        except jwt.InvalidSignatureError as error:
            raise GrantError("Invalid JWT Signature.") from error
        except jwt.InvalidAudienceError as error:
            raise GrantError(f"Invalid JWT: the audience must be {self._audience}.") from error
        except jwt.InvalidTokenError as error:
            raise GrantError(f"Invalid JWT: {error}") from error
        if claims["iss"] != self._email:
            raise GrantError("Invalid grant: account not found")
        if claims["exp"] - claims["iat"] > SECONDS:
            raise GrantError(
                "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe."
            )
        return claims

    @cached_property
    def _own_key(self) -> rsa.RSAPrivateKey:
        return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _public_key(pem: str) -> rsa.RSAPublicKey:
    private = load_pem_private_key(pem.encode(), None)
    if not isinstance(private, rsa.RSAPrivateKey):
        raise TypeError("a service account's key is an RSA key")
    return private.public_key()


def _json(content: dict[str, Any]) -> Response:
    return Response(200, json.dumps(content).encode(), "application/json; charset=utf-8")


def _refused(error: str, description: str) -> Response:
    content = {"error": error, "error_description": description}
    return Response(400, json.dumps(content).encode(), "application/json; charset=utf-8")
