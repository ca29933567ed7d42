"""Documentation of azure_resource; the work is done in plugins/action/azure_resource.py."""

DOCUMENTATION = r"""
module: azure_resource
short_description: One resource of Azure as declared
version_added: 0.1.0
description:
  - Creates, updates or deletes one resource through Azure Resource Manager, and waits until that has ended.
  - Finds a resource that is as declared with one read. What Azure spells in its own way, fills in or leaves out is no
    difference; of what it never gives back, such as a key, a hash in the tag C(declared-as) tells whether it changed.
  - An update is a PUT of what is declared, laid over what is live; lists are taken as declared, a property declared as
    null is left out.
  - Waits for another operation on the resource, puts a resource that failed anew, recovers or purges what is deleted
    softly, and retries for O(propagation_timeout) what is refused because a role assignment is too fresh.
  - Never touches a resource whose tags C(managed-by) and C(deployment) are not those of O(tags), nor deletes a resource
    group that holds such a resource.
options:
  id:
    description: The resource id, or what follows the subscription in it.
    type: str
    required: true
  api_version:
    description: The version of the API that O(body) is written for.
    type: str
    required: true
  state:
    description: With V(absent), the resource is deleted. Vaults and workspaces are deleted softly.
    type: str
    choices: [present, absent]
    default: present
  body:
    description: What is declared of the resource, as the API has it.
    type: dict
    default: {}
  tags:
    description: Must hold C(managed-by) and C(deployment). Leave it out for types that have no tags.
    type: dict
  update:
    description: With V(patch), an update sends only what is declared, for types that take a PATCH.
    type: str
    choices: [put, patch]
    default: put
  soft_deleted:
    description:
      - What to do with a vault or workspace of the same name that is deleted softly. V(recover) brings it back as it
        was and then updates it, V(purge) deletes it for good first, V(refuse) fails.
      - With O(state=absent), V(purge) deletes the resource for good.
    type: str
    choices: [recover, purge, refuse]
    default: recover
extends_documentation_fragment: [ai_api.cloud.connection, ai_api.cloud.waiting]
author: The AI API operations maintainers
"""

EXAMPLES = r"""
- name: Apply the workspace that the service logs to
  ai_api.cloud.azure_resource:
    cloud: azure
    region: westeurope
    subscription_id: 00000000-0000-0000-0000-000000000000
    id: resourceGroups/ai-api/providers/Microsoft.OperationalInsights/workspaces/ai-api
    api_version: "2025-07-01"
    tags:
      managed-by: ai-api
      deployment: ai-api
    body:
      location: westeurope
      properties:
        sku: {name: PerGB2018}
        retentionInDays: 30

- name: Remove the resource group with everything in it
  ai_api.cloud.azure_resource:
    cloud: azure
    region: westeurope
    subscription_id: 00000000-0000-0000-0000-000000000000
    id: resourceGroups/ai-api
    api_version: "2025-04-01"
    tags:
      managed-by: ai-api
      deployment: ai-api
    state: absent
"""

RETURN = r"""
resource:
  description:
    - The resource as Azure has it. In check mode, for one that does not exist yet, as it is declared, with
      placeholders for what Azure assigns.
    - With O(state=absent), as it was.
  returned: success
  type: dict
  sample:
    id: /subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/ai-api
    location: westeurope
error:
  description: The vendor's code and request id, and what to do next.
  returned: failure
  type: dict
"""
