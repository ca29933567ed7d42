"""Documentation of azure_action; the work is done in plugins/action/azure_action.py."""

DOCUMENTATION = r"""
module: azure_action
short_description: What Azure tells only on a POST, such as keys
version_added: 0.1.0
description:
  - Asks an action that reads; it is asked in check mode too, and never counts as a change.
  - What it tells is mostly secret, so the task must have C(no_log=true).
options:
  id:
    description: The resource id, or what follows the subscription in it.
    type: str
    required: true
  api_version:
    description: The version of the resource's API.
    type: str
    required: true
  action:
    description: The action's name.
    type: str
    required: true
extends_documentation_fragment: [ai_api.cloud.connection]
author: The AI API operations maintainers
"""

EXAMPLES = r"""
- name: Read the keys of the workspace
  ai_api.cloud.azure_action:
    cloud: azure
    region: westeurope
    subscription_id: 00000000-0000-0000-0000-000000000000
    id: resourceGroups/ai-api/providers/Microsoft.OperationalInsights/workspaces/ai-api
    api_version: "2025-07-01"
    action: sharedKeys
  register: keys
  no_log: true
"""

RETURN = r"""
result:
  description: What Azure answered. In check mode, for a resource that does not exist yet, placeholders.
  returned: success
  type: dict
error:
  description: The vendor's code and request id, and what to do next.
  returned: failure
  type: dict
"""
