"""What Google's APIs say about themselves: the discovery documents that google-api-python-client carries.

A document takes 1 to 5 ms to read (compute 70), so ``preload`` reads those that an action needs in the
parent, and every task's fork inherits them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from ..core.errors import CloudError

Json = Mapping[str, Any]
_PARAMETER = re.compile(r"\\{[^}]+\\}")


@dataclass(frozen=True)
class Kind:
    """A kind of resource, for example the services of run.v2, by its methods and schemas."""

    document: Json
    methods: Json

    @property
    def api(self) -> str:
        """Its name without the version, such as ``run``."""
        return str(self.document["name"])

    @property
    def prefix(self) -> str:
        """What a resource's path begins with."""
        path: str = self.document["servicePath"]
        version = f"{self.document['version']}/"
        return path + (version if self.methods["get"]["flatPath"].startswith(version) else "")

    @cached_property
    def schema(self) -> str:
        return str(self.methods["get"]["response"]["$ref"])

    @cached_property
    def properties(self) -> Json:
        return self.properties_of(self.schema)

    def properties_of(self, schema: str) -> Json:
        found: Json = self.document["schemas"].get(schema, {}).get("properties", {})
        return found

    @property
    def create(self) -> Json:
        found: Json = self.methods.get("create") or self.methods["insert"]
        return found

    @cached_property
    def id_parameter(self) -> str | None:
        """The query parameter that names what is created; None where the body does."""
        names = (name for name in self.create["parameters"] if name.endswith("Id") and name != "requestId")
        return next((each for each in names if self.create["parameters"][each]["location"] == "query"), None)

    def wrapper(self, method: Json) -> str | None:
        """The field of the request that holds the resource; None where the request is the resource itself."""
        request = method.get("request", {}).get("$ref")
        fields = self.properties_of(request or "")
        if request == self.schema:
            return None
        return next((name for name, field in fields.items() if field.get("$ref") == self.schema), None)

    def takes(self, method: str, parameter: str) -> bool:
        return parameter in self.methods.get(method, {}).get("parameters", {})

    @property
    def has_labels(self) -> bool:
        return "labels" in self.properties

    @property
    def has_description(self) -> bool:
        return "description" in self.properties

    @property
    def has_etag(self) -> bool:
        """Whether a change may say which state it is meant for."""
        return "etag" in self.properties


def kind_of(api: str, collection: str) -> Kind:
    """The kind of what is in ``collection``, such as ``projects/P/secrets``. Raises CloudError."""
    document = _document(api)
    for methods in _resources(document):
        if "get" in methods and ("create" in methods or "insert" in methods):
            path = re.escape(methods["get"]["flatPath"].removeprefix(f"{document['version']}/"))
            if re.fullmatch(_PARAMETER.sub("[^/]+", path), f"{collection}/id"):
                return Kind(document, methods)
    raise CloudError(
        f"{api} has no collection {collection} of resources that can be created",
        next_step="Correct the task's collection: all of the path between the API's version and the name.",
    )


def preload(*apis: str) -> None:
    """Read the documents now, so that forked workers inherit them."""
    for api in apis:
        _document(api)


@lru_cache
def _document(api: str) -> Json:
    path = files("googleapiclient") / "discovery_cache" / "documents" / f"{Path(api).name}.json"
    try:
        content: Json = json.loads(path.read_bytes())
    except OSError as error:
        raise CloudError(
            f"There is no Google API {api} that google-api-python-client knows",
            next_step="Correct the task's api: name and version, for example run.v2.",
        ) from error
    return content


def _resources(node: Json) -> Iterator[Json]:
    for child in node.get("resources", {}).values():
        yield child.get("methods", {})
        yield from _resources(child)
