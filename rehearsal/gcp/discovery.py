"""What is known of Google's APIs, read from the discovery documents that google-api-python-client carries."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

Schemas = Mapping[str, dict[str, Any]]

_PARAMETER = re.compile(r"\\{\\?\+?(\w+)\\}")
_KEPT = ("$ref", "type", "format", "enum", "items", "properties", "additionalProperties", "readOnly")


@dataclass(frozen=True)
class Method:
    """``name`` of the match is the resource (or its parent); ``query`` maps parameters to their schemas."""

    id: str
    verb: str
    path: re.Pattern[str]
    query: Mapping[str, dict[str, Any]]
    request: str | None
    response: str
    schemas: Schemas

    @property
    def action(self) -> str:
        """Such as ``services.create``: what faults and the call log know it by."""
        return ".".join(self.id.split(".")[-2:])


def load(document: str, wanted: Collection[str]) -> list[Method]:
    """The wanted methods, by their ids, of a document such as ``run.v2``. Raise KeyError for unknown ids."""
    content = json.loads((_folder() / f"{document}.json").read_text())
    common = content["parameters"]
    found = {method["id"]: method for method in _methods(content) if method["id"] in wanted}
    schemas = _reachable(content["schemas"], found.values())
    return [_method(found[name], common, schemas) for name in wanted]


def _folder() -> Path:
    """Where the documents are, without importing the client itself."""
    spec = find_spec("googleapiclient")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("google-api-python-client is not installed")
    return Path(spec.origin).parent / "discovery_cache" / "documents"


def _methods(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield from node.get("methods", {}).values()
    for child in node.get("resources", {}).values():
        yield from _methods(child)


def _method(method: dict[str, Any], common: dict[str, Any], schemas: Schemas) -> Method:
    own = {name: value for name, value in method["parameters"].items() if value["location"] == "query"}
    return Method(
        id=method["id"],
        verb=method["httpMethod"],
        path=_pattern(method["path"], method["flatPath"]),
        query={name: _pruned(value) for name, value in {**common, **own}.items()},
        request=method.get("request", {}).get("$ref"),
        response=method["response"]["$ref"],
        schemas=schemas,
    )


def _pattern(path: str, flat: str) -> re.Pattern[str]:
    """The path as a pattern whose group ``name`` is what stands for ``{+name}``, without the version."""
    version, _, rest = flat.partition("/")
    pattern = _PARAMETER.sub("[^/]+", re.escape(rest))
    if "{+" in path:
        tail = re.escape(path.rpartition("}")[2])
        body = pattern.removesuffix(tail)
    else:
        body, colon, verb = pattern.partition(":")
        tail = colon + verb
    return re.compile(f"{version}/(?P<name>{body}){tail}")


def _reachable(schemas: Schemas, methods: Collection[dict[str, Any]]) -> Schemas:
    """The schemas that these methods speak of, without their prose."""
    names = {method[end]["$ref"] for method in methods for end in ("request", "response") if end in method}
    kept: dict[str, dict[str, Any]] = {}
    while names:
        name = names.pop()
        kept[name] = _pruned(schemas[name])
        names |= set(_references(schemas[name])) - kept.keys()
    return kept


def _references(schema: dict[str, Any]) -> Iterator[str]:
    if "$ref" in schema:
        yield schema["$ref"]
    inner = [schema[key] for key in ("items", "additionalProperties") if key in schema]
    for part in [*inner, *schema.get("properties", {}).values()]:
        yield from _references(part)


def _pruned(schema: dict[str, Any]) -> dict[str, Any]:
    kept = {key: schema[key] for key in _KEPT if key in schema}
    if schema.get("repeated"):
        kept = {"type": "array", "items": kept}
    for key in ("items", "additionalProperties"):
        if key in kept:
            kept[key] = _pruned(kept[key])
    if "properties" in kept:
        kept["properties"] = {name: _pruned(value) for name, value in kept["properties"].items()}
    return kept
