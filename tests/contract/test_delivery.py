"""Files that other tools deliver from say what the playbooks say: Cloud Build, az, GitHub."""

from __future__ import annotations

import itertools
import json
import re
import shlex
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import yaml

from app.settings import Settings
from rehearsal.azure.schema.check import Checker as Models
from rehearsal.azure.schema.tables import Tables
from rehearsal.gcp.schema import Checker as Schemas
from tests.unit.playing import ROOT, play


def read(path: Path | str) -> Any:
    return yaml.safe_load((ROOT / path).read_text())


def defaults() -> dict[str, Any]:
    files = ROOT.glob("roles/*/defaults/main.yml")
    return {name: value for file in files for name, value in yaml.safe_load(file.read_text()).items()}


# Cloud Build

BUILD = read("cloudbuild.yaml")


def script() -> str:
    """What the only step runs, with the default substitutions."""
    [step] = BUILD["steps"]
    text = str(step["args"][-1])
    return re.sub(r"\$\{(_\w+)\}", lambda found: str(BUILD["substitutions"][found.group(1)]), text)


def deployment() -> list[str]:
    [line] = [line for line in script().replace("\\\n", " ").splitlines() if "ansible-playbook" in line]
    return shlex.split(line)


def test_cloud_build_takes_it() -> None:
    documents = (
        Path(str(getattr(find_spec("googleapiclient"), "origin", ""))).parent
        / "discovery_cache"
        / "documents"
    )
    schemas = json.loads((documents / "cloudbuild.v1.json").read_text())["schemas"]
    checker = Schemas(schemas, requests=True)
    checker.check({"$ref": "Build"}, BUILD, "")
    assert checker.violations == []
    assert all(re.fullmatch(r"_[A-Z0-9_]+", name) for name in BUILD["substitutions"])


def test_cloud_build_uses_every_substitution_and_no_other() -> None:
    used = set(re.findall(r"\$\{?(_\w+)", (ROOT / "cloudbuild.yaml").read_text()))
    assert used == set(BUILD["substitutions"])


def test_cloud_build_runs_commands_that_there_are() -> None:
    program, playbook, *options = deployment()
    assert program == ".venv/bin/ansible-playbook"
    assert (ROOT / playbook).is_file()
    inventory = ROOT / options[options.index("-i") + 1]
    assert options[options.index("--limit") + 1] in read(inventory / "hosts.yml")["all"]["children"]
    targets = re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), re.M)
    assert set(re.findall(r"^make (\w+)", script(), re.M)) <= set(targets)


def test_cloud_build_asks_for_what_was_agreed() -> None:
    options = deployment()
    given = dict(value.split("=") for flag, value in itertools.pairwise(options) if flag == "-e")
    assert given == {
        "autoscaling_min": "1",
        "autoscaling_max": "100",
        "service_memory": "1024",
        "service_request_timeout_seconds": "300",
    }
    assert given.keys() <= defaults().keys()
    [secret] = BUILD["availableSecrets"]["secretManager"]
    assert [secret["env"]] == BUILD["steps"][0]["secretEnv"] == ["OPENAI_API_KEY"]
    assert "${_SECRET}" in secret["versionName"]
    assert BUILD["substitutions"]["_SECRET"] in defaults()["secret_store_secret_name"]


# az

