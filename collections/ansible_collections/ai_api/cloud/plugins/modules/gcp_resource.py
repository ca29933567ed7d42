"""Documentation of gcp_resource; the work is done in plugins/action/gcp_resource.py."""

DOCUMENTATION = r"""
module: gcp_resource
short_description: One resource of Google Cloud as declared
version_added: 0.1.0
description:
  - Creates, updates or deletes one resource through its REST API, and waits until that has ended. The API's discovery
    document tells paths, output-only fields, and what means the same.
  - Finds a resource that is as declared with one read, and one more where O(bindings) are given. What Google fills in
    or leaves out is no difference.
  - An update is a PATCH of the top-level fields that differ, with what is declared laid over what is live. Elements of
    lists and maps are taken as declared; what is declared as null is removed.
  - Waits for another operation on the resource, reads again where somebody else was faster, and waits up to
    O(propagation_timeout) for new service accounts, role bindings and APIs to be known everywhere.
  - A Cloud Run service whose revision failed is explained, and the next run makes another revision. Until then the
    former revision keeps the traffic.
  - In check mode, Cloud Run itself judges the body (C(validateOnly)).
  - Never touches a resource whose labels C(managed-by) and C(deployment) are not those of O(labels).
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
  state:
    description: With V(absent), the resource is deleted.
    type: str
    choices: [present, absent]
    default: present
  body:
    description: What is declared of the resource, as the API has it.
    type: dict
    default: {}
  labels:
    description:
      - Must hold C(managed-by) and C(deployment).
      - Kinds without labels, such as service accounts, carry them at the end of their description, in brackets.
    type: dict
  shared_by:
    description:
      - The target that uses a resource which several targets of a deployment share.
      - It is kept as a label C(shared-by-<target>). With O(state=absent), only that is removed while there are others.
    type: str
  bindings:
    description:
      - Roles, each with the members that have it without a condition. Other roles and conditional bindings are left
        alone.
    type: dict
  replace:
    description:
      - Whether the resource may be deleted, with all that is in it, and made anew where a field differs that cannot be
        changed. Otherwise that is refused.
    type: bool
    default: false
extends_documentation_fragment: [ai_api.cloud.connection, ai_api.cloud.waiting]
author: The AI API operations maintainers
"""

EXAMPLES = r"""
- name: Apply the secret, which only the service's account may read
  ai_api.cloud.gcp_resource:
    cloud: gcp
    region: europe-west1
    project: my-project
    api: secretmanager.v1
    collection: projects/my-project/secrets
    id: openai-key
    labels:
      managed-by: ai-api
      deployment: ai-api
    shared_by: europe-west1
    body:
      replication: {automatic: {}}
    bindings:
      roles/secretmanager.secretAccessor:
        - serviceAccount:ai-api-run@my-project.iam.gserviceaccount.com

- name: Remove the Cloud Run service
  ai_api.cloud.gcp_resource:
    cloud: gcp
    region: europe-west1
    project: my-project
    api: run.v2
    collection: projects/my-project/locations/europe-west1/services
    id: ai-api
    labels:
      managed-by: ai-api
      deployment: ai-api
    state: absent
"""

RETURN = r"""
resource:
  description:
    - The resource as Google has it. In check mode, for one that does not exist yet, as it is declared, with
      placeholders for what Google assigns.
    - With O(state=absent), as it was.
  returned: success
  type: dict
  sample:
    name: projects/my-project/locations/europe-west1/services/ai-api
    uri: https://ai-api-0123456789-ew.a.run.app
error:
  description: The vendor's status and request id, and what to do next.
  returned: failure
  type: dict
"""
