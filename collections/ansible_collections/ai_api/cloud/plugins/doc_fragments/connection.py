"""The documentation of the CONNECTION options (module_utils/core/options.py)."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  cloud:
    description: The cloud that the target is in.
    type: str
    required: true
    choices: [aws]
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
