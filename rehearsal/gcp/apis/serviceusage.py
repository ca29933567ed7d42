"""Service Usage: which APIs a project has enabled."""

from __future__ import annotations

from ..collection import page
from ..errors import ApiError, error_info
from ..operations import Operations
from ..rpc import Handlers, Json, Rpc
from ..timing import Timing

DOCUMENT = "serviceusage.v1"
_TYPE = "type.googleapis.com/google.api.serviceusage.v1"
_SECONDS = 0.3
_MOST_AT_ONCE = 20
# title, and whether a new project has it enabled
_SERVICES = {
    "artifactregistry": ("Artifact Registry API", False),
    "cloudapis": ("Google Cloud APIs", True),
    "cloudbuild": ("Cloud Build API", False),
    "cloudresourcemanager": ("Cloud Resource Manager API", True),
    "cloudtrace": ("Cloud Trace API", True),
    "compute": ("Compute Engine API", False),
    "containeranalysis": ("Container Analysis API", False),
    "containerscanning": ("Container Scanning API", False),
    "iam": ("Identity and Access Management (IAM) API", True),
    "iamcredentials": ("IAM Service Account Credentials API", True),
    "logging": ("Cloud Logging API", True),
    "monitoring": ("Cloud Monitoring API", True),
    "redis": ("Google Cloud Memorystore for Redis API", False),
    "run": ("Cloud Run Admin API", False),
    "secretmanager": ("Secret Manager API", False),
    "servicemanagement": ("Service Management API", True),
    "serviceusage": ("Service Usage API", True),
    "storage": ("Cloud Storage API", True),
    "sts": ("Security Token Service API", False),
    "vpcaccess": ("Serverless VPC Access API", False),
}


class ServiceUsage:
    def __init__(self, project: str, number: str, timing: Timing) -> None:
        self._project, self._number, self._timing = project, number, timing
        self._operations = Operations()
        self._enabled = set[str]()
        self.clear()

    @property
    def handlers(self) -> Handlers:
        return {
            "serviceusage.services.get": lambda rpc: self._view(self._known(rpc.id)),
            "serviceusage.services.list": self._list,
            "serviceusage.services.enable": lambda rpc: self._enable(rpc, [rpc.id]),
            "serviceusage.services.batchEnable": self._batch_enable,
            "serviceusage.services.batchGet": self._batch_get,
            "serviceusage.services.disable": self._disable,
            "serviceusage.operations.get": self._operations.get,
        }

    def clear(self) -> None:
        self._operations.clear()
        self._enabled = {name for name, (_, enabled) in _SERVICES.items() if enabled}

    def require(self, service: str) -> None:
        """Raise ApiError when an API such as ``run`` is not enabled."""
        if service in self._enabled:
            return
        title, host = _SERVICES[service][0], f"{service}.googleapis.com"
        url = f"https://console.developers.google.com/apis/api/{host}/overview?project={self._project}"
        consumer = f"projects/{self._number}"
        raise ApiError(
            "PERMISSION_DENIED",
            f"{title} has not been used in project {self._project} before or it is disabled. Enable it by "
            f"visiting {url} then retry. If you enabled this API recently, wait a few minutes for the action "
            "to propagate to our systems and retry.",
            error_info(
                "SERVICE_DISABLED",
                "googleapis.com",
                service=host,
                serviceTitle=title,
                consumer=consumer,
                containerInfo=self._project,
                activationUrl=url,
            ),
        )

    def _list(self, rpc: Rpc) -> Json:
        wanted = rpc.query.get("filter", "").removeprefix("state:")
        if wanted not in ("", "ENABLED", "DISABLED"):
            raise ApiError("INVALID_ARGUMENT", f"Invalid filter '{wanted}': use state:ENABLED or :DISABLED.")
        views = [self._view(name) for name in _SERVICES]
        return page([one for one in views if wanted in ("", one["state"])], rpc.query, "services", 50)

    def _batch_get(self, rpc: Rpc) -> Json:
        names = rpc.query.get("names", [])
        return {"services": [self._view(self._known(name.rpartition("/")[2])) for name in names]}

    def _batch_enable(self, rpc: Rpc) -> Json:
        wanted = rpc.body.get("serviceIds", [])
        if not 1 <= len(wanted) <= _MOST_AT_ONCE:
            text = f"service_ids must hold 1 to {_MOST_AT_ONCE} services."
            raise ApiError("INVALID_ARGUMENT", text)
        return self._enable(rpc, wanted)

    def _enable(self, rpc: Rpc, hosts: list[str]) -> Json:
        names = [self._known(host) for host in hosts]
        batch = rpc.method.action == "services.batchEnable"

        async def work() -> Json:
            await self._timing.pause(rpc, _SECONDS)
            self._enabled |= set(names)
            views = [self._view(name) for name in names]
            if batch:
                return {"@type": f"{_TYPE}.BatchEnableServicesResponse", "services": views}
            return {"@type": f"{_TYPE}.EnableServiceResponse", "service": views[0]}

        return self._start(names, work())

    def _disable(self, rpc: Rpc) -> Json:
        name = self._known(rpc.id)

        async def work() -> Json:
            await self._timing.pause(rpc, _SECONDS)
            self._enabled.discard(name)
            return {"@type": f"{_TYPE}.DisableServiceResponse", "service": self._view(name)}

        return self._start([name], work())

    def _start(self, names: list[str], work: object) -> Json:
        resources = [f"projects/{self._number}/services/{name}.googleapis.com" for name in names]
        metadata = {"@type": f"{_TYPE}.OperationMetadata", "resourceNames": resources}
        return self._operations.start("", lambda: metadata, work).view  # type: ignore[arg-type]

    def _known(self, host: str) -> str:
        """The short name of a service. Raise ApiError."""
        name = host.removesuffix(".googleapis.com")
        if name not in _SERVICES or name == host:
            info = error_info(
                "SERVICE_CONFIG_NOT_FOUND_OR_PERMISSION_DENIED", "serviceusage.googleapis.com", services=host
            )
            text = f"Not found or permission denied for service(s): {host}."
            raise ApiError("PERMISSION_DENIED", text, info)
        return name

    def _view(self, name: str) -> Json:
        host = f"{name}.googleapis.com"
        return {
            "name": f"projects/{self._number}/services/{host}",
            "config": {"name": host, "title": _SERVICES[name][0]},
            "state": "ENABLED" if name in self._enabled else "DISABLED",
            "parent": f"projects/{self._number}",
        }
