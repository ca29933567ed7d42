"""Access tokens of Entra ID, one a run and scope.

azure-identity is imported only by the task that fetches a token: that costs 0.4 s, a shared token nothing.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from ..core.errors import CloudError
from ..core.shared import Shared
from .environment import Environment

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential

_ASKED = ("tenant_id", "client_id", "client_secret")
_NEXT_STEP = (
    "Set tenant_id, client_id and client_secret of the target (or AZURE_TENANT_ID, AZURE_CLIENT_ID and "
    "AZURE_CLIENT_SECRET), or log in with `az login`; check with `az account show`."
)


class Identity:
    """Who the CONNECTION ``options`` say that we are."""

    def __init__(self, options: Mapping[str, Any], environment: Environment, shared: Shared) -> None:
        self._options = options
        self._environment = environment
        self._shared = shared

    def token(self, resource: str) -> str:
        """A token for the API ``resource``, for example ``https://vault.azure.net``. Raises CloudError."""
        return str(self._shared.get(self._key(resource), lambda: self._fetch(resource)))

    def forget(self, resource: str) -> None:
        """The API does not take the token: fetch another next time."""
        self._shared.forget(self._key(resource))

    def _key(self, resource: str) -> str:
        who = [self._environment.login, resource, *(self._options.get(name) for name in _ASKED)]
        return "token " + hashlib.sha256(json.dumps(who).encode()).hexdigest()

    def _fetch(self, resource: str) -> tuple[str, float]:
        from azure.core.exceptions import AzureError  # noqa: PLC0415 see above

        problems = []
        for credential in _credentials(self._options, self._environment, os.environ):
            try:
                token = credential.get_token(f"{resource}/.default")
            except AzureError as error:  # its first line says it all; the rest are hints and trace ids
                problems.append(str(error).splitlines()[0].rstrip("."))
            else:
                return token.token, float(token.expires_on)
        raise CloudError(
            f"Cannot log in to Azure: {'; '.join(problems) or 'no credentials found'}",
            code="CredentialsRefused",
            next_step=_NEXT_STEP,
        )


def _credentials(
    options: Mapping[str, Any], environment: Environment, environ: Mapping[str, str]
) -> Iterator[TokenCredential]:
    """What is configured, cheapest first; the service principal of the options alone where it is given."""
    from azure import identity  # noqa: PLC0415 see above

    common: dict[str, Any] = {
        "authority": environment.login,
        "disable_instance_discovery": environment.is_custom,
    }
    if options.get("ca_file"):
        common["connection_verify"] = options["ca_file"]
    if all(options.get(name) for name in _ASKED):
        yield identity.ClientSecretCredential(*(options[name] for name in _ASKED), **common)
        return
    client = {"client_id": options["client_id"]} if options.get("client_id") else {}
    if "AZURE_FEDERATED_TOKEN_FILE" in environ:
        yield identity.WorkloadIdentityCredential(**client, **common)
    elif "AZURE_CLIENT_ID" in environ and "AZURE_TENANT_ID" in environ:
        yield identity.EnvironmentCredential(**common)
    if "IDENTITY_ENDPOINT" in environ:
        yield identity.ManagedIdentityCredential(**client)
    if shutil.which("az"):
        yield identity.AzureCliCredential(tenant_id=options.get("tenant_id") or "")
    if "IDENTITY_ENDPOINT" not in environ:  # of the virtual machine; elsewhere this takes a second to fail
        yield identity.ManagedIdentityCredential(**client)


class Caller(NamedTuple):
    """Who a token was made for; ``kind`` as role assignments name it."""

    object_id: str
    tenant: str
    name: str
    kind: str


def caller_of(token: str) -> Caller:
    """As the token says; that it says the truth is for the API to verify."""
    part = token.split(".")[1]
    told = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    kind = "User" if "scp" in told else "ServicePrincipal"  # scopes are what a user delegates
    return Caller(told["oid"], told["tid"], told.get("upn") or told.get("appid") or "somebody", kind)
