"""The endpoint from which the containers of an app get tokens for its managed identities."""

from __future__ import annotations

import time

from ...core.asgi import Request, Response
from ..arm import ids
from ..arm.store import Record
from ..cloud import Cloud
from ..kinds.identities import caller
from ..tokens import SECONDS
from .access import Access
from .running import APPS

PATH = "/msi/token"
_VERSIONS = ("2019-08-01",)


class IdentityEndpoint:
    """The protocol of App Service: a header that only the app knows, and no token of a user anywhere."""

    def __init__(self, cloud: Cloud, access: Access) -> None:
        self._cloud = cloud
        self._access = access

    def answer(self, request: Request) -> Response:
        asked = {name: values[0] for name, values in request.query.items()}
        header = request.headers.get("x-identity-header", "")
        app = next(
            (each for each in self._cloud.store.of_kind(APPS) if each.hidden["identity_header"] == header),
            None,
        )
        if app is None:
            return _refusal(401, "The X-IDENTITY-HEADER is not that of a container app.")
        if asked.get("api-version") not in _VERSIONS or not asked.get("resource"):
            return _refusal(400, f"resource and an api-version of {', '.join(_VERSIONS)} are needed.")
        identity = self._identity(app, asked)
        if identity is None:
            return _refusal(
                400, "No User Assigned or Delegated Managed Identity found for specified ClientId"
            )
        resource = asked["resource"].removesuffix("/.default")
        token = self._cloud.tokens.make(caller(identity), resource)
        return Response.json(
            {
                "access_token": token,
                "client_id": identity.hidden["clientId"],
                "expires_on": str(int(time.time()) + SECONDS),
                "resource": resource,
                "token_type": "Bearer",
            }
        )

    def _identity(self, app: Record, asked: dict[str, str]) -> Record | None:
        """By client, principal or resource id: an app may have several, so that one must be named."""
        for record in self._access.identities(app.body):
            resource = asked.get("mi_res_id") or asked.get("msi_res_id") or ""
            if (
                asked.get("client_id", "").casefold() == record.hidden["clientId"]
                or asked.get("principal_id", asked.get("object_id")) == record.hidden["principalId"]
                or ids.key(resource) == ids.key(record.id)
            ):
                return record
        return None


def _refusal(status: int, message: str) -> Response:
    return Response.json({"statusCode": status, "message": message}, status)
