"""The documentation of the CONNECTION options (module_utils/core/options.py)."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  cloud:
    description: The cloud that the target is in.
    type: str
    required: true
    choices: [aws, gcp, azure]
  region:
    description: The region that the target is in.
    type: str
    required: true
  profile:
    description: A profile of the AWS configuration files.
    type: str
  endpoint_url:
    description: Where the cloud's APIs answer, if not at the vendor's own addresses.
    type: str
  access_key_id:
    description: Unset values are left to the vendor SDK's search (environment, profile, instance identity).
    type: str
  secret_access_key:
    description: Belongs to O(access_key_id).
    type: str
  session_token:
    description: Belongs to temporary credentials.
    type: str
  project:
    description: The id of the Google Cloud project that the target is in. Required on GCP.
    type: str
  credentials_file:
    description:
      - A service-account key, or the configuration of workload identity federation, on GCP.
      - Unset, the application default credentials are used (E(GOOGLE_APPLICATION_CREDENTIALS), C(gcloud auth
        application-default login), attached service account).
    type: path
  subscription_id:
    description: The Azure subscription that the target is in. Required on Azure.
    type: str
  tenant_id:
    description:
      - The Entra ID tenant of the service principal that deploys.
      - Unset values are left to azure-identity, which then asks, cheapest first, the environment (workload
        identity or service principal), the managed identity, and the Azure CLI.
    type: str
  client_id:
    description: The service principal, or the managed or workload identity where there are several.
    type: str
  client_secret:
    description: Belongs to O(client_id).
    type: str
  environment:
    description: The Azure cloud. With O(endpoint_url) that cloud is asked for its own endpoints instead.
    type: str
    choices: [AzureCloud, AzureUSGovernment, AzureChinaCloud]
    default: AzureCloud
  ca_file:
    description: PEM file of the CAs to trust instead of the public ones, on Azure.
    type: path
  propagation_timeout:
    description: Seconds to wait in all, on GCP and Azure, for a new role assignment or principal to be known.
    type: int
    default: 600
  max_attempts:
    description: How often one call is sent in all before throttling or a passing fault fails the task.
    type: int
    default: 8
attributes:
  check_mode:
    description: Changes nothing and says what would change.
    support: full
  diff_mode:
    description: Shows one entry a resource and property; secrets are hidden.
    support: full
"""
