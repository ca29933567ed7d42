"""Predefined roles and what they allow, as far as the served APIs ask for it."""

from __future__ import annotations

from fnmatch import fnmatchcase

_READ = ("*.get", "*.list", "*.getIamPolicy")

# Patterns of permissions; a role without any is one for APIs that are not served here.
ROLES: dict[str, tuple[str, ...]] = {
    "roles/owner": ("*",),
    "roles/editor": ("*",),
    "roles/viewer": _READ,
    "roles/run.admin": ("run.*",),
    "roles/run.developer": ("run.services.*", "run.revisions.*", "run.operations.*"),
    "roles/run.viewer": ("run.*.get", "run.*.list"),
    "roles/run.invoker": ("run.routes.invoke",),
    "roles/run.servicesInvoker": ("run.routes.invoke",),
    "roles/secretmanager.admin": ("secretmanager.*",),
    "roles/secretmanager.secretAccessor": ("secretmanager.versions.access",),
    "roles/secretmanager.secretVersionAdder": ("secretmanager.secrets.addVersion",),
    "roles/secretmanager.secretVersionManager": (
        "secretmanager.secrets.addVersion",
        "secretmanager.versions.*",
    ),
    "roles/secretmanager.viewer": ("secretmanager.*.get", "secretmanager.*.list"),
    "roles/artifactregistry.admin": ("artifactregistry.*",),
    "roles/artifactregistry.repoAdmin": ("artifactregistry.*",),
    "roles/artifactregistry.writer": (
        "artifactregistry.repositories.uploadArtifacts",
        "artifactregistry.repositories.downloadArtifacts",
    ),
    "roles/artifactregistry.reader": (
        "artifactregistry.repositories.downloadArtifacts",
        "artifactregistry.*.get",
        "artifactregistry.*.list",
    ),
    "roles/iam.serviceAccountAdmin": ("iam.serviceAccounts.*",),
    "roles/iam.serviceAccountCreator": ("iam.serviceAccounts.create",),
    "roles/iam.serviceAccountUser": ("iam.serviceAccounts.actAs",),
    "roles/iam.serviceAccountTokenCreator": (),
    "roles/iam.workloadIdentityUser": (),
    "roles/resourcemanager.projectIamAdmin": ("cloudresourcemanager.projects.*",),
    "roles/browser": ("cloudresourcemanager.projects.get",),
    "roles/serviceusage.serviceUsageAdmin": ("serviceusage.*",),
    "roles/serviceusage.serviceUsageConsumer": ("serviceusage.services.get", "serviceusage.services.list"),
    "roles/logging.viewer": ("logging.entries.list",),
    "roles/logging.logWriter": (),
    "roles/monitoring.metricWriter": (),
    "roles/monitoring.viewer": (),
    "roles/cloudtrace.agent": (),
    "roles/cloudbuild.builds.editor": (),
    "roles/storage.admin": (),
    "roles/storage.objectViewer": (),
}


def allows(role: str, permission: str) -> bool:
    """Whether a role has a permission such as ``secretmanager.versions.access``."""
    return any(fnmatchcase(permission, pattern) for pattern in ROLES.get(role, ()))
