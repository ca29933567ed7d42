"""What a revision finds around it: its image, its variables with the values of secrets, its identity."""

from __future__ import annotations

import re
from collections.abc import Callable

from ..apis.secretmanager import SecretManager
from ..config import Config
from ..errors import ApiError
from ..policies import Policies
from ..repositories import USER, GoogleRepositories
from ..rpc import Json
from .failures import no_image, no_secret

_GOOGLE = re.compile(r"[a-z0-9-]+-docker\.pkg\.dev/")
_DIGEST = re.compile(r"(?P<name>.+?)(?:@(?P<digest>sha256:[0-9a-f]{64})|:(?P<tag>[\w.-]+))?")


class Surroundings:
    """``password`` is what Cloud Run itself logs in with at our registry; ``usable`` says whether something
    can run as a service account.
    """

    def __init__(
        self,
        config: Config,
        *,
        password: str,
        repositories: GoogleRepositories,
        secrets: SecretManager,
        policies: Policies,
        usable: Callable[[str], bool],
    ) -> None:
        self._project, self._number = config.project, config.number
        self._registry, self._password = f"127.0.0.1:{config.port}", password
        self._metadata = f"{config.gateway}:{config.port}"
        self._repositories, self._secrets = repositories, secrets
        self._policies, self._usable = policies, usable
        self.default_account = f"{self._number}-compute@developer.gserviceaccount.com"

    def check_account(self, email: str) -> None:
        """Raise ApiError when nothing can run as this account."""
        if email != self.default_account and not self._usable(email):
            permission = "iam.serviceaccounts.actAs"
            text = f"Permission '{permission}' denied on service account {email} (or it may not exist)."
            raise ApiError("PERMISSION_DENIED", text)

    def image(self, image: str) -> tuple[str, tuple[str, str] | None]:
        """What the engine knows it by, and the login that it needs. Raise RevisionError.

        Google's registry is our own; a tag is what it stands for now.
        """
        if not _GOOGLE.match(image):
            return image, None
        match = _DIGEST.fullmatch(image)
        found = self._repositories.locate(match["name"]) if match else None
        if match is None or found is None:
            raise no_image(image)
        manifest = self._repositories.manifest(*found, match["digest"] or match["tag"] or "latest")
        if manifest is None:
            raise no_image(image)
        return f"{self._registry}/{match['name']}@{manifest.digest}", (USER, self._password)

    def environ(self, record: Json) -> dict[str, str]:
        """All variables of a revision. Raise RevisionError for a secret that it cannot have."""
        container, names = record["containers"][0], record["name"].split("/")
        environ = {
            "PORT": str(container["ports"][0]["containerPort"]),
            "K_SERVICE": names[5],
            "K_CONFIGURATION": names[5],
            "K_REVISION": names[-1],
            "CLOUD_RUN_TIMEOUT_SECONDS": record["timeout"].removesuffix("s"),
            # Google's libraries find the metadata server by these where its own address is not.
            "GCE_METADATA_HOST": self._metadata,
            "GCE_METADATA_IP": self._metadata,
        }
        for index, variable in enumerate(container.get("env", [])):
            selector = variable.get("valueSource", {}).get("secretKeyRef")
            where = f"spec.template.spec.containers[0].env[{index}].value_from.secret_key_ref.name"
            environ[variable["name"]] = (
                self._secret(where, selector, record["serviceAccount"])
                if selector
                else variable.get("value", "")
            )
        return environ

    def _secret(self, where: str, selector: Json, account: str) -> str:
        chosen, version = selector["secret"], selector.get("version") or "latest"
        name = chosen if "/" in chosen else f"projects/{self._project}/secrets/{chosen}"
        name = name.replace(f"projects/{self._number}/", f"projects/{self._project}/")
        shown = f"{name.replace(self._project, self._number, 1)}/versions/{version}"
        member = f"serviceAccount:{account}"
        if not self._policies.allow(member, "secretmanager.versions.access", name):
            raise no_secret(where, shown, account, missing=False)
        try:
            return self._secrets.value(name, version).decode()
        except ApiError as error:
            raise no_secret(where, shown, account, missing=True) from error
