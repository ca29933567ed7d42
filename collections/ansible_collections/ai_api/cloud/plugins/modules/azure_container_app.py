"""Documentation of azure_container_app; the work is done in plugins/action/azure_container_app.py."""

DOCUMENTATION = r"""
module: azure_container_app
short_description: A container app as declared, deployed without a gap
version_added: 0.1.0
description:
  - One deployment is one revision. The new one is made beside those that have the traffic, waited for until it is
    ready, and given all the traffic; then the old ones are deactivated, but for the O(keep_active) newest.
  - A revision that does not become ready never gets traffic. It is deactivated, and the task fails with what Azure says
    about its replicas.
  - The revision's name follows from the template, so an app that is as declared is found so with two reads, and a run
    that was killed is taken up where it ended.
  - Otherwise as M(ai_api.cloud.azure_resource).
options:
  id:
    description: The app's resource id, or what follows the subscription in it.
    type: str
    required: true
  api_version:
    description: The version of the API that O(body) is written for.
    type: str
    required: true
  body:
    description:
      - What is declared of the app, as the API has it, with an ingress.
      - Without C(activeRevisionsMode), C(revisionSuffix) and the traffic, which are the action's.
    type: dict
    required: true
  tags:
    description: Must hold C(managed-by) and C(deployment).
    type: dict
    required: true
  keep_active:
    description: How many of the old revisions stay active, for a way back that needs no start.
    type: int
    default: 1
  revision_timeout:
    description: Seconds in which a new revision must become ready.
    type: int
    default: 300
extends_documentation_fragment: [ai_api.cloud.connection, ai_api.cloud.waiting]
author: The AI API operations maintainers
"""

EXAMPLES = r"""
- name: Deploy the service
  ai_api.cloud.azure_container_app:
    cloud: azure
    region: westeurope
    subscription_id: 00000000-0000-0000-0000-000000000000
    id: resourceGroups/ai-api/providers/Microsoft.App/containerApps/ai-api
    api_version: "2025-07-01"
    tags:
      managed-by: ai-api
      deployment: ai-api
    body:
      location: westeurope
      properties:
        environmentId: "{{ platform_outputs.environment_id }}"
        configuration:
          ingress: {external: true, targetPort: 8000, transport: auto, allowInsecure: false}
        template:
          containers:
            - name: api
              image: "{{ image_reference }}"
              resources: {cpu: 0.5, memory: 1Gi}
"""

RETURN = r"""
resource:
  description: The app as Azure has it. In check mode, for one that does not exist yet, as it is declared.
  returned: success
  type: dict
revision:
  description: The revision that has the traffic. In check mode, a placeholder for one that does not exist yet.
  returned: success
  type: str
  sample: ai-api--v3f2a9c1b
url:
  description: Where the app answers.
  returned: success
  type: str
  sample: https://ai-api.happysand-01234567.westeurope.azurecontainerapps.io
error:
  description: The vendor's code and request id, and what to do next.
  returned: failure
  type: dict
"""
