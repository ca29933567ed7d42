"""Documentation of owned_resources; the work is done in plugins/action/owned_resources.py."""

DOCUMENTATION = r"""
module: owned_resources
short_description: What still carries a deployment's marks
version_added: 0.1.0
description:
  - Lists everything in the region that carries the tags C(managed-by) and C(deployment) of O(tags).
  - That includes what a broken run left behind - stacks in every state, secrets only scheduled for deletion.
  - With O(wait_until_empty), proves that nothing is left or fails naming what is.
options:
  tags:
    description: Must hold C(managed-by) and C(deployment); others are ignored.
    type: dict
    required: true
  purge_scheduled:
    description: Delete for good, at once, the secrets that are scheduled for deletion; they hold their names.
    type: bool
    default: false
  wait_until_empty:
    description: Seconds to wait for the last resource to disappear; what is left then is an error.
    type: int
extends_documentation_fragment: [ai_api.cloud.connection]
author: The AI API operations maintainers
"""

EXAMPLES = r"""
- name: Prove that nothing is left
  ai_api.cloud.owned_resources:
    cloud: aws
    region: us-east-1
    tags:
      managed-by: ai-api
      deployment: ai-api
    purge_scheduled: true
    wait_until_empty: 120
"""

RETURN = r"""
resources:
  description: What carries the marks.
  returned: success
  type: list
  elements: dict
  contains:
    type:
      description: Service and kind.
      type: str
      sample: ecr:repository
    id:
      description: The ARN, or the id where the service gives none.
      type: str
    name:
      description: What people call it.
      type: str
    state:
      description: The status of a stack, C(scheduled for deletion) of a secret, else empty.
      type: str
error:
  description: The vendor's code and request id, and what to do next.
  returned: failure
  type: dict
"""
