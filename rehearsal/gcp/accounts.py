"""The project's service accounts, which other services see a little later than they were made."""

from __future__ import annotations

import secrets
import time

from .errors import ApiError
from .rpc import Json, bytes_etag


class Accounts:
    """``items`` by e-mail address, ``deleted`` by unique id."""

    def __init__(self, project: str) -> None:
        self._project, self._domain = project, f"@{project}.iam.gserviceaccount.com"
        self.items: dict[str, Json] = {}
        self.deleted: dict[str, Json] = {}
        self._seen_from: dict[str, float] = {}

    def email(self, account: str) -> str:
        """By the part before the @."""
        return account + self._domain

    def add(self, account: str, fields: Json, seen_after: float = 0.0) -> Json:
        email, number = self.email(account), str(secrets.randbelow(9 * 10**20) + 10**20)
        self.items[email] = {
            "name": f"projects/{self._project}/serviceAccounts/{email}",
            "projectId": self._project,
            "uniqueId": number,
            "email": email,
            **fields,
            "etag": bytes_etag(),
            "oauth2ClientId": number,
        }
        self._seen_from[email] = time.monotonic() + seen_after
        return self.items[email]

    def find(self, name: str) -> Json:
        """By e-mail address or unique id, in this project or in ``-``. Raise ApiError."""
        chosen = name.rpartition("/")[2]
        for account in self.items.values():
            if chosen in (account["email"], account["uniqueId"]):
                return account
        raise ApiError("NOT_FOUND", f"Unknown service account: {chosen}")

    def seen(self, email: str) -> bool:
        """Whether other services know this account by now; those of other projects are taken as given."""
        if not email.endswith(self._domain):
            return True
        return email in self.items and time.monotonic() >= self._seen_from[email]

    def usable(self, email: str) -> bool:
        """Whether something can run as this account of the project."""
        return email in self.items and not self.items[email].get("disabled") and self.seen(email)

    def clear(self) -> None:
        for store in (self.items, self.deleted, self._seen_from):
            store.clear()
