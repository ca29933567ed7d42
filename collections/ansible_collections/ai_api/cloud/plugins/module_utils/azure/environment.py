"""Azure's clouds: where each has its login, resource manager and log service, and what it calls its hosts."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, NamedTuple

import httpx

from ..core.errors import CloudError
from ..core.rest import Rest
from ..core.shared import Shared
from .errors import unreachable

METADATA = "/metadata/endpoints?api-version=2022-09-01"
DAY = 86400.0  # seconds for which a run believes what a custom cloud says about itself


class Environment(NamedTuple):
    """``login``, ``arm`` and ``logs`` are URLs, the suffixes are those of host names."""

    login: str
    arm: str
    audience: str
    logs: str
    vault_suffix: str
    registry_suffix: str
    is_custom: bool = False


ENVIRONMENTS = {
    "AzureCloud": Environment(
        login="https://login.microsoftonline.com",
        arm="https://management.azure.com",
        audience="https://management.azure.com",
        logs="https://api.loganalytics.io",
        vault_suffix="vault.azure.net",
        registry_suffix="azurecr.io",
    ),
    "AzureUSGovernment": Environment(
        login="https://login.microsoftonline.us",
        arm="https://management.usgovcloudapi.net",
        audience="https://management.usgovcloudapi.net",
        logs="https://api.loganalytics.us",
        vault_suffix="vault.usgovcloudapi.net",
        registry_suffix="azurecr.us",
    ),
    "AzureChinaCloud": Environment(
        login="https://login.chinacloudapi.cn",
        arm="https://management.chinacloudapi.cn",
        audience="https://management.chinacloudapi.cn",
        logs="https://api.loganalytics.azure.cn",
        vault_suffix="vault.azure.cn",
        registry_suffix="azurecr.cn",
    ),
}


def environment(options: Mapping[str, Any], rest: Rest, shared: Shared) -> Environment:
    """The one that the CONNECTION ``options`` name; a custom cloud is asked once a run. Raises CloudError."""
    url = options.get("endpoint_url")
    if not url:
        return ENVIRONMENTS[options.get("environment") or "AzureCloud"]
    url = url.rstrip("/")
    return Environment(*shared.get(f"endpoints of {url}", lambda: (_asked(url, rest), time.time() + DAY)))


def _asked(url: str, rest: Rest) -> Environment:
    try:
        answer = rest.send("GET", url + METADATA, headers={})
        content = answer.raise_for_status().json()
        return from_metadata(content if isinstance(content, dict) else content[0])
    except httpx.HTTPError as error:
        raise unreachable("ask for the endpoints of", f"the cloud at {url}", error) from error
    except (ValueError, KeyError, IndexError, TypeError) as error:
        raise CloudError(
            f"{url}{METADATA} does not answer with the endpoints of an Azure cloud",
            next_step="Correct endpoint_url: it is the address of the cloud's resource manager.",
        ) from error


def from_metadata(content: Mapping[str, Any]) -> Environment:
    """Of what ``/metadata/endpoints`` says about one cloud."""
    authentication, suffixes = content["authentication"], content["suffixes"]
    return Environment(
        login=authentication["loginEndpoint"].rstrip("/"),
        arm=content["resourceManager"].rstrip("/"),
        audience=authentication["audiences"][0].rstrip("/"),
        logs=content["logAnalyticsResourceId"].rstrip("/"),
        vault_suffix=suffixes["keyVaultDns"].lstrip("."),
        registry_suffix=suffixes["acrLoginServer"].lstrip("."),
        is_custom=True,
    )
