"""Secret Manager: secrets, their versions and who may read them."""

from __future__ import annotations

import base64
import re
from typing import Any

from ..collection import Collection, Kind, check_etag, page
from ..crc32c import crc32c
from ..errors import ApiError
from ..policies import Policies, handlers
from ..rpc import Handlers, Json, Rpc, etag, now

DOCUMENT = "secretmanager.v1"
_MOST_BYTES = 65536
_SECRETS = "secretmanager.projects.secrets"
_KIND = Kind(
    collection="secrets",
    parameter="secretId",
    pattern=re.compile(r"[A-Za-z0-9_-]{1,255}"),
    missing="Secret [{name}] not found.",
    exists="Secret [{name}] already exists.",
    rule="it must match the expected format [[a-zA-Z_0-9]+], 255 characters at most.",
    immutable=("replication", "secretType"),
    masked=True,
    fallback=25000,
    newest=True,
    times=("createTime",),
)


class SecretManager:
    """Names in its answers hold the project's number, as Google's do."""

    def __init__(self, project: str, number: str, policies: Policies) -> None:
        self._project, self._number, self._policies = project, number, policies
        self._secrets = Collection(_KIND)
        self._versions: dict[str, list[Json]] = {}
        self._payloads: dict[str, str] = {}

    @property
    def handlers(self) -> Handlers:
        plain = {
            f"{_SECRETS}.create": self._create,
            f"{_SECRETS}.get": lambda rpc: self._secrets.find(rpc.name),
            f"{_SECRETS}.list": self._list,
            f"{_SECRETS}.patch": self._patch,
            f"{_SECRETS}.delete": self._delete,
            f"{_SECRETS}.addVersion": self._add_version,
            f"{_SECRETS}.versions.get": self._get_version,
            f"{_SECRETS}.versions.list": self._list_versions,
            f"{_SECRETS}.versions.access": self._access,
            f"{_SECRETS}.versions.enable": lambda rpc: self._move(rpc, "ENABLED"),
            f"{_SECRETS}.versions.disable": lambda rpc: self._move(rpc, "DISABLED"),
            f"{_SECRETS}.versions.destroy": lambda rpc: self._move(rpc, "DESTROYED"),
        }
        named = {name: self._numbered(handler) for name, handler in plain.items()}
        return named | handlers(_SECRETS, self._policies, self._secrets.find)

    def clear(self) -> None:
        for store in (self._secrets.items, self._versions, self._payloads):
            store.clear()

    def value(self, secret: str, version: str) -> bytes:
        """The value of ``projects/P/secrets/S`` in a version or alias. Raise ApiError."""
        return base64.b64decode(self._readable(f"{secret}/versions/{version}")[1])

    def _create(self, rpc: Rpc) -> Json:
        name = self._secrets.new_name(rpc)
        kinds = rpc.body.get("replication", {}).keys() & {"automatic", "userManaged"}
        if len(kinds) != 1:
            raise ApiError(
                "INVALID_ARGUMENT", "The field replication is required: one of automatic and userManaged."
            )
        self._versions[name] = []
        return self._secrets.add(name, _input(rpc.body))

    def _list(self, rpc: Rpc) -> Json:
        answer = self._secrets.page(rpc, "secrets")
        return {**answer, "totalSize": len(self._secrets.items)}

    def _patch(self, rpc: Rpc) -> Json:
        return self._secrets.replace(rpc.name, _input(self._secrets.patched(rpc)))

    def _delete(self, rpc: Rpc) -> Json:
        self._secrets.remove(rpc.name, rpc.query)
        self._policies.drop(rpc.name)
        for version in self._versions.pop(rpc.name):
            self._payloads.pop(version["name"], None)
        return {}

    # Versions

    def _add_version(self, rpc: Rpc) -> Json:
        secret = self._secrets.find(rpc.name)
        payload = rpc.body.get("payload", {})
        data = base64.b64decode(payload.get("data", ""))
        if not data or len(data) > _MOST_BYTES:
            raise ApiError("INVALID_ARGUMENT", f"payload.data is required, {_MOST_BYTES} bytes at most.")
        if "dataCrc32c" in payload and int(payload["dataCrc32c"]) != crc32c(data):
            raise ApiError("INVALID_ARGUMENT", "Secret Payload checksum mismatch: payload.data_crc32c.")
        versions = self._versions[rpc.name]
        name = f"{rpc.name}/versions/{len(versions) + 1}"
        versions.append(
            {
                "name": name,
                "createTime": now(),
                "state": "ENABLED",
                "replicationStatus": {kind: {} for kind in secret["replication"]},
                "etag": etag(),
                "clientSpecifiedPayloadChecksum": "dataCrc32c" in payload,
            }
        )
        self._payloads[name] = payload["data"]
        return versions[-1]

    def _get_version(self, rpc: Rpc) -> Json:
        return self._find_version(rpc.name)

    def _list_versions(self, rpc: Rpc) -> Json:
        self._secrets.find(rpc.name)
        state = rpc.query.get("filter", "").partition("state:")[2].strip()
        kept = [one for one in self._versions[rpc.name][::-1] if state in ("", one["state"])]
        return {
            **page(kept, rpc.query, "versions", _KIND.fallback),
            "totalSize": len(kept),
        }

    def _access(self, rpc: Rpc) -> Json:
        version, data = self._readable(rpc.name)
        checksum = str(crc32c(base64.b64decode(data)))
        return {"name": version["name"], "payload": {"data": data, "dataCrc32c": checksum}}

    def _move(self, rpc: Rpc, state: str) -> Json:
        version = self._find_version(rpc.name)
        check_etag(version, rpc.body)
        if version["state"] == "DESTROYED" and state != "DESTROYED":
            raise _unfit(version)
        if version["state"] != state:
            version |= {"state": state, "etag": etag()}
        if state == "DESTROYED" and self._payloads.pop(version["name"], ""):
            version["destroyTime"] = now()
        return version

    def _readable(self, name: str) -> tuple[Json, str]:
        version = self._find_version(name)
        if version["state"] != "ENABLED":
            raise _unfit(version)
        return version, self._payloads[version["name"]]

    def _find_version(self, name: str) -> Json:
        """By number, alias or ``latest``, which is the newest one whatever its state."""
        secret, _, chosen = name.rpartition("/versions/")
        versions = self._versions[self._secrets.find(secret)["name"]]
        number = self._secrets.items[secret].get("versionAliases", {}).get(chosen, chosen)
        index = len(versions) if number == "latest" else int(number) if number.isdecimal() else 0
        if not 1 <= index <= len(versions):
            raise ApiError("NOT_FOUND", f"Secret Version [{name}] not found.")
        return versions[index - 1]

    def _numbered(self, handler: Any) -> Any:
        """The handler, with the project's number for its id in every name that it answers."""
        before, after = f"projects/{self._project}/", f"projects/{self._number}/"

        def renamed(value: Any) -> Any:
            if isinstance(value, dict):
                return {key: renamed(content) for key, content in value.items()}
            if isinstance(value, list):
                return [renamed(item) for item in value]
            return value.replace(before, after, 1) if str(value).startswith(before) else value

        def call(rpc: Rpc) -> Any:
            try:
                return renamed(handler(rpc))
            except ApiError as error:
                error.message = error.message.replace(before, after)
                raise

        return call


def _input(content: Json) -> Json:
    """A secret without what is only for input."""
    return {key: value for key, value in content.items() if key not in ("ttl", "tags")}


def _unfit(version: Json) -> ApiError:
    state, name = version["state"], version["name"]
    return ApiError("FAILED_PRECONDITION", f"Secret Version [{name}] is in {state} state.")
