"""Documentation of gcp_services; the work is done in plugins/action/gcp_services.py."""

DOCUMENTATION = r"""
module: gcp_services
short_description: The APIs that a Google Cloud project may use
version_added: 0.1.0
description:
  - Finds with one read which APIs are enabled, enables those that are missing with one request, and waits for it.
  - Never disables an API.
options:
  names:
    description: The APIs, such as V(run.googleapis.com).
    type: list
    elements: str
    required: true
extends_documentation_fragment: [ai_api.cloud.connection, ai_api.cloud.waiting]
author: The AI API operations maintainers
"""

EXAMPLES = r"""
- name: Enable the APIs
  ai_api.cloud.gcp_services:
    cloud: gcp
    region: europe-west1
    project: my-project
    names: [run.googleapis.com, secretmanager.googleapis.com]
"""

RETURN = r"""
enabled:
  description: What was missing and is enabled now; in check mode, what would be.
  returned: success
  type: list
  elements: str
error:
  description: The vendor's status and request id, and what to do next.
  returned: failure
  type: dict
"""
