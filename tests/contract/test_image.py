"""What several files must say alike about the image."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import yaml
from ansible_collections.ai_api.cloud.plugins.module_utils.image.content import APPLICATION
from ansible_collections.ai_api.cloud.plugins.module_utils.image.wheelhouse import locked

ROOT = Path(__file__).parents[2]
DOCKERFILE = (ROOT / "Dockerfile").read_text()


def read(path: str) -> Any:
    return yaml.safe_load((ROOT / path).read_text())


def setting(instruction: str) -> str:
    """The argument of the only ``instruction`` in the Dockerfile."""
    (found,) = re.findall(rf"^{instruction} (.+)$", DOCKERFILE, re.M)
    return str(found)


def test_the_base_is_the_same_everywhere_and_pinned_by_digest() -> None:
    base = read("roles/image/defaults/main.yml")["image_base"]
    assert re.fullmatch(r"python:3\.11-slim-bookworm@sha256:[0-9a-f]{64}", base)
    assert f"FROM ${{BASE_IMAGE:-{base}}} AS base" in DOCKERFILE


def test_everything_that_goes_into_the_image_is_there() -> None:
    for pattern in APPLICATION:
        assert list(ROOT.glob(pattern)), pattern


def test_the_server_outlives_the_load_balancers_idle_connections() -> None:
    command = yaml.safe_load(setting("CMD"))
    keep_alive = int(command[command.index("--timeout-keep-alive") + 1])
    assert keep_alive > read("roles/service/defaults/main.yml")["service_idle_timeout_seconds"]


def test_compose_checks_health_as_the_image_does() -> None:
    options, _, command = setting("HEALTHCHECK").partition(" CMD ")
    image = dict(option.removeprefix("--").split("=") for option in shlex.split(options))
    compose = read("docker-compose.yml")["services"]["api"]["healthcheck"]
    assert compose.pop("test") == ["CMD", *yaml.safe_load(command)]
    assert {name.replace("_", "-"): str(value) for name, value in compose.items()} == image
    assert image["interval"] == "30s"


def test_the_image_runs_as_a_numbered_user_that_is_not_root() -> None:
    uid, gid = map(int, setting("USER").split(":"))
    assert uid > 0 < gid


def test_the_dockerfile_needs_no_network_to_be_parsed() -> None:
    """A `# syntax=` line would make BuildKit fetch its frontend from a registry."""
    assert not DOCKERFILE.startswith("# syntax")


def test_the_installer_is_pinned_by_hash() -> None:
    (line,) = locked(ROOT / "packer/pip.txt", "linux/amd64")
    assert re.fullmatch(r"pip==[\d.]+ --hash=sha256:[0-9a-f]{64}", line)


def test_plugins_are_required_apart_from_the_template() -> None:
    """Packer 1.6 refuses the block that newer ones need."""
    assert "required_plugins {" not in (ROOT / "packer/ai-api.pkr.hcl").read_text()
    assert "required_plugins {" in (ROOT / "packer/plugins/plugins.pkr.hcl").read_text()
