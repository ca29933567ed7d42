"""Documentation of service_logs; the work is done in plugins/action/service_logs.py."""

DOCUMENTATION = r"""
module: service_logs
short_description: The lines that a deployed service wrote
version_added: 0.1.0
description:
  - Reads a service's recent log lines, of all instances together, oldest first.
options:
  log_reference:
    description:
      - Where the lines are, as the deployment publishes it.
      - On AWS a group of CloudWatch Logs, on GCP the name of a Cloud Run service.
      - On Azure the customer id of a Log Analytics workspace, a slash and the app's name.
    type: str
    required: true
  minutes:
    description: How far to look back.
    type: int
    default: 15
  count:
    description: Most lines that are returned.
    type: int
    default: 1000
  pattern:
    description:
      - A filter in the cloud's own language - on AWS a pattern such as V({ $.status >= 500 }), on Azure a condition
        such as V(Log_s has "error").
    type: str
extends_documentation_fragment: [ai_api.cloud.connection]
author: The AI API operations maintainers
"""

EXAMPLES = r"""
- name: Read what failed in the last hour
  ai_api.cloud.service_logs:
    cloud: aws
    region: us-east-1
    log_reference: /ai-api/ai-api-prod
    minutes: 60
    pattern: "{ $.status >= 500 }"
"""

RETURN = r"""
lines:
  description: The lines, oldest first.
  returned: success
  type: list
  elements: dict
  sample:
    - time: "2026-11-23T12:00:00.123000+00:00"
      source: ai-api/api/0123456789abcdef
      message: '{"event": "request", "status": 200}'
complete:
  description: Whether these are all; false where O(count) cut them off.
  returned: success
  type: bool
"""
