"""Cloud Resource Manager: the one project that there is, and who may do what in it."""

from __future__ import annotations

from ..errors import ApiError
from ..policies import Policies, handlers
from ..rpc import Handlers, Json, Rpc, etag, now

DOCUMENT, OLD_DOCUMENT = "cloudresourcemanager.v3", "cloudresourcemanager.v1"
_PROJECTS = "cloudresourcemanager.projects"


class ResourceManager:
    def __init__(self, project: str, number: str, policies: Policies) -> None:
        self._project, self._number, self._policies = project, number, policies
        self._made, self._etag = now(), etag()

    @property
    def handlers(self) -> Handlers:
        return {f"{_PROJECTS}.get": self._get, **handlers(_PROJECTS, self._policies, self._find)}

    @property
    def old_handlers(self) -> Handlers:
        return {f"{_PROJECTS}.get": self._get_old, **handlers(_PROJECTS, self._policies, self._find)}

    def _find(self, name: str) -> None:
        if name != f"projects/{self._project}":
            text = f"Permission denied on resource project {name.rpartition('/')[2]}."
            raise ApiError("PERMISSION_DENIED", text)

    def _get(self, rpc: Rpc) -> Json:
        self._find(rpc.name)
        return {
            "name": f"projects/{self._number}",
            "projectId": self._project,
            "displayName": self._project,
            "state": "ACTIVE",
            "createTime": self._made,
            "updateTime": self._made,
            "etag": self._etag,
        }

    def _get_old(self, rpc: Rpc) -> Json:
        self._find(rpc.name)
        return {
            "projectNumber": self._number,
            "projectId": self._project,
            "name": self._project,
            "lifecycleState": "ACTIVE",
            "createTime": self._made,
        }
