"""GCP, through Google's own client libraries over REST."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cached_property
from typing import Any

from google.api_core.client_options import ClientOptions
from google.api_core.exceptions import Forbidden
from google.auth.transport.requests import AuthorizedSession, Request
from google.cloud import artifactregistry_v1, run_v2, secretmanager_v1
from google.oauth2 import credentials, service_account

from tests.support.clouds.cloud import Cloud, FailingOperation, OneChange, Words
from tests.support.rehearsal import Rehearsal

SERVICE = "Apply the Cloud Run service and wait for its revision"
REPOSITORY = "Apply the Artifact Registry repository"
SCOPE = "https://www.googleapis.com/auth/cloud-platform"


def _names(listing: Callable[..., Iterable[Any]], parent: str) -> set[str]:
    """Last parts of the names of what is in ``parent``; an API that was never enabled has nothing."""
    try:
        return {str(found.name).rpartition("/")[2] for found in listing(parent=parent)}
    except Forbidden as error:
        if error.reason != "SERVICE_DISABLED":
            raise
        return set()


class Gcp(Cloud):
    name = "gcp"
    target = "gcp-us-central1"
    region = "us-central1"
    words = Words(
        service=SERVICE,
        stages=(
            "Apply the service account that the service runs as",
            REPOSITORY,
            "Apply the secrets, which only the service's account may read",
            "Put the values where they differ",
            SERVICE,
        ),
        unhealthy="failed to start and listen on the port",
        refused="a rehearsed failure",
    )
    changes = (
        OneChange("environment", {"service_openai_model": "gpt-4o"}, [SERVICE], 1),
        OneChange("cpu and memory", {"service_cpu": 2, "service_memory": 2048}, [SERVICE], 1),
        OneChange("clean-up policy", {"registry_keep_images": 10}, [REPOSITORY], 0),
        OneChange("scale limits", {"autoscaling_max": 5}, [SERVICE], 1),
    )
    failing_operation = FailingOperation("services.patch")
    check_mode_calls = frozenset()
    trust = True

    def __init__(self, rehearsal: Rehearsal) -> None:
        self._rehearsal = rehearsal

    def url(self, deployment: str) -> str:
        return str(self.service(deployment).uri)

    def service(self, deployment: str) -> Any:
        """As google-cloud-run has it."""
        return self.services.get_service(name=self.service_name(deployment))

    def service_name(self, deployment: str) -> str:
        return f"{self.location}/services/{deployment}"

    def repository(self, deployment: str) -> Any:
        """As google-cloud-artifact-registry has it."""
        return self.repositories.get_repository(name=f"{self.location}/repositories/{deployment}")

    def everything(self) -> set[str]:
        accounts = self._get(f"iam/v1/{self.project}/serviceAccounts").get("accounts", [])
        return {
            *_names(self.secrets.list_secrets, self.project),
            *_names(self.repositories.list_repositories, self.location),
            *_names(self.services.list_services, self.location),
            *(account["email"] for account in accounts if not account["email"].startswith("deployer@")),
        }

    def plant(self) -> set[str]:
        self.secrets.create_secret(
            parent=self.project, secret_id="somebody-elses", secret={"replication": {"automatic": {}}}
        )
        return {"somebody-elses"}

    def versions(self, deployment: str) -> int:
        revisions = run_v2.RevisionsClient(**self._arguments("run"))
        return len(list(revisions.list_revisions(parent=self.service_name(deployment))))

    def traffic(self, deployment: str) -> dict[str, int]:
        return {share.revision: share.percent for share in self.service(deployment).traffic_statuses}

    def pin_traffic(self, deployment: str, version: str) -> None:
        kind = run_v2.TrafficTargetAllocationType.TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION
        share = {"type_": kind, "revision": version, "percent": 100}
        changed = {"name": self.service_name(deployment), "traffic": [share]}
        self.services.update_service(service=changed, update_mask={"paths": ["traffic"]}).result(timeout=60)

    def stored_key(self, deployment: str) -> str:
        name = f"{self.project}/secrets/openai-key/versions/latest"
        return str(self.secrets.access_secret_version(name=name).payload.data.decode())

    def store_key(self, deployment: str, key: str) -> None:
        self.put_secret(deployment, "openai-key", key)

    def put_secret(self, deployment: str, name: str, value: str) -> None:
        payload = {"data": value.encode()}
        self.secrets.add_secret_version(parent=f"{self.project}/secrets/{name}", payload=payload)

    def log_text(self, deployment: str) -> str:
        body = {
            "resourceNames": [self.project],
            "filter": f'resource.type="cloud_run_revision" AND resource.labels.service_name="{deployment}"',
            "pageSize": 1000,
        }
        answer = self._session.post(f"{self._url}/logging/v2/entries:list", json=body, timeout=30)
        answer.raise_for_status()
        return str(answer.text)

    def descriptions(self, deployment: str) -> str:
        return str(self.service(deployment)) + str(list(self.secrets.list_secrets(parent=self.project)))

    @property
    def services(self) -> Any:
        return run_v2.ServicesClient(**self._arguments("run"))

    @property
    def secrets(self) -> Any:
        return secretmanager_v1.SecretManagerServiceClient(**self._arguments("secretmanager"))

    @property
    def repositories(self) -> Any:
        return artifactregistry_v1.ArtifactRegistryClient(**self._arguments("artifactregistry"))

    @property
    def project(self) -> str:
        return f"projects/{self._rehearsal.endpoints['gcp']['project']}"

    @property
    def location(self) -> str:
        return f"{self.project}/locations/{self.region}"

    @property
    def _url(self) -> str:
        return str(self._rehearsal.endpoints["gcp"]["endpoint_url"])

    @cached_property
    def _credentials(self) -> Any:
        """A token of the account that deploys: with its key, libraries would ask Google about its regions."""
        path = self._rehearsal.endpoints["gcp"]["credentials_file"]
        account: Any = service_account.Credentials.from_service_account_file(path, scopes=[SCOPE])  # type: ignore[no-untyped-call]
        account.refresh(Request())
        return credentials.Credentials(account.token)  # type: ignore[no-untyped-call]

    @property
    def _session(self) -> Any:
        return AuthorizedSession(self._credentials)  # type: ignore[no-untyped-call]

    def _arguments(self, api: str) -> dict[str, Any]:
        options = ClientOptions(api_endpoint=f"{self._url}/{api}")
        return {"transport": "rest", "credentials": self._credentials, "client_options": options}

    def _get(self, path: str) -> dict[str, Any]:
        answer = self._session.get(f"{self._url}/{path}", timeout=30)
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        return found
