"""Secrets in Google's Secret Manager."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from ..core.errors import CloudError
from ..core.later import LATER
from ..core.secrets import Secret, State
from ..core.waiting import Progress
from .crc32c import crc32c
from .errors import ApiError
from .session import Session

API = "secretmanager"
KEPT = 2  # versions that stay enabled: the newest, and the one that a roll-back needs
_ENABLED = "ENABLED"


def store(options: Mapping[str, Any], _: Progress) -> SecretManager:
    """The store that the CONNECTION ``options`` name."""
    return SecretManager(Session(options))


class SecretManager:
    """Implements ``core.secrets.Store``; a reference is ``projects/<project>/secrets/<name>``."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def read(self, reference: str) -> Secret:
        """The newest version that is enabled; one call where that is the newest of all."""
        if LATER in reference:  # check mode, and the secret itself is not there yet
            return Secret(State.MISSING, reference)
        try:
            return self._access(reference, "latest")
        except ApiError as error:
            if error.status == "FAILED_PRECONDITION":  # it is disabled, or destroyed
                enabled = self._enabled(reference)
                return self._access(reference, enabled[0]) if enabled else Secret(State.EMPTY, reference)
            if not error.means_nothing_there:
                raise
        found = self._session.find(API, f"v1/{reference}", f"secret {reference}")
        return Secret(State.EMPTY if found else State.MISSING, reference)

    def put(self, reference: str, value: str) -> Secret:
        data = value.encode()
        payload = {"data": base64.b64encode(data).decode(), "dataCrc32c": str(crc32c(data))}
        made = self._call(
            "POST", f"{reference}:addVersion", "put the value of", reference, {"payload": payload}
        )
        for version in self._enabled(reference)[KEPT:]:
            self._call(
                "POST", f"{reference}/versions/{version}:disable", "disable a version of", reference, {}
            )
        return Secret(State.HELD, reference, _number(made), value)

    def restore(self, reference: str) -> None:
        """Never asked for: a secret that is deleted is gone at once."""

    def value_from(self, secret: Secret) -> dict[str, Any]:
        """Cloud Run's ``EnvVarSource``."""
        name = secret.reference.rpartition("/")[2]
        return {"secretKeyRef": {"secret": name, "version": secret.version}}

    def latest(self, reference: str) -> str:
        return f"{reference}/versions/latest"

    def _access(self, reference: str, version: str) -> Secret:
        found = self._call("GET", f"{reference}/versions/{version}:access", "read", reference)
        data = base64.b64decode(found["payload"].get("data", ""))
        if str(crc32c(data)) != found["payload"].get("dataCrc32c", str(crc32c(data))):
            raise CloudError(
                f"The value of secret {reference} was damaged on its way", next_step="Run again."
            )
        return Secret(State.HELD, reference, _number(found), data.decode())

    def _enabled(self, reference: str) -> list[str]:
        """The numbers of the enabled versions, newest first."""
        listed = self._session.listed(API, f"v1/{reference}/versions", "versions", f"secret {reference}")
        return sorted(
            (_number(each) for each in listed if each.get("state") == _ENABLED), key=int, reverse=True
        )

    def _call(self, method: str, path: str, action: str, reference: str, body: Any = None) -> dict[str, Any]:
        return self._session.call(method, API, f"v1/{path}", action, f"secret {reference}", body=body)


def _number(version: Mapping[str, Any]) -> str:
    return str(version["name"]).rpartition("/")[2]
