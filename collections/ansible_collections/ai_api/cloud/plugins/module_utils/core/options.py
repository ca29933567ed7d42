"""Options that several actions share."""

from __future__ import annotations

from typing import Any

# Where the cloud is and who asks. Unset values fall back to the vendor SDK's own search
# (environment, profile, instance identity).
CONNECTION: dict[str, dict[str, Any]] = {
    "cloud": {"type": "str", "required": True, "choices": ["aws", "gcp", "azure"]},
    "region": {"type": "str", "required": True},
    "profile": {"type": "str"},
    "endpoint_url": {"type": "str"},
    "access_key_id": {"type": "str"},
    "secret_access_key": {"type": "str", "no_log": True},
    "session_token": {"type": "str", "no_log": True},
    "project": {"type": "str"},
    "credentials_file": {"type": "path"},
    "subscription_id": {"type": "str"},
    "tenant_id": {"type": "str"},
    "client_id": {"type": "str"},
    "client_secret": {"type": "str", "no_log": True},
    "environment": {
        "type": "str",
        "choices": ["AzureCloud", "AzureUSGovernment", "AzureChinaCloud"],
        "default": "AzureCloud",
    },
    "ca_file": {"type": "path"},
    "propagation_timeout": {"type": "int", "default": 600},
    # How often one call is sent, first time included, before throttling or a passing fault fails the task.
    "max_attempts": {"type": "int", "default": 8},
}

# How long an action that waits may do so, and how often it looks.
WAITING: dict[str, dict[str, Any]] = {
    "wait_timeout": {"type": "int", "default": 1800},
    "poll_interval": {"type": "float"},
}
