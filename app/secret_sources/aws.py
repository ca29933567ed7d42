"""AWS Secrets Manager, with the task role or whatever else boto3 finds."""

from __future__ import annotations

import os

import boto3
from botocore.config import Config

from . import TIMEOUT_SECONDS


def fetch(secret_id: str, endpoint_url: str | None) -> str:
    client = boto3.client(
        "secretsmanager",
        region_name=_region(secret_id),
        endpoint_url=endpoint_url,
        config=Config(
            connect_timeout=TIMEOUT_SECONDS, read_timeout=TIMEOUT_SECONDS, retries={"mode": "standard"}
        ),
    )
    return client.get_secret_value(SecretId=secret_id)["SecretString"]


def _region(secret_id: str) -> str | None:
    """The region in the ARN, else the one ECS announces; boto3 itself reads only AWS_DEFAULT_REGION."""
    if secret_id.startswith("arn:"):
        return secret_id.split(":")[3]
    return os.environ.get("AWS_REGION")
