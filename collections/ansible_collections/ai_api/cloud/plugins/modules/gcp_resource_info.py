"""Documentation of gcp_resource_info; the work is done in plugins/action/gcp_resource_info.py."""

DOCUMENTATION = r"""
module: gcp_resource_info
short_description: One resource of Google Cloud as it is
version_added: 0.1.0
description:
  - Reads a resource. Changes nothing, also not in check mode; a resource that does not exist is an error.
options:
  api:
    description: Name and version of the API, such as V(run.v2).
    type: str
    required: true
  collection:
    description: The path between the version and the resource's name, such as V(projects/my-project/secrets).
    type: str
    required: true
  id:
    description: The resource's short name; of a service account what stands before the @.
    type: str
    required: true
extends_documentation_fragment: [ai_api.cloud.connection]
author: The AI API operations maintainers
"""

EXAMPLES = r"""
- name: Read where the service answers
  ai_api.cloud.gcp_resource_info:
    cloud: gcp
    region: europe-west1
    project: my-project
    api: run.v2
    collection: projects/my-project/locations/europe-west1/services
    id: ai-api
"""

RETURN = r"""
resource:
  description: The resource as Google has it.
  returned: success
  type: dict
error:
  description: The vendor's status and request id, and what to do next.
  returned: failure
  type: dict
"""
