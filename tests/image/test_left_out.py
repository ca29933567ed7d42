"""What was left out of the image is not missed, and the image is as small as that makes it."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from tests.support.image import ROOT, docker, files
from tests.unit.app.secret_stores import SECRET_IDS, SecretStore, serving_secrets

LIMIT_BYTES = 140_000_000
VALUE = "secret-of-this-test"
FETCH = """
import os, app.secret_sources
source, secret_id = os.environ["SECRET_SOURCE"], os.environ["SECRET_ID"]
print(app.secret_sources.fetch(source, secret_id, os.environ.get("SECRET_ENDPOINT_URL")))
"""
CREDENTIAL_CLIENTS = """
import boto3
for name in ("secretsmanager", "signin", "sso", "sso-oidc", "sts"):
    print(name, boto3.client(name, region_name="eu-central-1").meta.endpoint_url)
"""
EXTENSION_MODULES = """
import importlib, json, sys
from pathlib import Path
library = Path("/opt/ai-api/lib")
found = [path.relative_to(library) for path in library.rglob("*.so*")]
for path in found:
    importlib.import_module(".".join([*path.parent.parts, path.name.partition(".")[0]]))
import opentelemetry.exporter.otlp.proto.http.trace_exporter, opentelemetry.sdk.trace.export
print(json.dumps([path.as_posix() for path in found]))
"""


@pytest.fixture(scope="module")
def store() -> Iterator[SecretStore]:
    with serving_secrets(VALUE) as serving:
        yield serving


def python(image: str, program: str, *options: str) -> str:
    return docker(
        "run", "--rm", "--label=managed-by=ai-api-rehearsal", *options, image, "python3", "-c", program
    )


@pytest.mark.parametrize("source", SECRET_IDS)
def test_each_clouds_secret_can_be_read(image: str, store: SecretStore, source: str, tmp_path: Path) -> None:
    """With the SDK that is in the image, from its imports and credentials to the request."""
    (tmp_path / "google.json").write_text(store.google_credentials())
    (tmp_path / "google.json").chmod(0o644)
    tmp_path.chmod(0o755)
    environment = store.settings(source, "/mnt/google.json")
    options = [f"--env={name}={value}" for name, value in environment.items()]
    before = len(store.reads)
    mount = f"--volume={tmp_path}:/mnt:ro"
    assert python(image, FETCH, "--network=host", "--read-only", mount, *options) == VALUE
    assert store.reads[before:] == [SECRET_IDS[source]]


def test_the_services_that_aws_credentials_come_from_are_known(image: str) -> None:
    printed = dict(line.split() for line in python(image, CREDENTIAL_CLIENTS).splitlines())
    assert printed["secretsmanager"] == "https://secretsmanager.eu-central-1.amazonaws.com"
    assert printed["sts"] == "https://sts.eu-central-1.amazonaws.com"
    assert len(printed) == 5


def test_every_extension_module_loads_without_its_symbols(image: str) -> None:
    loaded = json.loads(python(image, EXTENSION_MODULES))
    assert {"orjson", "uvloop", "cryptography", "pydantic_core"} <= {
        path.partition("/")[0] for path in loaded
    }


def test_no_line_of_the_list_is_without_effect(wheels: Path) -> None:
    installed = [name for wheel in wheels.glob("*.whl") for name in zipfile.ZipFile(wheel).namelist()]
    lines = (ROOT / "packer/left-out.txt").read_text().splitlines()
    patterns = [line[2:] for line in lines if line.startswith(("- ", "+ ")) and line[2] != "/"]
    assert patterns
    assert [p for p in patterns if not any(fnmatchcase(name, p) for name in installed)] == []


def test_it_is_small(image: str, base: str) -> None:
    if not base.startswith("ai-api-base:"):
        pytest.skip("the limit holds on a base made from Debian packages; a pulled one weighs what it weighs")
    assert int(docker("image", "inspect", "--format", "{{.Size}}", image)) <= LIMIT_BYTES


def test_nothing_on_the_list_is_in_it(image: str) -> None:
    found = files(image)
    services = {path.split("/")[5] for path in found if path.startswith("opt/ai-api/lib/botocore/data/")}
    assert {name for name in services if "." not in name} == {
        "secretsmanager",
        "signin",
        "sso",
        "sso-oidc",
        "sts",
    }
    assert [path for path in found if path.endswith((".pyi", ".pyx", ".proto"))] == []
