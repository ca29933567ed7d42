"""The three secret managers as one local server that speaks as much of each as reading a secret takes."""

from __future__ import annotations

import base64
import json
import secrets
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

SECRET_IDS = {
    "aws": "arn:aws:secretsmanager:eu-central-1:000000000000:secret:openai-key-AbCdEf",
    "gcp": "projects/rehearsal/secrets/openai-key/versions/latest",
    "azure": "https://rehearsal.vault.azure.net/secrets/openai-key",
}


@dataclass
class SecretStore:
    """``value`` is the secret in all three; ``denied`` makes reading it a 403."""

    url: str
    value: str
    denied: bool = False
    reads: list[str] = field(default_factory=list)
    token: str = field(default_factory=lambda: secrets.token_urlsafe(16))
    signing_key: rsa.RSAPrivateKey = field(default_factory=lambda: rsa.generate_private_key(65537, 2048))

    def aws(self, target: str, authorization: str, body: Mapping[str, str]) -> tuple[int, Any]:
        assert target == "secretsmanager.GetSecretValue"
        assert f"Credential={self.token}/" in authorization
        assert "/eu-central-1/secretsmanager/aws4_request" in authorization
        self.reads.append(body["SecretId"])
        if self.denied:
            return 400, {"__type": "AccessDeniedException", "message": "not authorized"}
        return 200, {"ARN": body["SecretId"], "SecretString": self.value}

    def google_token(self, form: Mapping[str, list[str]]) -> tuple[int, Any]:
        claims = jwt.decode(
            form["assertion"][0],
            self.signing_key.public_key(),
            ["RS256"],
            audience="https://oauth2.googleapis.com/token",
        )
        assert claims["scope"] == "https://www.googleapis.com/auth/cloud-platform"
        return 200, {"access_token": self.token, "expires_in": 3600, "token_type": "Bearer"}

    def azure_token(self, header: str, query: Mapping[str, list[str]]) -> tuple[int, Any]:
        assert header == self.token
        assert query["resource"] == ["https://vault.azure.net"]
        assert query["client_id"] == ["rehearsal-identity"]
        return 200, {"access_token": self.token, "expires_on": "4102444800", "token_type": "Bearer"}

    def value_for_bearer(self, secret_id: str, authorization: str, document: Any) -> tuple[int, Any]:
        assert authorization == f"Bearer {self.token}"
        self.reads.append(secret_id)
        return (403, {"error": {"message": "denied"}}) if self.denied else (200, document)

    def settings(self, source: str, google_credentials: str) -> dict[str, str]:
        """What the environment of a service in that cloud holds."""
        own: dict[str, dict[str, str]] = {
            "aws": {
                "AWS_ACCESS_KEY_ID": self.token,
                "AWS_SECRET_ACCESS_KEY": "unchecked",
                "AWS_ENDPOINT_URL": self.url,
            },
            "gcp": {
                "GOOGLE_APPLICATION_CREDENTIALS": google_credentials,
                "SECRET_ENDPOINT_URL": self.url,
            },
            "azure": {
                "IDENTITY_ENDPOINT": f"{self.url}/azure-token",
                "IDENTITY_HEADER": self.token,
                "AZURE_CLIENT_ID": "rehearsal-identity",
                "SECRET_ENDPOINT_URL": self.url,
            },
        }
        common = {"OPENAI_API_KEY": "", "SECRET_SOURCE": source, "SECRET_ID": SECRET_IDS[source]}
        return {**common, **own[source]}

    def google_credentials(self) -> str:
        """A service account's key file."""
        pem = self.signing_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        return json.dumps(
            {
                "type": "service_account",
                "project_id": "rehearsal",
                "private_key": pem.decode(),
                "client_email": "app@rehearsal.iam.gserviceaccount.com",
                "token_uri": f"{self.url}/google-token",
            }
        )


@contextmanager
def serving_secrets(value: str) -> Iterator[SecretStore]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            url = urlsplit(self.path)
            authorization = self.headers.get("Authorization", "")
            match url.path:
                case "/azure-token":
                    answer = store.azure_token(self.headers["X-IDENTITY-HEADER"], parse_qs(url.query))
                case "/secrets/openai-key":
                    assert "api-version" in parse_qs(url.query)
                    document: Any = {"value": store.value}
                    answer = store.value_for_bearer(SECRET_IDS["azure"], authorization, document)
                case _:
                    assert url.path == f"/v1/{SECRET_IDS['gcp']}:access"
                    document = {"payload": {"data": base64.b64encode(store.value.encode()).decode()}}
                    answer = store.value_for_bearer(SECRET_IDS["gcp"], authorization, document)
            self.answer(*answer)

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            if self.path == "/google-token":
                self.answer(*store.google_token(parse_qs(body)))
            else:
                headers = self.headers
                self.answer(*store.aws(headers["X-Amz-Target"], headers["Authorization"], json.loads(body)))

        def answer(self, status: int, document: Any) -> None:
            content = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            """Quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        store = SecretStore(url=f"http://127.0.0.1:{server.server_port}", value=value)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield store
        finally:
            server.shutdown()
            thread.join()
