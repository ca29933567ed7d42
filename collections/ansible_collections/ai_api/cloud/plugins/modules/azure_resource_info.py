"""Documentation of azure_resource_info; the work is done in plugins/action/azure_resource_info.py."""

DOCUMENTATION = r"""
module: azure_resource_info
short_description: One resource of Azure as it is
version_added: 0.1.0
description:
  - Reads one resource with one call. Fails where there is no such resource.
options:
  id:
    description: The resource id, or what follows the subscription in it.
    type: str
    required: true
  api_version:
    description: The version of the resource's API.
    type: str
    required: true
extends_documentation_fragment: [ai_api.cloud.connection]
author: The AI API operations maintainers
"""

EXAMPLES = r"""
- name: Read where the service answers
  ai_api.cloud.azure_resource_info:
    cloud: azure
    region: westeurope
    subscription_id: 00000000-0000-0000-0000-000000000000
    id: resourceGroups/ai-api/providers/Microsoft.App/containerApps/ai-api
    api_version: "2025-07-01"
"""

RETURN = r"""
resource:
  description: The resource as Azure has it.
  returned: success
  type: dict
error:
  description: The vendor's code and request id, and what to do next.
  returned: failure
  type: dict
"""
