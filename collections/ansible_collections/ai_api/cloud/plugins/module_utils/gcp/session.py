"""Google's REST APIs, as the CONNECTION options say where they are and who asks."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import httpx

from ..core.errors import CloudError
from ..core.rest import Rest
from ..core.shared import Shared
from .errors import ApiError, explain, unreachable
from .identity import Identity

REGION = re.compile(r"[a-z]+-[a-z]+\d+")
_SHARED = Shared("ai-api-gcp")


class Session:
    """One a task. Every call raises CloudError."""

    def __init__(self, options: Mapping[str, Any]) -> None:
        if not options.get("project"):
            raise CloudError(
                "The target's connection names no Google Cloud project",
                next_step="Set project in target_connection, for example my-project-123.",
            )
        self.options = options
        self.project = str(options["project"])
        self.identity = Identity(options, _SHARED)
        self._endpoint = (options.get("endpoint_url") or "").rstrip("/")
        self._rest = Rest(options.get("max_attempts") or 8, options.get("ca_file"))

    def url(self, api: str, path: str) -> str:
        """``path`` begins with the API's version. One endpoint for all APIs knows them by their names."""
        return f"{self._endpoint}/{api}/{path}" if self._endpoint else f"https://{api}.googleapis.com/{path}"

    def call(
        self,
        method: str,
        api: str,
        path: str,
        action: str,
        resource: str,
        *,
        body: Any = None,
        query: Mapping[str, Any] | None = None,
        repeatable: bool = False,
    ) -> dict[str, Any]:
        """The content of the answer. ``action`` (a verb) and ``resource`` are for the error's text.

        ``repeatable``: a POST that does no harm when it is sent twice. The token is fetched anew once where
        it is no longer taken.
        """
        url = httpx.URL(self.url(api, path), params=query or None)
        content = {} if body is None else {"json": body}
        for second in (False, True):
            try:
                answer = self._rest.send(
                    method, str(url), headers=self.identity.headers, repeatable=repeatable, **content
                )
            except httpx.HTTPError as error:
                raise unreachable(action, resource, error) from error
            if answer.status_code != 401 or second:
                break
            self.identity.forget()
        if answer.status_code >= 400:
            raise explain(answer, action, resource)
        return _content(answer)

    def find(
        self, api: str, path: str, resource: str, query: Mapping[str, Any] | None = None
    ) -> dict[str, Any] | None:
        """What is at ``path``, None where there is nothing, not even the API."""
        try:
            return self.call("GET", api, path, "read", resource, query=query)
        except ApiError as error:
            if error.means_nothing_there:
                return None
            raise

    def listed(self, api: str, path: str, key: str, resource: str) -> Iterator[dict[str, Any]]:
        """All items of a list, page by page; none where the API is not enabled."""
        token = ""
        while True:
            found = self.find(
                api, path, resource, {"pageSize": 100, **({"pageToken": token} if token else {})}
            )
            yield from (found or {}).get(key) or []
            token = (found or {}).get("nextPageToken") or ""
            if not token:
                return


def _content(answer: httpx.Response) -> dict[str, Any]:
    try:
        content = answer.json()
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}
