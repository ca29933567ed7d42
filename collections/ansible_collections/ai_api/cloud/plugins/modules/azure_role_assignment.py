"""Documentation of azure_role_assignment; the work is done in plugins/action/azure_role_assignment.py."""

DOCUMENTATION = r"""
module: azure_role_assignment
short_description: A role of a principal at a scope of Azure
version_added: 0.1.0
description:
  - The assignment's name follows from what it says, so that it is never made twice.
  - Waits for O(propagation_timeout) while Azure does not know a fresh principal yet. That the assignment takes effect
    only after some minutes is waited for where it is used.
  - Role assignments have no tags; the description tells whose they are.
options:
  scope:
    description: Id of the resource at which the role is given, or what follows the subscription in it.
    type: str
    required: true
  principal:
    description: Object id of the principal. Without it, the identity that deploys.
    type: str
  principal_type:
    description: What O(principal) is. V(ServicePrincipal), as managed identities are, if it is given and this is not.
    type: str
    choices: [ServicePrincipal, User, Group]
  role:
    description: GUID of the role definition.
    type: str
    required: true
  state:
    description: With V(absent), the assignment is deleted.
    type: str
    choices: [present, absent]
    default: present
  tags:
    description: Must hold C(managed-by) and C(deployment); others are ignored.
    type: dict
    required: true
extends_documentation_fragment: [ai_api.cloud.connection, ai_api.cloud.waiting]
author: The AI API operations maintainers
"""

EXAMPLES = r"""
- name: Let the service's identity pull from the registry
  ai_api.cloud.azure_role_assignment:
    cloud: azure
    region: westeurope
    subscription_id: 00000000-0000-0000-0000-000000000000
    scope: resourceGroups/ai-api/providers/Microsoft.ContainerRegistry/registries/aiapi
    principal: 11111111-1111-1111-1111-111111111111
    role: 7f951dda-4ed3-4680-a7ca-43fe172d538d
    tags:
      managed-by: ai-api
      deployment: ai-api
"""

RETURN = r"""
resource:
  description: The role assignment as Azure has it.
  returned: success
  type: dict
error:
  description: The vendor's code and request id, and what to do next.
  returned: failure
  type: dict
"""
