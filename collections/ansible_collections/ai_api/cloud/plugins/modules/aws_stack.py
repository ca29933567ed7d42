"""Documentation of aws_stack; the work is done in plugins/action/aws_stack.py."""

DOCUMENTATION = r"""
module: aws_stack
short_description: A CloudFormation stack as its template says
version_added: 0.1.0
description:
  - Creates, updates or deletes one stack. Waits for it and for the roll-out of its ECS services, with a line
    of progress for the resource that is being worked on.
  - Finds a stack that is up to date with one read, and one more where it holds an ECS service.
  - Comes back from every state that an interrupted or failed run leaves - what is unfinished is waited for,
    what was never whole is deleted and created again, a stuck roll-back is continued.
  - Never touches a stack whose tags C(managed-by) and C(deployment) are not those of O(tags).
  - The template is sent with outputs of the action's own (C(AiApi...)) that tell whether it is up to date.
options:
  name:
    description: The name of the stack.
    type: str
    required: true
  state:
    description: With V(absent), the stack is deleted, its secrets for good.
    type: str
    choices: [present, absent]
    default: present
  template:
    description: Path of a native CloudFormation template in YAML. Required with O(state=present).
    type: str
  parameters:
    description:
      - The template's parameters. Lists are joined by commas, null means the template's default.
      - The value of a NoEcho parameter cannot be read back, so a change of it alone is not noticed.
    type: dict
    default: {}
  properties:
    description:
      - Properties that the task puts into the template, for what is a list or a mapping and so cannot be a parameter.
      - By their paths, C(<logical id>.<property>), with numbers for the places of a list. The template must have
        something there, such as an empty list.
    type: dict
    default: {}
  tags:
    description: Of the stack and its resources. Must hold C(managed-by) and C(deployment).
    type: dict
    required: true
  capabilities:
    description: What the template is allowed to do, for example V(CAPABILITY_IAM).
    type: list
    elements: str
    default: []
  protected_resources:
    description: Logical ids that no update may replace or remove. O(state=absent) still deletes them.
    type: list
    elements: str
    default: []
  gather_resources:
    description: Return RV(resources) also where nothing changed; costs one more read.
    type: bool
    default: false
extends_documentation_fragment: [ai_api.cloud.connection, ai_api.cloud.waiting]
author: The AI API operations maintainers
"""

EXAMPLES = r"""
- name: Apply the registry stack
  ai_api.cloud.aws_stack:
    cloud: aws
    region: us-east-1
    name: ai-api-registry
    template: "{{ role_path }}/files/cloudformation.yml"
    parameters:
      RepositoryName: ai-api
    protected_resources: [Repository]
    tags:
      managed-by: ai-api
      deployment: ai-api

- name: Apply the service stack with the settings of the application
  ai_api.cloud.aws_stack:
    cloud: aws
    region: us-east-1
    name: ai-api-service
    template: "{{ role_path }}/files/cloudformation.yml"
    properties:
      TaskDefinition.ContainerDefinitions.0.Environment:
        - {Name: LOG_LEVEL, Value: INFO}
    tags:
      managed-by: ai-api
      deployment: ai-api

- name: Delete it
  ai_api.cloud.aws_stack:
    cloud: aws
    region: us-east-1
    name: ai-api-registry
    state: absent
    tags:
      managed-by: ai-api
      deployment: ai-api
"""

RETURN = r"""
status:
  description: The status of the stack, or C(absent).
  returned: success
  type: str
  sample: UPDATE_COMPLETE
outputs:
  description: The outputs of the template. In check mode, a placeholder for each that does not exist yet.
  returned: success
  type: dict
  sample:
    RepositoryUri: "<output RepositoryUri of ai-api-registry, known after deployment>"
resources:
  description: The physical id by the logical id.
  returned: when the stack was created or updated, or with O(gather_resources)
  type: dict
  sample:
    Repository: ai-api
error:
  description: The vendor's code and request id, and what to do next.
  returned: failure
  type: dict
"""
