"""Which credentials are used, as far as a token that an API could be sent."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from ansible_collections.ai_api.cloud.plugins.module_utils.core.errors import CloudError
from ansible_collections.ai_api.cloud.plugins.module_utils.core.shared import Shared
from ansible_collections.ai_api.cloud.plugins.module_utils.gcp.identity import Identity

AUDIENCE = "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/ci/providers/github"


class Exchange:
    """Google's token exchange: it answers every request, and remembers what was asked."""

    def __init__(self) -> None:
        self.asked: list[dict[str, str]] = []
        asked = self.asked

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"])).decode()
                asked.append({name: values[0] for name, values in parse_qs(body).items()})
                answer = {"access_token": "exchanged", "expires_in": 3600, "token_type": "Bearer"}
                content = json.dumps({**answer, "issued_token_type": "access_token"}).encode()
                self.send_response(200)
                self.send_header("content-type", "application/json")
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/token"


@pytest.fixture
def exchange() -> Iterator[Exchange]:
    made = Exchange()
    threading.Thread(target=made.server.serve_forever, daemon=True).start()
    yield made
    made.server.shutdown()
    made.server.server_close()


def federation(folder: Path, exchange: Exchange) -> Path:
    """What `gcloud iam workload-identity-pools create-cred-config` writes."""
    (folder / "oidc").write_text("a-token-of-the-ci-system")
    file = folder / "federation.json"
    content = {
        "type": "external_account",
        "audience": AUDIENCE,
        "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
        "token_url": exchange.url,
        "credential_source": {"file": str(folder / "oidc")},
    }
    file.write_text(json.dumps(content))
    return file


def test_a_federated_identity_exchanges_its_token_once_a_run(tmp_path: Path, exchange: Exchange) -> None:
    identity = Identity({"credentials_file": str(federation(tmp_path, exchange))}, Shared("test"))
    assert [identity.token for _ in range(3)] == ["exchanged"] * 3
    [asked] = exchange.asked
    assert asked["audience"] == AUDIENCE
    assert asked["subject_token"] == "a-token-of-the-ci-system"


def test_without_a_file_the_application_default_credentials_are_used(
    tmp_path: Path, exchange: Exchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(federation(tmp_path, exchange)))
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "rehearsal")
    assert Identity({}, Shared("test")).token == "exchanged"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('{"type": "authorized_user"}', "expected 'service_account' or 'external_account'"),
        ("no JSON", "Cannot log in to Google Cloud"),
    ],
)
def test_a_file_that_is_no_credentials_is_said_with_what_to_do(
    tmp_path: Path, content: str, said: str
) -> None:
    file = tmp_path / "wrong.json"
    file.write_text(content)
    with pytest.raises(CloudError, match=said) as refused:
        _ = Identity({"credentials_file": str(file)}, Shared("test")).token
    assert "workload identity federation file" in str(refused.value)
