"""A GCP stand-in of the tests' own, driven as clients drive it."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import google.auth.jwt
import httpx
from google.auth.crypt import RSASigner

from rehearsal import engine
from rehearsal.credentials import Credentials
from rehearsal.gcp import component as gcp
from rehearsal.gcp.component import PORT, SERVICE_PORT
from rehearsal.settings import RANGE, Settings
from rehearsal.state import State
from tests.support.ports import free_ports, free_range
from tests.support.waiting import wait_for

ROOT = Path(__file__).parents[4]
REGION = "europe-west1"
PROJECT = "projects/rehearsal"
LOCATION = f"{PROJECT}/locations/{REGION}"
SERVICES = f"run/v2/{LOCATION}/services"
APIS = ("run", "secretmanager", "artifactregistry")
GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
SCOPE = "https://www.googleapis.com/auth/cloud-platform"


class Harness:
    """The process, and calls as the service account that deploys."""

    def __init__(self, folder: Path, instance: str) -> None:
        variables = {
            "REHEARSAL_STATE": str(folder),
            PORT: str(free_ports(1)[0]),
            SERVICE_PORT: str(free_range(RANGE)),
            "REHEARSAL_MINUTE_SECONDS": "1",
        }
        settings, state = Settings.from_environment(variables), State(folder)
        state.prepare()
        self.gateway = engine.bridge_gateway(engine.client())
        keys = {"gcp": gcp.make_credentials()}
        component = gcp.component(settings, Credentials(instance, "", keys), self.gateway, state)
        self.endpoints = gcp.endpoints(settings, Credentials(instance, "", keys), self.gateway, state)
        state.write("gcp.json", dict(component.configuration))
        self.url: str = self.endpoints["endpoint_url"]
        self.key: dict[str, Any] = json.loads(Path(self.endpoints["credentials_file"]).read_text())
        self._admin_url = component.admin_url
        self.process = subprocess.Popen(
            component.command, cwd=ROOT, env={**os.environ, **component.environ}, stderr=sys.stderr
        )
        wait_for(self._healthy, "the stand-in's health", 20)
        self.http = httpx.Client(headers={"authorization": f"Bearer {self.token()}"}, timeout=60)

    def stop(self) -> None:
        self.http.close()
        self.process.terminate()
        self.process.wait(30)

    # Who calls

    def assertion(self, **claims: Any) -> str:
        now = int(time.time())
        issuer = self.key["client_email"]
        mine = {"iss": issuer, "aud": self.key["token_uri"], "scope": SCOPE, "iat": now, "exp": now + 3600}
        signer = RSASigner.from_service_account_info(self.key)  # type: ignore[no-untyped-call]
        token: bytes = google.auth.jwt.encode(signer, {**mine, **claims})  # type: ignore[no-untyped-call]
        return token.decode()

    def grant(self, assertion: str) -> httpx.Response:
        return httpx.post(self.key["token_uri"], data={"grant_type": GRANT, "assertion": assertion})

    def token(self) -> str:
        return str(self.grant(self.assertion()).raise_for_status().json()["access_token"])

    # What is called

    def call(self, method: str, path: str, body: object = None, **query: str) -> httpx.Response:
        return self.http.request(method, f"{self.url}/{path}", json=body, params=query)

    def done_at_once(self, method: str, path: str, body: object = None, **query: str) -> Any:
        """The answer of a call that must succeed."""
        response = self.call(method, path, body, **query)
        assert response.status_code == 200, response.text
        return response.json()

    def done(self, method: str, path: str, body: object = None, **query: str) -> Any:
        """The answer of a call that must succeed; of a long-running one what it ends in."""
        answer = self.done_at_once(method, path, body, **query)
        if "/operations/" not in f"/{answer.get('name', '')}":
            return answer
        ended = self.ended(path.partition("/")[0], answer["name"])
        assert "error" not in ended, ended
        return ended["response"]

    def ended(self, api: str, name: str) -> dict[str, Any]:
        """The operation once it is done."""
        version = "v2" if api == "run" else "v1"

        def look() -> dict[str, Any] | None:
            found: dict[str, Any] = self.call("GET", f"{api}/{version}/{name}").raise_for_status().json()
            return found if found.get("done") else None

        return wait_for(look, name)

    def refused(self, status: int, method: str, path: str, body: object = None, **query: str) -> Any:
        """The error of a call that must be refused like this."""
        response = self.call(method, path, body, **query)
        assert response.status_code == status, response.text
        return response.json()["error"]

    def enable(self, *apis: str) -> None:
        names = [f"{api}.googleapis.com" for api in apis or APIS]
        self.done("POST", f"serviceusage/v1/{PROJECT}/services:batchEnable", {"serviceIds": names})

    def account(self, name: str) -> str:
        """The e-mail address of a new service account that other services see."""
        body = {"accountId": name, "serviceAccount": {"displayName": "Runs"}}
        email: str = self.done("POST", f"iam/v1/{PROJECT}/serviceAccounts", body)["email"]
        own = f"iam/v1/{PROJECT}/serviceAccounts/{email}"
        self.bind(own, "roles/iam.serviceAccountUser", f"serviceAccount:{email}")
        return email

    def bind(self, resource: str, role: str, *members: str) -> None:
        """Once the members are seen."""
        policy = {"bindings": [{"role": role, "members": list(members)}]}
        wait_for(
            lambda: self.call("POST", f"{resource}:setIamPolicy", {"policy": policy}).status_code == 200,
            f"a binding on {resource}",
        )

    def secret(self, name: str, value: str) -> str:
        """The number of the version that holds the value."""
        secrets = f"secretmanager/v1/{PROJECT}/secrets"
        if self.call("GET", f"{secrets}/{name}").status_code == 404:
            self.done("POST", secrets, {"replication": {"automatic": {}}}, secretId=name)
        body = {"payload": {"data": base64.b64encode(value.encode()).decode()}}
        version: str = self.done("POST", f"{secrets}/{name}:addVersion", body)["name"]
        return version.rpartition("/")[2]

    # Cloud Run

    def template(self, image: str, environ: dict[str, str] | None = None, **more: Any) -> dict[str, Any]:
        """In the fewest words; ``container`` holds more fields of the container."""
        listed = [{"name": name, "value": value} for name, value in (environ or {}).items()]
        container = {"image": image, "ports": [{"containerPort": 8000}], "env": listed}
        own = {**container, **more.pop("container", {})}
        own["env"] = listed + more.pop("secrets", [])
        return {"containers": [own], **more}

    def deploy(
        self, name: str, image: str, environ: dict[str, str] | None = None, **more: Any
    ) -> dict[str, Any]:
        """A service that anyone may invoke, created or changed; its record."""
        body = {"template": self.template(image, environ, **more), "invokerIamDisabled": True}
        service: dict[str, Any] = self.done(
            "PATCH", f"{SERVICES}/{name}", body, allowMissing="true", updateMask="template,invokerIamDisabled"
        )
        return service

    def service(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = self.done("GET", f"{SERVICES}/{name}")
        return found

    # The stand-in itself

    def admin(self, method: str, name: str, content: object = None) -> Any:
        return (
            httpx.request(method, f"{self._admin_url}/{name}", json=content, timeout=60)
            .raise_for_status()
            .json()
        )

    def fault(self, kind: str, **fields: object) -> None:
        self.admin("POST", "faults", {"kind": kind, **fields})

    def _healthy(self) -> bool:
        assert self.process.poll() is None, "the stand-in has ended"
        try:
            return httpx.get(f"{self._admin_url}/health").status_code == 200
        except httpx.TransportError:
            return False


def get(service: dict[str, Any], path: str = "/", **headers: str) -> str:
    """What a service answers."""
    return httpx.get(f"{service['uri']}{path}", headers=headers, timeout=30).raise_for_status().text
