"""Secrets in Azure Key Vault."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from typing import Any

import httpx

from ..core.errors import CloudError
from ..core.later import LATER
from ..core.patience import PROPAGATION, patiently
from ..core.secrets import Secret, State
from ..core.waiting import Deadline, Progress
from .errors import ApiError, explain
from .session import Session

VERSION = "2026-04-01"
DAY = 86400.0
_REFERENCE = re.compile(r"(https://[^/]+)/+secrets/([0-9a-zA-Z-]+)(?:/[0-9a-f]+)?")
_RESOURCE = re.compile(r'(?:resource|scope)="([^"]+)"')


def store(options: Mapping[str, Any], progress: Progress) -> KeyVault:
    """The store that the CONNECTION ``options`` name."""
    return KeyVault(Session(options), progress)


class KeyVault:
    """Implements ``core.secrets.Store``; a reference is ``https://<vault>/secrets/<name>``."""

    def __init__(self, session: Session, progress: Progress) -> None:
        self._session = session
        self._progress = progress

    def read(self, reference: str) -> Secret:
        if LATER in reference:  # check mode, and the vault itself is not there yet
            return Secret(State.MISSING, reference)
        vault, name = _parts(reference)
        found = self._find(f"{vault}/secrets/{name}", reference)
        if found is None:
            deleted = self._find(f"{vault}/deletedsecrets/{name}", reference)
            return Secret(State.SCHEDULED if deleted else State.EMPTY, reference)
        return _held(found.json())

    def put(self, reference: str, value: str) -> Secret:
        vault, name = _parts(reference)
        answer = self._send("PUT", f"{vault}/secrets/{name}", "put the value of", reference, {"value": value})
        return _held(answer.json())

    def restore(self, reference: str) -> None:
        vault, name = _parts(reference)
        self._send("POST", f"{vault}/deletedsecrets/{name}/recover", "restore", reference)
        if not any(self._find(f"{vault}/secrets/{name}", reference) for _ in Deadline(60).polls()):
            raise CloudError(
                f"Secret {reference} is still being restored",
                next_step="Run again in a minute: Azure takes its time.",
            )

    def value_from(self, secret: Secret) -> dict[str, str]:
        """A secret of a container app; its ``identity`` is the app's to add."""
        name = secret.reference.rpartition("/")[2]
        return {"name": name, "keyVaultUrl": f"{secret.reference}/{secret.version}"}

    def latest(self, reference: str) -> str:
        return reference

    def _find(self, url: str, reference: str) -> httpx.Response | None:
        try:
            return self._send("GET", url, "read", reference)
        except ApiError as error:
            if error.status == 404:
                return None
            raise

    def _send(self, method: str, url: str, action: str, reference: str, body: Any = None) -> httpx.Response:
        what = f"secret {reference}"
        audience = self._audience(url, what)
        options = self._session.options
        return patiently(
            lambda: self._session.send(
                method, f"{url}?api-version={VERSION}", audience, action, what, body=body
            ),
            what,
            options,
            Deadline(options.get("propagation_timeout") or PROPAGATION),
            self._progress,
        )

    def _audience(self, url: str, what: str) -> str:
        """Whose tokens the vault takes: it says so when it is asked without one."""
        vault = str(httpx.URL(url).copy_with(raw_path=b"/"))
        return str(
            self._session.shared.get(f"audience of {vault}", lambda: self._challenge(url, vault, what))
        )

    def _challenge(self, url: str, vault: str, what: str) -> tuple[str, float]:
        answer = self._session.request("GET", f"{url}?api-version={VERSION}", "read", what, headers={})
        said = _RESOURCE.search(answer.headers.get("WWW-Authenticate", ""))
        if answer.status_code != 401 or not said:
            raise explain(answer, "read", what)
        audience = said.group(1).removesuffix("/.default").rstrip("/")
        environment = self._session.environment
        # Who answers for the vault must not get a token for anything else.
        if not environment.is_custom and audience != f"https://{environment.vault_suffix}":
            raise CloudError(
                f"{vault} asks for a token for {audience}, expected https://{environment.vault_suffix}",
                next_step="Correct the vault's address, or the target's environment.",
            )
        return audience, time.time() + DAY


def _parts(reference: str) -> tuple[str, str]:
    """The vault's URL and the secret's name. Raises CloudError."""
    match = _REFERENCE.fullmatch(reference)
    if not match:
        raise CloudError(
            f"{reference!r} is not the address of a secret",
            next_step="Expected one such as https://my-vault.vault.azure.net/secrets/openai-key.",
        )
    return match.group(1), match.group(2)


def _held(content: Mapping[str, Any]) -> Secret:
    reference, _, version = str(content["id"]).rpartition("/")
    return Secret(State.HELD, reference, version, content["value"])
