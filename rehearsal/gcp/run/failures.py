"""Why a revision is not ready, in Cloud Run's words."""

from __future__ import annotations

from urllib.parse import quote

from ..errors import ApiError
from ..rpc import Json

_CONSOLE = "https://console.cloud.google.com/logs/viewer"
_HELP = "https://cloud.google.com/run/docs/troubleshooting#container-failed-to-start"


class RevisionError(Exception):
    """The message is the revision's; ``reason`` what its Ready condition holds."""

    def __init__(self, message: str, **reason: str) -> None:
        super().__init__(message)
        self.message, self.reason = message, reason

    def of_service(self, revision: str) -> ApiError:
        """As the operation ends with it."""
        text = f"Revision '{revision}' is not ready and cannot serve traffic. {self.message}"
        return ApiError("FAILED_PRECONDITION", text)


def not_started(record: Json, problem: str) -> RevisionError:
    """``problem`` is the runner's reason, which Cloud Run would only have in the revision's logs."""
    if problem.startswith("image "):
        return no_image(record["containers"][0]["image"])
    container = record["containers"][0]
    if "startup probe" in problem and "httpGet" in container["startupProbe"]:
        text = "The user-provided container failed the configured startup probe checks."
    else:
        port = container["ports"][0]["containerPort"]
        text = (
            "The user-provided container failed to start and listen on the port defined provided by the "
            f"PORT={port} environment variable within the allocated timeout. This can happen when the "
            "container port is misconfigured or if the timeout is too short. The health check timeout can be "
            "extended."
        )
    return RevisionError(
        f"{text} Logs for this revision might contain more information.\n\n"
        f"Logs URL: {log_url(record)}\nFor more troubleshooting guidance, see {_HELP}",
        revisionReason="HEALTH_CHECK_CONTAINER_ERROR",
    )


def no_image(image: str) -> RevisionError:
    return RevisionError(f"Image '{image}' not found.", reason="CONTAINER_MISSING")


def no_secret(where: str, version: str, account: str, missing: bool) -> RevisionError:
    """``where`` is the variable, as a path in the service."""
    if missing:
        text = f"{where}: Secret {version} was not found"
    else:
        text = (
            f"{where}: Permission denied on secret: {version} for Revision service account {account}. "
            "The service account used must be granted the 'Secret Manager Secret Accessor' role "
            "(roles/secretmanager.secretAccessor) at the secret, project or higher level."
        )
    return RevisionError(text, reason="SECRETS_ACCESS_CHECK_FAILED")


def log_url(record: Json) -> str:
    _, project, _, _, _, service, _, revision = record["name"].split("/")
    resource = f"cloud_run_revision/service_name/{service}/revision_name/{revision}"
    labels = f'resource.labels.service_name="{service}"\nresource.labels.revision_name="{revision}"'
    chosen = quote(f'resource.type="cloud_run_revision"\n{labels}')
    return f"{_CONSOLE}?project={project}&resource={resource}&advancedFilter={chosen}"
