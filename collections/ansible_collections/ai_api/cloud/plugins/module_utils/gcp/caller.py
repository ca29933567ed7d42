"""Who deploys to Google Cloud."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .errors import DISABLED, ApiError
from .session import Session


def caller(connection: Mapping[str, Any]) -> str:
    """The project and identity behind the CONNECTION options. Raises CloudError."""
    session = Session(connection)
    try:
        path = f"v3/projects/{session.project}"
        session.call("GET", "cloudresourcemanager", path, "read", f"project {session.project}")
    except ApiError as error:
        if error.reason != DISABLED:  # of a project that exists, and that we may see
            raise
    who = session.identity.email or "the application default credentials"
    return f"project {session.project} as {who}"
