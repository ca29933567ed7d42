"""Entra ID: where clients find it, and tokens for those who prove who they are."""

from __future__ import annotations

import datetime
import json
import re
import time
import uuid
from typing import Any
from urllib.parse import parse_qs

from ..core.asgi import Request, Response
from .config import Config
from .roles import Roles
from .tokens import SECONDS, Tokens, decoded

_PATH = re.compile(
    r"/(?P<tenant>[^/]+)/((?P<openid>v2\.0/\.well-known/openid-configuration)|oauth2/v2\.0/token)"
)
_FEDERATED = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_EXCHANGE = "api://AzureADTokenExchange"


class Entra:
    """One tenant with one application, the deployer's."""

    def __init__(self, config: Config, tokens: Tokens, roles: Roles, endpoint: str) -> None:
        self._config = config
        self._tokens = tokens
        self._roles = roles
        self._endpoint = endpoint

    def answer(self, request: Request) -> Response | None:
        """None for what is not Entra ID's."""
        match = _PATH.fullmatch(request.path)
        if match is None:
            return None
        if match["tenant"].casefold() not in (self._config.tenant_id.casefold(), "common", "organizations"):
            return _refusal(
                "invalid_request",
                90002,
                f"Tenant '{match['tenant']}' not found. Check to make sure you have the correct tenant "
                "ID and are signing into the correct cloud. Check with your subscription administrator, this "
                "may happen if there are no active subscriptions for the tenant.",
                400,
            )
        return Response.json(self._configuration()) if match["openid"] else self._token(request)

    def _configuration(self) -> dict[str, Any]:
        base = f"{self._endpoint}/{self._config.tenant_id}"
        return {
            "token_endpoint": f"{base}/oauth2/v2.0/token",
            "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt"],
            "jwks_uri": f"{base}/discovery/v2.0/keys",
            "response_types_supported": ["token"],
            "subject_types_supported": ["pairwise"],
            "issuer": f"{base}/v2.0",
            "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
            "device_authorization_endpoint": f"{base}/oauth2/v2.0/devicecode",
            "tenant_region_scope": "EU",
        }

    def _token(self, request: Request) -> Response:
        form = {name: values[0] for name, values in parse_qs(request.body.decode(errors="replace")).items()}
        if form.get("grant_type") != "client_credentials":
            message = f"The app requested an unsupported grant type '{form.get('grant_type', '')}'."
            return _refusal("unsupported_grant_type", 70003, message, 400)
        scope = form.get("scope", "").split(" ")[0]
        if not scope.endswith("/.default"):
            message = f"The provided request must include a 'scope' that ends with /.default, not '{scope}'."
            return _refusal("invalid_scope", 1002012, message, 400)
        refused = self._refuse_client(form)
        if refused:
            return refused
        token = self._tokens.make(self._roles.deployer, scope.removesuffix("/.default"))
        return Response.json(
            {"token_type": "Bearer", "expires_in": SECONDS, "ext_expires_in": SECONDS, "access_token": token}
        )

    def _refuse_client(self, form: dict[str, str]) -> Response | None:
        client = form.get("client_id", "")
        if client.casefold() != self._config.client_id.casefold():
            return _refusal(
                "unauthorized_client",
                700016,
                f"Application with identifier '{client}' was not found in the directory "
                f"'{self._config.tenant_id}'. This can happen if the application has not been installed by "
                "the administrator of the tenant or consented to by any user in the tenant. You may have "
                "sent your authentication request to the wrong tenant.",
                400,
            )
        if form.get("client_assertion_type") == _FEDERATED:
            return _refuse_assertion(form.get("client_assertion", ""))
        if "client_secret" not in form:
            message = "The request body must contain 'client_assertion' or 'client_secret'."
            return _refusal("invalid_client", 7000218, message)
        if form["client_secret"] != self._config.client_secret:
            return _refusal(
                "invalid_client",
                7000215,
                "Invalid client secret provided. Ensure the secret being sent in the request is the client "
                f"secret value, not the client secret ID, for a secret added to app '{client}'.",
            )
        return None


def _refuse_assertion(assertion: str) -> Response | None:
    """What a federated credential must be; who signed it, nobody here could tell."""
    claims = decoded(assertion)
    if claims is None:
        return _refusal("invalid_client", 50027, "JWT token is invalid or malformed.")
    audience = claims.get("aud")
    if _EXCHANGE not in (audience if isinstance(audience, list) else [audience]):
        return _refusal(
            "invalid_client",
            700212,
            f"No matching federated identity record found for presented assertion audience '{audience}'.",
        )
    if float(claims.get("exp", 0)) <= time.time():
        return _refusal("invalid_client", 700024, "Client assertion is not within its valid time range.")
    return None


def _refusal(error: str, number: int, message: str, status: int = 401) -> Response:
    trace, correlation = str(uuid.uuid4()), str(uuid.uuid4())
    moment = datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d %H:%M:%SZ")
    content = {
        "error": error,
        "error_description": f"AADSTS{number}: {message} Trace ID: {trace} Correlation ID: {correlation} "
        f"Timestamp: {moment}",
        "error_codes": [number],
        "timestamp": moment,
        "trace_id": trace,
        "correlation_id": correlation,
        "error_uri": f"https://login.microsoftonline.com/error?code={number}",
    }
    return Response(status, json.dumps(content).encode())
