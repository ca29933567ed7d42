"""Resource ids: taken in any case, given back in Azure's."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ...core.asgi import Request

_GROUP = re.compile(
    r"/subscriptions/(?P<subscription>[^/]+)(/resourcegroups/(?P<group>[^/]+))?", re.IGNORECASE
)
_PROVIDER = re.compile(r"/providers/(?P<namespace>[^/]+)(?P<rest>(/[^/]+)*)", re.IGNORECASE)


@dataclass(frozen=True)
class Path:
    """A path of ARM taken apart. ``steps`` are what follows the namespace: types, names, an action.

    ``scope`` is what stands before the last ``/providers/``: a group, a subscription or a resource.
    """

    subscription: str
    group: str
    namespace: str
    steps: tuple[str, ...]
    scope: str

    @property
    def types(self) -> str:
        """``containerApps/revisions``; an action stands where a type would."""
        return "/".join(self.steps[::2])

    @property
    def names(self) -> tuple[str, ...]:
        return self.steps[1::2]


def parse(path: str) -> Path | None:
    """None for what is no path of a subscription."""
    path = path.rstrip("/")
    base = _GROUP.match(path)
    if base is None:
        return None
    subscription, group = base["subscription"], base["group"] or ""
    at = path.casefold().rfind("/providers/")
    if at < 0:
        rest = tuple(path[base.end() :].strip("/").split("/")) if path[base.end() :] else ()
        return Path(subscription, group, "", rest, path)
    provider = _PROVIDER.fullmatch(path[at:])
    if provider is None:
        return None
    steps = tuple(step for step in provider["rest"].split("/") if step)
    return Path(subscription, group, provider["namespace"], steps, path[:at])


def version_of(request: Request) -> str:
    """The version of the API that a request is for, empty if it does not say."""
    return request.query.get("api-version", [""])[0]


def key(identity: str) -> str:
    """Equal for ids that mean the same."""
    return identity.rstrip("/").casefold()
