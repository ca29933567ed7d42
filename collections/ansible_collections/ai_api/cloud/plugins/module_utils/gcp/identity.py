"""Access tokens of Google, one a run.

google-auth is imported only by the task that fetches a token: that costs 0.3 s, a shared token nothing. Every
kind of credentials goes the same way, and the registry's login takes no self-signed JWT, so none is made.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..core.errors import CloudError
from ..core.shared import Shared

if TYPE_CHECKING:
    from google.auth.credentials import Credentials

SCOPES = ["https://www.googleapis.com/auth/cloud-platform"]
HOUR = 3600.0
_NEXT_STEP = (
    "Set credentials_file of the target (or GOOGLE_APPLICATION_CREDENTIALS) to a service-account key or a "
    "workload identity federation file, or log in with `gcloud auth application-default login`."
)


class Identity:
    """Who the CONNECTION ``options`` say that we are."""

    def __init__(self, options: Mapping[str, Any], shared: Shared) -> None:
        self._file = options.get("credentials_file")
        self._shared = shared

    @property
    def token(self) -> str:
        """Raises CloudError."""
        return str(self._grant["token"])

    @property
    def email(self) -> str:
        """Empty where the credentials do not tell it."""
        return str(self._grant["email"])

    @property
    def headers(self) -> dict[str, str]:
        """Of a request: who asks, and whose quota it counts for where the credentials name a project."""
        grant = self._grant
        quota = {"X-Goog-User-Project": grant["quota_project"]} if grant["quota_project"] else {}
        return {"Authorization": f"Bearer {grant['token']}", **quota}

    def forget(self) -> None:
        """An API does not take the token: fetch another next time."""
        self._shared.forget(self._key)

    @property
    def _key(self) -> str:
        return f"token {self._file or ''}"

    @property
    def _grant(self) -> dict[str, Any]:
        grant: dict[str, Any] = self._shared.get(self._key, self._fetch)
        return grant

    def _fetch(self) -> tuple[dict[str, Any], float]:
        from google.auth.exceptions import GoogleAuthError  # noqa: PLC0415 see above
        from google.auth.transport.requests import Request  # noqa: PLC0415 see above

        try:
            credentials = _credentials(self._file)
            credentials.refresh(Request())  # type: ignore[no-untyped-call]
        except (GoogleAuthError, OSError, ValueError) as error:
            raise CloudError(
                f"Cannot log in to Google Cloud: {_first_line(error)}",
                code="CredentialsRefused",
                next_step=_NEXT_STEP,
            ) from error
        expiry = credentials.expiry  # in UTC, without saying so
        ends = expiry.replace(tzinfo=UTC).timestamp() if expiry else time.time() + HOUR
        grant = {
            "token": credentials.token,
            "email": getattr(credentials, "service_account_email", None) or "",
            "quota_project": getattr(credentials, "quota_project_id", None) or "",
        }
        return grant, ends


def _credentials(file: str | None) -> Credentials:
    """Of the ``file``, else the application default ones. Raises ValueError and what google-auth raises."""
    import google.auth  # noqa: PLC0415 see above
    from google.auth import aws, identity_pool, pluggable  # noqa: PLC0415 see above
    from google.oauth2 import service_account  # noqa: PLC0415 see above

    if not file:
        found: tuple[Credentials, str | None] = google.auth.default(scopes=SCOPES)
        return found[0]
    info: dict[str, Any] = json.loads(Path(file).read_bytes())
    source = info.get("credential_source", {})
    load: Any
    if info.get("type") == "service_account":
        load = service_account.Credentials.from_service_account_info
    elif info.get("type") != "external_account":
        raise ValueError(
            f"{file} is of type {info.get('type')!r}, expected 'service_account' or 'external_account'"
        )
    elif str(source.get("environment_id", "")).startswith("aws"):
        load = aws.Credentials.from_info
    else:
        load = (pluggable if "executable" in source else identity_pool).Credentials.from_info
    made: Credentials = load(info, scopes=SCOPES)
    return made


def _first_line(error: Exception) -> str:
    """OAuth's own words; what google-auth adds is the whole answer once more."""
    said = error.args[0] if error.args else error
    return str(said).strip().splitlines()[0].rstrip(".") if str(said).strip() else type(error).__name__
