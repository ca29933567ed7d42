"""The APIs of an Azure cloud, as the CONNECTION options say where it is and who asks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import httpx

from ..core.errors import CloudError
from ..core.rest import Rest
from ..core.shared import Shared
from .environment import environment
from .errors import explain, unreachable
from .identity import Caller, Identity, caller_of

_SHARED = Shared("ai-api-azure")
SUBSCRIPTIONS = "2022-12-01"  # version of the API for what is about the subscription itself


class Session:
    """One a task. Every call raises CloudError."""

    def __init__(self, options: Mapping[str, Any]) -> None:
        self.options = options
        self.rest = Rest(options.get("max_attempts") or 8, options.get("ca_file"))
        self.shared = _SHARED
        self.environment = environment(options, self.rest, _SHARED)
        self.identity = Identity(options, self.environment, _SHARED)

    @property
    def subscription(self) -> str:
        """The id of the target's subscription."""
        return f"/subscriptions/{self.options['subscription_id']}"

    def full_id(self, identity: str) -> str:
        """``resourceGroups/ai-api`` as a resource id; one that begins with a slash is complete."""
        return identity if identity.startswith("/") else f"{self.subscription}/{identity}"

    def caller(self) -> Caller:
        """Who deploys."""
        return caller_of(self.identity.token(self.environment.audience))

    def arm(
        self,
        method: str,
        path: str,
        action: str,
        resource: str,
        *,
        version: str = "",
        body: Any = None,
        query: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        """``path`` is a resource id, or the whole URL of an operation. CloudError for a status above 399."""
        url = path if path.startswith("https:") else f"{self.environment.arm}{path}"
        parameters = {**({"api-version": version} if version else {}), **(query or {})}
        if parameters:
            url = str(httpx.URL(url).copy_merge_params(parameters))
        return self.send(method, url, self.environment.audience, action, resource, body=body)

    def find(self, path: str, version: str, resource: str) -> httpx.Response | None:
        """The resource with the id ``path``, None where there is none."""
        try:
            return self.arm("GET", path, "read", resource, version=version)
        except CloudError as error:
            if getattr(error, "status", 0) == 404:
                return None
            raise

    def listed(
        self, path: str, version: str, resource: str, query: Mapping[str, str] | None = None
    ) -> Iterator[dict[str, Any]]:
        """All items of a list, page by page."""
        content = self.arm("GET", path, "list", resource, version=version, query=query).json()
        yield from content["value"]
        while url := content.get("nextLink"):
            content = self.arm("GET", url, "list", resource).json()
            yield from content["value"]

    def send(
        self, method: str, url: str, audience: str, action: str, resource: str, *, body: Any = None
    ) -> httpx.Response:
        """A request with a token for ``audience``, fetched anew once where it is no longer taken."""
        for second in (False, True):
            headers = {"Authorization": f"Bearer {self.identity.token(audience)}"}
            answer = self.request(method, url, action, resource, headers=headers, json=body)
            if answer.status_code != 401 or second:
                break
            self.identity.forget(audience)
        if answer.status_code >= 400:
            raise explain(answer, action, resource)
        return answer

    def request(self, method: str, url: str, action: str, resource: str, **content: Any) -> httpx.Response:
        """As it is, whatever its status."""
        try:
            return self.rest.send(method, url, **content)
        except httpx.HTTPError as error:
            raise unreachable(action, resource, error) from error