GROUP = "/subscriptions/s/resourceGroups/g/providers"
FACTS = {
    "ansible_python_interpreter": sys.executable,
    "deployment_name": "ai-api",
    "target_cloud": "azure",
    "target_region": "eastus",
    "target_resource_group": "ai-api-eastus",
    "deployment_tags": {"managed-by": "ai-api", "deployment": "ai-api", "environment": "test"},
    "image_reference": "aiapi.azurecr.io/ai-api@sha256:" + "0" * 64,
    "platform_outputs": {
        "identity_id": f"{GROUP}/Microsoft.ManagedIdentity/userAssignedIdentities/i",
        "identity_client_id": "11111111-2222-3333-4444-555555555555",
        "environment_id": f"{GROUP}/Microsoft.App/managedEnvironments/e",
    },
    "secret_store_references": {
        "OPENAI_API_KEY": {"name": "openai-key", "keyVaultUrl": "https://v/secrets/openai-key/1a"},
        "API_KEYS": {"name": "api-keys", "keyVaultUrl": "https://v/secrets/api-keys/2b"},
    },
    "secret_store_latest": {
        "OPENAI_API_KEY": "https://v/secrets/openai-key",
        "API_KEYS": "https://v/secrets/api-keys",
    },
}
RENDER = """
- hosts: localhost
  connection: local
  gather_facts: false
  roles: [autoscaling]
  tasks:
    - ansible.builtin.include_role: {name: service, tasks_from: azure_yaml}
"""


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("az")
    (folder / "render.yml").write_text(RENDER)
    file = folder / "azure-deploy.yaml"
    facts = json.dumps(FACTS | {"service_azure_yaml": str(file)})
    finished = play(folder / "render.yml", "-i", "localhost,", "-e", facts)
    assert finished.returncode == 0, finished.stdout
    return file


def test_az_gets_what_the_vendors_model_takes(rendered: Path, tmp_path: Path) -> None:
    app = yaml.safe_load(rendered.read_text())
    assert list(Models(Tables(tmp_path / "models.json")).model("app.ContainerApp", app)) == []
    assert (app["name"], app["type"]) == ("ai-api", "Microsoft.App/containerApps")
    [container] = app["properties"]["template"]["containers"]
    environment = {entry["name"]: entry.get("value", entry.get("secretRef")) for entry in container["env"]}
    assert environment["OPENAI_API_KEY"] == "openai-key"
    assert environment["OPENAI_API_KEY_VERSION"] == "1a"
    assert environment["API_KEYS_SECRET_ID"] == "https://v/secrets/api-keys"
    assert [secret["name"] for secret in app["properties"]["configuration"]["secrets"]] == ["openai-key"]
    assert app["properties"]["template"]["scale"]["maxReplicas"] == 10


def test_az_gets_a_file_that_says_how_it_was_made(rendered: Path) -> None:
    header = [line for line in rendered.read_text().splitlines() if line.startswith("#")]
    assert "az containerapp create" in header[1]
    assert "Do not edit it" in header[3]
    playbook = re.findall(r"playbooks/\w+\.yml", header[3])
    assert [(ROOT / name).is_file() for name in playbook] == [True]


def test_the_environment_has_only_variables_of_the_application() -> None:
    settings = read("roles/service/vars/main.yml")["__service_settings"]
    assert {name.lower() for name in settings} <= set(Settings.model_fields)


# GitHub


@pytest.mark.parametrize("workflow", sorted(path.name for path in (ROOT / ".github/workflows").glob("*.yml")))
def test_a_workflow_runs_commands_and_pinned_actions_that_there_are(workflow: str) -> None:
    targets = re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.M)
    jobs = read(f".github/workflows/{workflow}")["jobs"].values()
    for job in jobs:
        if "uses" in job:
            assert (ROOT / job["uses"]).is_file()
        for step in job.get("steps", []):
            assert re.fullmatch(r"[\w/-]+@v\d+", step["uses"]) if "uses" in step else step["run"]
            for target in re.findall(r"^make ([\w-]+)", step.get("run", "")):
                assert target in targets
            for playbook in re.findall(r"ansible-playbook (\S+)", step.get("run", "")):
                assert (ROOT / playbook).is_file()
            # An expression in a script is a place to inject commands; only our own inputs may stand there.
            assert set(re.findall(r"\$\{\{ *(\w+)", step.get("run", ""))) <= {"inputs"}


def test_each_cloud_is_entered_only_where_the_environment_names_it() -> None:
    steps = read(".github/workflows/deploy-environment.yml")["jobs"]["deploy"]["steps"]
    entering = {step["uses"].partition("/")[0]: step for step in steps if "/" in step.get("uses", "")}
    for owner in ("aws-actions", "google-github-actions", "azure"):
        assert entering[owner]["if"] in re.findall(r"vars\.\w+", json.dumps(entering[owner]["with"]))
